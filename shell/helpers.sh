# shellcheck shell=bash
# What virtualenvwrapper.sh has the program print when the first of these helpers is called. They stand here under names
# of ours: those that people call and redefine are in that file. venvyard.sh tells how all this is written.
# shellcheck disable=SC2154 # what is not set here, the other two set

__venvyard_helper_derive_workon_home() { # print WORKON_HOME in full
    (__venvyard_settle && \command printf '%s\n' "$WORKON_HOME")
}

__venvyard_helper_verify_resource() { # PROGRAM
    \command -v "$1" >/dev/null || {
        \command printf '%s\n' "ERROR: virtualenvwrapper could not find $1 in your path" >&2
        \return 1
    }
}

__venvyard_helper_verify_workon_environment() { # NAME
    \test -d "$WORKON_HOME/$1" || {
        \command printf '%s\n' "ERROR: Environment '$1' does not exist. Create it with 'mkvirtualenv $1'." >&2
        \return 1
    }
}

__venvyard_helper_verify_active_environment() {
    \test -d "${VIRTUAL_ENV:-/no/such/directory}" || {
        \command printf '%s\n' 'ERROR: no virtualenv active, or active virtualenv is missing' 'hint: workon NAME' >&2
        \return 1
    }
}

__venvyard_helper_verify_project_home() { # ["-q"]
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

__venvyard_helper_cd() { # past functions and aliases of that name, and zsh's chpwd
    case $__venvyard_shell in
    zsh) \builtin cd -q "$@" || \return "$?" ;;
    bash) \builtin cd "$@" || \return "$?" ;;
    *) \command cd "$@" || \return "$?" ;;
    esac
}

__venvyard_helper_expandpath() { # PATH: print it with ~ and variables expanded
    \test -n "${1-}" && __venvyard path --expand "$1" || \return 1
}

__venvyard_helper_absolutepath() { # PATH: print it, from the working directory
    \test -n "${1-}" && __venvyard path "$1" || \return 1
}

__venvyard_helper_tempfile() { # [WORD]: print the path of a new file with that word in its name
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

__venvyard_helper_run_hook() { # EVENT ARGUMENT...: the user's files for it are run or sourced, as the original does
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
        __venvyard_source_project "${VIRTUAL_ENV-}" postactivate post_activate
        __venvyard_source "$1/postactivate" post_activate
        __venvyard_source "$2/postactivate" post_activate
        ;;
    pre_deactivate)
        __venvyard_source_project "${VIRTUAL_ENV-}" predeactivate pre_deactivate
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

__venvyard_helper_complete() { # COMMAND WORD: complete the name of an environment
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

__venvyard_helper_version() { # print the number alone
    \set -- "$(\unset VENVYARD_SHELL && "$__venvyard_exe" --version)"
    \command printf '%s\n' "${1#venvyard }"
}

__venvyard_helper_get_python_version() { # of the active environment: 3.12
    "${VIRTUAL_ENV-}/bin/python" -c 'import sys; print("%s.%s" % sys.version_info[:2])' || \return "$?"
}

__venvyard_helper_get_site_packages_dir() { # of the active environment
    "${VIRTUAL_ENV-}/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))' || \return "$?"
}

__venvyard_helpful=yes
