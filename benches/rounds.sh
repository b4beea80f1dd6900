# shellcheck shell=bash
# Times $OPERATION in a live shell that sourced $SHIM, $ROUNDS times, each after $BEFORE: a line a
# round, when it started and when it ended in seconds. The clock is the shell's own, so that nothing
# but the operation is in it, and all that the operation starts is. For bash (5) and zsh.

case ${ZSH_VERSION-} in '') ;; *) zmodload zsh/datetime ;; esac

# shellcheck disable=SC1090 # the shim under test
. "$SHIM"

exec 3>&1 >/dev/null
for ((round = 0; round < ROUNDS; round++)); do
    eval "$BEFORE" 2>/dev/null
    start=$EPOCHREALTIME
    eval "$OPERATION" || exit # what fails is quick
    end=$EPOCHREALTIME
    printf '%s %s\n' "$start" "$end" >&3
done
