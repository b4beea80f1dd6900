# shellcheck shell=bash
# Tab completion of venvyard's commands in bash. Names come from `venvyard complete envs`; words from 3.2.

__venvyard_complete() {
    # shellcheck disable=SC2034 # bash hands over the command, the word and the word before
    local command=$1 current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local quote='' kind=envs name rest
    COMPREPLY=()
    case $current in
    [\'\"]*) quote=${current:0:1} current=${current#?} ;;
    *) current=${current//\\/} ;;
    esac
    case $command:$before in
    mkproject:-t | mkproject:--template) kind=templates ;;
    mkvirtualenv:-r | mktmpenv:-r | mkproject:-r | *:--find-links)
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$current")
        return
        ;;
    mkvirtualenv:-a | mktmpenv:-a | add2virtualenv:*)
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$current")
        return
        ;;
    mkvirtualenv:-p | mkvirtualenv:--python | mktmpenv:-p | mktmpenv:--python | mkproject:-p | mkproject:--python)
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -c -- "${current:-python}" | sort -u)
        return
        ;;
    esac
    case $current in
    -*)
        case $command in
        workon) rest='--cd --no-cd --dry-run --help' ;;
        restorevirtualenv) rest='--json --empty --dry-run --help' ;;
        rmvirtualenv | cpvirtualenv | mvvirtualenv | wipeenv) rest='--dry-run --help' ;;
        lsvirtualenv) rest='--brief --long --json --dry-run --help' ;;
        mkvirtualenv | mktmpenv | mkproject)
            rest='--python --find-links --offline --system-site-packages --without-pip --prompt --copies --upgrade-deps --clear --dry-run --help'
            case $command in
            mktmpenv) rest="--cd --no-cd $rest" ;;
            mkproject) rest="--force --template $rest" ;;
            esac
            ;;
        add2virtualenv) rest='--delete --dry-run --help' ;;
        toggleglobalsitepackages) rest='--quiet --dry-run --help' ;;
        *) rest='--help --version' ;;
        esac
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -W "$rest" -- "$current")
        return
        ;;
    esac
    case $command in
    workon | rmvirtualenv | showvirtualenv) ;;
    restorevirtualenv)
        case $COMP_CWORD in
        1) kind=removed ;;
        2) kind='times' ;;
        *) return ;;
        esac
        ;;
    mkproject) [[ $kind == templates ]] || return ;;
    setvirtualenvproject)
        ((COMP_CWORD == 1)) || {
            while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$current")
            return
        }
        ;;
    allvirtualenv)
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -c -- "$current" | sort -u)
        return
        ;;
    cpvirtualenv | mvvirtualenv) ((COMP_CWORD == 1)) || return ;; # the second name is a new one
    venvyard)
        rest='mkvirtualenv workon rmvirtualenv restorevirtualenv lsvirtualenv cpvirtualenv mvvirtualenv wipeenv showvirtualenv'
        rest+=' add2virtualenv cdvirtualenv cdsitepackages lssitepackages toggleglobalsitepackages setvirtualenvproject'
        rest+=' cdproject mkproject mktmpenv allvirtualenv virtualenvwrapper cache init setup'
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -W "$rest" -- "$current")
        return
        ;;
    *) return ;;
    esac
    while IFS=$'\t' read -r name rest; do
        case $name in
        "$current"*)
            # An open quote is closed by readline; without one the name is quoted here.
            if [[ -n $quote ]]; then COMPREPLY+=("$name"); else COMPREPLY+=("$(printf %q "$name")"); fi
            ;;
        esac
    done < <(
        "${__venvyard_exe:-venvyard}" complete "$kind" "${COMP_WORDS[1]//[\'\"\\]/}" 2>/dev/null
        # What is copied may be a directory elsewhere.
        [[ $command != cpvirtualenv ]] || compgen -d -- "$current"
    )
}

complete -F __venvyard_complete venvyard mkvirtualenv workon rmvirtualenv restorevirtualenv lsvirtualenv cpvirtualenv \
    mvvirtualenv wipeenv showvirtualenv add2virtualenv toggleglobalsitepackages setvirtualenvproject mkproject mktmpenv \
    allvirtualenv
