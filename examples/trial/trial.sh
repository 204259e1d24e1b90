#!/bin/sh
# Asks an account what Larder and its local account take for true of the service, and prints what it found: a page to keep
# beside docs/contract.md. For an account without anything you need.
#
#   sh trial.sh                     says what it would make, and changes nothing
#   sh trial.sh --go > trial.md     asks first, makes it, tries, and deletes it
#
# What it makes is deleted at the end, also after a failure or Ctrl-C. Where there is no terminal, --yes answers its question.
set -eu
cd "$(dirname "$0")"

go='' yes=''
for argument; do
    case $argument in
    --go) go=1 ;;
    --yes) yes=1 ;;
    *) echo "usage: sh trial.sh [--go [--yes]]" >&2 && exit 2 ;;
    esac
done

# Nobody else's names begin like this.
name=larder-trial-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
in_trial() { command=$1 && shift && larder "$command" "$@" -e trial --set "naming.template=$name-{name}"; }

echo "in the account ${CLOUDFLARE_ACCOUNT_ID:?names the account}: a D1 database, a KV namespace, a Vectorize index and an R2 bucket, each called $name-trial" >&2
if [ -z "$go" ]; then
    echo "nothing was changed: --go makes them, tries, and deletes them" >&2
    exit 0
fi
if [ -z "$yes" ]; then
    [ -t 0 ] || { echo "there is no terminal to ask at: --yes answers" >&2 && exit 2; }
    printf 'make them, try, and delete them? [y/N] ' >&2
    read -r answer
    [ "$answer" = y ] || { echo "nothing was changed" >&2 && exit 1; }
fi

folder=$(mktemp -d)
end() {
    code=$?
    trap - EXIT
    # Nothing ends this half-way.
    trap '' INT TERM
    rm -rf "$folder"
    # It ends with 4: what a raw write of the recipe answers is not known beforehand.
    in_trial destroy trial --with-data --yes >&2 || true
    if ! left=$(in_trial ls --format csv); then
        echo "what is left can't be listed: look for names that begin with $name" >&2
        exit 4
    fi
    if printf '%s' "$left" | grep -F "$name" >&2; then
        echo "that is left: larder destroy trial -e trial --set 'naming.template=$name-{name}' --with-data" >&2
        exit 4
    fi
    exit "$code"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

in_trial run trial --report "$folder/report.json" >&2

echo "# A trial of $(date -u +%Y-%m-%d), $(larder --version)"
echo
echo "What [assumptions.md](assumptions.md) lists, on an account of the service."
echo
echo "| | on this account |"
echo "|---|---|"
sed -n -e 's/^ *"\([AL][0-9]*\)": true,*$/| \1 | holds |/p' -e 's/^ *"\([AL][0-9]*\)": false,*$/| \1 | does not hold |/p' "$folder/report.json"
