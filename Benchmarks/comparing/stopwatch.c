// SPDX-License-Identifier: Apache-2.0
//
// Runs a command with its output thrown away and prints "wall cpu peak code": seconds, seconds, KiB, exit code.
//
//   stopwatch CORE COMMAND…   CORE is the one processor to run on, or -1 for all
//
// A program of its own because Linux carries the peak resident set of the parent over to what it starts, and this
// parent is small.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **arguments) {
  if (count < 3) return fprintf(stderr, "usage: stopwatch CORE COMMAND...\n"), 64;
  int core = atoi(arguments[1]), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  double started = seconds();
  pid_t child = fork();
  if (child == 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (core >= 0) CPU_SET(core, &cores);
    if (core >= 0) sched_setaffinity(0, sizeof cores, &cores);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    execvp(arguments[2], arguments + 2);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 71;
  double wall = seconds() - started;
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  printf("%.9f %.6f %ld %d\n", wall, cpu, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
  return 0;
}
