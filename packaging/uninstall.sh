#!/bin/sh
# `make uninstall`: takes away what `make install` put below PREFIX, and gives back what was there before. Environments
# stay.
set -eu
cd "$(dirname "$0")/.."
. packaging/places.sh

[ -r "$installed" ] || {
    printf '%s\n' "ERROR: venvyard is not installed below $PREFIX: there is no $installed." \
        'hint: make uninstall PREFIX=/where/it/is' >&2
    exit 1
}

is_ours() { # PATH: does it lie below PREFIX, or is it a directory above? A list that was moved may name others.
    case $1 in "$DESTDIR$PREFIX"/*) return 0 ;; esac
    case $DESTDIR$PREFIX/ in "$1"/*) return 0 ;; esac
    return 1
}

# Last made, first gone: what is in a directory before the directory.
sed '1!G;h;$!d' "$installed" | while IFS= read -r path; do
    is_ours "$path" || continue
    if [ -d "$path" ] && [ ! -L "$path" ]; then
        rmdir "$path" 2>/dev/null || :
    else
        rm -f "$path"
        if [ -e "$path.$replaced" ] || [ -L "$path.$replaced" ]; then mv "$path.$replaced" "$path"; fi
    fi
done
printf 'Removed venvyard from %s. Your environments stay where they are.\n' "$PREFIX"
# The line tests for the file, so that it does nothing now.
for file in "$HOME/.bashrc" "${ZDOTDIR:-$HOME}/.zshrc" "$HOME/.kshrc" "$HOME/.mkshrc" \
    "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish"; do
    if grep -q '# venvyard setup$' "$file" 2>/dev/null; then
        printf "%s still holds the line that ends in '# venvyard setup'; it does nothing now.\n" "$file"
    fi
done
