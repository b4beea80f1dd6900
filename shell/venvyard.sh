# shellcheck shell=bash
# venvyard's shell half: source it from bash (3.2 or later), zsh, ksh93 or mksh.
#
# The binary decides, and answers with calls of the verbs in verbs.sh, one a line, every word quoted.
# They are read when the first command is typed: a shell that needs none starts sooner. How both files
# are written, and why:
#   \cmd      aliases are expanded while a function is parsed; the backslash keeps the user's out
#   "$?"      IFS may hold digits
#   x="$y"    zsh that emulates csh takes an unquoted value for a pattern of files
#   "x=$y"    as a word of a command: under `set -k` an assignment is none
#   set --    positional parameters stand for locals, which ksh93 lacks in functions of this form
#   || return makes errexit, err_return and ERR traps inert inside the public functions

case ${BASH_VERSION-}${ZSH_VERSION-}${KSH_VERSION-} in '') \return 0 ;; esac

# Executed, not sourced, it would define functions for nobody.
case $0:${BASH_SOURCE-}:${ZSH_EVAL_CONTEXT-} in
*venvyard.sh:*venvyard.sh:* | *venvyard.sh::toplevel)
    \printf '%s\n' 'ERROR: This file is to be sourced.' "hint: . '$0'" >&2
    \exit 1
    ;;
esac

# An alias of one of these names would turn the definition of the function into a syntax error. That there is
# none bash can tell at once; `unalias` would complain of each name, which takes more time than to ask.
case ${BASH_VERSION-} in
[4-9]* | [1-9][0-9]*) __venvyard_line=${BASH_ALIASES[*]-} ;;
*) __venvyard_line=perhaps ;;
esac
case $__venvyard_line in
'') ;;
*)
    for __venvyard_line in add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv deactivate \
        lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv \
        rmvirtualenv setvirtualenvproject showvirtualenv toggleglobalsitepackages virtualenvwrapper wipeenv workon; do
        \alias "$__venvyard_line" && \unalias "$__venvyard_line"
    done >/dev/null 2>&1 || \:
    ;;
esac

# `venvyard init` fills in these: the absolute paths of the binary and of verbs.sh, and what `uname`
# prints here.
__venvyard_exe=''
__venvyard_verbs=''
__venvyard_system=''

