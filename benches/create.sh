#!/usr/bin/env bash
# Times what makes, copies and removes environments beside the peers, for docs/benchmarks.md; started by run.sh.
# Takes the program, the shim for bash, the directory of the peers and one to work in.
set -euo pipefail

venvyard=$1 shim=$2 peers=$3 lab=$4/create
theirs=$peers/bin/virtualenvwrapper.sh
log=$lab/log

mkdir -p "$lab"/{home,at,trash}
export HOME=$lab/home WORKON_HOME=$lab/at VENVYARD_SHELL=bash LC_ALL=C SHELL=/bin/bash
unset VIRTUAL_ENV PYTHONPATH XDG_CONFIG_HOME XDG_CACHE_HOME VIRTUALENVWRAPPER_PYTHON
export VIRTUALENVWRAPPER_SCRIPT=$theirs
export SSL_CERT_FILE=${SSL_CERT_FILE-${PIP_CERT-}}
[[ $SSL_CERT_FILE ]] || unset SSL_CERT_FILE
python=${PYTHON-$("$peers/bin/python" -c 'import os, sys; print(os.path.join(sys.base_prefix, "bin/python3"))')}

# --- How it is timed ------------------------------------------------------------------------------

# What deletes makes the next creation on some file systems ten times slower, its rival's too: between the
# rounds trees are moved aside, and the rivals take turns. Every figure is the least of its rounds.

