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

# `venvyard init --virtualenvwrapper` fills in this: the absolute path of venvyard.sh.
__venvyard_shim=''

# Not installed, it takes what the program on PATH prints.
# shellcheck source=shell/venvyard.sh
case $__venvyard_shim:${ZSH_VERSION+zsh} in
:zsh) \eval "$(venvyard init zsh || \printf '%s\n' '\return 1')" ;;
:) \eval "$(venvyard init bash || \printf '%s\n' '\return 1')" ;;
*)
    \test -r "$__venvyard_shim" || {
        \command printf '%s\n' "ERROR: There is no file $__venvyard_shim." 'hint: make install' >&2
        \return 1
    }
    \. "$__venvyard_shim" || \return "$?"
    ;;
esac
__venvyard_permit=__venvyard_permit_command
__venvyard_initialized=yes # at the end of this file; no command needs to see to it

# --- Settings -------------------------------------------------------------------------------------

# The path of this file; mksh does not tell it.
# shellcheck disable=SC2128,SC2154
case $__venvyard_shell:${KSH_VERSION-} in
zsh:*) \eval 'VIRTUALENVWRAPPER_SCRIPT=${(%):-%x}' ;;
bash:*) VIRTUALENVWRAPPER_SCRIPT=$BASH_SOURCE ;;
*MIRBSD* | *LEGACY*) VIRTUALENVWRAPPER_SCRIPT=$(\command -v virtualenvwrapper.sh) || VIRTUALENVWRAPPER_SCRIPT='' ;;
*) \eval 'VIRTUALENVWRAPPER_SCRIPT=${.sh.file}' ;;
esac
case $VIRTUALENVWRAPPER_SCRIPT in
/* | '') ;;
*) VIRTUALENVWRAPPER_SCRIPT=$PWD/${VIRTUALENVWRAPPER_SCRIPT#./} ;;
esac
\export VIRTUALENVWRAPPER_SCRIPT
# shellcheck disable=SC2034 # hooks read it
VIRTUALENVWRAPPER_ENV_BIN_DIR=bin

__venvyard_is_plain() { # can the shell itself tell the settings: nothing is to be expanded, no file holds some?
    case ${HOME-}:${WORKON_HOME-}:${VIRTUALENVWRAPPER_HOOK_DIR-} in :* | *[~\$]* | *//*) \return 1 ;; esac
    for __venvyard_line in "${XDG_CONFIG_HOME:-$HOME/.config}" /etc "$HOME/Library/Application Support"; do
        if \test -e "$__venvyard_line/venvyard/config.toml"; then \return 1; fi
    done
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
    VIRTUALENVWRAPPER_HOOK_DIR=${VIRTUALENVWRAPPER_HOOK_DIR:-$WORKON_HOME}
    VIRTUALENVWRAPPER_PROJECT_FILENAME=${VIRTUALENVWRAPPER_PROJECT_FILENAME:-.project}
    VIRTUALENVWRAPPER_WORKON_CD=${VIRTUALENVWRAPPER_WORKON_CD:-1}
    \export WORKON_HOME VIRTUALENVWRAPPER_HOOK_DIR VIRTUALENVWRAPPER_PROJECT_FILENAME VIRTUALENVWRAPPER_WORKON_CD
}

virtualenvwrapper_derive_workon_home() { # print WORKON_HOME in full
    (__venvyard_settle && \command printf '%s\n' "$WORKON_HOME")
}

# --- Loading --------------------------------------------------------------------------------------

virtualenvwrapper_initialize() {
    __venvyard_settle && virtualenvwrapper_verify_workon_home -q || \return 1
    # What is somebody else's stays as it is: `sudo -E` has a HOME that is not root's.
    if __venvyard_has_hooks; then
        \:
    elif \test -O "$WORKON_HOME" && \test -w "$WORKON_HOME"; then
        __venvyard hooks || \:
    fi
    virtualenvwrapper_run_hook initialize
    case $- in *i*) virtualenvwrapper_setup_tab_completion ;; esac
}

__venvyard_has_hooks() { # are the files there that a first loading makes?
    for __venvyard_line in initialize premkvirtualenv postmkvirtualenv prermvirtualenv postrmvirtualenv \
        predeactivate postdeactivate preactivate postactivate get_env_details premkproject postmkproject; do
        \test -e "$VIRTUALENVWRAPPER_HOOK_DIR/$__venvyard_line" || \return 1
    done
}

__venvyard_is_stub() { # FILE: does it hold comments only?
    while IFS='' \read -r __venvyard_line || \test -n "$__venvyard_line"; do
        case $__venvyard_line in '' | '#'*) ;; *) \return 1 ;; esac
    done <"$1"
}

virtualenvwrapper_setup_tab_completion() {
    # Ours stand in files; those who have none of them get the names of environments.
    \set -- "${__venvyard_shim%/*}/../bash-completion/completions/venvyard.bash" \
        "${__venvyard_shim%/*}/../zsh/site-functions"
    case $__venvyard_shell in
    bash)
        if \test -r "$1"; then
            \complete -F __venvyard_first_tab add2virtualenv allvirtualenv cpvirtualenv lsvirtualenv mkproject \
                mktmpenv mkvirtualenv mvvirtualenv rmvirtualenv setvirtualenvproject showvirtualenv \
                toggleglobalsitepackages wipeenv workon
        else
            \complete -F _virtualenvs cpvirtualenv mvvirtualenv rmvirtualenv showvirtualenv workon
        fi
        ;;
    zsh)
        if \test -r "$2/_venvyard"; then
            case " ${fpath[*]} " in *" $2 "*) ;; *) fpath+=("$2") ;; esac # a compinit that comes later reads it
            if \typeset -f compdef >/dev/null; then
                \autoload -Uz _venvyard
                compdef _venvyard add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv \
                    lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv rmvirtualenv \
                    setvirtualenvproject showvirtualenv toggleglobalsitepackages virtualenvwrapper wipeenv workon
                \return 0
            fi
        fi
        \compctl -K _virtualenvs cpvirtualenv mvvirtualenv rmvirtualenv showvirtualenv workon
        ;;
    esac
}

__venvyard_first_tab() { # COMMAND WORD BEFORE: the completion for bash, read when it is needed
    # shellcheck disable=SC1091 # completions/venvyard.bash
    \. "${__venvyard_shim%/*}/../bash-completion/completions/venvyard.bash"
    __venvyard_complete "$@"
}

_virtualenvs() { # COMMAND WORD: complete the name of an environment
    COMPREPLY=()
    reply=()
    # shellcheck disable=SC2034 # zsh's compctl reads it
    while IFS='' \read -r __venvyard_line; do
        case $__venvyard_shell:$__venvyard_line in
        zsh:*) reply+=("$__venvyard_line") ;;
        bash:"${2-}"*)
            \builtin printf -v __venvyard_line %q "$__venvyard_line"
            COMPREPLY+=("$__venvyard_line")
            ;;
        esac
    done <<END
$(virtualenvwrapper_show_workon_options)
END
}

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

virtualenvwrapper_verify_resource() { # PROGRAM
    \command -v "$1" >/dev/null || {
        \command printf '%s\n' "ERROR: virtualenvwrapper could not find $1 in your path" >&2
        \return 1
    }
}

virtualenvwrapper_verify_workon_environment() { # NAME
    \test -d "$WORKON_HOME/$1" || {
        \command printf '%s\n' "ERROR: Environment '$1' does not exist. Create it with 'mkvirtualenv $1'." >&2
        \return 1
    }
}

virtualenvwrapper_verify_active_environment() {
    \test -d "${VIRTUAL_ENV:-/no/such/directory}" || {
        \command printf '%s\n' 'ERROR: no virtualenv active, or active virtualenv is missing' 'hint: workon NAME' >&2
        \return 1
    }
}

virtualenvwrapper_verify_project_home() { # ["-q"]
    case ${PROJECT_HOME-} in
    '')
        \command printf '%s\n' 'ERROR: PROJECT_HOME is not set.' 'hint: export PROJECT_HOME=~/src' >&2
        \return 1
        ;;
    esac
    if \test -d "$PROJECT_HOME"; then \return 0; fi
    case ${1-} in
    -q) ;;
    *)
        \command printf '%s\n' "ERROR: Project directory '$PROJECT_HOME' does not exist." \
            "hint: mkdir -p '$PROJECT_HOME'" >&2
        ;;
    esac
    \return 1
}

# --- Other helpers --------------------------------------------------------------------------------

virtualenvwrapper_cd() { # past functions and aliases of that name, and zsh's chpwd
    case $__venvyard_shell in
    zsh) \builtin cd -q "$@" || \return "$?" ;;
    bash) \builtin cd "$@" || \return "$?" ;;
    *) \command cd "$@" || \return "$?" ;;
    esac
}

virtualenvwrapper_expandpath() { # PATH: print it with ~ and variables expanded
    \test -n "${1-}" && __venvyard path --expand "$1" || \return 1
}

virtualenvwrapper_absolutepath() { # PATH: print it, from the working directory
    \test -n "${1-}" && __venvyard path "$1" || \return 1
}

virtualenvwrapper_mktemp() { \command mktemp "$@"; }

virtualenvwrapper_tempfile() { # [WORD]: print the path of a new file with that word in its name
    \set -- "$(virtualenvwrapper_mktemp -t "virtualenvwrapper-${1:-hook}-XXXXXXXXXX")"
    \test -f "$1" || {
        \command printf '%s\n' 'ERROR: There is no place for a temporary file.' 'hint: export TMPDIR=/tmp' >&2
        \return 1
    }
    \command printf '%s\n' "$1"
}

__venvyard_hook_or_warning() { # DIR FILE ARGUMENT...: in the original's words, which scripts look for
    if \test -r "$2" && \test ! -x "$2" && ! __venvyard_is_stub "$2"; then
        __venvyard_say "WARNING: could not run \"$2\": [Errno 13] Permission denied" >&2
        __venvyard_say "hint: chmod +x '$2'" >&2
    fi
    __venvyard_hook "$@"
}

virtualenvwrapper_run_hook() { # EVENT ARGUMENT...: the user's files for it are run or sourced, as the original does
    case $1 in
    initialize)
        # In the HOME of somebody else it is somebody else's. Without a command in it the verbs need not be read.
        if \test -O "$VIRTUALENVWRAPPER_HOOK_DIR/initialize" && \test -r "$VIRTUALENVWRAPPER_HOOK_DIR/initialize"; then
            __venvyard_is_stub "$VIRTUALENVWRAPPER_HOOK_DIR/initialize" || {
                __venvyard_load && __venvyard_source "$VIRTUALENVWRAPPER_HOOK_DIR/initialize" initialize
            }
        fi
        \return 0
        ;;
    esac
    __venvyard_load || \return "$?"
    # From here on: the global hooks, the environment's own, EVENT ARGUMENT...
    case $1 in
    post_activate | pre_deactivate) \set -- "$VIRTUALENVWRAPPER_HOOK_DIR" "${VIRTUAL_ENV-}/bin" "$@" ;;
    *) \set -- "$VIRTUALENVWRAPPER_HOOK_DIR" "$WORKON_HOME/${2-}/bin" "$@" ;;
    esac
    case $3 in
    pre_mkvirtualenv | pre_rmvirtualenv | post_rmvirtualenv)
        __venvyard_hook_or_warning "$WORKON_HOME" "$1/${3%%_*}${3#*_}" "${4-}"
        ;;
    pre_cpvirtualenv) __venvyard_hook_or_warning "$WORKON_HOME" "$1/precpvirtualenv" "${4-}" "${5-}" ;;
    pre_activate)
        __venvyard_hook_or_warning "$WORKON_HOME" "$1/preactivate" "${4-}"
        __venvyard_hook_or_warning "$WORKON_HOME" "$2/preactivate" "${4-}"
        ;;
    get_env_details)
        __venvyard_hook_or_warning "$WORKON_HOME" "$1/get_env_details" "${4-}"
        __venvyard_hook_or_warning "$WORKON_HOME" "$2/get_env_details" "${4-}"
        ;;
    post_mkvirtualenv | post_cpvirtualenv) __venvyard_source "$1/${3%%_*}${3#*_}" "$3" ;;
    post_activate)
        __venvyard_source "$1/postactivate" post_activate
        __venvyard_source "$2/postactivate" post_activate
        ;;
    pre_deactivate)
        __venvyard_source "$2/predeactivate" pre_deactivate
        __venvyard_source "$1/predeactivate" pre_deactivate
        ;;
    post_deactivate)
        \export VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV="${2%/bin}" VIRTUALENVWRAPPER_LAST_VIRTUALENV="${2%/bin}"
        __venvyard_source "$2/postdeactivate" post_deactivate "${4-}"
        __venvyard_source "$1/postdeactivate" post_deactivate "${4-}"
        \unset VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV VIRTUALENVWRAPPER_LAST_VIRTUALENV || \:
        ;;
    project.pre_mkproject) __venvyard_hook_or_warning "$WORKON_HOME" "$1/premkproject" "${4-}" ;;
    project.post_mkproject) __venvyard_source "$1/postmkproject" project.post_mkproject ;;
    esac
}

virtualenvwrapper_show_workon_options() { __venvyard lsvirtualenv -b || \return "$?"; }
virtualenvwrapper_mkvirtualenv_help() { __venvyard mkvirtualenv --help || \return "$?"; }
virtualenvwrapper_mkproject_help() { __venvyard mkproject --help || \return "$?"; }
virtualenvwrapper_workon_help() { __venvyard workon --help || \return "$?"; }
_lsvirtualenv_usage() { __venvyard lsvirtualenv --help || \return "$?"; }

_virtualenvwrapper_version() { # print the number alone
    \set -- "$(\unset VENVYARD_SHELL && "$__venvyard_exe" --version)"
    \command printf '%s\n' "${1#venvyard }"
}

virtualenvwrapper_get_python_version() { # of the active environment: 3.12
    "$VIRTUAL_ENV/bin/python" -c 'import sys; print("%s.%s" % sys.version_info[:2])' || \return "$?"
}

virtualenvwrapper_get_site_packages_dir() { # of the active environment
    "$VIRTUAL_ENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))' || \return "$?"
}

virtualenvwrapper_initialize || \return "$?"
