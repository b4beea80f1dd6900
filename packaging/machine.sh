#!/bin/sh
# machine.sh WORD...: runs a command as root in a copy of this machine, where it may install and remove what it likes.
#
# The copy is an overlay in memory over the machine's own files, in a mount namespace; both end with the command. The
# project is there as /mnt, not to be written to. Status 77: this user may not make such a copy.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rmdir "$scratch"' EXIT
trap 'exit 130' INT TERM # dash runs no EXIT trap when a signal ends it

unshare --mount --pid --fork true 2>/dev/null || exit 77
# shellcheck disable=SC2016 # the inner shell expands it
unshare --mount --pid --fork sh -eu -c '
scratch=$1 project=$2
shift 2
mount -t tmpfs tmpfs "$scratch" || exit 77
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root" || exit 77
mount -t proc proc "$scratch/root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$scratch/root/tmp"
mount --rbind /dev "$scratch/root/dev"
mount --bind -o ro "$project" "$scratch/root/mnt"
exec chroot "$scratch/root" "$@"
' machine "$scratch" "$PWD" "$@" || exit "$?"
