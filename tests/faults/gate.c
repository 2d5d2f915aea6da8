/* Stops the process in front of one chosen file system call, so that strace can be attached to exactly that thread and fail
 * exactly that call. strace itself counts calls per thread, and delta-rs moves its work between threads as it likes; here
 * calls are counted per (call, path class) over all threads.
 *
 * Preloaded (LD_PRELOAD). Off until `gate_open`. Every call on a path below the root is written to a record file as a line
 * `CALL<tab>CLASS<tab>PATH`; the chosen one also as `ARMED<tab>THREAD`, after which the process stops itself (SIGSTOP).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define RULES 64
#define TEXT 4096

static int open_ = 0, record_ = -1, wanted_k, seen_;
static size_t root_length;
static char root_[TEXT], rules_[TEXT], wanted_call[64], wanted_class[64];
static struct { const char *name, *pattern; } rule_[RULES];
static int rule_count;
static pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;

/* `rules`: lines `CLASS<tab>PATTERN`, the first whose pattern matches the path below `root` wins. */
void gate_open(const char *root, const char *rules, int record, const char *call, const char *class, int k) {
    snprintf(root_, sizeof root_, "%s", root);
    snprintf(rules_, sizeof rules_, "%s", rules);
    snprintf(wanted_call, sizeof wanted_call, "%s", call);
    snprintf(wanted_class, sizeof wanted_class, "%s", class);
    root_length = strlen(root_);
    rule_count = seen_ = 0;
    char *rest = rules_, *line;
    while ((line = strsep(&rest, "\n")) && rule_count < RULES) {
        rule_[rule_count].name = strsep(&line, "\t");
        rule_[rule_count++].pattern = line;
    }
    record_ = record, wanted_k = k, open_ = 1;
}

static int is_role(const char *role) {
    char line[TEXT];
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
    ssize_t length = syscall(SYS_read, descriptor, line, sizeof line - 1);
    syscall(SYS_close, descriptor);
    line[length > 0 ? length : 0] = 0;
    for (ssize_t i = 0; i < length; i += (ssize_t)strlen(line + i) + 1)
        if (!strcmp(line + i, role)) return 1;
    return 0;
}

/* In a process tree: the first process with the argument OTEL_CERT_FAULT_ROLE makes the record, and so is the one. */
__attribute__((constructor)) static void open_by_environment(void) {
    const char *role = getenv("OTEL_CERT_FAULT_ROLE");
    if (!role || !is_role(role)) return;
    const char *path = getenv("OTEL_CERT_FAULT_RECORD");
    int record = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (record < 0) return;
    gate_open(getenv("OTEL_CERT_FAULT_ROOT"), getenv("OTEL_CERT_FAULT_RULES"), record, getenv("OTEL_CERT_FAULT_CALL"),
              getenv("OTEL_CERT_FAULT_CLASS"), atoi(getenv("OTEL_CERT_FAULT_K")));
}

static const char *class_of(const char *below) {
    for (int i = 0; i < rule_count; i++)
        if (!fnmatch(rule_[i].pattern, below, 0)) return rule_[i].name;
    return "other";
}

static void note(const char *call, const char *path) {
    if (strncmp(path, root_, root_length) || (path[root_length] != '/' && path[root_length])) return;
    const char *below = path + root_length + (path[root_length] == '/'), *class = class_of(below);
    char line[TEXT + 128];
    pthread_mutex_lock(&mutex_);
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", call, class, below);
    syscall(SYS_write, record_, line, (size_t)length);
    int hit = !strcmp(call, wanted_call) && !strcmp(class, wanted_class) && ++seen_ == wanted_k;
    if (hit) {
        length = snprintf(line, sizeof line, "ARMED\t%ld\n", syscall(SYS_gettid));
        syscall(SYS_write, record_, line, (size_t)length);
    }
    pthread_mutex_unlock(&mutex_);
    if (hit) syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSTOP);
}

static ssize_t path_of(int descriptor, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = syscall(SYS_readlink, link, path, size - 1);
    if (length >= 0) path[length] = 0;
    return length;
}

static void on(const char *call, int descriptor) {
    int error = errno;
    char path[TEXT];
    if (open_ && path_of(descriptor, path, sizeof path) >= 0) note(call, path);
    errno = error;
}

static void at(const char *call, int folder, const char *name) {
    int error = errno;
    char path[2 * TEXT];
    if (open_ && name) {
        if (*name == '/') note(call, name);
        else if (!*name) on(call, folder);
        else if (folder != AT_FDCWD && path_of(folder, path, TEXT) >= 0) {
            size_t length = strlen(path);
            snprintf(path + length, sizeof path - length, "/%s", name);
            note(call, path);
        }
    }
    errno = error;
}

#define CALL(type, name, parameters, arguments, told) \
    type name parameters { \
        static type (*real) parameters; \
        if (!real) real = (type (*) parameters)dlsym(RTLD_NEXT, #name); \
        told; \
        return real arguments; \
    }
#define ON(type, name, call, parameters, arguments) CALL(type, name, parameters, arguments, on(call, fd))
#define AT(type, name, call, parameters, arguments, folder, path) CALL(type, name, parameters, arguments, at(call, folder, path))

static const char *opening(int flags) { return flags & (O_CREAT | O_WRONLY | O_RDWR) ? "openat" : "openat(read)"; }

#define OPEN(name, before, folder, ...) \
    int name(before const char *path, int flags, ...) { \
        static int (*real)(before const char *, int, ...); \
        if (!real) real = (int (*)(before const char *, int, ...))dlsym(RTLD_NEXT, #name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        at(opening(flags), folder, path); \
        return real(__VA_ARGS__); \
    }
#define NOTHING
#define FOLDER int folder,
OPEN(open, NOTHING, AT_FDCWD, path, flags, mode)
OPEN(open64, NOTHING, AT_FDCWD, path, flags, mode)
OPEN(openat, FOLDER, folder, folder, path, flags, mode)
OPEN(openat64, FOLDER, folder, folder, path, flags, mode)

static const char *opening_as(const char *mode) { return strpbrk(mode, "wa+") ? "openat" : "openat(read)"; }
CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode), at(opening_as(mode), AT_FDCWD, path))
CALL(FILE *, fopen64, (const char *path, const char *mode), (path, mode), at(opening_as(mode), AT_FDCWD, path))

