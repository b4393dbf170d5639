// The Linux calls that Swift's Glibc module leaves out: it is built without _GNU_SOURCE, and a
// function with a variable list of arguments is not imported.

#ifndef KV_CLINUX_SHIM_H
#define KV_CLINUX_SHIM_H

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/// prctl(2), PR_SET_DUMPABLE: 0 forbids core dumps and tracing by processes of the same user.
static inline int kv_set_dumpable(int dumpable) {
    return prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
}

/// renameat2(2) with RENAME_EXCHANGE: both names exist and swap places in one step.
static inline int kv_exchange(int directory, const char *_Nonnull one, const char *_Nonnull other) {
    return (int)syscall(SYS_renameat2, directory, one, directory, other, 2u);
}

/// memfd_create(2): a file that only the descriptor names; flags are those of its manual page.
static inline int kv_memory_file(const char *_Nonnull name, unsigned flags) {
    return (int)syscall(SYS_memfd_create, name, flags);
}

/// fstatfs(2): the number of the filesystem's kind, or -1.
static inline long kv_filesystem_kind(int descriptor) {
    struct statfs facts;
    return fstatfs(descriptor, &facts) == 0 ? (long)facts.f_type : -1;
}

#endif
