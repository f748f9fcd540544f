// SPDX-License-Identifier: Apache-2.0
// What a process can take away from itself, for good.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

void csandbox_bind_to_parent(void) {
#if defined(__linux__)
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

int csandbox_limit(unsigned long long address_space, unsigned long long file_bytes, int descriptors) {
  const struct {
    int resource;
    unsigned long long most;
  } limits[] = {{RLIMIT_AS, address_space},
                {RLIMIT_FSIZE, file_bytes},
                {RLIMIT_NOFILE, (unsigned long long)descriptors},
                {RLIMIT_CORE, 0}};
  for (size_t index = 0; index < sizeof limits / sizeof *limits; index++) {
    struct rlimit limit = {(rlim_t)limits[index].most, (rlim_t)limits[index].most};
    if (setrlimit(limits[index].resource, &limit)) return errno;
  }
  return 0;
}

void csandbox_allow_processor(int seconds) {
  struct rusage usage;
  struct rlimit limit;
  if (getrusage(RUSAGE_SELF, &usage) || getrlimit(RLIMIT_CPU, &limit)) return;
  limit.rlim_cur = (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + 1 + seconds);
  setrlimit(RLIMIT_CPU, &limit);
}

void csandbox_trim(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

#if defined(__linux__) && defined(__x86_64__)
#define CSANDBOX_MACHINE AUDIT_ARCH_X86_64
#elif defined(__linux__) && defined(__aarch64__)
#define CSANDBOX_MACHINE AUDIT_ARCH_AARCH64
#endif

int csandbox_can_lock(void) {
#if defined(CSANDBOX_MACHINE)
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 &&
         syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &(unsigned){SECCOMP_RET_ERRNO}) == 0;
#else
  return 0;
#endif
}

int csandbox_lock(void) {
#if defined(CSANDBOX_MACHINE)
#define CSANDBOX_REFUSE(number, code) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code)
  // Refuses `number` unless the low half of argument `index` compares as asked.
#define CSANDBOX_ONLY(number, index, comparison, value) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4), \
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[index])), \
      BPF_JUMP(BPF_JMP | comparison | BPF_K, value, 1, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM), \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CSANDBOX_MACHINE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
      // The x32 calls have numbers of their own.
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      CSANDBOX_REFUSE(SYS_open, EPERM), CSANDBOX_REFUSE(SYS_creat, EPERM), CSANDBOX_REFUSE(SYS_fork, EPERM),
      CSANDBOX_REFUSE(SYS_vfork, EPERM), CSANDBOX_REFUSE(SYS_unlink, EPERM), CSANDBOX_REFUSE(SYS_rmdir, EPERM),
      CSANDBOX_REFUSE(SYS_rename, EPERM), CSANDBOX_REFUSE(SYS_mkdir, EPERM), CSANDBOX_REFUSE(SYS_link, EPERM),
      CSANDBOX_REFUSE(SYS_symlink, EPERM), CSANDBOX_REFUSE(SYS_chmod, EPERM), CSANDBOX_REFUSE(SYS_chown, EPERM),
      CSANDBOX_REFUSE(SYS_mknod, EPERM),
#endif
      CSANDBOX_REFUSE(SYS_openat, EPERM), CSANDBOX_REFUSE(SYS_open_by_handle_at, EPERM),
#if defined(SYS_openat2)
      CSANDBOX_REFUSE(SYS_openat2, EPERM),
#endif
      CSANDBOX_REFUSE(SYS_unlinkat, EPERM), CSANDBOX_REFUSE(SYS_renameat2, EPERM), CSANDBOX_REFUSE(SYS_mkdirat, EPERM),
      CSANDBOX_REFUSE(SYS_linkat, EPERM), CSANDBOX_REFUSE(SYS_symlinkat, EPERM), CSANDBOX_REFUSE(SYS_fchmodat, EPERM),
      CSANDBOX_REFUSE(SYS_fchownat, EPERM), CSANDBOX_REFUSE(SYS_mknodat, EPERM), CSANDBOX_REFUSE(SYS_truncate, EPERM),
      CSANDBOX_REFUSE(SYS_chdir, EPERM), CSANDBOX_REFUSE(SYS_fchdir, EPERM), CSANDBOX_REFUSE(SYS_chroot, EPERM),
      CSANDBOX_REFUSE(SYS_memfd_create, EPERM),
      CSANDBOX_REFUSE(SYS_socket, EPERM), CSANDBOX_REFUSE(SYS_socketpair, EPERM), CSANDBOX_REFUSE(SYS_connect, EPERM),
      CSANDBOX_REFUSE(SYS_bind, EPERM), CSANDBOX_REFUSE(SYS_listen, EPERM), CSANDBOX_REFUSE(SYS_accept, EPERM),
      CSANDBOX_REFUSE(SYS_accept4, EPERM), CSANDBOX_REFUSE(SYS_execve, EPERM), CSANDBOX_REFUSE(SYS_execveat, EPERM),
      CSANDBOX_REFUSE(SYS_kill, EPERM), CSANDBOX_REFUSE(SYS_tkill, EPERM), CSANDBOX_REFUSE(SYS_rt_sigqueueinfo, EPERM),
      CSANDBOX_REFUSE(SYS_rt_tgsigqueueinfo, EPERM), CSANDBOX_REFUSE(SYS_ptrace, EPERM),
      CSANDBOX_REFUSE(SYS_process_vm_readv, EPERM), CSANDBOX_REFUSE(SYS_process_vm_writev, EPERM),
#if defined(SYS_pidfd_open)
      CSANDBOX_REFUSE(SYS_pidfd_open, EPERM),
#endif
#if defined(SYS_io_uring_setup)
      CSANDBOX_REFUSE(SYS_io_uring_setup, EPERM),
#endif
      CSANDBOX_REFUSE(SYS_bpf, EPERM), CSANDBOX_REFUSE(SYS_perf_event_open, EPERM),
      CSANDBOX_REFUSE(SYS_userfaultfd, EPERM), CSANDBOX_REFUSE(SYS_keyctl, EPERM), CSANDBOX_REFUSE(SYS_add_key, EPERM),
      CSANDBOX_REFUSE(SYS_request_key, EPERM), CSANDBOX_REFUSE(SYS_mount, EPERM), CSANDBOX_REFUSE(SYS_umount2, EPERM),
      CSANDBOX_REFUSE(SYS_unshare, EPERM), CSANDBOX_REFUSE(SYS_setns, EPERM), CSANDBOX_REFUSE(SYS_setsid, EPERM),
      CSANDBOX_REFUSE(SYS_setpgid, EPERM),
      // Its flags lie in memory, where a filter cannot look: glibc falls back to clone.
#if defined(SYS_clone3)
      CSANDBOX_REFUSE(SYS_clone3, ENOSYS),
#endif
      // Threads, no processes (CLONE_THREAD); signals and limits of its own alone.
      CSANDBOX_ONLY(SYS_clone, 0, BPF_JSET, 0x10000),
      CSANDBOX_ONLY(SYS_tgkill, 0, BPF_JEQ, (unsigned)getpid()),
      CSANDBOX_ONLY(SYS_prlimit64, 0, BPF_JEQ, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
#undef CSANDBOX_REFUSE
#undef CSANDBOX_ONLY
  struct sock_fprog program = {(unsigned short)(sizeof rules / sizeof *rules), rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return errno;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program)) return errno ? errno : EPERM;
  return 0;
#else
  return ENOTSUP;
#endif
}
