#!/bin/sh
# Installs the release build into a directory that is thrown away, and takes it away again.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it
export PREFIX="$scratch/a prefix" DESTDIR=''
packaging/install.sh
packaging/uninstall.sh
left=$(find "$PREFIX" ! -type d)
[ -z "$left" ] || {
    printf 'ERROR: make uninstall left behind:\n%s\n' "$left" >&2
    exit 1
}
