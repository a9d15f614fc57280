/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A second function of a name that the other file has too. */
static __attribute__((noinline, noclone, used)) int hook_target_twice(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x - 1;
}

int hook_target_other(int x);
int hook_target_other(int x)
{
    return hook_target_twice(x);
}
