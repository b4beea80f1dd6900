#!/bin/sh
# Proves in every shell of this machine that an installed shim works: prove.sh SHIM [DROP_IN]
#
# HOME and WORKON_HOME are thrown away afterwards; nothing of the user's is read or changed.
set -eu
shim=$1
drop_in=${2-}

# Version managers find their interpreters below the real HOME, so it is asked for before that is left.
python=$(python3 -c 'import sys; print(sys.executable)') || {
    printf '%s\n' 'ERROR: Everything is installed, but without python3 on PATH nothing can be tried.' \
        'hint: install Python 3, then run make install again' >&2
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it
scratch=$(cd "$scratch" && pwd -P)
mkdir "$scratch/home"

# What every shell runs; $1 holds more options for mkvirtualenv.
# shellcheck disable=SC2016 # the shells expand it
proof='
failed() { echo "failed: $1" >&2; exit 1; }
. "$SHIM" || failed "sourcing $SHIM"
mkvirtualenv $1 proof || failed mkvirtualenv
prefix=$(python -c "import sys; print(sys.prefix)")
[ "$prefix" = "$WORKON_HOME/proof" ] || failed "activation: python runs in $prefix"
[ -n "$1" ] || python -m pip --version || failed pip
deactivate || failed deactivate
[ -z "${VIRTUAL_ENV-}" ] || failed "deactivate: $VIRTUAL_ENV is still active"
workon proof || failed workon
[ "$(command -v python)" = "$WORKON_HOME/proof/bin/python" ] || failed "workon: $(command -v python) is found"
deactivate || failed "second deactivate"
rmvirtualenv proof || failed rmvirtualenv
[ ! -e "$WORKON_HOME/proof" ] || failed "rmvirtualenv: $WORKON_HOME/proof is still there"
[ -z "$DROP_IN" ] || {
    . "$DROP_IN" && virtualenvwrapper_cd . && mkvirtualenv --without-pip again && deactivate && rmvirtualenv again || failed "$DROP_IN"
}
'

# The same in fish.
# shellcheck disable=SC2016
fish_proof='
function failed; echo "failed: $argv" >&2; exit 1; end
source $SHIM || failed "sourcing $SHIM"
set options $argv[2]
test -n "$options" || set -e options
mkvirtualenv $options proof || failed mkvirtualenv
set prefix (python -c "import sys; print(sys.prefix)")
test "$prefix" = "$WORKON_HOME/proof" || failed "activation: python runs in $prefix"
test -n "$options" || python -m pip --version || failed pip
deactivate || failed deactivate
test -z "$VIRTUAL_ENV" || failed "deactivate: $VIRTUAL_ENV is still active"
workon proof || failed workon
test (command -s python) = "$WORKON_HOME/proof/bin/python" || failed "workon: "(command -s python)" is found"
deactivate || failed "second deactivate"
rmvirtualenv proof || failed rmvirtualenv
test ! -e "$WORKON_HOME/proof" || failed "rmvirtualenv: $WORKON_HOME/proof is still there"
'

prove() { # SHELL OPTION...: one line of good news, or all that was said
    env -i PATH="$PATH" HOME="$scratch/home" WORKON_HOME="$scratch/home/envs" TMPDIR="${TMPDIR:-/tmp}" \
        SHIM="$shim" DROP_IN="$drop_in" VIRTUALENVWRAPPER_PYTHON="$python" "$@" -c "$proof" proof "$options" \
        >"$scratch/log" 2>&1 </dev/null || {
        cat "$scratch/log" >&2
        printf '%s\n' "ERROR: Everything is installed, but does not work in $1; its words are above." >&2
        exit 1
    }
    printf '%s works: mkvirtualenv, workon, deactivate, rmvirtualenv\n' "$1"
    # Installing pip takes seconds, and differs in no shell.
    options=--without-pip
}

options=''
for shell in bash zsh ksh mksh fish; do
    command -v "$shell" >/dev/null || continue
    case $shell in
    bash) prove bash --norc --noprofile ;;
    zsh) prove zsh -f ;;
    fish)
        shim=${shim%.sh}.fish proof=$fish_proof
        prove fish --no-config
        ;;
    *) prove "$shell" ;;
    esac
done
[ -n "$options" ] || {
    printf '%s\n' 'ERROR: Everything is installed, but there is no shell for it: bash, zsh, ksh, mksh or fish.' >&2
    exit 1
}
