// SPDX-License-Identifier: Apache-2.0
// The system calls that Swift cannot make itself: starting a program with chosen descriptors, messages that carry
// descriptors, sealed shared memory, and the confinement of a process by itself. Linux; elsewhere each answers ENOTSUP.
//
// No header of the system is included here: what one includes, Swift takes for a part of this module.
#pragma once
#include <stddef.h>

#pragma clang assume_nonnull begin

/// The descriptor that a child finds its channel under.
#define csandbox_channel 3
/// The most descriptors one message carries.
#define csandbox_most_descriptors 2

/// Starts a program in a session of its own with nothing but /dev/null as 0, 1 and 2 and `channel` as 3.
///
/// 0 on success, else an errno value (POSIX: posix_spawn; glibc: posix_spawn_file_actions_addclosefrom_np). Signals
/// have their default actions and none is blocked. `channel` must be above 3.
int csandbox_spawn(const char *path, char *_Nullable const *_Nonnull arguments,
                   char *_Nullable const *_Nonnull environment, int channel, int *child);

/// A second process like this one, which Swift does not let anyone ask for (POSIX: fork).
int csandbox_fork(void);

/// Kills a child that leads its session, with everything it started, and waits for its end.
///
/// The status as of waitpid, -1 where the child is gone already (POSIX: kill, waitpid).
int csandbox_end(int child);

/// Takes the status of a child that has ended by itself, within `milliseconds`; -1 where it still runs or is gone.
int csandbox_reap(int child, int milliseconds);

/// Two connected ends above descriptor 9, closed in children (POSIX: socketpair); 0 on success, else an errno value.
int csandbox_pair(int *ends);

/// Sends all bytes, with descriptors beside the first of them; 0 on success, else an errno value (POSIX: sendmsg).
///
/// Never raises SIGPIPE.
int csandbox_send(int channel, const void *bytes, size_t count, const int *_Nullable descriptors, int descriptor_count);

/// Receives up to `count` bytes and up to `csandbox_most_descriptors` descriptors (POSIX: recvmsg).
///
/// The number of bytes, 0 at the end of the stream, -1 on failure with errno. `*received` counts the descriptors; more
/// than there is room for are closed by the kernel. With `waits` 0 it answers EAGAIN rather than wait.
long csandbox_receive(int channel, void *bytes, size_t count, int *descriptors, int *received, int waits);

/// Whether there is something to receive, or the other end is closed, within `milliseconds` (POSIX: poll).
int csandbox_is_ready(int channel, int milliseconds);

/// A descriptor of `count` bytes of shared memory whose size can never change, -1 on failure with errno.
///
/// The fixed size is what keeps a hostile peer from cutting it short under a reader (Linux: memfd_create, F_ADD_SEALS).
int csandbox_memory(size_t count);

/// Bytes of a file seen as memory, null on failure with errno (POSIX: mmap).
void *_Nullable csandbox_map(int descriptor, size_t count, int may_write);

/// Ends `csandbox_map` (POSIX: munmap).
void csandbox_unmap(void *start, size_t count);

/// The length of a file, -1 where it cannot be told (POSIX: fstat).
long long csandbox_length(int descriptor);

/// Ends with the process that started it, and is invisible to debuggers.
///
/// A parent that is gone already shows as the end of the channel. Linux: prctl PR_SET_PDEATHSIG, which follows the
/// *thread* that started the child, and PR_SET_DUMPABLE.
void csandbox_bind_to_parent(void);

/// Bounds address space, the size of any file written, open files, and forbids core dumps; 0, or an errno value.
int csandbox_limit(unsigned long long address_space, unsigned long long file_bytes, int descriptors);

/// Lets the process use `seconds` more of the processors before SIGXCPU ends it (POSIX: setrlimit RLIMIT_CPU).
void csandbox_allow_processor(int seconds);

/// Gives free heap back to the system (glibc: malloc_trim).
void csandbox_trim(void);

/// Whether this machine can lock a process in (Linux: prctl PR_GET_SECCOMP).
int csandbox_can_lock(void);

/// From here on every thread of the process is refused files by name, sockets, programs, child processes, signals to
/// others and everything that administers the machine; 0 on success, else an errno value (Linux: seccomp).
///
/// What is open stays usable, and threads can be started. Refused calls fail with EPERM.
int csandbox_lock(void);

#pragma clang assume_nonnull end
