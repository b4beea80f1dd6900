#!/bin/sh
# `make install`: builds venvyard, installs it below PREFIX, and tries it.
#
#   PREFIX     where it will be used from [default: ~/.local]
#   DESTDIR    put before PREFIX while installing, for packages that are staged; then nothing is tried
#   PROGRAM    a program that is built already
set -eu
cd "$(dirname "$0")/.."
. packaging/places.sh

fail() {
    printf '%s\n' "ERROR: $1" "hint: $2" >&2
    exit 1
}

build() { # prints the path of the release binary, which Cargo's settings may put anywhere
    command -v cargo >/dev/null || fail 'cargo, which builds venvyard, is not on PATH.' \
        "get it from https://rustup.rs, open a new shell, and run 'make install' again"
    messages=$(cargo build --release --locked --message-format=json-render-diagnostics) ||
        fail 'venvyard could not be built.' "the compiler's words above say why; 'rustup update' gets a newer one"
    printf '%s\n' "$messages" | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

put() { # MODE FILE PLACE: appears at once, also in place of a program that is running
    { mkdir -p "$(dirname "$3")" && install -m "$1" "$2" "$3.new" && mv -f "$3.new" "$3"; } ||
        fail "$3 cannot be written." 'name a place of your own: make install PREFIX=/place/of/yours'
}

PROGRAM=${PROGRAM:-$(build)}
[ -x "$PROGRAM" ] || fail "There is no program ${PROGRAM:-that cargo built}." 'make install'

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it
"$PROGRAM" init bash --program "$PREFIX/bin/venvyard" --verbs "$PREFIX/share/venvyard/verbs.sh" >"$scratch/venvyard.sh"
"$PROGRAM" init fish --program "$PREFIX/bin/venvyard" --verbs "$PREFIX/share/venvyard/verbs.fish" >"$scratch/venvyard.fish"
"$PROGRAM" init bash --virtualenvwrapper "$PREFIX/share/venvyard/venvyard.sh" >"$scratch/virtualenvwrapper.sh"

put 755 "$PROGRAM" "$bin/venvyard"
put 644 "$scratch/venvyard.sh" "$shim"
put 644 shell/verbs.sh "$verbs"
put 644 "$scratch/venvyard.fish" "$fish_shim"
put 644 shell/verbs.fish "$fish_verbs"
# Executable, or `which` would not find them for the line in people's rc files.
put 755 "$scratch/virtualenvwrapper.sh" "$drop_in"
put 755 shell/virtualenvwrapper_lazy.sh "$lazy_drop_in"
mkdir -p "$drop_in_links"
ln -sf ../../bin/virtualenvwrapper.sh ../../bin/virtualenvwrapper_lazy.sh "$drop_in_links"
put 644 completions/_venvyard "$zsh_completion"
put 644 completions/venvyard.bash "$bash_completions/venvyard.bash"
# bash-completion loads a file by the name of the command.
for command in $commands; do
    ln -sf venvyard.bash "$bash_completions/$command.bash"
done
# fish reads what is in vendor_conf.d when it starts, and completions by the name of the command. Where it looks
# for neither, `venvyard setup fish` names the shim.
mkdir -p "$(dirname "$fish_loader")"
ln -sf ../../venvyard/venvyard.fish "$fish_loader"
put 644 completions/venvyard.fish "$fish_completions/venvyard.fish"
for command in $commands; do
    ln -sf venvyard.fish "$fish_completions/$command.fish"
done
put 644 docs/venvyard.1 "$manual"
printf 'Installed %s\n' "$bin/venvyard"
[ -z "$DESTDIR" ] || exit 0

packaging/prove.sh "$shim" "$drop_in"

# The line is the same in every shell: it names the installed file.
cat <<END

To have the commands in every new shell, let the line be written into your rc file
(fish finds them by itself below ~/.local, /usr and /usr/local):
  $PREFIX/bin/venvyard setup
or put it there yourself (~/.bashrc, ~/.zshrc, ~/.kshrc, ~/.mkshrc):
  $("$PREFIX/bin/venvyard" setup --print bash)
END
