#!/bin/sh
# Runs a command as in a pod: processes of its own, and of its node what lies in a folder.
#
#   pod.sh FOLDER COMMAND...   of FOLDER, as far as they are there:
#     cgroup/  what the container sees at /sys/fs/cgroup
#     meminfo  the memory of the node
#     dev/     device nodes that the container was given, beside the usual ones
#
# Rule: only root can, and nobody outside of it sees anything of it. It ends with `unshare`.
set -e
if [ "$1" != --within ]; then
    exec unshare --pid --fork --mount-proc --kill-child "$0" --within "$@"
fi
folder=$2
shift 2
if [ -d "$folder/cgroup" ]; then mount --bind "$folder/cgroup" /sys/fs/cgroup; fi
if [ -f "$folder/meminfo" ]; then mount --bind "$folder/meminfo" /proc/meminfo; fi
if [ -d "$folder/dev" ]; then
    mkdir -p "$folder/was"
    mount --rbind /dev "$folder/was"
    mount -t tmpfs dev /dev
    for name in null zero full random urandom tty; do
        touch "/dev/$name"
        mount --bind "$folder/was/$name" "/dev/$name"
    done
    mkdir /dev/shm /dev/pts
    mount --rbind "$folder/was/shm" /dev/shm
    mount --rbind "$folder/was/pts" /dev/pts
    ln -s pts/ptmx /dev/ptmx
    ln -s /proc/self/fd /dev/fd
    cp -r "$folder/dev/." /dev
fi
exec "$@"
