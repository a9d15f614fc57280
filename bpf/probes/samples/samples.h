/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
#pragma once

#include "bpf/shared.h"

/* Not 100, so that samples do not keep step with what happens every 10 ms. */
#define SS_SAMPLES_HERTZ 99

enum ss_samples_hook { SS_SAMPLE_CLOCK, SS_SAMPLES_HOOKS };

struct ss_samples_bank {
    __u64 user;
    __u64 kernel;
    __u64 idle;
    __u64 all;
    __u64 hits[SS_SAMPLES_HOOKS];
    __u64 pad[3];
};
SS_STATIC_ASSERT(sizeof(struct ss_samples_bank) == 64);
