#!/bin/sh
# Gets virtualenvwrapper, which venvyard replaces, from PyPI, once, and prints where it is:
#
#   peers.sh           an environment in which it is installed, with the virtualenv and virtualenv-clone it brings
#   peers.sh source    its source package, which holds its tests
set -eu
cd "$(dirname "$0")/.."
version=6.1.1
sha256=112e7ea34a9a3ce90aaea54182f0d3afef4d1a913eeb75e98a263b4978cd73c6
peers=$PWD/target/peers
source=$PWD/target/original/virtualenvwrapper-$version

# Its script is the last thing that pip installs.
test -e "$peers/bin/virtualenvwrapper.sh" || {
    python3 -m venv "$peers"
    "$peers/bin/python" -m pip install --quiet "virtualenvwrapper==$version"
} >&2

case ${1-} in
source)
    test -e "$source" || {
        mkdir -p "$source.new"
        # A file in place of options: only there does pip compare the hash.
        echo "virtualenvwrapper==$version --hash=sha256:$sha256" >"$source.new/requirements"
        "$peers/bin/python" -m pip download --quiet --no-deps --no-binary :all: --dest "$source.new" \
            --requirement "$source.new/requirements"
        tar -x -z -C "$source.new" -f "$source.new/virtualenvwrapper-$version.tar.gz"
        mv "$source.new/virtualenvwrapper-$version" "$source"
        rm -r "$source.new"
    } >&2
    echo "$source"
    ;;
*) echo "$peers" ;;
esac