ON(ssize_t, read, "read", (int fd, void *data, size_t size), (fd, data, size))
ON(ssize_t, pread, "pread64", (int fd, void *data, size_t size, off_t offset), (fd, data, size, offset))
ON(ssize_t, pread64, "pread64", (int fd, void *data, size_t size, off64_t offset), (fd, data, size, offset))
ON(ssize_t, readv, "readv", (int fd, const struct iovec *v, int n), (fd, v, n))
ON(ssize_t, write, "write", (int fd, const void *data, size_t size), (fd, data, size))
ON(ssize_t, pwrite, "pwrite64", (int fd, const void *data, size_t size, off_t offset), (fd, data, size, offset))
ON(ssize_t, pwrite64, "pwrite64", (int fd, const void *data, size_t size, off64_t offset), (fd, data, size, offset))
ON(ssize_t, writev, "writev", (int fd, const struct iovec *v, int n), (fd, v, n))
ON(int, fsync, "fsync", (int fd), (fd))
ON(int, fdatasync, "fdatasync", (int fd), (fd))
ON(int, ftruncate, "ftruncate", (int fd, off_t size), (fd, size))
ON(int, ftruncate64, "ftruncate", (int fd, off64_t size), (fd, size))
ON(int, flock, "flock", (int fd, int operation), (fd, operation))
ON(int, fstat, "fstat", (int fd, struct stat *s), (fd, s))
ON(int, fstat64, "fstat", (int fd, struct stat64 *s), (fd, s))
ON(int, fstatfs, "fstatfs", (int fd, struct statfs *s), (fd, s))
ON(int, fstatvfs, "fstatfs", (int fd, struct statvfs *s), (fd, s))

AT(int, stat, "stat", (const char *p, struct stat *s), (p, s), AT_FDCWD, p)
AT(int, stat64, "stat", (const char *p, struct stat64 *s), (p, s), AT_FDCWD, p)
AT(int, lstat, "stat", (const char *p, struct stat *s), (p, s), AT_FDCWD, p)
AT(int, lstat64, "stat", (const char *p, struct stat64 *s), (p, s), AT_FDCWD, p)
AT(int, fstatat, "stat", (int d, const char *p, struct stat *s, int flags), (d, p, s, flags), d, p)
AT(int, fstatat64, "stat", (int d, const char *p, struct stat64 *s, int flags), (d, p, s, flags), d, p)
AT(int, statx, "statx", (int d, const char *p, int flags, unsigned mask, struct statx *s), (d, p, flags, mask, s), d, p)
AT(int, statfs, "statfs", (const char *p, struct statfs *s), (p, s), AT_FDCWD, p)
AT(int, statvfs, "statfs", (const char *p, struct statvfs *s), (p, s), AT_FDCWD, p)
AT(int, statvfs64, "statfs", (const char *p, struct statvfs64 *s), (p, s), AT_FDCWD, p)
AT(int, access, "access", (const char *p, int mode), (p, mode), AT_FDCWD, p)
AT(int, faccessat, "faccessat", (int d, const char *p, int mode, int flags), (d, p, mode, flags), d, p)
AT(int, mkdir, "mkdir", (const char *p, mode_t mode), (p, mode), AT_FDCWD, p)
AT(int, mkdirat, "mkdirat", (int d, const char *p, mode_t mode), (d, p, mode), d, p)
AT(int, rmdir, "rmdir", (const char *p), (p), AT_FDCWD, p)
AT(int, unlink, "unlink", (const char *p), (p), AT_FDCWD, p)
AT(int, unlinkat, "unlinkat", (int d, const char *p, int flags), (d, p, flags), d, p)
AT(int, rename, "rename", (const char *p, const char *q), (p, q), AT_FDCWD, q)
AT(int, renameat, "renameat", (int d, const char *p, int e, const char *q), (d, p, e, q), e, q)
AT(int, renameat2, "renameat2", (int d, const char *p, int e, const char *q, unsigned f), (d, p, e, q, f), e, q)
AT(int, link, "link", (const char *p, const char *q), (p, q), AT_FDCWD, q)
AT(int, linkat, "linkat", (int d, const char *p, int e, const char *q, int f), (d, p, e, q, f), e, q)

/* Listing a folder: glibc opens it and fetches its entries inside of these. */
static __thread DIR *unread;
DIR *opendir(const char *path) {
    static DIR *(*real)(const char *);
    if (!real) real = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
    at("openat(read)", AT_FDCWD, path);
    return unread = real(path);
}
#define READDIR(type, name) \
    type *name(DIR *folder) { \
        static type *(*real)(DIR *); \
        if (!real) real = (type * (*)(DIR *)) dlsym(RTLD_NEXT, #name); \
        if (folder == unread) on("getdents64", dirfd(folder)); \
        unread = NULL; \
        return real(folder); \
    }
READDIR(struct dirent, readdir)
READDIR(struct dirent64, readdir64)
