# Tab completion of venvyard's commands in fish. The program says what may stand at the cursor; nothing of what is typed
# is evaluated here.

# fish reads this file once for each command's name that it is installed under, and venvyard.fish names them all too.
if not builtin functions -q __venvyard_offer
    for command in add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv lssitepackages \
        lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv \
        setvirtualenvproject showvirtualenv toggleglobalsitepackages venvyard virtualenvwrapper wipeenv workon
        builtin complete --command $command --no-files --arguments "(__venvyard_offer $command)"
    end
end

function __venvyard_offer # COMMAND: what fits the word at the cursor, a line each
    set -l program $__venvyard_exe venvyard
    command --query $program[1]; or return
    # A setting counts whether or not the user exported it.
    set -q WORKON_HOME && set -lx WORKON_HOME $WORKON_HOME
    set -q VIRTUALENVWRAPPER_HOOK_DIR && set -lx VIRTUALENVWRAPPER_HOOK_DIR $VIRTUALENVWRAPPER_HOOK_DIR
    set -q VIRTUALENVWRAPPER_PROJECT_FILENAME && set -lx VIRTUALENVWRAPPER_PROJECT_FILENAME $VIRTUALENVWRAPPER_PROJECT_FILENAME
    set -lx VENVYARD_SHELL
    set -l line (builtin commandline --current-process | string collect --allow-empty)
    set -l before (builtin commandline --current-process --cut-at-cursor | string collect --allow-empty)
    set -l after (string sub --start (math 1 + (string length -- $before)) -- $line | string collect --allow-empty)
    set -l answer (command $program[1] complete fish $argv[1] $before $after 2>/dev/null)
    set -l header (string split ' ' -- $answer[1])
    set -l token (builtin commandline --current-token --cut-at-cursor | string collect --allow-empty)
    switch "$header[1]"
        case files directories
            set -l option (string sub --length $header[2] -- $token)
            set -l value (string sub --start (math 1 + $header[2]) -- $token)
            set -l found (builtin complete --do-complete "'' $value")
            if test $header[1] = directories
                set found (string match --regex '^.*/(?:\t.*)?$' -- $found)
            end
            builtin printf '%s\n' "$option"$found
        case command
            set -l words (builtin commandline --current-process --tokenize --cut-at-cursor | string escape)
            builtin complete --do-complete (string join ' ' -- $words[(math 1 + $header[2])..] $token)
        case '*'
            builtin printf '%s\n' $answer[2..]
    end
end
