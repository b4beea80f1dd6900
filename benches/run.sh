#!/bin/sh
# Times venvyard's commands beside virtualenvwrapper's and prints the table of docs/benchmarks.md.
# Needs cargo, bash, zsh, hyperfine and a python3 with venv; the peer comes from PyPI, once.
set -eu

cd "$(dirname "$0")/.."
peer='virtualenvwrapper 6.1.1'
peers=$PWD/target/peers
lab=$PWD/target/bench

# --- What is compared -----------------------------------------------------------------------------

cargo build --release --quiet
venvyard=$PWD/target/$(rustc --print host-tuple)/release/venvyard

test -e "$peers/bin/virtualenvwrapper.sh" || {
    python3 -m venv "$peers"
    "$peers/bin/pip" install --quiet "${peer%% *}==${peer##* }"
}
theirs=$peers/bin/virtualenvwrapper.sh
lazy=$peers/bin/virtualenvwrapper_lazy.sh

# A home of its own: what the user has in rc files, hooks or caches shall not count.
rm -rf "$lab"
mkdir -p "$lab/home"
unset VIRTUAL_ENV VENVYARD_SHELL VENVYARD_TERMINAL PYTHONPATH XDG_CONFIG_HOME XDG_CACHE_HOME
export HOME="$lab/home" WORKON_HOME="$lab/few" SHELL=/bin/bash LC_ALL=C
export VIRTUALENVWRAPPER_PYTHON="$peers/bin/python" VIRTUALENVWRAPPER_SCRIPT="$theirs"
for shell in bash zsh; do "$venvyard" init "$shell" >"$lab/shim.$shell"; done

# Two environments with their local hooks, and the global ones that the peer makes when it is loaded:
# files of comments, as nearly everybody has them.
# shellcheck disable=SC2016 # for bash to expand
bash --norc -c '. "$0"; mkvirtualenv one; mkvirtualenv two; . "$1"' "$lab/shim.bash" "$theirs" >"$lab/log" 2>&1

# A thousand environments to list.
seq -f "$lab/many/project-%04g/bin" 1000 | tr '\n' '\0' | xargs -0 mkdir -p
seq -f "$lab/many/project-%04g/bin/activate" 1000 | tr '\n' '\0' | xargs -0 touch

# --- How it is timed ------------------------------------------------------------------------------

# process COLUMN RUNS COMMAND: the median (column 4) or the least (7) of a whole process, in ms.
process() {
    hyperfine --shell=none --warmup 5 --runs "$2" --style none --export-csv "$lab/csv" \
        --command-name it "$3" >>"$lab/log" 2>&1
    awk -F, -v column="$1" 'NR == 2 { print $column * 1000 }' "$lab/csv"
}

# loading SHELL RUNS SHIM: what sourcing SHIM adds to a shell that does nothing, in ms. The least times
# are subtracted: while other programs run, medians wander by more than their difference.
loading() {
    case $1 in bash) command='bash --norc -c' ;; *) command='zsh -f -c' ;; esac
    bare=$(process 7 500 "$command :")
    loaded=$(SHIM=$3 process 7 "$2" "$command '. \"\$SHIM\"'")
    echo "$loaded $bare" | awk '{ print $1 - $2 }'
}

# operation SHELL ROUNDS SHIM BEFORE OPERATION: the median of an operation in a live shell, in ms.
operation() {
    case $1 in bash) option=--norc ;; *) option=-f ;; esac
    ROUNDS=$2 SHIM=$3 BEFORE=$4 OPERATION=$5 "$1" "$option" benches/rounds.sh 2>>"$lab/log" |
        awk '{ print ($2 - $1) * 1000 }' | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# row WHAT OURS THEIRS [BUDGET]: a line of the table.
row() {
    echo "$2 $3 ${4-}" | awk -v what="$1" '
        NF < 2 { print "| " what " | failed: see target/bench/log | | | |"; exit }
        NF > 2 { budget = ($1 > $3 ? "**missed:** " : "") "≤ " $3 " ms" }
        { printf "| %s | %.2f ms | %.1f ms | %.0f× | %s |\n", what, $1, $2, $2 / $1, budget }'
}

# compare SHELL WHAT BEFORE OPERATION [BUDGET]: an operation, as a line of the table.
compare() {
    row "$1: $2" "$(operation "$1" 300 "$lab/shim.$1" "$3" "$4")" "$(operation "$1" 15 "$theirs" "$3" "$4")" "${5-}"
}

# --- The table ------------------------------------------------------------------------------------

echo "| | $("$venvyard" --version) | $peer | ratio | budget |"
echo '|---|--:|--:|--:|---|'
for shell in bash zsh; do
    ours=$(loading "$shell" 500 "$lab/shim.$shell")
    row "$shell: load" "$ours" "$(loading "$shell" 30 "$theirs")" 0.6
    row "$shell: load, the peer lazily" "$ours" "$(loading "$shell" 300 "$lazy")" 0.6
    compare "$shell" 'workon, none active' deactivate 'workon one' 3
    compare "$shell" 'workon, another active' 'workon one' 'workon two' 5
    compare "$shell" deactivate 'workon one' deactivate 1
done
export WORKON_HOME="$lab/many"
compare bash 'workon: list 1,000' : 'workon || :'
compare bash 'lsvirtualenv -b: list 1,000' : 'lsvirtualenv -b'
row 'venvyard lsvirtualenv -b: its process alone' "$(process 4 300 "'$venvyard' lsvirtualenv -b")" \
    "$(operation bash 15 "$theirs" : 'lsvirtualenv -b')" 5
