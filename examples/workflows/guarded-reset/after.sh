#!/usr/bin/env bash
# Makes the database of an environment anew; never of a protected one. `plan` in the place of `run` shows what would be done.
set -euo pipefail
cd "$(dirname "$0")"
larder run reset -e "$1"
