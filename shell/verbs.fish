# The verbs in which the binary answers, for fish (3.3 or later). venvyard.fish reads this file when the first command is
# typed, and tells how it is written.

# --- The protocol ---------------------------------------------------------------------------------

# What is under way while hooks run, which may call commands themselves: the word `command`, or the root of an environment
# that is being left. Where there is something it is local and exported, so that it goes with the call.
set -gu __venvyard_within

function __venvyard_carry_out # COMMAND ARGUMENT...: ask the program what is to be done, and do it
    test -n "$__venvyard_within"; or __venvyard_take_back # of a command that Ctrl-C ended
    if not test -x "$__venvyard_exe"
        builtin printf '%s\n' "ERROR: There is no program $__venvyard_exe." >&2
        __venvyard_hint_at_program
        return 1
    end
    set -l terminal ''
    if test -t 1
        set terminal yes
    end
    # Not `set script (…)`: a command in parentheses would not know of `workon x 2>/dev/null`.
    set -l script
    __venvyard_ask "$terminal" $argv | read --null script
    set -l code $pipestatus[1]
    test $code -eq 0; or return $code
    # A whole script ends in its status, and no quoted word can look like that.
    if not string match -q -- "*__venvyard_status '*'"\n "$script"
        builtin printf '%s\n' 'venvyard: the answer is not whole; nothing was done in this shell' >&2
        return 1
    end
    set -g __venvyard_initialized yes
    # A hook may call these commands again: what belongs to this call is kept here.
    set -l failed $__venvyard_failed
    set -g __venvyard_failed 0
    begin
        set -lx __venvyard_within $__venvyard_within command
        eval $script
        set code $status
    end
    # What was lent to the hooks of another command is for the rest of them too.
    test -n "$__venvyard_within"; or __venvyard_take_back
    set -g __venvyard_failed $failed
    return $code
end

function __venvyard_hint_at_program # however it came here, and wherever it went
    __venvyard_hint 'command -v venvyard  # if it is there, open a new shell, and else install it again'
end

function __venvyard_ask # TERMINAL COMMAND ARGUMENT...: the binary's answer, on stdout
    set -lx VENVYARD_SHELL fish
    set -lx VENVYARD_TERMINAL $argv[1]
    set -lx VENVYARD_INITIALIZED $__venvyard_initialized
    __venvyard_call $__venvyard_exe $argv[2..-1]
end

function __venvyard_call # PROGRAM ARGUMENT...: a setting counts whether or not the user exported it
    set -q WORKON_HOME && set -lx WORKON_HOME $WORKON_HOME
    set -q PROJECT_HOME && set -lx PROJECT_HOME $PROJECT_HOME
    set -q VIRTUALENVWRAPPER_HOOK_DIR && set -lx VIRTUALENVWRAPPER_HOOK_DIR $VIRTUALENVWRAPPER_HOOK_DIR
    set -q VIRTUALENVWRAPPER_PROJECT_FILENAME && set -lx VIRTUALENVWRAPPER_PROJECT_FILENAME $VIRTUALENVWRAPPER_PROJECT_FILENAME
    set -q VIRTUALENVWRAPPER_WORKON_CD && set -lx VIRTUALENVWRAPPER_WORKON_CD $VIRTUALENVWRAPPER_WORKON_CD
    set -q VIRTUALENVWRAPPER_PYTHON && set -lx VIRTUALENVWRAPPER_PYTHON $VIRTUALENVWRAPPER_PYTHON
    set -q VIRTUALENVWRAPPER_VIRTUALENV && set -lx VIRTUALENVWRAPPER_VIRTUALENV $VIRTUALENVWRAPPER_VIRTUALENV
    set -q VIRTUALENVWRAPPER_VIRTUALENV_ARGS && set -lx VIRTUALENVWRAPPER_VIRTUALENV_ARGS $VIRTUALENVWRAPPER_VIRTUALENV_ARGS
    set -q VIRTUALENVWRAPPER_SCRIPT && set -lx VIRTUALENVWRAPPER_SCRIPT $VIRTUALENVWRAPPER_SCRIPT
    set -q VIRTUALENVWRAPPER_LOG_FILE && set -lx VIRTUALENVWRAPPER_LOG_FILE $VIRTUALENVWRAPPER_LOG_FILE
    set -q PIP_DOWNLOAD_CACHE && set -lx PIP_DOWNLOAD_CACHE $PIP_DOWNLOAD_CACHE
    set -q PIP_CACHE_DIR && set -lx PIP_CACHE_DIR $PIP_CACHE_DIR
    command $argv
