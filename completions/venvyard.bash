# shellcheck shell=bash
# Tab completion of venvyard's commands in bash, from 3.2 on. The program says what may stand at the cursor, quoted as it
# is to be inserted. Nothing of what is typed is evaluated here; files bash completes by itself (`-o default`).

_venvyard() { # COMMAND WORD BEFORE: as bash calls it when TAB is pressed
    \local IFS=$'\n' answer
    COMPREPLY=()
    answer=$(
        # A setting counts whether or not the user exported it.
        \export WORKON_HOME VIRTUALENVWRAPPER_HOOK_DIR VIRTUALENVWRAPPER_PROJECT_FILENAME VENVYARD_SHELL=''
        \exec "${__venvyard_exe:-venvyard}" complete bash "$1" "${COMP_LINE:0:COMP_POINT}" "${COMP_LINE:COMP_POINT}" \
            "$COMP_WORDBREAKS" 2>/dev/null
    ) || \return 0
    # Lines become words, in which no `*` is a pattern.
    # shellcheck disable=SC2206 # they are to be split
    case $- in
    *f*) COMPREPLY=($answer) ;;
    *)
        \set -f
        COMPREPLY=($answer)
        \set +f
        ;;
    esac
    answer=${COMPREPLY[0]}
    \unset 'COMPREPLY[0]'
    # bash 3.2 has no compopt: where no word fits it looks for files.
    case $answer in
    'files 0 '*) ;;
    'directories 0 '*) \compopt -o dirnames +o default ;;
    files*) __venvyard_offer_joined -f ;;
    directories*) __venvyard_offer_joined -d ;;
    parts*) \compopt -o nospace +o default ;;
    command*) __venvyard_offer_command "$answer" ;;
    *) \compopt +o default ;;
    esac 2>/dev/null || \:
}

__venvyard_offer_joined() { # -f | -d: what is joined to an option, which stands before it in COMPREPLY
    \compopt -o filenames
    # shellcheck disable=SC2207 # split at the ends of lines
    COMPREPLY=($(\compgen -P "${COMPREPLY[1]}" "$1" -- "${COMPREPLY[2]-}"))
}

__venvyard_offer_command() { # 'command POSITION kind': as if that word and what follows were the whole line
    IFS=' '
    # shellcheck disable=SC2086
    \set -- $1
    IFS=$' \t\n'
    if \declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$2"
    elif \declare -F _command_offset >/dev/null; then
        _command_offset "$2"
    elif [[ $COMP_CWORD -eq $2 ]]; then
        IFS=$'\n'
        # shellcheck disable=SC2207
        COMPREPLY=($(\compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
    fi
}

\complete -o default -F _venvyard add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv \
    lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv \
    setvirtualenvproject showvirtualenv toggleglobalsitepackages venvyard virtualenvwrapper wipeenv workon
case ${BASH_VERSION-} in
3.*) \complete -o default -o nospace -F _venvyard cdsitepackages cdvirtualenv ;;
esac
