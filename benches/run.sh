#!/bin/sh
# Times venvyard's commands beside their peers' and prints the tables of docs/benchmarks.md.
# Needs cargo, bash, zsh, fish, hyperfine, strace and a python3 with venv; the peers come from PyPI, once.
set -eu

cd "$(dirname "$0")/.."
fish_peer='virtualfish 2.5.9'
lab=$PWD/target/bench

# --- What is compared -----------------------------------------------------------------------------

cargo build --release --quiet
venvyard=$PWD/target/$(rustc --print host-tuple)/release/venvyard

peers=$(packaging/peers.sh)
test -e "$peers/bin/uv" || "$peers/bin/python" -m pip install --quiet uv
test -e "$peers/bin/vf" || "$peers/bin/python" -m pip install --quiet "${fish_peer%% *}==${fish_peer##* }"
peer="virtualenvwrapper $("$peers/bin/python" -m virtualenvwrapper.hook_loader --version)"
theirs=$peers/bin/virtualenvwrapper.sh
lazy=$peers/bin/virtualenvwrapper_lazy.sh
virtualfish=$(echo "$peers"/lib/python3*/site-packages/virtualfish/virtual.fish)

# A home of its own: what the user has in rc files, hooks or caches shall not count.
rm -rf "$lab"
mkdir -p "$lab/home"
export PYENV_ROOT="${PYENV_ROOT-$HOME/.pyenv}"
unset VIRTUAL_ENV VENVYARD_SHELL VENVYARD_TERMINAL PYTHONPATH XDG_CONFIG_HOME XDG_CACHE_HOME
export HOME="$lab/home" WORKON_HOME="$lab/few" SHELL=/bin/bash LC_ALL=C
export VIRTUALENVWRAPPER_PYTHON="$peers/bin/python" VIRTUALENVWRAPPER_SCRIPT="$theirs"
# As `make install` leaves it: the verbs are read when the first command is typed.
for shell in bash zsh ksh; do "$venvyard" init "$shell" --verbs "$PWD/shell/verbs.sh" >"$lab/shim.$shell"; done
"$venvyard" init fish --verbs "$PWD/shell/verbs.fish" >"$lab/shim.fish"

# The drop-in, installed in the same way.
"$venvyard" init bash --virtualenvwrapper "$lab/shim.bash" >"$lab/virtualenvwrapper.sh"
cp shell/virtualenvwrapper_lazy.sh "$lab/"

# Two environments with their local hooks, and the global ones that the peer makes when it is loaded:
# files of comments, as nearly everybody has them.
# shellcheck disable=SC2016 # for bash to expand
bash --norc -c '. "$0"; mkvirtualenv one; mkvirtualenv two; . "$1"' "$lab/shim.bash" "$theirs" >"$lab/log" 2>&1

# A thousand environments to list.
seq -f "$lab/many/project-%04g/bin" 1000 | tr '\n' '\0' | xargs -0 mkdir -p
seq -f "$lab/many/project-%04g/bin/activate" 1000 | tr '\n' '\0' | xargs -0 touch

# --- How it is timed ------------------------------------------------------------------------------

# Every figure is the least of many runs: other programs only ever add, and the medians of a shared
# machine wander by more than what is measured.

# process RUNS COMMAND: a whole process, in ms.
process() {
    hyperfine --shell=none --warmup 5 --runs "$1" --style none --export-csv "$lab/csv" \
        --command-name it "$2" >>"$lab/log" 2>&1
    awk -F, 'NR == 2 { print $7 * 1000 }' "$lab/csv"
}

# loading SHELL RUNS SHIM: what sourcing SHIM adds to a shell that does nothing, in ms.
loading() {
    case $1 in
    bash) command='bash --norc -c' ;;
    zsh) command='zsh -f -c' ;;
    fish) command='fish --no-config -c' ;;
    *) command="$1 -c" ;;
    esac
    bare=$(process 500 "$command :")
    loaded=$(SHIM=$3 process "$2" "$command '. \"\$SHIM\"'")
    echo "$loaded $bare" | awk '{ print $1 - $2 }'
}

# operation SHELL ROUNDS SHIM BEFORE OPERATION: an operation in a live shell, in ms.
operation() {
    case $1 in bash) option=--norc ;; zsh) option=-f ;; *) option='' ;; esac
    ROUNDS=$2 SHIM=$3 BEFORE=$4 OPERATION=$5 "$1" ${option:+"$option"} benches/rounds.sh 2>>"$lab/log" |
        awk '{ print ($2 - $1) * 1000 }' | sort -n | head -n 1
}

# fish_operation ROUNDS SHIM BEFORE OPERATION: the same in fish, without what asking for the time takes.
fish_operation() {
    for timed in "$4" true; do
        ROUNDS=$1 SHIM=$2 BEFORE=$3 OPERATION=$timed VIRTUALFISH_HOME=$WORKON_HOME \
            fish --no-config benches/rounds.fish 2>>"$lab/log" | awk '{ print ($2 - $1) * 1000 }' | sort -n | head -n 1
    done | paste -s -d ' ' | awk '{ print $1 - $2 }'
}

# started SHIM BEFORE OPERATION: how many processes the operation starts in bash.
# shellcheck disable=SC2016 # for bash to expand
started() {
    for operation in : "$3"; do
        SHIM=$1 BEFORE=$2 OPERATION=$operation strace -f -qq -e trace=fork,vfork,clone,clone3 -o "$lab/trace" \
            bash --norc -c '. "$SHIM" && eval "$BEFORE" && eval "$OPERATION"' >>"$lab/log" 2>&1
        grep -v CLONE_THREAD "$lab/trace" | grep -cE '(fork|clone3?)(\(| resumed).* = [0-9]+$' || :
    done | paste -s -d ' ' | awk '{ print $2 - $1 }'
}

