// SPDX-License-Identifier: Apache-2.0
// Memory that two processes share.
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int csandbox_memory(size_t count) {
#if defined(__linux__)
  int memory = memfd_create("imgtool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) return -1;
  if (ftruncate(memory, (off_t)count) == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return memory;
  int code = errno;
  close(memory);
  errno = code;
  return -1;
#else
  errno = ENOTSUP;
  return -1;
#endif
}

void *csandbox_map(int descriptor, size_t count, int may_write) {
  void *start = mmap(0, count, may_write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
  return start == MAP_FAILED ? 0 : start;
}

void csandbox_unmap(void *start, size_t count) { munmap(start, count); }

long long csandbox_length(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) ? -1 : (long long)status.st_size;
}
