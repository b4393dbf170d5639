#pragma once

#include <stdint.h>

/// How often libdispatch looks whether its workers are blocked, in nanoseconds.
#define KV_MONITOR_INTERVAL 30000000000

// What the linker calls in place of libdispatch's functions, and those functions themselves (weak:
// there are none without --wrap).

void __wrap__dispatch_workq_worker_register(void *queue);
void __real__dispatch_workq_worker_register(void *queue) __attribute__((weak));

void __wrap_dispatch_source_set_timer(
    void *source, uint64_t start, uint64_t interval, uint64_t leeway);
void __real_dispatch_source_set_timer(
    void *source, uint64_t start, uint64_t interval, uint64_t leeway) __attribute__((weak));
