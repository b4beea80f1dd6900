#!/bin/sh
# `make setup`: installs what the tests need and is not here yet; or, for those of the packages, the programs named.
set -eu

[ "$#" -gt 0 ] || set -- bash busybox dash fish hyperfine ksh mksh python3 shellcheck strace tmux yash zsh
missing=''
for program in "$@"; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
# It is read by bash, and no program. Homebrew's lies elsewhere and is not tested with.
[ -e /usr/share/bash-completion/bash_completion ] || command -v brew >/dev/null || missing="$missing bash-completion"
[ -n "$missing" ] || exit 0
printf 'Missing:%s\n' "$missing"

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

package() { # PROGRAM MANAGER: the package that holds it
    case $1:$2 in
    ksh:apt-get) echo ksh93u+m ;;
    ksh:brew) echo ksh93 ;;
    python3:pacman) echo python ;;
    shellcheck:dnf) echo ShellCheck ;;
    *) echo "$1" ;;
    esac
}

install_with() { # MANAGER WORD...: installs the missing programs
    manager=$1
    shift
    for program in $missing; do
        set -- "$@" "$(package "$program" "$manager")"
    done
    "$@"
}

if command -v apt-get >/dev/null; then
    as_root apt-get -q update
    install_with apt-get as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends
elif command -v dnf >/dev/null; then
    install_with dnf as_root dnf install -y
elif command -v pacman >/dev/null; then
    install_with pacman as_root pacman -S --needed --noconfirm
elif command -v brew >/dev/null; then
    # strace is of Linux alone, and its tests are too.
    missing=$(printf '%s' "$missing" | sed 's/ strace//')
    [ -z "$missing" ] || install_with brew brew install
else
    printf '%s\n' 'ERROR: There is no package manager here that this script knows.' \
        "hint: install them by hand:$missing" >&2
    exit 1
fi
