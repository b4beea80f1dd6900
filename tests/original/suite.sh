#!/bin/sh
# Runs virtualenvwrapper's own tests on our files in place of its own, in bash and in zsh:
#
#   suite.sh [FILE...]             on ours; what cannot pass stands with its reason in `exceptions`, beside this file
#   suite.sh original [FILE...]    on its own, to see what the tests are worth on this machine
#
# A failure that is not in `exceptions` fails the run, and so does a test in it that passes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
export LC_ALL=C.UTF-8

case ${1-} in
original) subject=original required=193 exceptions=/dev/null && shift ;;
*) subject=ours required=175 exceptions=$here/exceptions ;;
esac
lab=$PWD/target/original/$subject

# --- What is run ----------------------------------------------------------------------------------

arrange() { # SHELL: its own copies of the tests and of an environment, since some tests write into them
    mkdir "$lab/$1"
    cp -R "$source/tests" "$lab/$1/tests"
    cp -R "$peers/." "$lab/$1/environment"
    cp "$source/virtualenvwrapper.sh" "$source/virtualenvwrapper_lazy.sh" "$lab/$1"
    for script in pip virtualenv virtualenv-clone; do # their first line still names the environment they come from
        sed "1s|.*|#!$lab/$1/environment/bin/python|" "$peers/bin/$script" >"$lab/$1/environment/bin/$script"
    done
    # shUnit2 says what failed, but not what passed.
    # shellcheck disable=SC2016 # shUnit2 expands it
    sed 's/# update stats$/echo "${_shunit_test_} ${__shunit_testSuccess}" >>"$VERDICTS"/' \
        "$source/tests/shunit2" >"$lab/$1/tests/shunit2"
}

put_ours() { # SHELL: our files in place of the original's
    for name in virtualenvwrapper.sh virtualenvwrapper_lazy.sh; do
        installed=$(find "$lab/prefix" -name "$name" ! -type l)
        [ -n "$installed" ] || {
            printf 'ERROR: make install installs no %s.\n' "$name" >&2
            exit 1
        }
        ln -sf "$installed" "$lab/$1/environment/bin/$name"
        ln -sf "$installed" "$lab/$1/$name"
    done
}

peers=$(packaging/peers.sh)
source=$(packaging/peers.sh source)
rm -rf "$lab"
mkdir -p "$lab"
case $subject in ours) PREFIX="$lab/prefix" DESTDIR='' packaging/install.sh >"$lab/install.log" ;; esac
for shell in bash zsh; do
    arrange "$shell"
    case $subject in ours) put_ours "$shell" ;; esac
done

whole=''
[ "$#" -gt 0 ] || {
    whole=yes
    cd "$source/tests"
    set -- test*.sh
    cd "$OLDPWD"
}
for file; do printf '%s\n' "bash $file" "zsh $file"; done |
    xargs -n 2 -P "$(getconf _NPROCESSORS_ONLN)" "$here/one.sh" "$lab"

# --- What came of it ------------------------------------------------------------------------------

# Lists have a line `FILE TEST` for each test, and are sorted.
all() {
    for file; do
        # As shUnit2 finds them. Of a name that a file holds twice it runs the second, twice.
        sed -n "s/^[ 	]*\(test[A-Za-z0-9_]*\) *().*/$file \1/p" "$source/tests/$file"
    done | sort -u
}

passed() { # SHELL FILE...
    cd "$lab/$1"
    shift
    for file; do
        awk -v file="$file" '
            { failures[$1] += $2 }
            END { for (test in failures) if (failures[test] == 0) print file, test }' "$file.verdicts"
    done | sort
    cd "$OLDPWD"
}

excepted() { # SHELL: by a line `FILE TEST: REASON`; `FILE TEST (WHERE): REASON` is for that shell, or for root, alone
    where=$1
    [ "$(id -u)" -ne 0 ] || where="$1|root"
    sed -n -E "s/^([^ #]+ [^ :]+)( \(($where)\))?:.*/\1/p" "$exceptions" | sort
}

assertions() { # SHELL FILE TEST: what shUnit2 says of a failure
    awk -v test="$3" '
        /^test[A-Za-z0-9_]*$/ { inside = $0 == test }
        inside && /^ASSERT:/ { print "    " $0; said = 1 }
        END { if (!said) print "    it did not come to its end: see " FILENAME }' "$lab/$1/$2.log"
}

complaints() { # SHELL, with the lists in $lab
    comm -23 "$lab/failed" "$lab/excepted" | while read -r file test; do
        echo "$1: $file $test fails"
        assertions "$1" "$file" "$test"
    done
    # What passes in the original is no news.
    comm -12 "$lab/passed" "$lab/excepted" | sed "s/.*/$1: & passes: take it out of the exceptions/"
    case $whole in
    yes)
        comm -13 "$lab/all" "$lab/excepted" | sed "s/.*/$1: & is an exception, but no test/"
        [ "$(wc -l <"$lab/passed")" -ge "$required" ] || echo "$1: $required tests at least have to pass"
        ;;
    esac
}

all "$@" >"$lab/all"
: >"$lab/complaints"
for shell in bash zsh; do
    passed "$shell" "$@" >"$lab/passed"
    excepted "$shell" >"$lab/excepted"
    comm -23 "$lab/all" "$lab/passed" >"$lab/failed"
    complaints "$shell" >>"$lab/complaints"
    echo "$shell: $(wc -l <"$lab/passed") of $(wc -l <"$lab/all") pass," \
        "$(comm -12 "$lab/failed" "$lab/excepted" | wc -l) expected not to"
done
cat "$lab/complaints"
case $subject in
ours) [ ! -s "$lab/complaints" ] ;;
original) ! grep -q 'have to pass$' "$lab/complaints" ;; # its failures are no fault of ours
esac
