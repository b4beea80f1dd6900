#!/bin/sh
# `make uninstall`: takes away what `make install` put below PREFIX. Environments stay.
set -eu
cd "$(dirname "$0")/.."
. packaging/places.sh

for command in venvyard $commands; do
    rm -f "$bash_completions/$command.bash" "$fish_completions/$command.fish"
done
rm -f "$drop_in" "$lazy_drop_in" "$drop_in_links/virtualenvwrapper.sh" "$drop_in_links/virtualenvwrapper_lazy.sh"
rm -f "$bin/venvyard" "$shim" "$verbs" "$zsh_completion" "$fish_shim" "$fish_verbs" "$fish_loader" "$manual"
rmdir "$(dirname "$shim")" "$drop_in_links" 2>/dev/null || :
printf 'Removed venvyard from %s. Your environments stay where they are.\n' "$PREFIX"
# The line tests for the file, so that it does nothing now.
for file in "$HOME/.bashrc" "${ZDOTDIR:-$HOME}/.zshrc" "$HOME/.kshrc" "$HOME/.mkshrc" \
    "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish"; do
    if grep -q '# venvyard setup$' "$file" 2>/dev/null; then
        printf "%s still holds the line that ends in '# venvyard setup'; it does nothing now.\n" "$file"
    fi
done
