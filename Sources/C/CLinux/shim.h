// The parts of Linux that Swift's Glibc module leaves out: epoll, eventfd, pidfd, spawn extras, namespaces.
#pragma once
// _GNU_SOURCE stays undefined: with it some types differ from those of Swift's own Glibc module, and a file that
// imports both (Synchronization brings the latter) does not compile. What it would declare is declared below.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int mkostemp(char *pattern, int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif
extern int pipe2(int fds[2], int flags);
extern int setns(int fd, int kind);
extern int unshare(int flags);
extern int syncfs(int fd);
extern int fallocate(int fd, int mode, off_t offset, off_t length);
static inline int clinux_errno(void) { return errno; }

static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int clinux_pidfd_send_signal(int fd, int sig) { return (int)syscall(SYS_pidfd_send_signal, fd, sig, 0, 0); }
static inline int clinux_wait_pidfd(int fd, siginfo_t *info) { return waitid((idtype_t)3 /* P_PIDFD */, (id_t)fd, info, WEXITED); }
static inline int clinux_siginfo_code(const siginfo_t *i) { return i->si_code; }
static inline int clinux_siginfo_status(const siginfo_t *i) { return i->si_status; }
static inline int clinux_accept4(int fd, int flags) { return accept4(fd, NULL, NULL, flags); }
static inline int clinux_openat(int dir, const char *path, int flags, mode_t mode) { return openat(dir, path, flags, mode); }
static inline int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline char **clinux_environ(void) { extern char **environ; return environ; }
static inline int clinux_ioctl_int(int fd, unsigned long request, int value) { return ioctl(fd, request, value); }
static inline int clinux_set_nonblocking(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }
