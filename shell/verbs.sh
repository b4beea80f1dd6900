# shellcheck shell=bash
# The verbs in which the binary answers, for bash (3.2 or later), zsh, ksh93 and mksh. venvyard.sh reads
# this file when the first command is typed, and tells how it is written.
# shellcheck disable=SC2154 # what is not set here, venvyard.sh sets

# --- What differs between the shells --------------------------------------------------------------

case $__venvyard_shell in
zsh)
    __venvyard_say() { \printf '%s\n' "$1"; }
    __venvyard_cd() { \builtin cd -q -- "$1" || \return "$?"; }
    # shellcheck disable=SC1090 # the file is the user's
    __venvyard_dot() { # activate and hooks make globals, which warn_create_global would tell at length
        if [[ -o warn_create_global ]]; then
            \unsetopt warn_create_global
            \. "$@"
            \set -- "$?"
            \setopt warn_create_global
            \return "$1"
        fi
        \. "$@"
    }
    __venvyard_copy() { functions[$2]="${functions[$1]}"; }
    # What Ctrl-C ends zsh leaves as it is, and says 2. `always` is a word of zsh's alone.
    \eval '__venvyard_heed() { { "$@"; \set -- "$?"; } always { __venvyard_was_interrupted && \set -- INT; }; __venvyard_end "$1"; }'
    __venvyard_was_interrupted() {
        # shellcheck disable=SC2154 # zsh sets it
        case $TRY_BLOCK_INTERRUPT in 1) ;; *) \return 1 ;; esac
        TRY_BLOCK_INTERRUPT=0
        case $__venvyard_within in '') __venvyard_tidy_up ;; esac
    }
    __venvyard_end() { # STATUS, or INT: a loop around the command shall end too
        case $1 in INT) \kill -INT "$$" && \return 130 ;; esac
        \return "$1"
    }
    ;;
*)
    # shellcheck disable=SC2162 # print is not read; in mksh printf would be a process
    case $__venvyard_shell in
    bash)
        __venvyard_say() { \printf '%s\n' "$1"; }
        __venvyard_cd() { \builtin cd -- "$1" || \return "$?"; }
        ;;
    *)
        __venvyard_say() { \print -r -- "$1"; }
        __venvyard_cd() { \command cd -- "$1" || \return "$?"; }
        ;;
    esac
    __venvyard_heed() { "$@"; }
    # `command` keeps a syntax error in FILE from ending a POSIX shell
    # shellcheck disable=SC1090
    __venvyard_dot() { \command . "$@"; }
    __venvyard_copy() { # FROM TO: a function under a second name
        # ksh93 reads the text from the file once more, and needs a descriptor 0 for that.
        __venvyard_line="$(\typeset -f "$1" </dev/null)"
        case $__venvyard_line in
        function*) \eval "function $2${__venvyard_line#"function $1"}" ;;
        *) \eval "$2${__venvyard_line#"$1"}" ;;
        esac
    }
    ;;
esac

case $__venvyard_shell:${KSH_VERSION-} in
ksh:*MIRBSD* | ksh:*LEGACY* | bash:* | zsh:*) __venvyard_forget_broken() { \:; } ;;
*)
    # ksh93 has no variable of a call: how deep this one is tells whether what seems to be under way was broken off.
    __venvyard_level=0
    \eval '__venvyard_measure() { __venvyard_line="${.sh.level}"; }'
    __venvyard_forget_broken() {
        __venvyard_measure
        if \test "$__venvyard_line" -le "$__venvyard_level"; then
            case $__venvyard_within in '') ;; *) __venvyard_within='' && __venvyard_running='' ;; esac
        fi
        case $__venvyard_within in '') __venvyard_level="$((__venvyard_line + 1))" ;; esac
    }
    ;;
esac

__venvyard_has() { # NAME: is it a function?
    \typeset -f "$1" >/dev/null 2>&1
}

# --- The protocol ---------------------------------------------------------------------------------

__venvyard_carry_out() { # COMMAND ARGUMENT...: ask the program what is to be done, and do it
    __venvyard_forget_broken
    __venvyard_heed __venvyard_obey "$@"
}

