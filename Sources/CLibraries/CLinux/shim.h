// What Swift's Glibc module leaves out. Declarations only, plus wrappers for what Swift cannot call (macros, variadics).
#ifndef WARREN_CLINUX_SHIM_H
#define WARREN_CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

extern int pthread_setname_np(pthread_t thread, const char *name);
extern int pipe2(int descriptors[2], int flags);
extern int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int warren_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL, 0);
    return flags < 0 ? flags : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

#ifndef F_OFD_SETLK
#define F_OFD_SETLK 37
#endif

/// Locks bytes of a file against every other open description of it, or unlocks them; `length` 0: all from `start` on.
///
/// Waits for nobody. The kernel unlocks when the description is closed, also by the end of the process.
static inline int warren_set_file_lock(int descriptor, int is_locked, int64_t start, int64_t length) {
    struct flock lock = {.l_type = is_locked ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}

/// The text of an error number, in `buffer` or in static memory.
static inline const char *warren_strerror(int code, char *buffer, size_t size) {
    extern int __xpg_strerror_r(int, char *, size_t);
    return __xpg_strerror_r(code, buffer, size) == 0 ? buffer : (const char *)0;
}

/// What a clock shows, in nanoseconds.
///
/// Which module `timespec` belongs to in Swift depends on the order in which a build happens to load headers.
static inline int64_t warren_clock(clockid_t clock) {
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/// `poll` with a timeout in nanoseconds; a negative one is none. `descriptors` are of type `pollfd`.
///
/// Swift shall find that type in one module only, so its header is not here.
static inline int warren_poll(void *descriptors, unsigned long count, int64_t timeout) {
    extern int ppoll(void *, unsigned long, const struct timespec *, const void *);
    struct timespec time = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
    return ppoll(descriptors, count, timeout < 0 ? (struct timespec *)0 : &time, (void *)0);
}

/// Lets the calling thread's timers fire within `nanoseconds` of their time, instead of the default 50 microseconds.
static inline int warren_set_timer_slack(unsigned long nanoseconds) {
    return prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0);
}

/// Waits until `descriptor` can be read, but not longer than `nanoseconds`: what `poll` does only in milliseconds.
///
/// Not through <poll.h>, which would become this module's own in Swift.
static inline void warren_wait_readable(int descriptor, int64_t nanoseconds) {
    extern long syscall(long number, ...);
    struct { int descriptor; short events, ready; } input = {descriptor, 1 /* POLLIN */, 0};
    struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    syscall(SYS_ppoll, &input, 1, &timeout, (void *)0, 0);
}

#endif
