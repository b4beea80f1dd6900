# Sourced by install.sh and uninstall.sh: where things go.
# shellcheck shell=sh disable=SC2034 # read by those who source it
PREFIX=${PREFIX:-$HOME/.local}
DESTDIR=${DESTDIR-}
case $PREFIX in
/*) ;;
"~"/*) PREFIX=$HOME/${PREFIX#??} ;; # not every shell expands it in `make PREFIX=~/x`
*) PREFIX=$PWD/$PREFIX ;;
esac
PREFIX=${PREFIX%/}
case $DESTDIR in
/* | '') ;;
*) DESTDIR=$PWD/$DESTDIR ;;
esac

bin=$DESTDIR$PREFIX/bin
share=$DESTDIR$PREFIX/share
own=$share/venvyard
installed=$own/installed # the paths of all that was put there, directories included, in the order of their making
replaced=before-venvyard # the ending of what was there before under a name of ours
