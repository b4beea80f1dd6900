#!/bin/sh
# Runs one file of virtualenvwrapper's tests: one.sh LAB SHELL FILE
#
# LAB/SHELL holds the tests and the environment to run them in, as suite.sh arranges them. What is said goes to
# FILE.log there, and a line `TEST STATUS` for each test that comes to its end to FILE.verdicts.
set -eu
shell=$2 file=$3
cd "$1/$shell"
minutes=5

# What the user has set for either program shall not count, and ~USER is not the home here.
# shellcheck disable=SC2046 # names
unset ENV USER $(env | sed -nE 's/^((VIRTUALENVWRAPPER|VENVYARD|PYTHON|XDG)[A-Z_]*|WORKON_HOME|PROJECT_HOME)=.*/\1/p')

# A home for each file, as files run side by side; what is slow to make anew they share.
mkdir -p "own/$file/home" "own/$file/tmp"
export HOME="$PWD/own/$file/home" TMPDIR="$PWD/own/$file/tmp"
export XDG_CACHE_HOME="$1/cache" XDG_DATA_HOME="$1/cache" LC_ALL=C.UTF-8

# As the original's tests/run_tests and tox.ini have it.
export USING_TOX=1 HOOK_VERBOSE_OPTION=-q SHUNIT_PARENT="tests/$file"
export VIRTUAL_ENV="$PWD/environment" VIRTUALENVWRAPPER_PYTHON="$PWD/environment/bin/python3"
PATH=$VIRTUAL_ENV/bin:$PATH
SHELL=$(command -v "$shell")
export PATH SHELL

VERDICTS=$PWD/$file.verdicts
export VERDICTS
: >"$VERDICTS"
case $shell in
bash) set -- bash --norc ;;
zsh) set -- zsh -f -o shwordsplit ;;
esac
timeout "${minutes}m" "$@" "tests/$file" >"$file.log" 2>&1 </dev/null || case $? in
124) echo "ASSERT:$file was ended after $minutes minutes" >>"$file.log" ;;
esac
