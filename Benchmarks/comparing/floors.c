// SPDX-License-Identifier: Apache-2.0
//
// The least that any program has to do with a file:
//   open         open, fstat, one pread of 64 KiB, close
//   read         read every byte, 128 KiB at a time
//   jpeg-decode  TurboJPEG, the whole picture, nothing checked
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>

#include "over_list.h"

enum { WINDOW = 65536, BLOCK = 131072 };

static struct outcome touch(const char *path, const char *folder) {
  static char window[WINDOW];
  (void)folder;
  struct stat facts;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed;
  int bad = fstat(file, &facts) < 0 || pread(file, window, sizeof window, 0) < 0;
  close(file);
  return bad ? failed : (struct outcome){0, 0};
}

static struct outcome read_through(const char *path, const char *folder) {
  static char block[BLOCK];
  (void)folder;
  ssize_t count;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed;
  while ((count = read(file, block, sizeof block)) > 0) continue;
  close(file);
  return count < 0 ? failed : (struct outcome){0, 0};
}

static struct outcome jpeg_decode(const char *path, const char *folder) {
  (void)folder;
  struct outcome size = failed;
  struct stat facts;
  unsigned char *bytes = NULL, *pixels = NULL;
  tjhandle decoder = tjInitDecompress();
  int subsampling, space;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0 && !fstat(file, &facts) && (bytes = malloc(facts.st_size)) &&
      read(file, bytes, facts.st_size) == facts.st_size &&
      !tjDecompressHeader3(decoder, bytes, facts.st_size, &size.width, &size.height, &subsampling, &space) &&
      (pixels = malloc((size_t)size.width * size.height * 3)) &&
      tjDecompress2(decoder, bytes, facts.st_size, pixels, size.width, 0, size.height, TJPF_RGB, 0)) {
    size = failed;
  }
  if (file >= 0) close(file);
  free(pixels);
  free(bytes);
  tjDestroy(decoder);
  return size;
}

static const struct work works[] = {{"open", touch}, {"read", read_through}, {"jpeg-decode", jpeg_decode}};

int main(int count, char **arguments) {
  return over_list(works, sizeof works / sizeof *works, count, arguments);
}
