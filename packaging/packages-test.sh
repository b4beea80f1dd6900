#!/bin/sh
# `make packages-test`: what `make packages` built is checked, and used as people use it.
set -eu
cd "$(dirname "$0")/.."
packaging/setup.sh lintian rpm rpmlint
packages=$PWD/target/packages
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it

fail() {
    printf 'ERROR: %s\n' "$1" >&2
    exit 1
}

# --- What is in them ---

lintian --allow-root --fail-on error,warning "$packages"/*.deb
rpmlint -c packaging/rpmlint.toml "$packages"/*.rpm

in_deb() { dpkg-deb --fsys-tarfile "$packages"/*.deb | tar -t | sed -n 's/^\.\(.*[^/]\)$/\1/p'; }
in_rpm() { rpm -qp --queryformat '[%{FILEMODES:perms} %{FILENAMES}\n]' "$packages"/*.rpm | sed -n 's/^[^d][^ ]* //p'; }
both() { grep -v -e '^/usr/share/doc/' -e '^/etc/bash_completion.d/' -e '^/usr/share/l[a-z]*/' -e '/_venvyard$' | sort; }
in_deb | both >"$scratch/deb"
in_rpm | both | diff "$scratch/deb" - || fail 'the .deb and the .rpm differ'
in_deb | grep -q -x /usr/share/zsh/vendor-completions/_venvyard || fail 'zsh on Debian finds no completion'
in_rpm | grep -q -x /usr/share/zsh/site-functions/_venvyard || fail 'zsh finds no completion'
rpm -qp --queryformat '[%{FILEFLAGS:fflags} %{FILENAMES}\n]' "$packages"/*.rpm |
    grep -q -x 'cn /etc/profile.d/venvyard.sh' || fail 'the .rpm would overwrite /etc/profile.d/venvyard.sh'

# --- On a machine ---

# The same files but for two, under an older number.
rm -rf "$packages/older"
mkdir "$packages/older"
dpkg-deb --raw-extract "$packages"/*.deb "$scratch/older"
sed -i 's/^Version: .*/Version: 0.0.1-1/' "$scratch/older/DEBIAN/control"
echo '# as it was once' >>"$scratch/older/etc/profile.d/venvyard.sh"
echo >"$scratch/older/usr/share/venvyard/old.sh"
dpkg-deb --root-owner-group --build "$scratch/older" "$packages/older" >/dev/null

status=0
packaging/machine.sh env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    /mnt/packaging/administer.sh /mnt/target/packages || status=$?
case $status in
0) ;;
77) echo 'SKIPPED: only root, and not everywhere, may mount a copy of the machine; nothing was installed.' >&2 ;;
*) exit "$status" ;;
esac

# --- The wheel ---

tools=$packages/tools
[ -x "$tools/bin/uv" ] || "$tools/bin/python" -m pip install --quiet pipx==1.18.4 uv==0.13.9

proves() { # BIN: what pip put there works, also by a link
    "$1/venvyard" init bash >"$scratch/shim.sh"
    "$1/venvyard" init fish >"$scratch/shim.fish"
    PATH="$1:$PATH" packaging/prove.sh "$scratch/shim.sh" "$1/virtualenvwrapper.sh"
    for shell in bash zsh; do
        said=$(env -i PATH="$1:/usr/bin:/bin" HOME="$scratch" VIRTUALENVWRAPPER_PYTHON="$scratch/a venv/bin/python" "$shell" -c '
            . virtualenvwrapper_lazy.sh && mkvirtualenv --without-pip lazy && deactivate && rmvirtualenv lazy' 2>&1) ||
            fail "$1/virtualenvwrapper_lazy.sh in $shell: $said"
    done
}

export PIPX_HOME="$scratch/pipx" PIPX_BIN_DIR="$scratch/pipx-bin" PIPX_MAN_DIR="$scratch/man"
export UV_TOOL_DIR="$scratch/uv" UV_TOOL_BIN_DIR="$scratch/uv-bin" UV_CACHE_DIR="$scratch/cache" UV_PYTHON_DOWNLOADS=never
"$tools/bin/python" -m venv "$scratch/a venv"
"$scratch/a venv/bin/python" -m pip install --quiet --no-index "$packages"/*.whl
proves "$scratch/a venv/bin"
"$tools/bin/pipx" install --quiet "$packages"/*.whl
proves "$PIPX_BIN_DIR"
"$tools/bin/uv" tool install --quiet "$packages"/*.whl
proves "$UV_TOOL_BIN_DIR"
"$scratch/a venv/bin/python" -m pip uninstall --quiet --yes venvyard
[ -z "$(find "$scratch/a venv" -name '*venvyard*' -o -name '*virtualenvwrapper*')" ] || fail 'pip uninstall left something'