__venvyard_obey() { # COMMAND ARGUMENT...
    case $__venvyard_within in '') __venvyard_tidy_up ;; esac
    case $__venvyard_permit in '') ;; *) "$__venvyard_permit" "$@" || \return 1 ;; esac
    \test -x "$__venvyard_exe" || {
        __venvyard_say "ERROR: There is no program $__venvyard_exe." >&2
        __venvyard_hint_at_program
        \return 1
    }
    if \test -t 1; then __venvyard_line=yes; else __venvyard_line=''; fi
    __venvyard_script="$(
        __venvyard_export_settings
        \export "VENVYARD_SHELL=$__venvyard_shell" "VENVYARD_TERMINAL=$__venvyard_line" \
            "VENVYARD_INITIALIZED=$__venvyard_initialized"
        \exec "$__venvyard_exe" "$@"
    )" || {
        \set -- "$?"
        __venvyard_script=''
        \return "$1"
    }
    # A whole script ends in its status, and no quoted word can look like that.
    case $__venvyard_script in
    *"__venvyard_status '"*"'") ;;
    *)
        __venvyard_script=''
        __venvyard_say 'venvyard: the answer is not whole; nothing was done in this shell' >&2
        \return 1
        ;;
    esac
    __venvyard_initialized=yes
    # A hook may call these commands again: what belongs to this call goes into its parameters.
    \set -- "$__venvyard_script" "$__venvyard_failed" "$__venvyard_within"
    __venvyard_script=''
    __venvyard_failed=0
    # A variable of this call and of all that is called from here: it goes with the call, also if Ctrl-C ends it.
    \typeset "__venvyard_within=$3:"
    \eval "$1"
    \set -- "$?" "$2" "$3"
    __venvyard_within="$3"
    # What was lent to the hooks of another command is for the rest of them too.
    case $3 in '') __venvyard_take_back ;; esac
    __venvyard_failed=$2
    \return "$1"
}

__venvyard_hint_at_program() { # however it came here, and wherever it went
    __venvyard_hint 'command -v venvyard  # if it is there, open a new shell, and else install it again'
}

__venvyard_export_settings() { # in a subshell: a setting counts whether or not the user exported it
    \export WORKON_HOME VIRTUALENVWRAPPER_HOOK_DIR VIRTUALENVWRAPPER_PROJECT_FILENAME \
        VIRTUALENVWRAPPER_WORKON_CD VIRTUALENVWRAPPER_PYTHON VIRTUALENVWRAPPER_VIRTUALENV \
        VIRTUALENVWRAPPER_VIRTUALENV_ARGS VIRTUALENVWRAPPER_SCRIPT VIRTUALENVWRAPPER_LOG_FILE PROJECT_HOME \
        PIP_DOWNLOAD_CACHE PIP_CACHE_DIR
}

# --- Verbs ----------------------------------------------------------------------------------------

__venvyard_print() { __venvyard_say "$1"; }

__venvyard_hint() { __venvyard_say "hint: $1" >&2; }

__venvyard_export() { \export "$1=$2"; }

__venvyard_unset() { \unset "$1" || \:; }

__venvyard_cache() { # DIR: where pip keeps downloads in the active environment, unless the user has a place for them
    case ${PIP_CACHE_DIR-} in
    '' | "${VENVYARD_PIP_CACHE-}") \export "PIP_CACHE_DIR=$1" "VENVYARD_PIP_CACHE=$1" ;;
    esac
}

__venvyard_uncache() { # a shell within this one knows by the second variable that the first is ours
    case ${VENVYARD_PIP_CACHE-} in
    '') \return 0 ;;
    "${PIP_CACHE_DIR-}") \unset PIP_CACHE_DIR ;;
    esac
    \unset VENVYARD_PIP_CACHE
}

__venvyard_lend() { # NAME VALUE...: variables, exported until the command ends, however it ends
    while \test "$#" -gt 1; do
        \export "$1=$2"
        __venvyard_lent="$__venvyard_lent:$1:"
        \shift 2
    done
}