# row WHAT OURS THEIRS [BUDGET]: a line of the table.
row() {
    echo "$2 $3 ${4-}" | awk -v what="$1" '
        NF < 2 { print "| " what " | failed: see target/bench/log | | | |"; exit }
        NF > 2 { budget = ($1 > $3 ? "**missed:** " : "") "≤ " $3 " ms" }
        {
            ratio = sprintf($2 < $1 * 10 ? "%.1f" : "%.0f", $2 / $1)
            printf "| %s | %.2f ms | %.1f ms | %s× | %s |\n", what, $1, $2, ratio, budget
        }'
}

# alone WHAT OURS BUDGET: a line of the table of shells in which there is no peer.
alone() {
    echo "$2 $3" | awk -v what="$1" '
        NF < 2 { print "| " what " | failed: see target/bench/log | |"; exit }
        { printf "| %s | %.2f ms | %s≤ %s ms |\n", what, $1, ($1 > $2 ? "**missed:** " : ""), $2 }'
}

# compare SHELL WHAT BEFORE OPERATION [BUDGET]: an operation, as a line of the table.
compare() {
    row "$1: $2" "$(operation "$1" 300 "$lab/shim.$1" "$3" "$4")" "$(operation "$1" 20 "$theirs" "$3" "$4")" "${5-}"
}

# --- The tables -----------------------------------------------------------------------------------

echo "| | $("$venvyard" --version) | $peer | ratio | budget |"
echo '|---|--:|--:|--:|---|'
for shell in bash zsh; do
    ours=$(loading "$shell" 500 "$lab/shim.$shell")
    row "$shell: load" "$ours" "$(loading "$shell" 30 "$theirs")" 0.6
    row "$shell: load, the peer lazily" "$ours" "$(loading "$shell" 300 "$lazy")"
    row "$shell: load, virtualenvwrapper.sh; the peer lazily" "$(loading "$shell" 500 "$lab/virtualenvwrapper.sh")" \
        "$(loading "$shell" 300 "$lazy")" 1.5
    row "$shell: load, both lazily" "$(loading "$shell" 500 "$lab/virtualenvwrapper_lazy.sh")" \
        "$(loading "$shell" 300 "$lazy")"
    compare "$shell" 'workon, none active' deactivate 'workon one' 3
    compare "$shell" 'workon, another active' 'workon one' 'workon two' 5
    compare "$shell" deactivate 'workon one' deactivate 1
done
export WORKON_HOME="$lab/many"
compare bash 'workon: list 1,000' : 'workon || :'
compare bash 'lsvirtualenv -b: list 1,000' : 'lsvirtualenv -b'
row 'venvyard lsvirtualenv -b: its process alone' "$(process 300 "'$venvyard' lsvirtualenv -b")" \
    "$(operation bash 20 "$theirs" : 'lsvirtualenv -b')" 5
tab=$(operation bash 20 "$theirs" 'COMP_WORDS=(workon "") COMP_CWORD=1' '_virtualenvs')
row 'TAB after workon: its process alone' "$(process 300 "'$venvyard' complete bash workon 'workon '")" "$tab" 2
row 'TAB after workon in fish: its process alone' "$(process 300 "'$venvyard' complete fish workon 'workon '")" "$tab" 2

echo
echo "| | $("$venvyard" --version) | $fish_peer | ratio | budget |"
echo '|---|--:|--:|--:|---|'
export WORKON_HOME="$lab/few"
row 'fish: load' "$(loading fish 500 "$lab/shim.fish")" "$(loading fish 500 "$virtualfish")" 1
while IFS='|' read -r what before operation their_before their_operation budget; do
    row "fish: $what" "$(fish_operation 300 "$lab/shim.fish" "$before" "$operation")" \
        "$(fish_operation 300 "$virtualfish" "$their_before" "$their_operation")" "$budget"
done <<-'END'
	workon, none active|deactivate|workon one|vf deactivate|vf activate one|5
	workon, another active|workon one|workon two|vf activate one|vf activate two|5
	deactivate|workon one|deactivate|vf activate one|vf deactivate|1
END

echo
echo "| | $("$venvyard" --version) | budget |"
echo '|---|--:|---|'
for shell in ksh mksh; do
    alone "$shell: load" "$(loading "$shell" 500 "$lab/shim.ksh")" 1
    alone "$shell: workon, none active" "$(operation "$shell" 300 "$lab/shim.ksh" deactivate 'workon one')" 5
    alone "$shell: workon, another active" "$(operation "$shell" 300 "$lab/shim.ksh" 'workon one' 'workon two')" 5
    alone "$shell: deactivate" "$(operation "$shell" 300 "$lab/shim.ksh" 'workon one' deactivate)" 1
done

echo
echo "| processes started in bash | venvyard | $peer |"
echo '|---|--:|--:|'
export WORKON_HOME="$lab/few"
while IFS='|' read -r what before operation; do
    echo "| $what | $(started "$lab/shim.bash" "$before" "$operation") | $(started "$theirs" "$before" "$operation") |"
done <<-'END'
	load|:|. "$SHIM"
	workon, none active|:|workon one
	workon, another active|workon one|workon two
	deactivate|workon one|deactivate
END

echo
benches/create.sh "$venvyard" "$lab/shim.bash" "$peers" "$lab"
