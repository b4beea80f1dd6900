# Sourced by install.sh and uninstall.sh: where things go.
# shellcheck shell=sh disable=SC2034 # read by those who source it
PREFIX=${PREFIX:-$HOME/.local}
DESTDIR=${DESTDIR-}
case $PREFIX in
/*) ;;
"~"/*) PREFIX=$HOME/${PREFIX#??} ;; # not every shell expands it in `make PREFIX=~/x`
*) PREFIX=$PWD/$PREFIX ;;
esac

bin=$DESTDIR$PREFIX/bin
share=$DESTDIR$PREFIX/share
shim=$share/venvyard/venvyard.sh
verbs=$share/venvyard/verbs.sh
fish_shim=$share/venvyard/venvyard.fish
fish_verbs=$share/venvyard/verbs.fish
fish_loader=$share/fish/vendor_conf.d/venvyard.fish
fish_completions=$share/fish/vendor_completions.d
drop_in=$bin/virtualenvwrapper.sh
lazy_drop_in=$bin/virtualenvwrapper_lazy.sh
drop_in_links=$share/virtualenvwrapper # where oh-my-zsh and prezto look
bash_completions=$share/bash-completion/completions
zsh_completion=$share/zsh/site-functions/_venvyard
manual=$share/man/man1/venvyard.1
commands='add2virtualenv allvirtualenv cdproject cdsitepackages cdvirtualenv cpvirtualenv lssitepackages lsvirtualenv mkproject mktmpenv mkvirtualenv mvvirtualenv rmvirtualenv setvirtualenvproject showvirtualenv toggleglobalsitepackages virtualenvwrapper wipeenv workon'