__venvyard_take_back() {
    case $__venvyard_lent in '') \return 0 ;; esac
    case $__venvyard_lent in *:WORKON_HOME:*) \unset WORKON_HOME ;; esac
    case $__venvyard_lent in *:VIRTUALENVWRAPPER_HOOK_DIR:*) \unset VIRTUALENVWRAPPER_HOOK_DIR ;; esac
    case $__venvyard_lent in *:VIRTUALENVWRAPPER_PROJECT_FILENAME:*) \unset VIRTUALENVWRAPPER_PROJECT_FILENAME ;; esac
    case $__venvyard_lent in *:PIP_CACHE_DIR:*) \unset PIP_CACHE_DIR ;; esac
    case $__venvyard_lent in *:VIRTUALENVWRAPPER_WORKON_CD:*) \unset VIRTUALENVWRAPPER_WORKON_CD ;; esac
    __venvyard_lent=''
}

__venvyard_tidy_up() { # what a command that Ctrl-C ended left
    __venvyard_take_back
    \unset VIRTUALENVWRAPPER_PROJECT_CD VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV VIRTUALENVWRAPPER_LAST_VIRTUALENV
    case $__venvyard_entering in '') \return 0 ;; esac
    \unalias deactivate 2>/dev/null || \:
    __venvyard_unshadow
}

__venvyard_status() { # N: what the command returns, if no program that it ran says worse
    case $1 in 0) \return "$__venvyard_failed" ;; esac
    \return "$1"
}

__venvyard_chdir() { # DIR: where the shell goes; a directory that just vanished stops nothing
    __venvyard_cd "$1" 2>/dev/null || \:
}

__venvyard_initialize() { # FILE COMMAND ARGUMENT...: the hook, then the command, which the hook's settings concern
    __venvyard_source "$1" initialize
    __venvyard_take_back
    \shift
    __venvyard "$@"
}

__venvyard_source() { # FILE ARGUMENT...: a hook, in this shell; what it returns counts for nothing
    \test -f "$1" || \return 0
    # Of `while read x; do workon "$x"; done` a hook shall eat nothing.
    if \test -t 0; then
        __venvyard_lenient __venvyard_dot "$@" || \:
    else
        __venvyard_lenient __venvyard_dot "$@" </dev/null || \:
    fi
    case $2 in post_deactivate) ;; *post_*) __venvyard_note_added ;; esac
}

__venvyard_source_own() { # FILE ARGUMENT...: the same, if it is the user's own
    if \test -O "$1"; then __venvyard_source "$@"; fi
}

__venvyard_source_late() { # FILE ARGUMENT...: the same that the program looked at a while ago, if it cannot be a new one
    if \test -k "${1%/*}"; then # where others may put files and links, but replace none
        \test -L "$1" || __venvyard_source_own "$@"
    else
        __venvyard_source "$@"
    fi
}

__venvyard_hook() { # DIR PROGRAM ARGUMENT...: a hook that is a program; its status counts for nothing but Ctrl-C
    \test -x "$2" || \return 0
    if \test -t 0; then
        (__venvyard_export_settings && __venvyard_cd "$1" && \shift && \exec "$@")
    else
        (__venvyard_export_settings && __venvyard_cd "$1" && \shift && \exec "$@" </dev/null)
    fi || case $? in 130) \return 130 ;; esac
}

__venvyard_run() { # DIR PROGRAM ARGUMENT...: a program whose failure is the command's
    (__venvyard_cd "$1" && \shift && \exec "$@") || __venvyard_note_failure "$?"
}

__venvyard_command() { # WORD...: what people type, whose failure is the command's
    case $1 in
    '' | -* | *[!a-zA-Z0-9_.,+:@%-]*) ;; # no name that an alias has and a shell would not act upon
    *)
        if \alias "$1" >/dev/null 2>&1; then
            # Parsed anew, the name is an alias; its words are still data.
            \eval "\\shift; $1 \"\$@\""
            \return "$?"
        fi
        ;;
    esac
    "$@"
}

__venvyard_inside() { # ROOT VERB WORD...: in a subshell where ROOT is active, without hooks, from its directory
    (__venvyard_switch "$1" && __venvyard_cd "$1" && \shift && "$@") || __venvyard_note_failure "$?"
}

__venvyard_note_failure() { # N: the first one counts; after Ctrl-C nothing more is done
    case $1 in 130) \return 130 ;; esac
    case $__venvyard_failed in 0) __venvyard_failed=$1 ;; esac
}

