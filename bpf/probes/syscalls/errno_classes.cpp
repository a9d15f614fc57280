// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/syscalls/errno_classes.h"

#include <cerrno>
#include <initializer_list>

namespace statescape::bpf {
namespace {
struct ErrnoMembers {
    ss_errno_class kind;
    std::initializer_list<int> numbers;
};

// clang-format off
constexpr ErrnoMembers kPermission{SS_ERRNO_PERMISSION, {EPERM, EACCES, EROFS, EKEYREJECTED}};
constexpr ErrnoMembers kNotFound{SS_ERRNO_NOT_FOUND, {ENOENT, ESRCH, ENXIO, ENODEV, ENODATA, ENOKEY}};
constexpr ErrnoMembers kResource{SS_ERRNO_RESOURCE, {
    ENOMEM, ENFILE, EMFILE, ENOSPC, EDQUOT, EBUSY, EIO, EMLINK, ENOLCK, EUSERS, ENOBUFS, EFBIG, EDEADLK, ESTALE, EREMOTEIO}};
constexpr ErrnoMembers kNetwork{SS_ERRNO_NETWORK, {
    EPIPE, EADDRINUSE, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ENETRESET, ECONNABORTED, ECONNRESET, EISCONN, ENOTCONN,
    ESHUTDOWN, ETIMEDOUT, ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EALREADY, EDESTADDRREQ, EMSGSIZE}};
constexpr ErrnoMembers kInvalid{SS_ERRNO_INVALID, {
    E2BIG, ENOEXEC, EBADF, ECHILD, EFAULT, ENOTBLK, EEXIST, EXDEV, ENOTDIR, EISDIR, EINVAL, ENOTTY, ETXTBSY, ESPIPE, EDOM,
    ERANGE, ENAMETOOLONG, ENOSYS, ENOTEMPTY, ELOOP, EOVERFLOW, EILSEQ, ENOTSOCK, EPROTOTYPE, ENOPROTOOPT, EPROTONOSUPPORT,
    ESOCKTNOSUPPORT, EOPNOTSUPP, EPFNOSUPPORT, EAFNOSUPPORT}};
// clang-format on

std::array<std::uint8_t, SS_ERRNO_NUMBERS> buildClasses()
{
    std::array<std::uint8_t, SS_ERRNO_NUMBERS> classes{};
    classes.fill(SS_ERRNO_OTHER);
    for (const auto &members : {kPermission, kNotFound, kResource, kNetwork, kInvalid})
        for (const int number : members.numbers)
            classes.at(static_cast<std::size_t>(number)) = static_cast<std::uint8_t>(members.kind);
    return classes;
}
} // namespace

const std::array<std::uint8_t, SS_ERRNO_NUMBERS> &errnoClasses()
{
    static const auto kClasses = buildClasses();
    return kClasses;
}

} // namespace statescape::bpf
