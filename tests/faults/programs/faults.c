/* Loaded before the C library, this makes writes to a journal fail as a bad disk makes them, and the clock jump.
 *
 * The test decides while the program runs: what is wrong stands in a file that both have in memory. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { HEALTHY, IO_ERROR, NO_SPACE, INTERRUPTED, SHORT, TORN, TORN_FOR_GOOD, NO_SYNC, SLOW };

static struct {
    int64_t wall_clock; /* seconds added to the time of day */
    int64_t drift;      /* seconds added to it with each second that passes */
    int32_t fault;
    int32_t every;  /* of so many writes to such files one fails */
    char suffix[8]; /* how the names of such files end */
    int64_t hits;   /* how many have failed */
} *wrong;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int);
static int (*real_clock_gettime)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("FAULTS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *memory = mmap(NULL, sizeof *wrong, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory != MAP_FAILED)
        wrong = memory;
}

static int is_meant(int file) {
    char link[32], path[4096];
    if (!wrong || wrong->fault == HEALTHY)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    size_t end = strlen(wrong->suffix);
    return (size_t)length >= end && strcmp(path + length - end, wrong->suffix) == 0;
}

static int fail(int error) {
    wrong->hits++;
    errno = error;
    return -1;
}

/* Decides about a write of *count bytes: 0 means that it may go on, with as many as are left of it. */
static int hit(int file, size_t *count) {
    static int writes, is_torn;
    if (*count < 2 || !is_meant(file))
        return 0;
    if (is_torn) {
        is_torn = 0;
        return fail(ENOSPC);
    }
    if (++writes % wrong->every)
        return 0;
    switch (wrong->fault) {
    case IO_ERROR:
        return fail(EIO);
    case NO_SPACE:
        return fail(ENOSPC);
    case INTERRUPTED:
        return fail(EINTR);
    case SHORT:
        wrong->hits++;
        *count /= 2;
        return 0;
    case TORN:
    case TORN_FOR_GOOD:
        is_torn = 1;
        *count /= 2;
        return 0;
    case SLOW:
        wrong->hits++;
        usleep(4000);
        return 0;
    default:
        return 0;
    }
}

ssize_t write(int file, const void *bytes, size_t count) {
    return hit(file, &count) ? -1 : real_write(file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
    return hit(file, &count) ? -1 : real_pwrite(file, bytes, count, at);
}

int ftruncate64(int file, off_t length) {
    return is_meant(file) && wrong->fault == TORN_FOR_GOOD ? fail(EIO) : real_ftruncate(file, length);
}

int fsync(int file) {
    return is_meant(file) && wrong->fault == NO_SYNC ? fail(EIO) : real_fsync(file);
}

int fdatasync(int file) {
    return is_meant(file) && wrong->fault == NO_SYNC ? fail(EIO) : real_fdatasync(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = real_clock_gettime(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME && wrong) {
        struct timespec passed;
        real_clock_gettime(CLOCK_MONOTONIC, &passed);
        time->tv_sec += wrong->wall_clock + wrong->drift * (passed.tv_sec % 3600);
    }
    return result;
}
