# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by boot.sh: gets a Debian kernel image without installing it.

# What the machine's disk and the network tests need; a kernel that has one built in has no such file.
wanted_modules="virtio_pci virtio_blk crc32c_generic ext4 loop veth"

# apt with lists of its own below CACHE: works without root and with package lists that are old or were deleted.
own_apt() {
    local cache=$1 tool=$2
    shift 2
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
    timeout 300 "$tool" -q -o Dir::State::Lists="$cache/apt/lists" -o Dir::Cache="$cache/apt" -o Acquire::Retries=1 \
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o APT::Sandbox::User="$(id -un)" "$@"
}

# newest_image SERIES FLAVOUR APT_CACHE...: the newest package of that series; signed before unsigned.
newest_image() {
    local series=${1//./\\.} flavour=$2
    shift 2
    "$@" search --names-only "^linux-image-$series\\.[0-9].*-$flavour(-unsigned)?\$" 2>/dev/null |
        awk '{ print $1 }' | grep -Ex "linux-image-$series\\.[0-9][0-9a-z.+~]*(-[0-9]+)?-$flavour(-unsigned)?" |
        sed 's/-unsigned$/ &/' | sort -k1,1Vr -k2,2 | awk 'NR == 1 { print $1 $2 }'
}

# unpack_image DEB FOLDER: the kernel and the modules it needs, decompressed, with their order in modules/order.
unpack_image() {
    local deb=$1 folder=$2 part module
    part=$(mktemp -d "$folder.XXXXXX")
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$part" --wildcards './boot/vmlinuz-*' './lib/modules/*/kernel/drivers/virtio/*' \
        './lib/modules/*/kernel/drivers/block/*' './lib/modules/*/kernel/drivers/net/veth.ko*' './lib/modules/*/kernel/fs/ext4/*' \
        './lib/modules/*/kernel/fs/jbd2/*' './lib/modules/*/kernel/fs/mbcache.ko*' './lib/modules/*/kernel/lib/*' \
        './lib/modules/*/kernel/crypto/*' 2>/dev/null || true # a pattern that matches nothing is no error here
    mkdir "$part/all" "$part/modules"
    mv "$part"/boot/vmlinuz-* "$part/vmlinuz" || return
    find "$part/lib" -name '*.ko*' -exec mv -t "$part/all" {} + || return
    for module in "$part"/all/*.xz; do
        [ -e "$module" ] && { busybox unxz "$module" || return; }
    done
    : >"$part/modules/order"
    for module in $wanted_modules; do
        add_module "$part" "$module"
    done
    rm -rf "$part/all" "$part/boot" "$part/lib"
    rm -rf "$folder"
    mv "$part" "$folder"
}

# add_module FOLDER NAME: after what it depends on.
add_module() {
    local file=$1/all/${2//-/_}.ko dependency
    [ -e "$file" ] || file=$1/all/${2//_/-}.ko
    [ -e "$file" ] || return 0
    grep -qx "${file##*/}" "$1/modules/order" && return 0
    for dependency in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
        add_module "$1" "$dependency"
    done
    cp "$file" "$1/modules/"
    printf '%s\n' "${file##*/}" >>"$1/modules/order"
}

# find_image SERIES FLAVOUR CACHE: prints the folder of the unpacked image. On failure prints why, returns 1.
find_image() {
    local series=$1 flavour=$2 cache=$3 package folder deb why=
    if command -v apt-cache >/dev/null && command -v dpkg-deb >/dev/null; then
        package=$(newest_image "$series" "$flavour" apt-cache)
        if [ -n "$package" ] && [ -e "$cache/$package/vmlinuz" ]; then
            printf '%s\n' "$cache/$package"
            return 0
        fi
        package=$(fetch "$series" "$flavour" "$cache" "$package")
        if [ -n "$package" ]; then
            deb=$(find "$cache/apt/debs" -name "${package}_*.deb" | head -1)
            if unpack_image "$deb" "$cache/$package"; then
                rm -f "$deb"
                printf '%s\n' "$cache/$package"
                return 0
            fi
            why="the package $package could not be unpacked"
        else
            why="no linux-image-$series.*-$flavour could be downloaded with apt (no network, or no such package)"
        fi
    else
        why="apt-cache and dpkg-deb are needed to get a kernel of Debian"
    fi
    # An older one of the series is better than none.
    folder=$(find "$cache" -maxdepth 1 -name "linux-image-$series.*-$flavour*" -exec test -e '{}/vmlinuz' \; -print |
        grep -Ex ".*/linux-image-${series//./\\.}\\.[0-9][0-9a-z.+~]*(-[0-9]+)?-$flavour(-unsigned)?" | sort -V | tail -1)
    if [ -n "$folder" ]; then
        printf '%s\n' "$folder"
        return 0
    fi
    printf '%s\n' "$why"
    return 1
}

# fetch SERIES FLAVOUR CACHE PACKAGE: downloads it, with fresh lists where the machine's do not do. Prints the package's name.
fetch() {
    local series=$1 flavour=$2 cache=$3 package=$4
    mkdir -p "$cache/apt/debs"
    if [ -n "$package" ] && (cd "$cache/apt/debs" && timeout 300 apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
        -o APT::Sandbox::User="$(id -un)" download "$package") >"$cache/download.log" 2>&1; then
        printf '%s\n' "$package"
        return 0
    fi
    own_apt "$cache" apt-get update >>"$cache/download.log" 2>&1 || true
    package=$(newest_image "$series" "$flavour" own_apt "$cache" apt-cache)
    [ -n "$package" ] && (cd "$cache/apt/debs" && own_apt "$cache" apt-get download "$package") >>"$cache/download.log" 2>&1 || return 0
    printf '%s\n' "$package"
}
