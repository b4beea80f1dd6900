# shellcheck shell=bash
# virtualenvwrapper.sh, for the rc files that name it: venvyard's commands and what dotfiles, hooks and plug-ins
# find beside them: the old helper functions, exported variables, hook files to be filled in. Once these files
# are there, loading starts no process. venvyard.sh tells how all this is written.

# Executed, not sourced, it would define functions for nobody.
case $0 in
*virtualenvwrapper.sh)
    case ${BASH_SOURCE-}:${ZSH_EVAL_CONTEXT-} in
    "$0": | :toplevel | :)
        \printf '%s\n' 'ERROR: This file is to be sourced.' "hint: . '$0'" >&2
        \exit 1
        ;;
    esac
    ;;
esac

case ${BASH_VERSION-}${ZSH_VERSION-}${KSH_VERSION-} in '') \return 0 ;; esac

# The path of this file; mksh does not tell it. What zsh always knows it by, a prompt's %x, has it read all about the
# terminal first, which takes as long as a third of this file.
# shellcheck disable=SC2128,SC2154
case ${ZSH_VERSION+zsh}${BASH_VERSION+bash}:${KSH_VERSION-} in
zsh*)
    case $0 in
    /*/virtualenvwrapper.sh) VIRTUALENVWRAPPER_SCRIPT=$0 ;;
    *) \eval 'VIRTUALENVWRAPPER_SCRIPT=${(%):-%x}' ;;
    esac
    ;;
bash:*) VIRTUALENVWRAPPER_SCRIPT=$BASH_SOURCE ;;
*MIRBSD* | *LEGACY*) VIRTUALENVWRAPPER_SCRIPT=$(\command -v virtualenvwrapper.sh) || VIRTUALENVWRAPPER_SCRIPT='' ;;
*) \eval 'VIRTUALENVWRAPPER_SCRIPT=${.sh.file}' ;;
esac
case $VIRTUALENVWRAPPER_SCRIPT in
/* | '') ;;
*) VIRTUALENVWRAPPER_SCRIPT=$PWD/${VIRTUALENVWRAPPER_SCRIPT#./} ;;
esac

# `venvyard init --virtualenvwrapper` fills in this: the absolute path of venvyard.sh.
__venvyard_shim=''

# There is no such file where pip installed us: the program beside this file prints it, or else the one on PATH.
# shellcheck source=shell/venvyard.sh
case $__venvyard_shim in
'')
    __venvyard_exe=${VIRTUALENVWRAPPER_SCRIPT%/*}/venvyard
    \test -x "$__venvyard_exe" || __venvyard_exe=venvyard
    case ${ZSH_VERSION+zsh} in
    zsh) \eval "$("$__venvyard_exe" init zsh || \printf '%s\n' '\return 1')" ;;
    *) \eval "$("$__venvyard_exe" init bash || \printf '%s\n' '\return 1')" ;;
    esac
    ;;
*)
    \test -r "$__venvyard_shim" || {
        \command printf '%s\n' "ERROR: There is no file $__venvyard_shim." \
            'hint: command -v venvyard  # if it is there, open a new shell, and else install it again' >&2
        \return 1
    }
    \. "$__venvyard_shim" || \return "$?"
    ;;
esac
__venvyard_permit=__venvyard_permit_command
__venvyard_initialized=yes # at the end of this file; no command needs to see to it
__venvyard_helpful=''      # yes: the helpers of the second file are defined

# --- Settings -------------------------------------------------------------------------------------

\export VIRTUALENVWRAPPER_SCRIPT
# shellcheck disable=SC2034 # hooks read it
VIRTUALENVWRAPPER_ENV_BIN_DIR=bin

__venvyard_is_plain() { # can the shell itself tell the settings: nothing is to be expanded, no file holds some?
    case ${HOME-}:${WORKON_HOME-}:${VIRTUALENVWRAPPER_HOOK_DIR-}: in
    :* | */:*:*: | *:/:*: | *[~\$]* | *//* | *[/:].[/:]*) \return 1 ;;
    esac
    if [[ -e ${XDG_CONFIG_HOME:-$HOME/.config}/venvyard/config.toml || -e /etc/venvyard/config.toml || -e \
        $HOME/Library/Application\ Support/venvyard/config.toml ]]; then \return 1; fi
}

