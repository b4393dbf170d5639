// libdispatch looks once a second whether its workers are blocked, from the first task of a process
// to its end: sixty wake-ups a minute of a daemon that sleeps for an hour.  There is no setting for
// it, so the linker puts these functions in the way (--wrap, see Package.swift), and it looks every
// half minute.  What that costs: a task that finds every worker blocked in a system call waits up to
// half a minute for another one, instead of a second.  Whatever waits for another machine has a
// thread of its own (OwnThread in PKI, TransferLoop in HTTP); a disk or a database may hold one up.
//
// Without --wrap nothing calls this, and libdispatch is as it came.

#include "monitor.h"

// The timer is set by whichever thread registers the first worker.
static _Thread_local int is_registering;

void __wrap__dispatch_workq_worker_register(void *queue) {
    is_registering = 1;
    __real__dispatch_workq_worker_register(queue);
    is_registering = 0;
}

void __wrap_dispatch_source_set_timer(
    void *source, uint64_t start, uint64_t interval, uint64_t leeway) {
    if (is_registering) interval = KV_MONITOR_INTERVAL;
    __real_dispatch_source_set_timer(source, start, interval, leeway);
}
