# venvyard's shell half for fish (3.3 or later): source it from config.fish.
#
# The binary decides, and answers with calls of the verbs in verbs.fish, one a line, every word quoted. They are read
# when the first command is typed: a shell that needs none starts sooner. How both files are written, and why:
#   builtin    cd, source, functions and others may be functions of the user's; set, test and string cannot
#   -gu        a variable that came in exported would otherwise go on exported
#   no (…)     a command in parentheses takes 0.1 ms: `string match` sets variables by the names of its groups
#   one scope  a hook is sourced where there is no variable but argv, so that it can change none of ours
#   /bin/sh    fish has no subshell: what is to be elsewhere, or in another environment, is a process

# `venvyard init` fills in these: the absolute paths of the binary and of verbs.fish.
set -gu __venvyard_exe ''
set -gu __venvyard_verbs ''

if test -z "$__venvyard_exe"
    set __venvyard_exe (command --search venvyard)
    if not string match -q '/*' "$__venvyard_exe"
        builtin printf '%s\n' 'venvyard: the program venvyard is not on PATH' 'hint: make install' >&2
        exit 1
    end
end

builtin functions -e __venvyard_carry_out # the verbs of an older file, if there are some
set -gu __venvyard_lent # names of variables that are there for the hooks of a command
set -gu __venvyard_initialized '' # yes: the hook initialize was sourced
set -gu __venvyard_failed 0 # the first status, not 0, of a program run by this command
# Sourced again, an activation that lives in this shell stays; an inherited value means nothing.
if not builtin functions -q deactivate
    set -gu __venvyard_active ''
    set -gu __venvyard_added # what the activation put before the rest of PATH
    set -gu __venvyard_hooks ''
end

# --- The protocol ---------------------------------------------------------------------------------

function __venvyard_load # read the verbs, if they are not here yet
    builtin functions -q __venvyard_carry_out; and return
    if not test -r "$__venvyard_verbs"
        builtin printf '%s\n' "ERROR: There is no file $__venvyard_verbs." \
            'hint: command -v venvyard  # if it is there, open a new shell, and else install it again' >&2
        return 1
    end
    builtin source $__venvyard_verbs
end

function __venvyard # COMMAND ARGUMENT...
    __venvyard_load; and __venvyard_carry_out $argv
end

# --- Commands -------------------------------------------------------------------------------------

function add2virtualenv --description 'Add directories to the import path of the active environment'
    __venvyard add2virtualenv $argv
end

function allvirtualenv --description 'Run a command in all environments'
    __venvyard allvirtualenv $argv
end

function cdproject --description 'Go to the project of the active environment'
    __venvyard cdproject $argv
end

function cdsitepackages --description 'Go to the site-packages of the active environment'
    __venvyard cdsitepackages $argv
end

function cdvirtualenv --description 'Go to the directory of the active environment'
    __venvyard cdvirtualenv $argv
end

function cpvirtualenv --description 'Copy an environment, and activate the copy'
    __venvyard cpvirtualenv $argv
end

function lssitepackages --description 'List the site-packages of the active environment'
    __venvyard lssitepackages $argv
end

function lsvirtualenv --description 'List environments'
    __venvyard lsvirtualenv $argv
end

function mkproject --description 'Create a project directory and its environment'
    __venvyard mkproject $argv
end

function mktmpenv --description 'Create an environment that deactivate removes'
    __venvyard mktmpenv $argv
end

function mkvirtualenv --description 'Create an environment and activate it'
    __venvyard mkvirtualenv $argv
end

function mvvirtualenv --description 'Rename an environment'
    __venvyard mvvirtualenv $argv
end

function restorevirtualenv --description 'Bring back a removed environment, or list those that are kept'
    __venvyard restorevirtualenv $argv
end

function rmvirtualenv --description 'Remove environments'
    __venvyard rmvirtualenv $argv
end

function setvirtualenvproject --description 'Associate a project directory with an environment'
    __venvyard setvirtualenvproject $argv
end

function showvirtualenv --description 'Show one environment'
    __venvyard showvirtualenv $argv
end

function toggleglobalsitepackages --description 'Let the active environment see the global packages, or no longer'
    __venvyard toggleglobalsitepackages $argv
end

function virtualenvwrapper --description 'Show all commands, and where everything lies'
    __venvyard virtualenvwrapper $argv
end

function wipeenv --description 'Remove all packages from the active environment'
    __venvyard wipeenv $argv
end

function workon --description 'Activate an environment, or list them'
    __venvyard workon $argv
end

# --- TAB ------------------------------------------------------------------------------------------

# What may stand at the cursor; the rest of it is printed by the program when TAB is pressed for the first time.
if status is-interactive
    if not builtin functions -q __venvyard_offer
        for __venvyard_command in add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv \
            lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv \
            setvirtualenvproject showvirtualenv toggleglobalsitepackages venvyard virtualenvwrapper wipeenv workon
            builtin complete --command $__venvyard_command --no-files --arguments "(__venvyard_offer $__venvyard_command)"
        end
    end
    function __venvyard_offer # COMMAND
        test -x "$__venvyard_exe"; or return
        VENVYARD_SHELL= command $__venvyard_exe complete fish | read --null --local rest
        string match --quiet '*function __venvyard_offer *' -- "$rest"; and builtin eval $rest; and __venvyard_offer $argv
    end
end

# Where the verbs are in no file, `venvyard init` puts them here.
# @verbs

# A shell started by one with an active environment inherits it, but not its deactivate.
if test -n "$VIRTUAL_ENV"; and not builtin functions -q deactivate; and __venvyard_load
    set -g __venvyard_active $VIRTUAL_ENV
    __venvyard_define_deactivate
end
