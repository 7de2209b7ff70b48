"""Threads that help with pieces of a loop: one small library for all programs.

The caller works too and waits for no thread that has not begun a piece, so a busy machine costs
nothing: what nobody else takes it does itself. (At the end of a parallel region of OpenMP all of
its threads have to meet, and a thread that gets no processor holds up the others for a time slice.)
Threads are made when they are first asked for, sleep when there is nothing to do, and are made anew
in a process that was forked. Next: `axes.py`.
"""

from __future__ import annotations

import ctypes
import functools
import os

from .build import CompileError, build


@functools.cache
def pool() -> int | None:
    """Return the address of ``share``; None where there are no such threads."""
    if os.name != "posix":
        return None
    try:
        library = build(SOURCE, ["-pthread"])
    except CompileError:
        return None
    return ctypes.cast(library.share, ctypes.c_void_p).value


SOURCE = r"""
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define MOST 256
#define SPINS 2000
#if defined(__x86_64__) || defined(__i386__)
#define PAUSE __builtin_ia32_pause()
#else
#define PAUSE
#endif

typedef void (*Job)(void **, int);
typedef unsigned long long u64;

/* Work in the pool: written under the lock. */
static struct { Job job; void **given; int pieces, helpers; u64 number; } work;
static u64 turn;  /* the number of the work above 32 bits of the next piece */
static int done, threads;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, busy = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

/* Do pieces as long as there are some of this work. */
static void help(Job job, void **given, int pieces, u64 number)
{
    u64 t = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
    while (t >> 32 == number && (int)(t & 0xffffffff) < pieces) {
        if (!__atomic_compare_exchange_n(&turn, &t, t + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            continue;
        job(given, (int)(t & 0xffffffff));
        __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
        t = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
    }
}

static void *live(void *which)
{
    int own = (int)(long)which;
    u64 seen = 0;
    pthread_mutex_lock(&lock);
    for (;;) {
        while (work.number == seen || own >= work.helpers) pthread_cond_wait(&wake, &lock);
        seen = work.number;
        Job job = work.job;
        void **given = work.given;
        int pieces = work.pieces;
        pthread_mutex_unlock(&lock);
        help(job, given, pieces, seen);
        for (int i = 0; i < SPINS && __atomic_load_n(&turn, __ATOMIC_RELAXED) >> 32 == seen; i++)
            PAUSE;
        pthread_mutex_lock(&lock);
    }
    return 0;
}

static void grow(int wanted)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (threads < wanted && threads < MOST) {
        pthread_t made;
        if (pthread_create(&made, 0, live, (void *)(long)threads)) break;
        pthread_detach(made);
        threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, 0);
}

/* Do all pieces of a job, with so many threads at most. */
__attribute__((visibility("default")))
void share(Job job, void **given, int pieces, int most)
{
    if (most < 2 || pthread_mutex_trylock(&busy)) {
        for (int p = 0; p < pieces; p++) job(given, p);
        return;
    }
    pthread_mutex_lock(&lock);
    grow(most - 1);
    u64 number = (work.number + 1) & 0xffffffff;
    work.job = job;
    work.given = given;
    work.pieces = pieces;
    work.helpers = most - 1;
    work.number = number;
    __atomic_store_n(&done, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&turn, number << 32, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
    help(job, given, pieces, number);
    for (int i = 0; __atomic_load_n(&done, __ATOMIC_ACQUIRE) < pieces; i++) {
        if (i < SPINS) PAUSE;
        else sched_yield();
    }
    pthread_mutex_unlock(&busy);
}

/* A forked process has no threads but its own. */
static void forked(void)
{
    pthread_mutex_init(&lock, 0);
    pthread_mutex_init(&busy, 0);
    pthread_cond_init(&wake, 0);
    threads = 0;
}

__attribute__((constructor)) static void begin(void) { pthread_atfork(0, 0, forked); }
"""
