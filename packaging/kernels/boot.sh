#!/usr/bin/env bash
# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Boots one of Debian's kernels under qemu (no virtualisation and no root needed) and runs test programs there.
#   packaging/kernels/boot.sh SERIES[/FLAVOUR] CACHE NAME PROGRAM...
# SERIES: 6.1, 6.12, ...: the newest image of it that apt knows. FLAVOUR: amd64 (default), cloud-amd64.
# CACHE: a folder that keeps what was downloaded. NAME: what the log is called.
# PROGRAM...: run in the machine one after the other, at the paths they have here; a leading "+" only takes a file along.
# Ends with 0: all passed; 1: failed, the log is named; 77: cannot run here, and why.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/image.sh"

series=${1%%/*}
flavour=amd64
[ "$1" = "$series" ] || flavour=${1#*/}
mkdir -p "$2"
cache=$(cd "$2" && pwd)
name=$3
shift 3

limit=${STATESCAPE_KERNEL_LIMIT:-280} # s; a run takes 15 to 40
memory=768                            # MB

skip() {
    printf 'skipped: %s\n' "$*" | tee "$cache/$name.skipped"
    exit 77
}
rm -f "$cache/$name.skipped" # ./check repeats what is in it: ctest keeps reasons to itself
fail() {
    printf 'failed: %s\n' "$*"
    exit 1
}

for tool in qemu-system-x86_64 cpio; do
    command -v "$tool" >/dev/null || skip "$tool is not installed (Debian: qemu-system-x86, cpio)"
done
busybox=$(command -v busybox) || skip "busybox is not installed (Debian: busybox-static)"
case $(ldd "$busybox" 2>&1) in
*"=>"*) skip "busybox is not linked statically (Debian: busybox-static)" ;;
esac

image=$(find_image "$series" "$flavour" "$cache") || skip "$image"

work=$(mktemp -d "$cache/run-XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,run,etc,modules,lib,lib64,usr/bin,disk}
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
    ln -s busybox "$root/bin/$applet" 2>/dev/null || true # one is called busybox
done
cp "$here/init" "$root/init"
chmod +x "$root/init"
cp -r "$image/modules/." "$root/modules/"
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"

# The same paths as here: programs know where they were built.
take_along() {
    local path
    for path in "$@"; do
        [ -e "$root$path" ] && continue
        mkdir -p "$root$(dirname "$path")"
        cp -L "$path" "$root$path"
    done
}
: >"$root/programs"
for program in "$@"; do
    plain=${program#+}
    [ -e "$plain" ] || fail "$plain is not there: build it first"
    take_along "$plain"
    mapfile -t libraries < <(ldd "$plain" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }')
    take_along "${libraries[@]}"
    [ "$plain" = "$program" ] && printf '%s\n' "$plain" >>"$root/programs"
done
(cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initrd"
rm -rf "$root"
truncate -s 96M "$work/disk" "$work/spare"

log=$cache/$name.log
start=$SECONDS
status=0
# One thread for both processors: with one each, qemu before 8.1 runs an int3 that the kernel has already patched away when a
# hook comes or goes, and the kernel dies of it (Red Hat bug 2216496).
timeout "$limit" qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m "$memory" -no-reboot -nic none \
    -display none -monitor none -serial "file:$log" -kernel "$image/vmlinuz" -initrd "$work/initrd" \
    -drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
    -drive "file=$work/spare,format=raw,if=virtio,cache=unsafe" \
    -append "console=ttyS0 loglevel=4 panic=-1 mitigations=off psi=1" </dev/null || status=$?
took=$((SECONDS - start))
release=$(tr -d '\r' <"$log" | sed -n 's/^KERNEL //p' | head -1)
code=$(tr -d '\r' <"$log" | sed -n 's/^EXIT-CODE //p' | tail -1)

tr -d '\r' <"$log" | sed -n '/^KERNEL /,/^EXIT-CODE /p'
if [ "$status" -eq 124 ]; then
    fail "${release:-the kernel} did not finish within $limit s; the console is in $log"
elif [ -z "$code" ]; then
    fail "${release:-the kernel} ended without a result (qemu: $status); the console is in $log"
elif [ "$code" -ne 0 ]; then
    fail "$code of the programs failed on $release; the console is in $log"
fi
printf 'passed on %s in %s s; the console is in %s\n' "$release" "$took" "$log"
