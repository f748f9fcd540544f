// SPDX-License-Identifier: Apache-2.0
// Starting and ending a child process.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int csandbox_spawn(const char *path, char *const *arguments,
                                 char *const *environment, int channel, int *child) {
#if defined(__linux__)
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  int code = posix_spawn_file_actions_init(&actions);
  if (code) return code;
  if ((code = posix_spawnattr_init(&attributes))) {
    posix_spawn_file_actions_destroy(&actions);
    return code;
  }
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  if (!code) code = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (!code) code = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (!code) code = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  if (!code) code = posix_spawn_file_actions_adddup2(&actions, channel, csandbox_channel);
  if (!code) code = posix_spawn_file_actions_addclosefrom_np(&actions, csandbox_channel + 1);
  if (!code) code = posix_spawn(child, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
#else
  return ENOTSUP;
#endif
}

int csandbox_fork(void) { return fork(); }

int csandbox_end(int child) {
  int status = -1;
  kill(-child, SIGKILL);
  kill(child, SIGKILL);
  pid_t ended;
  do ended = waitpid(child, &status, 0);
  while (ended < 0 && errno == EINTR);
  // What the child had started and left behind is in its group still.
  kill(-child, SIGKILL);
  return ended == child ? status : -1;
}

int csandbox_reap(int child, int milliseconds) {
  int status = -1;
  for (int waited = 0;; waited++) {
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if ((ended < 0 && errno != EINTR) || waited >= milliseconds) return -1;
    usleep(1000);
  }
}
