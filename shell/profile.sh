# shellcheck shell=bash
# venvyard's commands for login shells, which read this by way of /etc/profile.d. Each reads venvyard.sh, and with it
# all the others, when it is first typed: to read that at every login would take twice as long. How it is written
# stands there.

# An alias of one of these names would turn the definition of the function into a syntax error. bash reads this at the end
# of Debian's ~/.bashrc, after the aliases.
case ${BASH_VERSION-} in
[4-9]* | [1-9][0-9]*) __venvyard_line=${BASH_ALIASES[*]-} ;;
*) __venvyard_line=perhaps ;;
esac
case $__venvyard_line in
'') ;;
*)
    for __venvyard_line in add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv \
        lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv \
        rmvirtualenv setvirtualenvproject showvirtualenv toggleglobalsitepackages virtualenvwrapper wipeenv workon; do
        \alias "$__venvyard_line" && \unalias "$__venvyard_line"
    done >/dev/null 2>&1 || \:
    ;;
esac

__venvyard_late() { # COMMAND ARGUMENT...
    \test -r /usr/share/venvyard/venvyard.sh || {
        \command printf '%s\n' 'ERROR: There is no file /usr/share/venvyard/venvyard.sh.' \
            'hint: install the package venvyard again' >&2
        \return 1
    }
    # shellcheck source=shell/venvyard.sh
    \. /usr/share/venvyard/venvyard.sh && "$@" || \return "$?"
}

add2virtualenv() { __venvyard_late add2virtualenv "$@" || \return "$?"; }
allvirtualenv() { __venvyard_late allvirtualenv "$@" || \return "$?"; }
cdproject() { __venvyard_late cdproject "$@" || \return "$?"; }
cdsitepackages() { __venvyard_late cdsitepackages "$@" || \return "$?"; }
cdvirtualenv() { __venvyard_late cdvirtualenv "$@" || \return "$?"; }
cpvirtualenv() { __venvyard_late cpvirtualenv "$@" || \return "$?"; }
lssitepackages() { __venvyard_late lssitepackages "$@" || \return "$?"; }
lsvirtualenv() { __venvyard_late lsvirtualenv "$@" || \return "$?"; }
mkproject() { __venvyard_late mkproject "$@" || \return "$?"; }
mktmpenv() { __venvyard_late mktmpenv "$@" || \return "$?"; }
mkvirtualenv() { __venvyard_late mkvirtualenv "$@" || \return "$?"; }
mvvirtualenv() { __venvyard_late mvvirtualenv "$@" || \return "$?"; }
restorevirtualenv() { __venvyard_late restorevirtualenv "$@" || \return "$?"; }
rmvirtualenv() { __venvyard_late rmvirtualenv "$@" || \return "$?"; }
setvirtualenvproject() { __venvyard_late setvirtualenvproject "$@" || \return "$?"; }
showvirtualenv() { __venvyard_late showvirtualenv "$@" || \return "$?"; }
toggleglobalsitepackages() { __venvyard_late toggleglobalsitepackages "$@" || \return "$?"; }
virtualenvwrapper() { __venvyard_late virtualenvwrapper "$@" || \return "$?"; }
wipeenv() { __venvyard_late wipeenv "$@" || \return "$?"; }
workon() { __venvyard_late workon "$@" || \return "$?"; }

# TAB does not wait for the first command: bash is told now, and zsh at its first prompt, if compinit has not found a file.
case $-:${ZSH_VERSION+zsh}${BASH_VERSION+bash} in
*i*:bash)
    # shellcheck source=shell/venvyard.sh
    _venvyard() { \. /usr/share/venvyard/venvyard.sh && _venvyard "$@"; }
    \builtin complete -o default -F _venvyard add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv \
        cpvirtualenv lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv \
        rmvirtualenv setvirtualenvproject showvirtualenv toggleglobalsitepackages venvyard virtualenvwrapper wipeenv \
        workon
    ;;
*i*:zsh)
    __venvyard_late_prompt() {
        \eval 'precmd_functions=("${(@)precmd_functions[@]:#__venvyard_late_prompt}")'
        \typeset -f compdef >/dev/null || {
            # shellcheck source=shell/venvyard.sh
            \. /usr/share/venvyard/venvyard.sh && __venvyard_first_prompt
        }
    }
    \eval 'typeset -ga precmd_functions; precmd_functions+=(__venvyard_late_prompt)'
    ;;
esac

# An environment that the shell outside has entered is to be left without a command before.
# shellcheck source=shell/venvyard.sh
case ${VIRTUAL_ENV-} in
'') ;;
*) \. /usr/share/venvyard/venvyard.sh ;;
esac
