// The parts of Linux that Swift's Glibc module leaves out: epoll, eventfd, pidfd, spawn extras, namespaces.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
// Two types look different under _GNU_SOURCE, and the compiler then refuses a file that sees them here and in Swift's
// Glibc (which Synchronization brings along): these headers are read as Glibc reads them.
#include <features.h>
#pragma push_macro("__USE_XOPEN")
#pragma push_macro("__USE_GNU")
#undef __USE_XOPEN
#undef __USE_GNU
#include <sys/select.h>
#include <sys/resource.h>
#pragma pop_macro("__USE_GNU")
#pragma pop_macro("__USE_XOPEN")
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
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
static inline int clinux_set_nonblocking(int fd) { int on = 1; return ioctl(fd, FIONBIO, &on); }
