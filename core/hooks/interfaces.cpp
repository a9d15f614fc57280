// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/interfaces.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <net/if.h>
#include <net/if_arp.h>

namespace statescape::hooks {
namespace {
constexpr std::size_t kShortFile = 4096;

long numberIn(const std::string &path, int base)
{
    const auto text = readText(path, kShortFile);
    return text ? std::strtol(text->c_str(), nullptr, base) : -1;
}

std::string_view kindOf(const std::string &directory)
{
    const auto has = [&directory](const char *name) {
        std::error_code ignored;
        return std::filesystem::exists(directory + "/" + name, ignored);
    };
    const long type = numberIn(directory + "/type", 10);
    if (type == ARPHRD_LOOPBACK)
        return "loopback";
    if (has("phy80211") || has("wireless"))
        return "wireless";
    if (has("bridge"))
        return "bridge";
    if (has("tun_flags") || type == ARPHRD_TUNNEL || type == ARPHRD_TUNNEL6 || type == ARPHRD_SIT ||
        type == ARPHRD_IPGRE || type == ARPHRD_NONE)
        return "tunnel";
    if (type != ARPHRD_ETHER)
        return "other";
    return has("device") ? "ethernet" : "virtual";
}
} // namespace

NameList loadInterfaces(const KernelFiles &files)
{
    NameList names;
    const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> all(if_nameindex(),
                                                                                if_freenameindex);
    for (const auto *it = all.get(); it && it->if_index != 0; ++it) {
        const auto directory = files.interfaces + "/" + it->if_name;
        const long flags = numberIn(directory + "/flags", 16);
        names.add(it->if_name, kindOf(directory), flags > 0 && (flags & IFF_UP) != 0 ? kUp : 0, it->if_index);
    }
    return names;
}

} // namespace statescape::hooks