declare -A least
aside() { for tree in "$WORKON_HOME"/* "$WORKON_HOME"/.[!.]*; do [[ ! -e $tree ]] || mv "$tree" "$lab/trash/$((++moved))"; done; }
moved=0

# turns ROUNDS NAME...: the function NAME as often as that; before it before_NAME, or all is put aside.
turns() {
    local rounds=$1 round name start end
    shift
    for name; do least[$name]=''; done
    for ((round = 0; round < rounds; round++)); do
        for name; do
            if declare -F "before_$name" >/dev/null; then "before_$name"; else aside; fi >>"$log" 2>&1
            start=${EPOCHREALTIME/./}
            if ! "$name" >>"$log" 2>&1; then least[$name]=failed; fi
            end=${EPOCHREALTIME/./}
            [[ ${least[$name]} == failed || (${least[$name]} && ${least[$name]} -le $((end - start))) ]] ||
                least[$name]=$((end - start))
        done
    done
}

# live SHIM ROUNDS BEFORE OPERATION: an operation in a bash that sourced SHIM, in microseconds.
live() {
    VENVYARD_SHELL='' SHIM=$1 ROUNDS=$2 BEFORE=$3 OPERATION=$4 bash --norc benches/rounds.sh 2>>"$log" |
        awk '{ print int(($2 - $1) * 1000000) }' | sort -n | head -n 1
}

# row WHAT OURS PEER THEIRS FACTOR: a line of the table; THEIRS shall be FACTOR times OURS at least.
row() {
    awk -v what="$1" -v ours="${2:-failed}" -v peer="$3" -v theirs="${4:-failed}" -v factor="$5" 'BEGIN {
        if (ours == "failed" || theirs == "failed") { print "| " what " | | " peer " | failed: see target/bench/create/log | | |"; exit }
        ratio = theirs / ours
        printf "| %s | %.1f ms | %s | %.1f ms | %s× | %s≥ %s× |\n", what, ours / 1000, peer, theirs / 1000,
            sprintf(ratio < 10 ? "%.2f" : "%.0f", ratio), ratio < factor ? "**missed:** " : "", factor
    }'
}

ours() { "$venvyard" mkvirtualenv -p "$python" "$@" blog; }

# --- Creation -------------------------------------------------------------------------------------

with_pip() { ours; }
virtualenv() { "$peers/bin/virtualenv" -p "$python" "$WORKON_HOME/blog"; }
venv() { "$python" -I -m venv "$WORKON_HOME/blog"; }
uv_seed() { "$peers/bin/uv" venv --seed -p "$python" "$WORKON_HOME/blog"; }
uv_offline() { "$peers/bin/uv" venv --seed --offline -p "$python" "$WORKON_HOME/blog"; }
without_pip() { ours --without-pip; }
uv() { "$peers/bin/uv" venv -p "$python" "$WORKON_HOME/blog"; }
venv_bare() { "$python" -I -m venv --without-pip "$WORKON_HOME/blog"; }
cold() { ours; }
before_cold() { aside; mv "$HOME/.cache/venvyard" "$lab/trash/cache-$((++moved))"; }

version() { "$peers/bin/python" -c 'import sys; from importlib.metadata import version; print(sys.argv[1], version(sys.argv[1]))' "$1"; }

# creation: the rows of the interpreter $python.
creation() {
    local number first
    number=$("$python" --version)
    aside
    { ours && aside && uv_seed; } >>"$log" 2>&1 # fills the caches
    turns 40 with_pip uv_offline
    turns 10 with_pip virtualenv uv_seed
    first=${least[with_pip]}
    turns 5 with_pip venv
    turns 40 with_pip uv_offline
    [[ $first -ge ${least[with_pip]} ]] || least[with_pip]=$first
    row "create, $number" "${least[with_pip]}" "$(version virtualenv)" "${least[virtualenv]}" 25
    row "create, $number" "${least[with_pip]}" 'python -m venv' "${least[venv]}" 250
    row "create, $number" "${least[with_pip]}" "$(version uv) venv --seed" "${least[uv_seed]}" 15
    row "create, $number" "${least[with_pip]}" 'uv venv --seed --offline' "${least[uv_offline]}" 3
    turns 40 without_pip uv venv_bare
    row "create --without-pip, $number" "${least[without_pip]}" 'uv venv' "${least[uv]}" 6
    row "create --without-pip, $number" "${least[without_pip]}" 'python -m venv --without-pip' "${least[venv_bare]}" 20
    turns 5 cold venv
    row "create, $number, the first time" "${least[cold]}" 'python -m venv' "${least[venv]}" 0.91
}

# newest: the newest interpreter within reach, if that is another one.
newest() {
    local minor
    for minor in 16 15 14 13 12; do
        [[ $("$python" --version) != "Python 3.$minor."* ]] || break
        aside
        if "$venvyard" mkvirtualenv --without-pip -p "3.$minor" blog >>"$log" 2>&1; then
            echo "$(sed -n 's/^home = //p' "$WORKON_HOME/blog/pyvenv.cfg")/python3.$minor"
            break
        fi
    done
}

echo "| | $(VENVYARD_SHELL='' "$venvyard" --version) | peer | | ratio | budget |"
echo '|---|--:|---|--:|--:|---|'
usual=$python other=$(newest)
for python in "$usual" ${other:+"$other"}; do creation; done
python=$usual

wrapper=$(version virtualenvwrapper)
export VIRTUALENVWRAPPER_PYTHON=$peers/bin/python PATH=$peers/bin:$PATH lab
# shellcheck disable=SC2016 # for the live shell to expand
away='deactivate; mv "$WORKON_HOME/blog" "$lab/trash/$$-$ROUNDS"'
aside
row 'bash: mkvirtualenv, activated' "$(live "$shim" 40 "$away" "mkvirtualenv -p '$python' blog")" \
    "$wrapper" "$(live "$theirs" 8 "$away" "mkvirtualenv -p '$python' blog")" 50

# --- Used environments ----------------------------------------------------------------------------

aside
{ ours && mv "$WORKON_HOME/blog" "$WORKON_HOME/used" && "$venvyard" cpvirtualenv used source &&
    "$WORKON_HOME/source/bin/python" -m pip install django numpy && mv "$WORKON_HOME/used" "$lab/trash/used"; } >>"$log" 2>&1
move_copy() { [[ ! -e $WORKON_HOME/blog ]] || mv "$WORKON_HOME/blog" "$lab/trash/$((++moved))"; }
cpvirtualenv() { "$venvyard" cpvirtualenv source blog; }
before_cpvirtualenv() { move_copy; }
virtualenv_clone() { "$peers/bin/virtualenv-clone" "$WORKON_HOME/source" "$WORKON_HOME/blog"; }
before_virtualenv_clone() { move_copy; }
turns 8 cpvirtualenv virtualenv_clone
move_copy
row 'cpvirtualenv of django and numpy' "${least[cpvirtualenv]}" "$(version virtualenv-clone)" "${least[virtualenv_clone]}" 3
ours_live=$(live "$shim" 8 "$away" 'cpvirtualenv source blog')
move_copy
row 'bash: cpvirtualenv of django and numpy' "$ours_live" "$wrapper" "$(live "$theirs" 4 "$away" 'cpvirtualenv source blog')" 5
move_copy
copy="deactivate; mv \"\$WORKON_HOME/blog\" \"\$lab/trash/\$\$-wipe-\$ROUNDS\"; \
VENVYARD_SHELL=bash command '$venvyard' cpvirtualenv source blog; workon blog"
row 'bash: wipeenv of django and numpy' "$(live "$shim" 8 "$copy" wipeenv)" "$wrapper" "$(live "$theirs" 3 "$copy" wipeenv)" 50

# --- Removal --------------------------------------------------------------------------------------

aside
small="command '$venvyard' mkvirtualenv --without-pip blog"
row 'bash: rmvirtualenv of a small one' "$(live "$shim" 40 "VENVYARD_SHELL=bash $small" 'rmvirtualenv blog')" \
    "$wrapper" "$(live "$theirs" 8 "VENVYARD_SHELL=bash $small" 'rmvirtualenv blog')" 30

# 40,000 files of 2 KB in 800 directories: where unlinking waits for the disk, which an empty file does not show, and in memory.
large() {
    aside
    ours --without-pip
    "$python" - "$WORKON_HOME/blog/lib" <<'END'
import os, sys
for number in range(800):
    directory = os.path.join(sys.argv[1], str(number))
    os.makedirs(directory)
    for file in range(50):
        with open(os.path.join(directory, str(file)), "wb") as opened:
            opened.write(b"x" * 2048)
END
    sync
}
rmvirtualenv() { "$venvyard" rmvirtualenv blog; }
before_rmvirtualenv() { large; }
rm_rf() { command rm -rf "$WORKON_HOME/blog"; }
before_rm_rf() { large; }
# removal WHERE: a line of the table.
removal() {
    turns 5 rmvirtualenv rm_rf
    row "rmvirtualenv of 40,000 files $1" "${least[rmvirtualenv]}" 'rm -rf' "${least[rm_rf]}" 1
}
removal 'on the disk'
if [[ -d /dev/shm ]]; then
    disk=$WORKON_HOME
    WORKON_HOME=$(mktemp -d /dev/shm/venvyard-bench-XXXXXX)
    removal 'in memory'
    rm -rf "$WORKON_HOME"
    WORKON_HOME=$disk
fi
rm -rf "$lab/trash"

# --- System calls ---------------------------------------------------------------------------------

# calls WORD...: how many system calls the program makes.
calls() {
    strace -f -qq -c -o "$lab/calls" "$venvyard" "$@" >>"$log" 2>&1
    awk 'END { print ($4 ~ /^[0-9]+$/ ? $4 : $3) }' "$lab/calls"
}
aside 2>/dev/null || { mkdir -p "$lab/trash" && aside; }
echo
echo '| | system calls |'
echo '|---|--:|'
echo "| create, with pip | $(calls mkvirtualenv -p "$python" one) |"
echo "| create --without-pip | $(calls mkvirtualenv --without-pip -p "$python" two) |"
