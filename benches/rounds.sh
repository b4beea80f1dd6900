# shellcheck shell=bash
# Times $OPERATION in a live shell that sourced $SHIM, $ROUNDS times, each after $BEFORE: a line a
# round, when it started and when it ended in seconds. The clock is the shell's own, so that nothing
# but the operation is in it, and all that the operation starts is. For bash (5), zsh, ksh93 and mksh.

# shellcheck disable=SC2016 # eval expands it
case ${ZSH_VERSION+zsh}${KSH_VERSION-} in
zsh*) zmodload zsh/datetime && clock='$EPOCHREALTIME' ;;
Version*) typeset -F SECONDS && clock='$SECONDS' ;;
*) clock='$EPOCHREALTIME' ;;
esac

# shellcheck disable=SC1090 # the shim under test
. "$SHIM"

exec 3>&1 >/dev/null
start='' end=''
while [ "$ROUNDS" -gt 0 ]; do
    eval "$BEFORE" 2>/dev/null
    eval "start=$clock"
    eval "$OPERATION" || exit # what fails is quick
    eval "end=$clock"
    echo "$start $end" >&3
    ROUNDS=$((ROUNDS - 1))
done