__venvyard_settle() { # export each setting, paths in full
    __venvyard_is_plain || {
        __venvyard settings || \return "$?"
        \return 0
    }
    case ${WORKON_HOME-} in
    '') WORKON_HOME=$HOME/.virtualenvs ;;
    /*) WORKON_HOME=${WORKON_HOME%/} ;;
    *) WORKON_HOME=$HOME/${WORKON_HOME%/} ;;
    esac
    case ${VIRTUALENVWRAPPER_HOOK_DIR:=$WORKON_HOME} in
    /*) ;;
    *) VIRTUALENVWRAPPER_HOOK_DIR=$HOME/$VIRTUALENVWRAPPER_HOOK_DIR ;;
    esac
    VIRTUALENVWRAPPER_PROJECT_FILENAME=${VIRTUALENVWRAPPER_PROJECT_FILENAME:-.project}
    VIRTUALENVWRAPPER_WORKON_CD=${VIRTUALENVWRAPPER_WORKON_CD:-1}
    \export WORKON_HOME VIRTUALENVWRAPPER_HOOK_DIR VIRTUALENVWRAPPER_PROJECT_FILENAME VIRTUALENVWRAPPER_WORKON_CD
}

# --- Loading --------------------------------------------------------------------------------------

virtualenvwrapper_initialize() {
    __venvyard_settle && virtualenvwrapper_verify_workon_home -q || \return 1
    # What is somebody else's stays as it is: `sudo -E` has a HOME that is not root's.
    if __venvyard_has_hooks; then
        \:
    elif \test -e "$VIRTUALENVWRAPPER_HOOK_DIR" && \test ! -O "$VIRTUALENVWRAPPER_HOOK_DIR"; then
        \:
    elif \test -O "$WORKON_HOME" && \test -w "$WORKON_HOME"; then
        __venvyard hooks || \:
    fi
    virtualenvwrapper_run_hook initialize
}

__venvyard_has_hooks() { # are the files there that a first loading makes?
    \set -- "$VIRTUALENVWRAPPER_HOOK_DIR"
    [[ -e $1/initialize && -e $1/premkvirtualenv && -e $1/postmkvirtualenv && -e $1/prermvirtualenv && -e \
        $1/postrmvirtualenv && -e $1/predeactivate && -e $1/postdeactivate && -e $1/preactivate && -e \
        $1/postactivate && -e $1/get_env_details && -e $1/premkproject && -e $1/postmkproject ]]
}

__venvyard_source_initialize() { # without a command in it the verbs need not be read
    \set -- "$VIRTUALENVWRAPPER_HOOK_DIR/initialize"
    # In the HOME of somebody else it is somebody else's.
    if [[ -O $1 && -r $1 ]]; then
        __venvyard_is_stub "$1" || { __venvyard_load && __venvyard_source "$1" initialize; }
    fi
}

__venvyard_is_stub() { # FILE: does it hold comments only?
    case $__venvyard_shell in
    zsh) # this is no process there, and `read` would ask for each byte
        __venvyard_line=$'\n'$(<"$1")
        case $__venvyard_line in *$'\n'[!#$'\n']*) \return 1 ;; esac
        \return 0
        ;;
    esac
    while IFS='' \read -r __venvyard_line || \test -n "$__venvyard_line"; do
        case $__venvyard_line in '' | '#'*) ;; *) \return 1 ;; esac
    done <"$1"
}

virtualenvwrapper_setup_tab_completion() { \:; } # venvyard.sh does, in every shell that people type in

# --- What is asked before a command, and redefined by dotfiles ------------------------------------

__venvyard_permit_command() { # COMMAND ARGUMENT...
    case $1 in settings | hooks | path | virtualenvwrapper) \return 0 ;; esac
    virtualenvwrapper_verify_workon_home || \return 1
    case $1 in
    mkproject | mktmpenv | mkvirtualenv) virtualenvwrapper_verify_virtualenv || \return 1 ;;
    cpvirtualenv) virtualenvwrapper_verify_virtualenv_clone || \return 1 ;;
    esac
}

# pyenv-virtualenvwrapper makes another function of these lines: none may be a single brace, but for the last.
virtualenvwrapper_verify_workon_home() { # ["-q"]
    case ${WORKON_HOME-} in
    *\$*) \return 0 ;; # the program knows what it means
    /*) ;;
    *) \return 0 ;;
    esac
    if \test -d "$WORKON_HOME/"; then
        \return 0
    fi
    case ${1-} in
    -q) ;;
    *) \command printf '%s\n' "NOTE: Virtual environments directory $WORKON_HOME does not exist. Creating..." >&2 ;;
    esac
    if \command mkdir -p -- "$WORKON_HOME" 2>/dev/null; then
        \return 0
    fi
    \command printf '%s\n' "ERROR: WORKON_HOME $WORKON_HOME cannot be created." 'hint: export WORKON_HOME=~/envs' >&2
    \return 1
}

virtualenvwrapper_verify_virtualenv() { # without one that is named, the interpreter's own venv makes environments
    case ${VIRTUALENVWRAPPER_VIRTUALENV-} in
    '') ;;
    *) virtualenvwrapper_verify_resource "$VIRTUALENVWRAPPER_VIRTUALENV" || \return 1 ;;
    esac
}

virtualenvwrapper_verify_virtualenv_clone() { \:; } # copies need none

# --- Helpers that wait in a second file -----------------------------------------------------------

# They are called so seldom that their text is asked of the program when the first one is. The names that people may
# redefine are these, which no later reading touches.
__venvyard_help() { # HELPER ARGUMENT...
    case $__venvyard_helpful in
    '')
        \test -x "$__venvyard_exe" || {
            \command printf '%s\n' "ERROR: There is no program $__venvyard_exe." \
                'hint: command -v venvyard  # if it is there, open a new shell, and else install it again' >&2
            \return 1
        }
        \eval "$(VENVYARD_SHELL='' "$__venvyard_exe" init bash --helpers || \printf '%s\n' '\return 1')"
        ;;
    esac
    "$@"
}

_virtualenvs() { __venvyard_help __venvyard_helper_complete "$@" || \return "$?"; }
_virtualenvwrapper_version() { __venvyard_help __venvyard_helper_version "$@" || \return "$?"; }
virtualenvwrapper_absolutepath() { __venvyard_help __venvyard_helper_absolutepath "$@" || \return "$?"; }
virtualenvwrapper_cd() { __venvyard_help __venvyard_helper_cd "$@" || \return "$?"; }
virtualenvwrapper_derive_workon_home() { __venvyard_help __venvyard_helper_derive_workon_home "$@" || \return "$?"; }
virtualenvwrapper_expandpath() { __venvyard_help __venvyard_helper_expandpath "$@" || \return "$?"; }
virtualenvwrapper_get_python_version() { __venvyard_help __venvyard_helper_get_python_version "$@" || \return "$?"; }
virtualenvwrapper_get_site_packages_dir() { __venvyard_help __venvyard_helper_get_site_packages_dir "$@" || \return "$?"; }
virtualenvwrapper_tempfile() { __venvyard_help __venvyard_helper_tempfile "$@" || \return "$?"; }
virtualenvwrapper_verify_active_environment() { __venvyard_help __venvyard_helper_verify_active_environment "$@" || \return "$?"; }
virtualenvwrapper_verify_project_home() { __venvyard_help __venvyard_helper_verify_project_home "$@" || \return "$?"; }
virtualenvwrapper_verify_resource() { __venvyard_help __venvyard_helper_verify_resource "$@" || \return "$?"; }
virtualenvwrapper_verify_workon_environment() { __venvyard_help __venvyard_helper_verify_workon_environment "$@" || \return "$?"; }
virtualenvwrapper_run_hook() { # EVENT ARGUMENT...: the user's files for it are run or sourced, as the original does
    case $1 in
    initialize) __venvyard_source_initialize ;;
    *) __venvyard_help __venvyard_helper_run_hook "$@" || \return "$?" ;;
    esac
}

virtualenvwrapper_mktemp() { \command mktemp "$@"; }
virtualenvwrapper_show_workon_options() { __venvyard lsvirtualenv -b || \return "$?"; }
virtualenvwrapper_mkvirtualenv_help() { __venvyard mkvirtualenv --help || \return "$?"; }
virtualenvwrapper_mkproject_help() { __venvyard mkproject --help || \return "$?"; }
virtualenvwrapper_workon_help() { __venvyard workon --help || \return "$?"; }
_lsvirtualenv_usage() { __venvyard lsvirtualenv --help || \return "$?"; }

virtualenvwrapper_initialize || \return "$?"
