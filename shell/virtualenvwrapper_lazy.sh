# shellcheck shell=bash
# virtualenvwrapper_lazy.sh, for the rc files that name it. virtualenvwrapper.sh loads in a millisecond; what is
# put off here is what it makes on disk. Each name in $_VIRTUALENVWRAPPER_API becomes a function that loads it.

# Executed, not sourced, it would define functions for nobody.
case $0 in
*virtualenvwrapper_lazy.sh)
    case ${BASH_SOURCE-}:${ZSH_EVAL_CONTEXT-} in
    "$0": | :toplevel | :)
        \printf '%s\n' 'ERROR: This file is to be sourced.' "hint: . '$0'" >&2
        \exit 1
        ;;
    esac
    ;;
esac

case ${BASH_VERSION-}${ZSH_VERSION-}${KSH_VERSION-} in '') \return 0 ;; esac

# The directory of this file; mksh does not tell it.
# shellcheck disable=SC2128,SC2154
case ${ZSH_VERSION+zsh}${BASH_VERSION+bash}:${KSH_VERSION-} in
zsh*)
    case $0 in
    /*/virtualenvwrapper_lazy.sh) __venvyard_beside=$0 ;;
    *) \eval '__venvyard_beside=${(%):-%x}' ;; # reads all about the terminal first
    esac
    ;;
bash:*) __venvyard_beside=$BASH_SOURCE ;;
*MIRBSD* | *LEGACY*) __venvyard_beside=$(\command -v virtualenvwrapper.sh) || __venvyard_beside='' ;;
*) \eval '__venvyard_beside=${.sh.file}' ;;
esac
case $__venvyard_beside in
/* | '') ;;
*) __venvyard_beside=$PWD/${__venvyard_beside#./} ;;
esac
__venvyard_beside=${__venvyard_beside%/*}

# A script that is named, and gone since then, stops nobody.
\test -r "${VIRTUALENVWRAPPER_SCRIPT-}" || VIRTUALENVWRAPPER_SCRIPT=$__venvyard_beside/virtualenvwrapper.sh
\test -r "$VIRTUALENVWRAPPER_SCRIPT" || VIRTUALENVWRAPPER_SCRIPT=$(\command -v virtualenvwrapper.sh) || {
    \command printf '%s\n' 'ERROR: There is no virtualenvwrapper.sh on PATH.' \
        'hint: export VIRTUALENVWRAPPER_SCRIPT=/path/to/virtualenvwrapper.sh' >&2
    \return 1
}
\export VIRTUALENVWRAPPER_SCRIPT
VIRTUALENVWRAPPER_LAZY_LOADED=''

virtualenvwrapper_load() { # [NAME]: have virtualenvwrapper.sh define the functions, NAME among them
    case $VIRTUALENVWRAPPER_LAZY_LOADED:${1-} in
    :*)
        # shellcheck source=shell/virtualenvwrapper.sh
        \. "$VIRTUALENVWRAPPER_SCRIPT" || \return "$?"
        VIRTUALENVWRAPPER_LAZY_LOADED=1
        ;;
    *:) ;;
    *)
        # Who is still asked for after that, nobody defines.
        \command printf '%s\n' "ERROR: $VIRTUALENVWRAPPER_SCRIPT does not define $1." >&2
        \return 127
        ;;
    esac
}

virtualenvwrapper_lazy_load() { # for TAB: load, and have bash complete anew
    virtualenvwrapper_load
    \return 124
}

__venvyard_lazily() { # WORDS: each a name
    while \test -n "$1"; do
        \set -- "${1%% *}" "${1#* }"
        case $1 in
        '' | *[!A-Za-z0-9_.-]*) ;; # a name is data: a variable that was inherited shall not run
        *)
            # After `function` no alias counts.
            \eval "function $1 { virtualenvwrapper_load $1 && \\$1 \"\$@\" || \\return \"\$?\"; }"
            case $-:${ZSH_VERSION+zsh}${BASH_VERSION+bash} in
            *i*:zsh*) \compctl -K virtualenvwrapper_lazy_load "$1" ;;
            *i*:bash) \complete -F virtualenvwrapper_lazy_load "$1" ;;
            esac
            ;;
        esac
        \set -- "$2"
    done
}

# Plug-ins add names of theirs. A shell that was started by one with ours has all of them already.
case " ${_VIRTUALENVWRAPPER_API-} " in
*' mkvirtualenv '*' restorevirtualenv '*) ;;
*)
    _VIRTUALENVWRAPPER_API="${_VIRTUALENVWRAPPER_API-} mkvirtualenv rmvirtualenv lsvirtualenv showvirtualenv workon \
add2virtualenv cdsitepackages cdvirtualenv lssitepackages toggleglobalsitepackages cpvirtualenv setvirtualenvproject \
mkproject cdproject mktmpenv wipeenv allvirtualenv virtualenvwrapper mvvirtualenv restorevirtualenv"
    ;;
esac
\export _VIRTUALENVWRAPPER_API
__venvyard_lazily "$_VIRTUALENVWRAPPER_API "