case $__venvyard_exe in
'')
    __venvyard_exe=$(\command -v venvyard) || \:
    case $__venvyard_exe in /*) ;; *)
        \printf '%s\n' 'venvyard: the program venvyard is not on PATH' 'hint: make install' >&2
        \return 1
        ;;
    esac
    ;;
esac

case ${ZSH_VERSION+zsh}${BASH_VERSION+bash} in
zsh*) __venvyard_shell=zsh ;;
bash) __venvyard_shell=bash ;;
*) __venvyard_shell=ksh ;;
esac

__venvyard_ready=''       # yes: the verbs are defined
__venvyard_initialized='' # yes: the hook initialize was sourced, or there is none
__venvyard_permit=''      # a function that may refuse a command; virtualenvwrapper.sh has one
__venvyard_lent=''        # variables that are there for the hooks of a command
__venvyard_within=''      # what is under way while hooks run: a colon for a command, :ROOT: for the leaving of ROOT
__venvyard_level=''       # in ksh93: how deep the outermost call is
__venvyard_running=''     # in ksh93: yes while deactivate runs, dead if there is to be none when it ends
__venvyard_entering=''    # while an activate script is sourced: yes, and which functions of ours it calls
__venvyard_script=''      # what the binary answered
__venvyard_failed=0       # the first status, not 0, of a program run by this command
__venvyard_line=''        # what a function without a process of its own returns
# Sourced again, an activation that lives in this shell stays; what was inherited, functions too in bash, means nothing.
case ${__venvyard_process-}:${__venvyard_active-} in
"$$":?*) \typeset -f deactivate >/dev/null 2>&1 || __venvyard_active='' ;;
*) __venvyard_active='' ;;
esac
__venvyard_process=$$
case $__venvyard_active in
'')
    __venvyard_hooks=''
    __venvyard_added=''  # what the activation put before the rest of PATH
    __venvyard_prompt='' # what it put before the rest of PS1, if that can be told
    \unset -f __venvyard_other_deactivate 2>/dev/null || \:
    ;;
esac

# --- The protocol ---------------------------------------------------------------------------------

__venvyard_load() { # read the verbs, if they are not here yet
    case $__venvyard_ready in yes) \return 0 ;; esac
    # An alias made since would turn a definition into a syntax error.
    \unalias deactivate 2>/dev/null || \:
    \test -r "$__venvyard_verbs" || {
        \command printf '%s\n' "ERROR: There is no file $__venvyard_verbs." \
            'hint: command -v venvyard  # if it is there, open a new shell, and else install it again' >&2
        \return 1
    }
    # shellcheck source=shell/verbs.sh
    case $__venvyard_shell in
    zsh) \. "$__venvyard_verbs" ;;
    *) \command . "$__venvyard_verbs" ;;
    esac
}

__venvyard() { # COMMAND ARGUMENT...
    __venvyard_load && __venvyard_carry_out "$@" || \return "$?"
}

# --- Commands -------------------------------------------------------------------------------------

add2virtualenv() { __venvyard add2virtualenv "$@" || \return "$?"; }
allvirtualenv() { __venvyard allvirtualenv "$@" || \return "$?"; }
cdproject() { __venvyard cdproject "$@" || \return "$?"; }
cdsitepackages() { __venvyard cdsitepackages "$@" || \return "$?"; }
cdvirtualenv() { __venvyard cdvirtualenv "$@" || \return "$?"; }
cpvirtualenv() { __venvyard cpvirtualenv "$@" || \return "$?"; }
lssitepackages() { __venvyard lssitepackages "$@" || \return "$?"; }
lsvirtualenv() { __venvyard lsvirtualenv "$@" || \return "$?"; }
mkproject() { __venvyard mkproject "$@" || \return "$?"; }
mktmpenv() { __venvyard mktmpenv "$@" || \return "$?"; }
mkvirtualenv() { __venvyard mkvirtualenv "$@" || \return "$?"; }
mvvirtualenv() { __venvyard mvvirtualenv "$@" || \return "$?"; }
restorevirtualenv() { __venvyard restorevirtualenv "$@" || \return "$?"; }
rmvirtualenv() { __venvyard rmvirtualenv "$@" || \return "$?"; }
setvirtualenvproject() { __venvyard setvirtualenvproject "$@" || \return "$?"; }
showvirtualenv() { __venvyard showvirtualenv "$@" || \return "$?"; }
toggleglobalsitepackages() { __venvyard toggleglobalsitepackages "$@" || \return "$?"; }
virtualenvwrapper() { __venvyard virtualenvwrapper "$@" || \return "$?"; }
wipeenv() { __venvyard wipeenv "$@" || \return "$?"; }
workon() { __venvyard workon "$@" || \return "$?"; }

# --- TAB ------------------------------------------------------------------------------------------

# The rest of it the program prints when TAB is pressed for the first time; _venvyard is then another function.
case $-:$__venvyard_shell in
*i*:bash | *i*:zsh)
    _venvyard() {
        \eval "$(VENVYARD_SHELL='' "$__venvyard_exe" complete "$__venvyard_shell" 2>/dev/null || \printf '%s\n' '\return 1')"
        _venvyard "$@"
    }
    __venvyard_complete_all() { # WORD...: the shell's own command, to which the names are added
        "$@" add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv lssitepackages \
            lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv \
            setvirtualenvproject showvirtualenv toggleglobalsitepackages venvyard virtualenvwrapper wipeenv workon
    }
    case $__venvyard_shell in
    bash) __venvyard_complete_all builtin complete -o default -F _venvyard ;;
    zsh) # compinit may come later, or never: that is known when the first prompt is shown
        __venvyard_first_prompt() {
            \eval 'precmd_functions=("${(@)precmd_functions[@]:#__venvyard_first_prompt}")'
            if \typeset -f compdef >/dev/null; then
                __venvyard_complete_all compdef _venvyard
            else
                __venvyard_complete_all builtin compctl -K _venvyard
            fi
        }
        \eval 'typeset -ga precmd_functions; precmd_functions+=(__venvyard_first_prompt)'
        ;;
    esac
    ;;
esac

# Where the verbs are in no file, `venvyard init` puts them here.
# @verbs

# A shell started by one with an active environment inherits it, but not its deactivate.
case ${VIRTUAL_ENV-} in
'') ;;
*)
    if \typeset -f deactivate >/dev/null 2>&1; then
        \:
    elif __venvyard_load; then
        __venvyard_active="$VIRTUAL_ENV"
        __venvyard_define_deactivate
    fi
    ;;
esac
