/* Records what a power cut would leave. Preloaded into a process, it stands in for fsync and fdatasync:
 *
 *   a regular file   its content as of the call is kept as SHADOW/files/IDENTITY
 *   a folder         its entries as of the call are kept as SHADOW/folders/IDENTITY: kind, identity, name per line
 *
 * Nothing else is durable: not a file's content by its folder, nor a file's name by its content. The identity is device,
 * inode and time of birth, because inode numbers are used again. The real calls are not made: the disk has nothing to do
 * with it. An identity is locked while it is recorded, so that of two callers the later one prevails.
 *
 *   OTEL_CERT_POWER_ROOT    folder below which calls count; SHADOW/root names its identity
 *   OTEL_CERT_POWER_SHADOW  where to record
 *   OTEL_CERT_POWER_LIE     a part of a path: calls for such files do nothing and succeed, as on a disk that lies
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 16)

/* Write the identity of NAME in DIRECTORY (or of DIRECTORY itself) to OUT; return its mode, or 0 when there is none. */
static unsigned identify(int directory, const char *name, char *out, size_t size) {
    struct statx found;
    unsigned wanted = STATX_TYPE | STATX_INO | STATX_BTIME;
    if (statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, wanted, &found)) return 0;
    if (!(found.stx_mask & STATX_BTIME)) {
        fprintf(stderr, "power shim: this file system keeps no time of birth\n");
        abort();
    }
    snprintf(out, size, "%u.%u-%llu-%lld.%09u", found.stx_dev_major, found.stx_dev_minor,
             (unsigned long long)found.stx_ino, (long long)found.stx_btime.tv_sec, found.stx_btime.tv_nsec);
    return found.stx_mode;
}

static int copy_content(int from, int to) {
    char chunk[CHUNK];
    ssize_t got;
    while ((got = read(from, chunk, sizeof chunk)) > 0)
        if (write(to, chunk, got) != got) return -1;
    return got < 0 ? -1 : 0;
}

static int copy_entries(int from, int to) {
    DIR *folder = fdopendir(dup(from));
    struct dirent *entry;
    char identity[128];
    if (!folder) return -1;
    while ((entry = readdir(folder))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        unsigned mode = identify(from, entry->d_name, identity, sizeof identity);
        if (mode) dprintf(to, "%c %s %s\n", S_ISDIR(mode) ? 'd' : 'f', identity, entry->d_name);
    }
    return closedir(folder);
}

static void failed(const char *what) {
    fprintf(stderr, "power shim: %s: %s\n", what, strerror(errno));
    abort(); /* a recording with holes would accuse the innocent */
}

static void record(int descriptor, const char *shadow, const char *kind, const char *identity, int is_folder) {
    char path[PATH_MAX], temporary[PATH_MAX + 16], self[64];
    snprintf(path, sizeof path, "%s/locks/%s", shadow, identity);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX)) failed("lock");
    snprintf(self, sizeof self, "/proc/self/fd/%d", descriptor);
    snprintf(path, sizeof path, "%s/%s/%s", shadow, kind, identity);
    snprintf(temporary, sizeof temporary, "%s/locks/%s.new", shadow, identity);
    int from = open(self, O_RDONLY | O_CLOEXEC), to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (from < 0 || to < 0) failed("open");
    if (is_folder ? copy_entries(from, to) : copy_content(from, to)) failed("copy");
    if (rename(temporary, path)) failed("rename");
    close(from), close(to), close(lock);
}

static int synced(int descriptor) {
    const char *root = getenv("OTEL_CERT_POWER_ROOT"), *shadow = getenv("OTEL_CERT_POWER_SHADOW");
    const char *lie = getenv("OTEL_CERT_POWER_LIE");
    char self[64], path[PATH_MAX], identity[128];
    snprintf(self, sizeof self, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(self, path, sizeof path - 1);
    unsigned mode = identify(descriptor, "", identity, sizeof identity);
    if (length < 0 || !mode || !root || !shadow) {
        errno = EBADF;
        return -1;
    }
    path[length] = 0;
    size_t below = strlen(root);
    if (strncmp(path, root, below) || (path[below] && path[below] != '/') || (lie && *lie && strstr(path, lie))) return 0;
    record(descriptor, shadow, S_ISDIR(mode) ? "folders" : "files", identity, S_ISDIR(mode));
    if (!path[below]) {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%s/root", shadow);
        unlink(name);
        if (symlink(identity, name)) failed("root");
    }
    return 0;
}

int fsync(int descriptor) { return synced(descriptor); }
int fdatasync(int descriptor) { return synced(descriptor); }