end

# --- Verbs ----------------------------------------------------------------------------------------

function __venvyard_print # TEXT
    builtin printf '%s\n' "$argv[1]"
end

function __venvyard_hint # TEXT
    builtin printf 'hint: %s\n' "$argv[1]" >&2
end

function __venvyard_export # NAME VALUE
    set -gx $argv[1] $argv[2]
end

function __venvyard_unset # NAME
    set -eg $argv[1]
    return 0
end

function __venvyard_cache # DIR: where pip keeps downloads in the active environment, unless the user has a place for them
    if test -z "$PIP_CACHE_DIR"; or test "$PIP_CACHE_DIR" = "$VENVYARD_PIP_CACHE"
        set -gx PIP_CACHE_DIR $argv[1]
        set -gx VENVYARD_PIP_CACHE $argv[1]
    end
    return 0
end

function __venvyard_uncache # a shell within this one knows by the second variable that the first is ours
    test -n "$VENVYARD_PIP_CACHE"; or return
    test "$PIP_CACHE_DIR" = "$VENVYARD_PIP_CACHE"; and set -eg PIP_CACHE_DIR
    set -eg VENVYARD_PIP_CACHE
end

function __venvyard_lend # NAME VALUE...: variables, exported until the command ends, however it ends
    while set -q argv[2]
        set -gx $argv[1] $argv[2]
        set -a __venvyard_lent $argv[1]
        set -e argv[1..2]
    end
    # Ctrl-C ends a command on the spot; this event comes all the same.
    function __venvyard_after --on-event fish_postexec
        __venvyard_take_back
    end
end

function __venvyard_take_back
    set -q __venvyard_lent[1]; or return 0
    for name in $__venvyard_lent
        set -eg $name
    end
    set -g __venvyard_lent
    builtin functions -e __venvyard_after
end

function __venvyard_status # N: what the command returns, if no program that it ran says worse
    if test $argv[1] -ne 0
        return $argv[1]
    end
    return $__venvyard_failed
end

function __venvyard_chdir # DIR: where the shell goes; a directory that just vanished stops nothing
    builtin cd -- $argv[1]
    return 0
end

function __venvyard_initialize # FILE COMMAND ARGUMENT...: the hook, then the command, which the hook's settings concern
    __venvyard_source $argv[1] initialize
    __venvyard_take_back
    __venvyard $argv[2..-1]
end

function __venvyard_source # FILE ARGUMENT...: a hook, in this shell; what it returns counts for nothing
    test -f "$argv[1]"; or return 0
    # Of `while read name; workon $name; end` a hook shall eat nothing.
    if test -t 0
        __venvyard_dot $argv
    else
        __venvyard_dot $argv </dev/null
    end
    if string match -q "post_*" -- "$argv[2]"; and test "$argv[2]" != post_deactivate
        __venvyard_note_path
    end
    return 0
end

function __venvyard_source_own # FILE ARGUMENT...: the same, if it is the user's own
    if test -O "$argv[1]"
        __venvyard_source $argv
    end
end

function __venvyard_source_late # FILE ARGUMENT...: the same that the program looked at a while ago, if it cannot be a new one
    set -l directory
    string match --quiet --regex '(?s)^(?<directory>.*)/' -- $argv[1]
    if test -k "$directory" # where others may put files and links, but replace none
        test -L "$argv[1]"; or __venvyard_source_own $argv
    else
        __venvyard_source $argv
    end
end

function __venvyard_hook # DIR PROGRAM ARGUMENT...: a hook that is a program; its status counts for nothing but Ctrl-C
    test -x "$argv[2]"; or return 0
    if test -t 0
        __venvyard_call /bin/sh -c 'cd -- "$0" && exec "$@"' $argv
    else
        __venvyard_call /bin/sh -c 'cd -- "$0" && exec "$@"' $argv </dev/null
    end
    test $status -ne 130; or return 130
