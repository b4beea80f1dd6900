# Tab completion of venvyard's commands in fish. Names come from `venvyard complete envs`.

# fish reads this file once for each command's name that it is installed under.
set -q __venvyard_completed && exit
set -g __venvyard_completed yes

function __venvyard_candidates # KIND: a line each, name and description
    set -l program $__venvyard_exe venvyard
    command $program[1] complete $argv 2>/dev/null
end

function __venvyard_nth # N: is the word at the cursor the Nth that is no option?
    set -l words (commandline --current-process --tokenize --cut-at-cursor | string match --invert -- '-*')
    test (count $words) -eq $argv[1]
end

function __venvyard_below # DIR...: directories in each, as they are typed from there
    set -l typed (commandline --current-token)
    for place in $argv
        for directory in $place/$typed*/
            string replace -- $place/ '' $directory
        end
    end
end

set -l commands add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv lssitepackages \
    lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv setvirtualenvproject \
    showvirtualenv toggleglobalsitepackages virtualenvwrapper wipeenv workon

for command in $commands
    complete -c $command --no-files
    complete -c $command -s h -l help -d 'Print help'
    if not contains $command allvirtualenv lssitepackages
        complete -c $command -l dry-run -d 'Show what would be done, and do nothing'
    end
end

for command in workon showvirtualenv cpvirtualenv mvvirtualenv setvirtualenvproject
    complete -c $command -n '__venvyard_nth 1' -a '(__venvyard_candidates envs)'
end
complete -c rmvirtualenv -a '(__venvyard_candidates envs)'
complete -c restorevirtualenv -n '__venvyard_nth 1' -a '(__venvyard_candidates removed)'
complete -c restorevirtualenv -n '__venvyard_nth 2' -a '(__venvyard_candidates times (commandline --tokenize)[2])'
complete -c restorevirtualenv -l json -d 'For programs'
complete -c restorevirtualenv -l empty -d 'Delete all that are kept'

complete -c workon -s c -l cd -d 'Go to the project'
complete -c workon -s n -l no-cd -d 'Stay in this directory'

for command in mkvirtualenv mktmpenv mkproject
    complete -c $command -s p -l python -x -a '(__fish_complete_command)' -d 'The interpreter'
    complete -c $command -s r -rF -d 'Install what this file lists'
    complete -c $command -s i -x -d 'Install this package'
    complete -c $command -l find-links -rF -d 'Look for packages there too'
    complete -c $command -l offline -d 'Install from there alone'
    complete -c $command -l system-site-packages -d 'See the packages of the interpreter'
    complete -c $command -l without-pip -d 'Leave pip out'
    complete -c $command -l prompt -x -d 'What the prompt shows'
    complete -c $command -l copies -d 'Copy the interpreter where links are usual'
    complete -c $command -l upgrade-deps -d 'Bring pip up to date'
    complete -c $command -l clear -d 'Replace the environment of that name'
end
for command in mkvirtualenv mktmpenv
    complete -c $command -s a -x -a '(__fish_complete_directories (commandline --current-token))' -d 'The project'
end
complete -c mktmpenv -s c -l cd -d 'Go to the environment'
complete -c mktmpenv -s n -l no-cd -d 'Stay in this directory'
complete -c mkproject -s f -l force -d 'Use the directory if it exists'
complete -c mkproject -s t -l template -x -a '(__venvyard_candidates templates)' -d 'Apply this template'

complete -c lsvirtualenv -s b -l brief -d 'Names only, one a line'
complete -c lsvirtualenv -s l -l long -d 'Names and details'
complete -c lsvirtualenv -l json -d 'For programs'

# What is copied may be a directory elsewhere.
complete -c cpvirtualenv -n '__venvyard_nth 1' -a '(__fish_complete_directories (commandline --current-token))'
complete -c setvirtualenvproject -n '__venvyard_nth 2' -a '(__fish_complete_directories (commandline --current-token))'
complete -c add2virtualenv -a '(__fish_complete_directories (commandline --current-token))'
complete -c add2virtualenv -s d -l delete -d 'Take the directories out'
complete -c cdvirtualenv -a '(__venvyard_below $VIRTUAL_ENV)'
complete -c cdsitepackages -a '(__venvyard_below $VIRTUAL_ENV/lib/*/site-packages)'
complete -c toggleglobalsitepackages -s q -l quiet -d 'Do not say what it is now'
complete -c allvirtualenv -a '(__fish_complete_subcommand)'

complete -c venvyard --no-files
complete -c venvyard -s h -l help -d 'Print help'
complete -c venvyard -s V -l version -d 'Print the version'
complete -c venvyard -n __fish_use_subcommand -a "$commands"
complete -c venvyard -n __fish_use_subcommand -a cache -d 'Show, fill or empty what is kept'
complete -c venvyard -n __fish_use_subcommand -a init -d 'Print the shell code that defines the commands'
complete -c venvyard -n __fish_use_subcommand -a setup -d 'Load the commands in every new shell'
complete -c venvyard -n '__fish_seen_subcommand_from init setup' -a 'bash zsh ksh mksh fish'
complete -c venvyard -n '__fish_seen_subcommand_from setup' -l remove -d 'Take the line out again'
complete -c venvyard -n '__fish_seen_subcommand_from setup' -l print -d 'Only print the line'
