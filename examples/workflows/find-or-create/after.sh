#!/usr/bin/env bash
# Makes what the Worker binds, and puts the ids into the config.
set -euo pipefail
cd "$(dirname "$0")"
larder run
larder ids --write --yes
