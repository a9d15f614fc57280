/* SPDX-FileCopyrightText: Statescape contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Something to hook: does each step as often as asked, on a signal, and ends.
 * hook_target CALLS SLEEP_US: says "ready", waits for a byte, works, says "done", waits for another byte. */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef HAS_SDT
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
__extension__ unsigned short statescape_guarded_semaphore __attribute__((unused))
__attribute__((section(".probes")));
__extension__ unsigned short statescape_plain_semaphore __attribute__((unused))
__attribute__((section(".probes")));
#endif

#define KEEP __attribute__((noinline, noclone, used))

int hook_target_other(int x);
int hook_target_chosen(int x);

static KEEP int variant(int x)
{
    return x + 3;
}
static int (*resolve(void))(int)
{
    return variant;
}
int hook_target_chosen(int x) __attribute__((ifunc("resolve")));

static KEEP int hook_target_twice(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

KEEP int hook_target_call(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x + 2;
}

KEEP int hook_target_sleep(long us)
{
    const struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    return nanosleep(&pause, 0);
}

KEEP int hook_target_deep(int levels)
{
    __asm__ volatile("" : "+r"(levels));
    return levels == 0 ? 0 : 1 + hook_target_deep(levels - 1);
}

static void step(int i)
{
    hook_target_call(i);
    syscall(SYS_getppid);
    syscall(SYS_close, -1);
#ifdef HAS_SDT
    STAP_PROBE1(statescape, plain, i);
    /* The second place of the same marker. */
    if (i % 2 == 0)
        STAP_PROBE1(statescape, plain, -i);
    if (statescape_guarded_semaphore)
        STAP_PROBE2(statescape, guarded, i, i + 1);
#endif
}

int main(int argc, char **argv)
{
    const int calls = argc > 1 ? atoi(argv[1]) : 0;
    const long us = argc > 2 ? atol(argv[2]) : 0;
    char byte;
    puts("ready");
    fflush(stdout);
    if (read(0, &byte, 1) != 1)
        return 1;
    for (int i = 0; i < calls; ++i)
        step(i);
    for (int i = 0; us > 0 && i < 20; ++i)
        hook_target_sleep(us);
    int sum = hook_target_deep(5) + hook_target_twice(1) + hook_target_other(2) + hook_target_chosen(1);
    printf("done %d\n", sum);
    fflush(stdout);
    return read(0, &byte, 1) < 0;
}
