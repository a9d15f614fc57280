// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"

/// Calls the version of a kernel for a local `isa` of type kernel::Isa: nameAvx512, nameAvx2 or
/// nameBaseline.
#if defined(__x86_64__)
#define STATESCAPE_DISPATCH(name, ...)                                                                       \
    (isa == ::statescape::ml::kernel::Isa::Avx512 ? name##Avx512(__VA_ARGS__)                                \
     : isa == ::statescape::ml::kernel::Isa::Avx2 ? name##Avx2(__VA_ARGS__)                                  \
                                                  : name##Baseline(__VA_ARGS__))
#else
#define STATESCAPE_DISPATCH(name, ...) ((void)isa, name##Baseline(__VA_ARGS__))
#endif