__venvyard_deactivate() { # NEXT: if an environment is active, leave it; a temporary one goes, unless it is NEXT
    case ${VIRTUAL_ENV-} in
    '')
        # Somebody unset the variable, and no more than that, if deactivate is still there.
        case $__venvyard_active in
        '') ;;
        *) if __venvyard_has deactivate; then __venvyard_leave '' "$1"; fi ;;
        esac
        ;;
    "$__venvyard_active") __venvyard_leave '' "$1" ;;
    *)
        # Activated by hand: its own deactivate. Inherited from the shell that started this one: ours.
        if __venvyard_has deactivate; then
            __venvyard_lenient deactivate || \:
        else
            __venvyard_leave '' "$1"
        fi
        ;;
    esac
}

__venvyard_activate() { # ROOT HOOKS: source ROOT's own activate script; HOOKS holds the global hooks
    # A hook on the way here may have entered another one, which is left without further hooks.
    case $__venvyard_active in
    '') ;;
    *)
        if __venvyard_has deactivate && __venvyard_has virtualenv_deactivate; then
            __venvyard_put_off "$__venvyard_active"
        fi
        ;;
    esac
    # From here on: the two, PATH as it is, whether PS1 is set, and PS1.
    \set -- "$1" "$2" "${PATH-}" "${PS1+set}" "${PS1-}"
    case $__venvyard_running in
    dead) ;; # ours
    *) if __venvyard_has deactivate; then __venvyard_copy deactivate __venvyard_other_deactivate; fi ;;
    esac
    __venvyard_forget_deactivate
    \unset -f virtualenv_deactivate 2>/dev/null || \:
    \unset VIRTUAL_ENV
    __venvyard_lenient __venvyard_enter "$1/bin/activate" || \:
    __venvyard_took_effect || {
        if __venvyard_has virtualenv_deactivate; then
            __venvyard_lenient virtualenv_deactivate nondestructive || \:
        fi
        \unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
        PATH="$3"
        case $4 in '') \unset PS1 ;; *) PS1="$5" ;; esac
        __venvyard_restore_other
        __venvyard_say_no_effect "$1"
        \return 1
    }
    # In a script PS1 is unset, and activate leaves it set and exported.
    case $4 in
    '') \unset PS1 _OLD_VIRTUAL_PS1 ;;
    *) __venvyard_tame_prompt "${1##*/}" "$5" ;;
    esac
    \test "$VIRTUAL_ENV" -ef "$1" || __venvyard_say_moved WARNING "$1"
    __venvyard_active="$VIRTUAL_ENV"
    __venvyard_hooks="$2"
    __venvyard_note_added
    __venvyard_define_deactivate
}

__venvyard_follow() { # ROOT HOOKS: the active environment was moved to ROOT; no hook is to notice
    __venvyard_put_off "${VIRTUAL_ENV:-$__venvyard_active}"
    __venvyard_activate "$1" "$2"
}

# --- Activation -----------------------------------------------------------------------------------

__venvyard_switch() { # ROOT: in a subshell, put off what is active and be in ROOT, without hooks
    case ${VIRTUAL_ENV-} in '') ;; *) __venvyard_put_off "$VIRTUAL_ENV" ;; esac
    \unset -f deactivate virtualenv_deactivate 2>/dev/null || \:
    __venvyard_lenient __venvyard_enter "$1/bin/activate" || \:
    # The command would act on whatever else is on PATH.
    __venvyard_took_effect || { __venvyard_say_no_effect "$1" && \return 1; }
    \test "$VIRTUAL_ENV" -ef "$1" || { __venvyard_say_moved ERROR "$1" && \return 1; }
}

__venvyard_took_effect() { # did activate activate anything?
    case ${VIRTUAL_ENV:+":${PATH-}:"} in
    *":${VIRTUAL_ENV-}/bin:"*) __venvyard_has virtualenv_deactivate ;;
    *) \false ;;
    esac
}

__venvyard_say_no_effect() { # ROOT
    __venvyard_say "ERROR: $1/bin/activate does not activate anything." >&2
    __venvyard_say "hint: mkvirtualenv --clear \"${1##*/}\"  # makes it anew, without its packages" >&2
}

