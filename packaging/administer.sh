#!/bin/sh
# What an administrator and some users do with the packages, in a copy of the machine (machine.sh): administer.sh DIR
#
# DIR holds the .deb, the .rpm, and in older/ a .deb of an older version.
# shellcheck disable=SC2016 # the users' shells expand it
set -eu
case $0 in
/mnt/*) ;;
*)
    printf '%s\n' 'ERROR: This is for a copy of the machine.' 'hint: make packages-test' >&2
    exit 1
    ;;
esac
packages=$1
conffile=/etc/profile.d/venvyard.sh
umask 022

fail() {
    printf 'ERROR: %s\n' "$1" >&2
    exit 1
}

listed() { # all that packages may bring, but for their managers' own notes
    find /etc /usr ! -type d | sort
}

login() { # USER SHELL SCRIPT: it must end well, say `fine`, and nothing else, on neither stream
    said=$(su - "$1" -s "$2" -c "$3" 2>&1 </dev/null) || fail "$1 in $2: status $?: $said"
    [ "$said" = fine ] || fail "$1 in $2: $said"
}

# What the commands say while all goes well goes to stderr.
session='
{ mkvirtualenv $with myapp; } >/dev/null 2>&1 || echo mkvirtualenv
test "$VIRTUAL_ENV" = ~/.virtualenvs/myapp || echo "active: $VIRTUAL_ENV"
deactivate || echo deactivate
workon myapp || echo workon
test "$(python -c "import sys; print(sys.prefix)")" = ~/.virtualenvs/myapp || echo python
deactivate && rmvirtualenv myapp 2>/dev/null && echo fine
'
fish_session='
mkvirtualenv $with myapp >/dev/null 2>&1; or echo mkvirtualenv
test "$VIRTUAL_ENV" = ~/.virtualenvs/myapp; or echo "active: $VIRTUAL_ENV"
deactivate; or echo deactivate
workon myapp; or echo workon
test (python -c "import sys; print(sys.prefix)") = ~/.virtualenvs/myapp; or echo python
deactivate; and rmvirtualenv myapp 2>/dev/null; and echo fine
'

sessions() { # each login shell has the commands; making pip takes seconds, and differs in none
    login ann /bin/bash "with=; $session"
    for shell in /bin/ksh93 /bin/mksh; do
        login ann "$shell" "with=--without-pip; $session"
    done
    login ann /usr/bin/fish "set with --without-pip; $fish_session"
    # zsh reads no /etc/profile on Debian.
    login ann /bin/zsh "/usr/bin/venvyard setup zsh >/dev/null && echo fine"
    printf 'with=--without-pip\n%s' "$session" >/home/ann/session
    login ann /bin/zsh "zsh -i ~/session"
    login ann /bin/zsh "venvyard setup --remove zsh >/dev/null && echo fine"
    for shell in /bin/sh /bin/dash /usr/bin/yash; do
        login ann "$shell" 'echo fine'
    done
    echo 'Every login shell has the commands, and sh is silent.'
}

useradd --create-home ann
useradd --create-home bob
before=$(listed)

# --- The .deb ---

dpkg --install "$packages"/older/*.deb >/dev/null
sessions
dpkg --install "$packages"/*.deb >/dev/null
cmp -s "$conffile" /mnt/shell/profile.d/venvyard.sh || fail 'the upgrade left an old conffile that nobody had edited'
[ ! -e /usr/share/venvyard/old.sh ] || fail 'the upgrade left a file of the old version'
echo 'VENVYARD_PROFILE=no' >/home/ann/mine
cat /home/ann/mine "$conffile" >"$conffile.new" && mv "$conffile.new" "$conffile"
dpkg --install "$packages"/*.deb >/dev/null
grep -q '^VENVYARD_PROFILE=no$' "$conffile" || fail "the user's edit of the conffile is gone"
login ann /bin/bash '! type workon >/dev/null 2>&1 && echo fine'
sed -i 1d "$conffile"
sessions
[ ! -r /usr/share/bash-completion/bash_completion ] ||
    login ann /bin/bash 'exec 2>/dev/null; cd; test "$(env -i HOME=$HOME bash -ic "type -t workon")" = function && echo fine'
for file in /usr/share/virtualenvwrapper/virtualenvwrapper.sh /usr/share/virtualenvwrapper/virtualenvwrapper_lazy.sh \
    virtualenvwrapper.sh virtualenvwrapper_lazy.sh; do
    for shell in bash zsh; do
        login ann /bin/sh "$shell -c '. $file && mkvirtualenv --without-pip old && deactivate && rmvirtualenv old' \
            >/dev/null 2>&1 && echo fine"
    done
done
grep -q "^__venvyard_exe='/usr/bin/venvyard'$" /usr/share/venvyard/venvyard.sh || fail 'the shim looks for its program'
for page in venvyard workon; do
    man "$page" 2>/dev/null </dev/null | grep -q NAME || fail "there is no man page of $page"
done
echo 'Upgraded; what was edited was kept.'

# --- Settings of the site ---

mkdir -p /etc/venvyard /srv/hooks /srv/envs
cat >/etc/venvyard/config.toml <<'END'
workon_home = "~/envs"
project_home = "~/projects"
hook_dir = "/srv/hooks"
python = "/usr/bin/python3"
workon_cd = false
link_mode = "copy"
pip_cache = "~/downloads"
END
echo 'echo "$1 $2" >~/told' >/srv/hooks/postactivate
login ann /bin/bash 'mkdir ~/projects && mkproject --without-pip site >/dev/null 2>&1 && cd && workon site && test "$PWD" = ~ &&
    test "$VIRTUAL_ENV" = ~/envs/site && test -d ~/projects/site && test -s ~/told &&
    test "$PIP_CACHE_DIR" = ~/downloads &&
    grep -q "home = /usr/bin" "$VIRTUAL_ENV/pyvenv.cfg" && echo fine'
login ann /bin/bash 'mkvirtualenv pip >/dev/null 2>&1 && cdsitepackages pip && test "$(stat -c %h __init__.py)" = 1 && echo fine'
login ann /bin/bash 'mkdir -p ~/.config/venvyard && echo "workon_cd = true" >~/.config/venvyard/config.toml &&
    workon site && test "$PWD" = ~/projects/site && echo fine'
login ann /bin/bash 'export WORKON_HOME=~/elsewhere; mkvirtualenv --without-pip own >/dev/null 2>&1 &&
    test "$VIRTUAL_ENV" = ~/elsewhere/own && echo fine'
rm -r /home/ann/.config /srv/hooks
echo 'Settings of the site count below the own ones, and those below variables.'

# What root keeps, everybody installs, without a network.
wheel=$(mktemp -d)/bricks-1.0-py3-none-any.whl
python3 - "$wheel" <<'END'
import sys, zipfile
info = "bricks-1.0.dist-info/"
files = {"bricks.py": "", info + "METADATA": "Metadata-Version: 2.1\nName: bricks\nVersion: 1.0\n",
         info + "WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
files[info + "RECORD"] = "".join(name + ",,\n" for name in [*files, info + "RECORD"])
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
END
rm /etc/venvyard/config.toml
said=$(HOME=/root venvyard cache warm -i "$wheel" --wheels /srv/wheels 2>&1) || fail "wheels: $said"
printf '%s\n' 'find_links = ["/srv/wheels"]' 'offline = true' >/etc/venvyard/config.toml
login bob /bin/bash 'mkvirtualenv -i bricks wall >/dev/null 2>&1 && python -c "import bricks" && deactivate &&
    rmvirtualenv wall 2>/dev/null && echo fine'
rm -r /srv/wheels
echo 'A user installs from wheels that root keeps.'

# A home that a group shares is used by who says so.
groupadd developers
usermod --append --groups developers ann
usermod --append --groups developers bob
chgrp developers /srv/envs
chmod 2775 /srv/envs
echo 'workon_home = "/srv/envs"' >/etc/venvyard/config.toml
for user in ann bob; do
    login "$user" /bin/bash 'workon nothing-here 2>&1 | grep -q "does not exist" && echo fine'
done
allow='mkdir -p ~/.config/venvyard && echo "shared_homes = [\"/srv/envs\"]" >~/.config/venvyard/config.toml'
login ann /bin/bash "$allow"' && umask 002 && mkvirtualenv --without-pip team >/dev/null 2>&1 && test -d /srv/envs/team &&
    echo "told=yes" >"$VIRTUAL_ENV/bin/postactivate" && echo fine'
login bob /bin/bash 'workon team 2>&1 | grep -q "hint:" && echo fine'
login bob /bin/bash "$allow"' && workon team && test "$told" = yes && python -c "import sys" && deactivate &&
    rmvirtualenv team 2>/dev/null && test ! -e /srv/envs/team && echo fine'
rm -r /etc/venvyard /srv/envs
echo 'A group shares its environments.'

# --- Away with it ---

said=$(env -i HOME=/home PATH="$PATH" bash -lc '
mkvirtualenv --without-pip live >/dev/null 2>&1 && dpkg --remove venvyard >/dev/null && deactivate &&
    test -z "${VIRTUAL_ENV-}" && ! workon live' 2>&1) || fail "removed under a live shell: $said"
printf '%s\n' "$said" | grep -q -x 'ERROR: There is no program /usr/bin/venvyard.' || fail "$said"
[ -e "$conffile" ] || fail 'the removal took the conffile'
[ ! -e /usr/bin/venvyard ] || fail 'the removal left the program'
for shell in /bin/sh /bin/bash /bin/ksh93 /bin/mksh /bin/zsh /usr/bin/fish /usr/bin/yash; do
    login ann "$shell" 'echo fine'
done
dpkg --purge venvyard >/dev/null
[ "$(listed)" = "$before" ] || fail "the purge left $(listed | grep venvyard)"
echo 'Removed under a live shell, and purged without a trace.'

# --- The .rpm, as far as this machine knows it ---

rpm --install --nodeps "$packages"/*.rpm
rpm --verify --nodeps venvyard || fail 'the .rpm is not installed as it was built'
sessions
echo '# mine' >>"$conffile"
rpm --upgrade --force --nodeps "$packages"/*.rpm
grep -q '^# mine$' "$conffile" || fail "the user's edit of the configuration is gone"
rpm --erase venvyard
rm "$conffile.rpmsave"
[ "$(listed)" = "$before" ] || fail "rpm left $(listed | grep venvyard)"
echo 'The .rpm was installed, used and erased.'
