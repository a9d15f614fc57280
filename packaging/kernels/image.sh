# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by boot.sh: gets a Debian kernel image without installing it. Works without root, and with package lists that are old
# or were deleted, because it may use lists of its own below CACHE.

# What the machine's disks and the network tests need; a kernel that has one built in has no such file.
wanted_modules="virtio_pci virtio_blk crc32c_generic ext4 loop veth"

# sources_of SERIES: where a kernel comes from that this Debian does not have itself.
sources_of() {
    local key="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    case $1 in
    5.10) printf 'deb %s http://deb.debian.org/debian%s\n' "$key" " bullseye main" "$key" "-security bullseye-security main" ;;
    newest) printf 'deb %s http://deb.debian.org/debian sid main\n' "$key" ;;
    esac
}

# own_apt FOLDER TOOL ARGUMENT...: apt with lists, and perhaps sources, of its own.
own_apt() {
    local folder=$1 tool=$2 sources=()
    shift 2
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    [ -s "$folder/sources.list" ] && sources=(-o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=-)
    timeout 300 "$tool" -q "${sources[@]}" -o Dir::State::Lists="$folder/lists" -o Dir::Cache="$folder" -o Acquire::Retries=1 \
        -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o APT::Sandbox::User="$(id -un)" "$@"
}

# name_pattern SERIES FLAVOUR: of its packages and of what is in the cache.
name_pattern() {
    local series=${1//./\\.}
    [ "$1" = newest ] && series='[0-9]+\.[0-9]+'
    printf 'linux-image-%s\\.[0-9][0-9a-z.+~]*(-[0-9]+)?-%s(-unsigned)?' "$series" "$2"
}

# newest_image SERIES FLAVOUR APT_CACHE...: the newest package of that series; signed before unsigned.
newest_image() {
    local pattern
    pattern=$(name_pattern "$1" "$2")
    shift 2
    "$@" search --names-only "^$pattern\$" 2>/dev/null | awk '{ print $1 }' | grep -Ex "$pattern" |
        sed 's/-unsigned$/ &/' | sort -k1,1Vr -k2,2 | awk 'NR == 1 { print $1 $2 }'
}

# cached_image SERIES FLAVOUR CACHE: the newest that is unpacked already.
cached_image() {
    find "$3" -mindepth 1 -maxdepth 1 -name 'linux-image-*' -exec test -e '{}/vmlinuz' \; -printf '%f\n' |
        grep -Ex "$(name_pattern "$1" "$2")" | sort -V | tail -1
}

# unpack_image FOLDER DEB...: the kernel and the modules it needs, decompressed, with their order in modules/order.
unpack_image() {
    local folder=$1 part deb module
    shift
    part=$(mktemp -d "$folder.XXXXXX")
    mkdir "$part/all" "$part/modules"
    for deb in "$@"; do
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$part" --wildcards --no-anchored 'boot/vmlinuz-*' 'modules/*/vmlinuz' \
            'kernel/drivers/virtio/*' 'kernel/drivers/block/*' 'kernel/drivers/net/veth.ko*' 'kernel/fs/ext4/*' 'kernel/fs/jbd2/*' \
            'kernel/fs/mbcache.ko*' 'kernel/lib/*' 'kernel/crypto/*' 2>/dev/null || true # what matches nothing is no error here
    done
    find "$part" -name 'vmlinuz*' -type f -exec mv {} "$part/vmlinuz" \;
    find "$part" -path "$part/all" -prune -o -name '*.ko*' -type f -exec mv -t "$part/all" {} +
    for module in $wanted_modules; do
        add_module "$part" "$module" || return
    done
    rm -rf "$part/all" "$part/boot" "$part/lib" "$part/usr" "$folder"
    [ -e "$part/vmlinuz" ] && mv "$part" "$folder"
}

# add_module FOLDER NAME: after what it depends on.
add_module() {
    local file dependency
    file=$(find "$1/all" -name "${2//[-_]/[-_]}.ko*" | head -1)
    [ -n "$file" ] || return 0
    case $file in *.xz) busybox unxz "$file" || return ;; esac
    file=${file%.xz}
    grep -qsx "${file##*/}" "$1/modules/order" && return 0
    for dependency in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
        add_module "$1" "$dependency" || return
    done
    cp "$file" "$1/modules/"
    printf '%s\n' "${file##*/}" >>"$1/modules/order"
}

# download CACHE PACKAGE APT_GET...: into CACHE/debs, with the parts that newer packages are split into.
download() {
    local debs=$1/debs package=$2 version=${2#linux-image-}
    shift 2
    mkdir -p "$debs"
    (cd "$debs" && "$@" download "$package") || return
    if [ "$(dpkg-deb -c "$debs/${package}"_*.deb | grep -c vmlinuz)" -eq 0 ]; then
        (cd "$debs" && "$@" download "linux-binary-$version" "linux-modules-$version")
    fi
}

# fetch SERIES FLAVOUR CACHE PACKAGE: downloads it, with fresh lists where the machine's do not do. Prints the package's name.
fetch() {
    local series=$1 flavour=$2 cache=$3 package=$4 own=$3/apt
    if [ -n "$package" ] && download "$cache" "$package" timeout 300 apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
        -o APT::Sandbox::User="$(id -un)"; then
        printf '%s\n' "$package" >&3
        return
    fi
    if [ -n "$(sources_of "$series")" ]; then
        own=$cache/apt-$series
        mkdir -p "$own"
        sources_of "$series" >"$own/sources.list"
    fi
    own_apt "$own" apt-get update -o Acquire::Check-Valid-Until=false || true
    package=$(newest_image "$series" "$flavour" own_apt "$own" apt-cache)
    [ -n "$package" ] || return 1
    [ -e "$cache/$package/vmlinuz" ] || download "$cache" "$package" own_apt "$own" apt-get || return
    printf '%s\n' "$package" >&3
}

# find_image SERIES FLAVOUR CACHE: prints the folder of the unpacked image. On failure prints why, returns 1.
find_image() {
    local series=$1 flavour=$2 cache=$3 package='' known
    known=$(cached_image "$series" "$flavour" "$cache")
    if command -v apt-cache >/dev/null && command -v dpkg-deb >/dev/null; then
        # An old Debian gets no new kernels, and once a day is often enough for the newest.
        if [ -n "$known" ] && [ "$series" != newest ] && [ -n "$(sources_of "$series")" ]; then
            package=$known
        elif [ -n "$known" ] && [ -n "$(find "$cache/apt-$series/lists" -maxdepth 0 -mtime -1 2>/dev/null)" ]; then
            package=$known
        else
            [ -n "$(sources_of "$series")" ] || package=$(newest_image "$series" "$flavour" apt-cache)
            if [ -z "$package" ] || ! [ -e "$cache/$package/vmlinuz" ]; then
                package=$(fetch "$series" "$flavour" "$cache" "$package" 3>&1 >"$cache/download-$series.log" 2>&1 || true)
            fi
        fi
        if [ -n "$package" ] && ! [ -e "$cache/$package/vmlinuz" ]; then
            unpack_image "$cache/$package" "$cache"/debs/*-"${package#linux-image-}"_*.deb >&2 || package=
            rm -f "$cache"/debs/*.deb
        fi
    fi
    # An older one of the series is better than none.
    [ -n "$package" ] || package=$known
    if [ -z "$package" ]; then
        printf 'no %s kernel image of Debian (%s) could be downloaded with apt: no network, no apt, or no such package\n' "$series" "$flavour"
        return 1
    fi
    printf '%s\n' "$cache/$package"
}