__venvyard_say_moved() { # LEVEL ROOT
    __venvyard_say "$1: $2 was moved or copied: its activate script still names $VIRTUAL_ENV." >&2
    __venvyard_say "hint: cpvirtualenv \"${2##*/}\" another-name  # a copy that names itself" >&2
}

__venvyard_lenient() { # WORD...: run it without options that hooks and activate scripts do not expect
    case $__venvyard_shell:$- in
    *:*u*) __venvyard_with +u -u "$@" ;;
    bash:*k*) __venvyard_with +k -k "$@" ;; # `export NAME=VALUE` would export nothing
    bash:*h*) "$@" ;;
    bash:*) __venvyard_with -h +h "$@" ;; # `hash -r` would complain
    *) "$@" ;;
    esac
}

__venvyard_with() { # OPTION ITS-OPPOSITE WORD...: run it with the one, go on with the other
    \set "$1"
    __venvyard_lenient_but_two "$@"
    \set -- "$?" "$2"
    \set "$2"
    \return "$1"
}

__venvyard_lenient_but_two() {
    \shift 2
    __venvyard_lenient "$@"
}

__venvyard_enter() { # FILE: source it, its deactivate under the name virtualenv_deactivate
    # activate asks uname (venv 3.13, virtualenv) and basename (uv, virtualenv): 1.3 to 2.6 ms in
    # processes, which two functions spare where the user has none of these names.
    # A fish outside exports these, and activate would put them back.
    \unset _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PYTHONHOME
    __venvyard_entering=yes
    case $__venvyard_system in
    '') ;;
    *)
        __venvyard_has uname || {
            # shellcheck disable=SC2317 # called by activate
            function uname { case $# in 0) __venvyard_say "$__venvyard_system" ;; *) \command uname "$@" ;; esac; }
            __venvyard_entering="$__venvyard_entering uname"
        }
        __venvyard_has basename || {
            # shellcheck disable=SC2317
            function basename { case $#:$1 in 1:/*[!/]) __venvyard_say "${1##*/}" ;; *) \command basename "$@" ;; esac; }
            __venvyard_entering="$__venvyard_entering basename"
        }
        ;;
    esac
    # An alias of that name turns the definition in activate into a syntax error.
    \unalias deactivate 2>/dev/null || \:
    \unalias pydoc 2>/dev/null || \:
    case $__venvyard_shell in
    bash) __venvyard_dot_renaming "$1" ;;
    *) __venvyard_dot "$1" ;;
    esac || \:
    __venvyard_unshadow
    if __venvyard_has deactivate; then
        __venvyard_copy deactivate virtualenv_deactivate
        __venvyard_forget_deactivate
    fi
}

__venvyard_unshadow() {
    case $__venvyard_entering in *uname*) \unset -f uname ;; esac
    case $__venvyard_entering in *basename*) \unset -f basename ;; esac
    __venvyard_entering=''
}

__venvyard_dot_renaming() { # FILE: in bash an alias renames the function while it is parsed, without a fork
    if \shopt -q expand_aliases; then \set -- "$1" on; else \set -- "$1" off; fi
    \shopt -s expand_aliases
    \alias deactivate=virtualenv_deactivate
    __venvyard_dot "$1" || \:
    \unalias deactivate
    case $2 in off) \shopt -u expand_aliases ;; esac
}

