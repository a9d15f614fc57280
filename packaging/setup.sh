# SPDX-FileCopyrightText: Statescape contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by ./run, ./check and ./bench: installs what is missing and builds. Everything it prints goes to standard error.

say() { printf '%s\n' "statescape: $*" >&2; }

# setup_packages KIND...: makes sure the packages of those kinds are there.
setup_packages() {
    local list="$root/packaging/debian-packages.txt" kind wanted=() missing=()
    for kind in "$@"; do
        mapfile -t -O "${#wanted[@]}" wanted < <(awk -v k="$kind" '$1 == k { print $2 }' "$list")
    done
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        if command -v cmake >/dev/null && [ -n "${STATESCAPE_SKIP_PACKAGES:-}" ]; then
            return 0
        fi
        say "this is not a Debian system, so packages are not installed by themselves. Install what these Debian packages hold:"
        printf '  %s\n' "${wanted[*]}" >&2
        say "then run this again with STATESCAPE_SKIP_PACKAGES=1"
        exit 5
    fi
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    say "installing ${#missing[@]} packages: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { say "needs root to install them: run as root: apt-get install ${missing[*]}"; exit 4; }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -q >&2 || say "package lists could not be updated; trying with the old ones"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 ||
        { say "apt-get could not install: ${missing[*]}"; exit 1; }
}

# setup_build PRESET [TARGET...]: configures and builds.
setup_build() {
    local preset=$1
    shift
    export CCACHE_BASEDIR="$root" CCACHE_SLOPPINESS=pch_defines,time_macros
    (cd "$root" && cmake --preset "$preset" >"$root/.configure.log" 2>&1) || { cat "$root/.configure.log" >&2; say "configuring failed"; exit 1; }
    rm -f "$root/.configure.log"
    (cd "$root" && cmake --build --preset "$preset" ${1:+--target "$@"} >&2) || { say "the build failed"; exit 1; }
}