end

function __venvyard_run # DIR PROGRAM ARGUMENT...: a program whose failure is the command's
    command /bin/sh -c 'cd -- "$0" && exec "$@"' $argv
    or __venvyard_note_failure $status
end

function __venvyard_command # WORD...: what people type, whose failure is the command's
    eval (string escape -- $argv | string join ' ')
end

function __venvyard_note_failure # N: the first one counts; after Ctrl-C nothing more is done
    test $argv[1] -eq 130; and return 130
    if test $__venvyard_failed -eq 0
        set -g __venvyard_failed $argv[1]
    end
end

function __venvyard_inside # ROOT VERB WORD...: in a fish of its own where ROOT is active, without hooks
    # That fish reads no configuration, which takes time and may print. So it gets the functions that it needs.
    set -l IFS \n # an empty one would keep lines together
    set -l names (builtin functions --all --names | string match '__venvyard_*')
    if test "$argv[2]" = __venvyard_command; and builtin functions -q $argv[3]
        # One of the user's may call others; what is in no file is nowhere else.
        set -l files (string replace --regex '.*/(.*)\\.fish$' '$1' -- $fish_function_path/*.fish)
        for name in (builtin functions --all --names)
            builtin contains -- $name $files; or set -a names $name
        end
    end
    set -l code (begin
        string escape -- set fish_function_path $fish_function_path | string join ' '
        string escape -- set -g __venvyard_added $__venvyard_added | string join ' '
        builtin functions -- $names
        builtin printf '%s\n' '__venvyard_switch $argv[1] && builtin cd -- $argv[1] && __venvyard_command $argv[2..-1]'
    end | string collect)
    set -l fish (status fish-path)
    $fish --no-config -c $code $argv
    or __venvyard_note_failure $status
    return 0
end

function __venvyard_deactivate # [NEXT]: if an environment is active, leave it; a temporary one goes, unless it is NEXT
    if test -z "$VIRTUAL_ENV"
        # Somebody unset the variable, and no more than that, if deactivate is still there.
        if test -n "$__venvyard_active"; and builtin functions -q deactivate
            __venvyard_leave $argv
        end
    else if test "$VIRTUAL_ENV" != "$__venvyard_active"; and builtin functions -q deactivate
        # Activated by hand: its own deactivate.
        deactivate
    else
        # Ours, or inherited from the shell that started this one.
        __venvyard_leave $argv
    end
    return 0
end

function __venvyard_activate # ROOT HOOKS: source ROOT's own activate script; HOOKS holds the global hooks
    # A hook on the way here may have entered another one, which is left without further hooks.
    if test -n "$__venvyard_active"; and builtin functions -q deactivate virtualenv_deactivate
        __venvyard_put_off $__venvyard_active
    end
    __venvyard_emit virtualenv_will_activate $argv[1]
    __venvyard_put_on $argv; or return 1
    __venvyard_emit virtualenv_did_activate $argv[1]
end

function __venvyard_follow # ROOT HOOKS: the active environment was moved to ROOT; no hook is to notice
    __venvyard_put_off $VIRTUAL_ENV
    __venvyard_put_on $argv
end

# --- Activation -----------------------------------------------------------------------------------

function __venvyard_emit # EVENT ROOT: virtualfish's events, for those who listen to them
    set -lx VIRTUAL_ENV $argv[2]
    set -l name
    string match --quiet --regex '(?s)(?<name>[^/]*)$' -- $argv[2]
    builtin emit $argv[1]
    builtin emit $argv[1]:$name
    return 0
end

function __venvyard_put_on # ROOT HOOKS: activation, without hooks and events
    set -l root $argv[1]
    set -l path $PATH
    if builtin functions -q deactivate
        builtin functions -e __venvyard_other_deactivate
        builtin functions -c deactivate __venvyard_other_deactivate
    end
    builtin functions -e deactivate virtualenv_deactivate
    set -eg VIRTUAL_ENV
    set -eg _OLD_VIRTUAL_PATH # inherited from the shell outside; activate would go back to it
    __venvyard_enter $root
    if not __venvyard_took_effect
        if builtin functions -q virtualenv_deactivate
            virtualenv_deactivate
        end
        set -eg VIRTUAL_ENV
        set -eg VIRTUAL_ENV_PROMPT
        set -gx PATH $path
        __venvyard_restore_other
        __venvyard_say_no_effect $root
        return 1
    end
    __venvyard_is_same $VIRTUAL_ENV $root; or __venvyard_say_moved WARNING $root
    set -g __venvyard_active $VIRTUAL_ENV
    set -g __venvyard_hooks $argv[2]
    __venvyard_note_path
    __venvyard_define_deactivate
end

function __venvyard_switch # ROOT: in a fish of its own, put off what is active and be in ROOT, without hooks
    test -n "$VIRTUAL_ENV"; and __venvyard_put_off $VIRTUAL_ENV
    set -eg _OLD_VIRTUAL_PATH
    __venvyard_enter $argv[1]
    # The command would act on whatever else is on PATH.
    if not __venvyard_took_effect
        __venvyard_say_no_effect $argv[1]
        return 1
    end
    if not __venvyard_is_same $VIRTUAL_ENV $argv[1]
        __venvyard_say_moved ERROR $argv[1]
        return 1
    end
end

function __venvyard_took_effect # did activate activate anything?
    test -n "$VIRTUAL_ENV"
    and builtin contains -- $VIRTUAL_ENV/bin $PATH
    and builtin functions -q virtualenv_deactivate
end

function __venvyard_is_same # PATH PATH: do both lead to one place?
    test "$argv[1]" = "$argv[2]"; and return
    set -l place (builtin realpath -- $argv[1] 2>/dev/null)
    set -l other (builtin realpath -- "$argv[2]" 2>/dev/null)
    test -n "$place"; and test "$place" = "$other"
end

function __venvyard_say_no_effect # ROOT
    set -l name (string replace --regex '.*/' '' -- $argv[1])
    builtin printf '%s\n' "ERROR: $argv[1]/bin/activate.fish does not activate anything." \
        "hint: mkvirtualenv --clear \"$name\"  # makes it anew, without its packages" >&2
end

function __venvyard_say_moved # LEVEL ROOT
    set -l name (string replace --regex '.*/' '' -- $argv[2])
    builtin printf '%s\n' "$argv[1]: $argv[2] was moved or copied: its activate script still names $VIRTUAL_ENV." \
        "hint: cpvirtualenv \"$name\" another-name  # a copy that names itself" >&2
end

function __venvyard_dot # FILE ARGUMENT...: a function of its own, since a `return` in FILE is this function's
    builtin source $argv
end

function __venvyard_enter # ROOT: source its activate script, its deactivate under the name virtualenv_deactivate
    # Inherited from the shell outside, it would let activate look for a function that is only there.
    builtin functions -q _old_fish_prompt; or set -eg _OLD_FISH_PROMPT_OVERRIDE
    __venvyard_dot $argv[1]/bin/activate.fish
    if builtin functions -q deactivate
        builtin functions -c deactivate virtualenv_deactivate
        builtin functions -e deactivate
    end
end

function __venvyard_define_deactivate
    function deactivate --description 'Leave the active environment'
        __venvyard_leave
    end
end

function __venvyard_leave # [NEXT]: deactivate, with hooks; only a temporary one needs a process, to go
    set -l root $VIRTUAL_ENV
    test -n "$root"; or set root $__venvyard_active
    test -n "$root"; or return 0
    if builtin contains -- $root $__venvyard_within # one of its hooks leaves it; those still to come come once
        __venvyard_put_off $root
        __venvyard_uncache
        return 0
    end
    set -lx __venvyard_within $__venvyard_within $root
    set -l home
    set -l name
    string match --quiet --regex '(?s)^(?<home>.*)/(?<name>[^/]*)$' -- $root
    # For the time of the hooks there are the variables that virtualenvwrapper exports for good. A local one that
    # is exported reaches all that is called from here, and goes with this call, however it ends.
    test -n "$WORKON_HOME"; or set -lx WORKON_HOME $home
    test -n "$VIRTUALENVWRAPPER_HOOK_DIR"; or set -lx VIRTUALENVWRAPPER_HOOK_DIR $home
    set -l own_hooks $__venvyard_hooks
    set -l hooks $own_hooks
    test -n "$hooks"; or set hooks $VIRTUALENVWRAPPER_HOOK_DIR
    string match -q '/*' -- $hooks; or set hooks $HOME/$hooks
    set -l project_file $VIRTUALENVWRAPPER_PROJECT_FILENAME
    test -n "$project_file"; or set project_file .project
    set -l project
    test -r "$root/$project_file"; and read project <"$root/$project_file"

    __venvyard_emit virtualenv_will_deactivate $root
    test -n "$project"; and __venvyard_source_own $project/.virtualenvwrapper/predeactivate.fish pre_deactivate
    # The program looked at these when the environment was entered, unless that was in another shell.
    set -l source __venvyard_source_late
    test -n "$own_hooks"; or set source __venvyard_source_own
    $source $root/bin/predeactivate.fish pre_deactivate
    $source $hooks/predeactivate.fish pre_deactivate
    if test "$VIRTUAL_ENV" = "$root"; or test -z "$VIRTUAL_ENV" -a "$__venvyard_active" = "$root"
        __venvyard_put_off $root
        __venvyard_uncache
    end
    set -lx VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV $root
    set -lx VIRTUALENVWRAPPER_LAST_VIRTUALENV $root
    $source $root/bin/postdeactivate.fish post_deactivate $name
    $source $hooks/postdeactivate.fish post_deactivate $name
    __venvyard_emit virtualenv_did_deactivate $root
    # Where another shell entered it, this one was started in it, and that one is in it still.
    if test -n "$own_hooks"; and test -e "$root/README.tmpenv"; and not __venvyard_is_same $root "$argv[1]"
        __venvyard_remove_temporary $root
    end
    return 0
end

function __venvyard_remove_temporary # ROOT, which was left just now
    if not test -x "$__venvyard_exe"
        builtin printf '%s\n' "WARNING: $argv[1] is still there: there is no program $__venvyard_exe." >&2
        __venvyard_hint_at_program
        return
    end
    __venvyard rmvirtualenv --temporary $argv[1]; or builtin printf '%s\n' "WARNING: $argv[1] is still there." >&2
end

function __venvyard_put_off # ROOT: undo what activate did, without hooks
    # The environment's own deactivate puts back the PATH of the activation. What was done to PATH since then
    # stays: only what the activation and its hooks put there goes.
    set -l path $PATH
    set -l added $__venvyard_added
    set -q added[1]; or set added $argv[1]/bin
    for directory in $added
        if test "$path[1]" = "$directory"
            set -e path[1]
        else if set -l place (builtin contains --index -- $directory $path)
            set -e path[$place]
        end
    end
    # A prompt that somebody defined since then is not one that calls the old one, and stays too.
    if builtin functions -q _old_fish_prompt; and builtin functions -q fish_prompt
        and not builtin functions fish_prompt | string match -q '*_old_fish_prompt*'
        builtin functions -e __venvyard_prompt
        builtin functions -c fish_prompt __venvyard_prompt
    end
    if builtin functions -q virtualenv_deactivate
        virtualenv_deactivate
    else
        set -eg VIRTUAL_ENV
        set -eg VIRTUAL_ENV_PROMPT
    end
    if builtin functions -q __venvyard_prompt
        builtin functions -e fish_prompt
        builtin functions -c __venvyard_prompt fish_prompt
        builtin functions -e __venvyard_prompt
    end
    set -gx PATH $path
    set -g __venvyard_active ''
    set -g __venvyard_hooks ''
    set -g __venvyard_added
    __venvyard_restore_other
end

function __venvyard_restore_other # a deactivate that was somebody else's (conda's) comes back; else there is none
    builtin functions -e deactivate virtualenv_deactivate
    if builtin functions -q __venvyard_other_deactivate
        builtin functions -c __venvyard_other_deactivate deactivate
        builtin functions -e __venvyard_other_deactivate
    end
end

function __venvyard_note_path # keep what now stands before the PATH that activate found
    set -l added
    set -l rest $PATH
    set -l old $_OLD_VIRTUAL_PATH
    set -q old[1]; or return
    while set -q rest[1]
        if test "$rest" = "$old"
            set -g __venvyard_added $added
            return
        end
        set -a added $rest[1]
        set -e rest[1]
    end
end