__venvyard_tame_prompt() { # NAME PS1: a prompt is expanded whenever it is shown, and a name shall not act there
    case $1 in
    *[\\\$\`%!]*)
        case ${PS1-} in
        *"$1"*"$2") \set -- "${PS1%"$2"}" "$2" '' ;;
        *) \return 0 ;;
        esac
        while \:; do
            case $1 in
            *[\\\$\`%!]*) \set -- "${1#*[\\\$\`%!]}" "$2" "$3${1%%[\\\$\`%!]*}_" ;;
            *) break ;;
            esac
        done
        PS1="$3$1$2"
        ;;
    esac
}

__venvyard_define_deactivate() {
    # shellcheck disable=SC2317 # called by people
    deactivate() {
        \: 'typeset env_postdeactivate_hook' # by this text virtualenvwrapper knows its own
        case $__venvyard_level:$__venvyard_running in
        [0-9]*:) __venvyard_leave_running "$@" ;;
        *) __venvyard_heed __venvyard_leave "$@" || \return "$?" ;;
        esac
    }
    case $__venvyard_running in dead) __venvyard_running=yes ;; esac
}

__venvyard_leave_running() { # ["nondestructive"]: in ksh93 the running deactivate goes when it ends, as its name may not
    __venvyard_running=yes
    __venvyard_leave "$@" || \:
    case $__venvyard_running in dead) \unset -f deactivate ;; esac
    __venvyard_running=''
}

__venvyard_leave() { # ["nondestructive" [NEXT]]: deactivate, with hooks; only a temporary one needs a process, to go
    __venvyard_forget_broken
    # From here on: the argument, what is under way, ROOT, NEXT, and the global hooks if ROOT was entered in this shell.
    \set -- "${1-}" "$__venvyard_within" "${VIRTUAL_ENV:-$__venvyard_active}" "${2-}" "$__venvyard_hooks"
    case $3:$2 in
    :*) \return 0 ;;
    *":$3:"*) # one of its hooks leaves it; those that are still to come come once
        __venvyard_put_off "$3" "$1"
        __venvyard_uncache
        \return 0
        ;;
    esac
    \typeset "__venvyard_within=$2:$3:"
    # For the time of the hooks there are the variables that virtualenvwrapper exports for good.
    case ${WORKON_HOME-} in '') __venvyard_lend WORKON_HOME "${3%/*}" ;; esac
    case ${VIRTUALENVWRAPPER_HOOK_DIR-} in '') __venvyard_lend VIRTUALENVWRAPPER_HOOK_DIR "${__venvyard_hooks:-${3%/*}}" ;; esac
    __venvyard_leave_for_hooks "$1"
    __venvyard_within="$2"
    # Of a command that has more to do, it takes them back itself.
    case $2 in '') __venvyard_take_back ;; esac
    case $1:$5 in
    nondestructive:*) ;; # an activate script leaves, which may be this environment's own
    *:) ;; # the shell that started this one is in it
    *) if \test -e "$3/README.tmpenv" && ! \test "$3" -ef "$4"; then __venvyard_remove_temporary "$3"; fi ;;
    esac
}

__venvyard_remove_temporary() { # ROOT, which was left just now
    \test -x "$__venvyard_exe" || {
        __venvyard_say "WARNING: $1 is still there: there is no program $__venvyard_exe." >&2
        __venvyard_hint_at_program
        \return 0
    }
    __venvyard rmvirtualenv --temporary "$1" || __venvyard_say "WARNING: $1 is still there." >&2
}

__venvyard_leave_for_hooks() { # ["nondestructive"]
    # From here on: the argument, ROOT, the global hooks, and what sources a hook. The program looked at them when the
    # environment was entered, unless that was in another shell.
    \set -- "${1-}" "${VIRTUAL_ENV:-$__venvyard_active}" "$__venvyard_hooks" __venvyard_source_late
    case $3:$VIRTUALENVWRAPPER_HOOK_DIR in
    :/*) \set -- "$1" "$2" "$VIRTUALENVWRAPPER_HOOK_DIR" __venvyard_source_own ;;
    :*) \set -- "$1" "$2" "${HOME-}/$VIRTUALENVWRAPPER_HOOK_DIR" __venvyard_source_own ;;
    esac
    __venvyard_source_project "$2" predeactivate pre_deactivate
    "$4" "$2/bin/predeactivate" pre_deactivate
    "$4" "$3/predeactivate" pre_deactivate
    # Unless one of them has left it, perhaps for another one.
    case ${VIRTUAL_ENV:-$__venvyard_active} in
    "$2")
        __venvyard_put_off "$2" "$1"
        __venvyard_uncache
        ;;
    esac
    \export "VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV=$2" "VIRTUALENVWRAPPER_LAST_VIRTUALENV=$2"
    "$4" "$2/bin/postdeactivate" post_deactivate "${2##*/}"
    "$4" "$3/postdeactivate" post_deactivate "${2##*/}"
    \unset VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV VIRTUALENVWRAPPER_LAST_VIRTUALENV || \:
}

__venvyard_source_project() { # ROOT HOOK EVENT: the hook of the project that ROOT belongs to, if it is the user's own
    \set -- "$1/${VIRTUALENVWRAPPER_PROJECT_FILENAME:-.project}" "$2" "$3"
    __venvyard_line=''
    if \test -r "$1"; then IFS='' \read -r __venvyard_line <"$1" || \:; fi
    case $__venvyard_line in
    '') ;;
    *) __venvyard_source_own "$__venvyard_line/.virtualenvwrapper/$2" "$3" ;;
    esac
}

__venvyard_put_off() { # ROOT ["nondestructive"]: undo what activate did, without hooks
    # The environment's own deactivate puts back the PATH and the prompt of the activation. What was done to
    # them since then stays: only what the activation and its hooks put there goes.
    case :${PATH-}: in
    *":${__venvyard_added:-$1/bin}:"*) __venvyard_path_without "${__venvyard_added:-$1/bin}" ;;
    *) __venvyard_path_without "$1/bin" ;;
    esac
    # From here on: ROOT, the argument, PATH as it will be, what is to go from PS1, and PS1 as it will be.
    \set -- "$1" "${2-}" "$__venvyard_line" "${PS1+$__venvyard_prompt}" "${PS1-}"
    case $4 in
    '') ;;
    *) case $5 in *"$4"*) \set -- "$1" "$2" "$3" "$4" "${5%%"$4"*}${5#*"$4"}" ;; esac ;;
    esac
    if __venvyard_has virtualenv_deactivate; then
        # Otherwise it unsets the function deactivate, which is ours.
        __venvyard_lenient virtualenv_deactivate nondestructive || \:
    else
        \unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    fi
    PATH="$3"
    case $4 in '') ;; *) PS1="$5" && \unset _OLD_VIRTUAL_PS1 ;; esac
    __venvyard_active=''
    __venvyard_hooks=''
    __venvyard_added=''
    __venvyard_prompt=''
    # "nondestructive" says an activate script, sourced by hand, that is about to define its own deactivate.
    case $2 in
    nondestructive) \unset -f virtualenv_deactivate 2>/dev/null || \: ;;
    *) __venvyard_restore_other ;;
    esac
}

__venvyard_restore_other() { # a deactivate that was somebody else's (conda's) comes back; else there is none
    \unset -f virtualenv_deactivate 2>/dev/null || \:
    if __venvyard_has __venvyard_other_deactivate; then
        __venvyard_copy __venvyard_other_deactivate deactivate
        \unset -f __venvyard_other_deactivate
    else
        __venvyard_forget_deactivate
    fi
}

__venvyard_forget_deactivate() { # what ksh93 unsets while it runs takes a new function of that name with it
    case $__venvyard_running in
    '') \unset -f deactivate 2>/dev/null || \: ;;
    *)
        __venvyard_running=dead
        # shellcheck disable=SC2317 # people may call it
        deactivate() { \:; }
        ;;
    esac
}

__venvyard_note_added() { # keep what now stands before the PATH and the prompt that activate found
    case ${_OLD_VIRTUAL_PATH:+${PATH-}} in
    *":${_OLD_VIRTUAL_PATH-}") __venvyard_added="${PATH%":$_OLD_VIRTUAL_PATH"}" ;;
    esac
    case ${_OLD_VIRTUAL_PS1+yes}${PS1-} in
    yes*"${_OLD_VIRTUAL_PS1-}") __venvyard_prompt="${PS1%"$_OLD_VIRTUAL_PS1"}" ;;
    *) __venvyard_prompt='' ;;
    esac
}

__venvyard_path_without() { # DIR: __venvyard_line is PATH less its first DIR
    \set -- "$1" ":${PATH-}:"
    case $2 in
    *":$1:"*)
        \set -- "${2%%":$1:"*}:${2#*":$1:"}"
        \set -- "${1#:}"
        __venvyard_line="${1%:}"
        ;;
    *) __venvyard_line="${PATH-}" ;;
    esac
}

__venvyard_ready=yes
