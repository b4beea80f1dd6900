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
[ ! -e "$PREFIX" ] || {
    printf 'ERROR: make uninstall left behind:\n%s\n' "$(find "$PREFIX")" >&2
    exit 1
}
