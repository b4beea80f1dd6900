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

unwritable() { # PLACE
    fail "$1 cannot be written." 'name a place of your own: make install PREFIX=/place/of/yours'
}

note() { # PATH: ours from now on, for uninstall.sh
    printf '%s\n' "$1" >>"$notes"
}

directory() { # DIR: it is there, and each that had to be made is noted
    [ -d "$1" ] || {
        directory "$(dirname "$1")"
        { mkdir "$1" && note "$1"; } || unwritable "$1"
    }
}

claim() { # PLACE: what others put there is kept aside
    directory "$(dirname "$1")"
    grep -q -x -F -e "$1" "$notes" || {
        if [ -e "$1" ] || [ -L "$1" ]; then mv "$1" "$1.$replaced" || unwritable "$1"; fi
        note "$1"
    }
}

put() { # MODE FILE PLACE: appears at once, also in place of a program that is running
    claim "$3"
    { install -m "$1" "$2" "$3.new" && mv -f "$3.new" "$3"; } || unwritable "$3"
}

link() { # TARGET PLACE
    claim "$2"
    ln -sf "$1" "$2" || unwritable "$2"
}

PROGRAM=${PROGRAM:-$(build)}
[ -x "$PROGRAM" ] || fail "There is no program ${PROGRAM:-that cargo built}." 'make install'

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it
"$PROGRAM" init bash --program "$PREFIX/bin/venvyard" --verbs "$PREFIX/share/venvyard/verbs.sh" >"$scratch/venvyard.sh"
"$PROGRAM" init fish --program "$PREFIX/bin/venvyard" --verbs "$PREFIX/share/venvyard/verbs.fish" >"$scratch/venvyard.fish"
"$PROGRAM" init bash --virtualenvwrapper "$PREFIX/share/venvyard/venvyard.sh" >"$scratch/virtualenvwrapper.sh"

# The list of what is put there lies among it, so its directory comes first.
notes=$scratch/notes
directory "$own"
[ -e "$installed" ] || {
    note "$installed"
    install -m 644 "$notes" "$installed" || unwritable "$installed"
}
notes=$installed

put 755 "$PROGRAM" "$bin/venvyard"
put 644 "$scratch/venvyard.sh" "$own/venvyard.sh"
put 644 shell/verbs.sh "$own/verbs.sh"
put 644 "$scratch/venvyard.fish" "$own/venvyard.fish"
put 644 shell/verbs.fish "$own/verbs.fish"
# Executable, or `which` would not find them for the line in people's rc files.
put 755 "$scratch/virtualenvwrapper.sh" "$bin/virtualenvwrapper.sh"
put 755 shell/virtualenvwrapper_lazy.sh "$bin/virtualenvwrapper_lazy.sh"
# Where oh-my-zsh and prezto look.
for file in virtualenvwrapper.sh virtualenvwrapper_lazy.sh; do
    link "../../bin/$file" "$share/virtualenvwrapper/$file"
done
put 644 completions/_venvyard "$share/zsh/site-functions/_venvyard"
# bash-completion loads a file by the name of the command.
put 644 completions/venvyard.bash "$share/bash-completion/completions/venvyard.bash"
# fish reads what is in vendor_conf.d when it starts, and completions by the name of the command. Where it looks
# for neither, `venvyard setup fish` names the shim.
link ../../venvyard/venvyard.fish "$share/fish/vendor_conf.d/venvyard.fish"
put 644 completions/venvyard.fish "$share/fish/vendor_completions.d/venvyard.fish"
put 644 docs/man/venvyard.1 "$share/man/man1/venvyard.1"
for page in docs/man/*.1; do
    command=$(basename "$page" .1)
    [ "$command" != venvyard ] || continue
    put 644 "$page" "$share/man/man1/$command.1"
    link venvyard.bash "$share/bash-completion/completions/$command.bash"
    link venvyard.fish "$share/fish/vendor_completions.d/$command.fish"
done
printf 'Installed %s\n' "$bin/venvyard"
[ -z "$DESTDIR" ] || exit 0

packaging/prove.sh "$own/venvyard.sh" "$bin/virtualenvwrapper.sh"

# The line is the same in every shell: it names the installed file.
cat <<END

To have the commands in every new shell, let the line be written into your rc file
(fish finds them by itself below ~/.local, /usr and /usr/local):
  $PREFIX/bin/venvyard setup
or put it there yourself (~/.bashrc, ~/.zshrc, ~/.kshrc, ~/.mkshrc):
  $("$PREFIX/bin/venvyard" setup --print bash)
END
