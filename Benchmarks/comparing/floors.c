// SPDX-License-Identifier: Apache-2.0
//
// The least that any program has to do with a file:
//   open         open, fstat, one pread of 64 KiB, close
//   read         read every byte, 128 KiB at a time
//   jpeg-decode  TurboJPEG, the whole picture, nothing checked
//   jpeg-turn    TurboJPEG, a quarter turn of the coefficients, written into DIR with the standard Huffman tables
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

static unsigned char *whole(const char *path, size_t *count) {
  struct stat facts;
  unsigned char *bytes = NULL;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return NULL;
  if (!fstat(file, &facts) && (bytes = malloc(facts.st_size)) && read(file, bytes, facts.st_size) != facts.st_size) {
    free(bytes);
    bytes = NULL;
  }
  close(file);
  *count = facts.st_size;
  return bytes;
}

static struct outcome jpeg_decode(const char *path, const char *folder) {
  (void)folder;
  struct outcome size = failed;
  size_t count;
  int subsampling, space;
  unsigned char *pixels = NULL, *bytes = whole(path, &count);
  tjhandle decoder = tjInitDecompress();
  if (bytes && !tjDecompressHeader3(decoder, bytes, count, &size.width, &size.height, &subsampling, &space) &&
      (pixels = malloc((size_t)size.width * size.height * 3)) &&
      tjDecompress2(decoder, bytes, count, pixels, size.width, 0, size.height, TJPF_RGB, 0)) {
    size = failed;
  }
  free(pixels);
  free(bytes);
  tjDestroy(decoder);
  return size;
}

static struct outcome jpeg_turn(const char *path, const char *folder) {
  char target[4096];
  const char *name = strrchr(path, '/');
  size_t count;
  unsigned long turned_count = 0;
  unsigned char *turned = NULL, *bytes = whole(path, &count);
  tjtransform turn = {.op = TJXOP_ROT90};
  struct outcome size = failed;
  tjhandle turner = tjInitTransform();
  snprintf(target, sizeof target, "%s/%s", folder ? folder : ".", name ? name + 1 : path);
  if (bytes && !tjTransform(turner, bytes, count, 1, &turned, &turned_count, &turn, 0)) {
    int file = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0 && write(file, turned, turned_count) == (ssize_t)turned_count) size = (struct outcome){0, 0};
    if (file >= 0) close(file);
  }
  tjFree(turned);
  free(bytes);
  tjDestroy(turner);
  return size;
}

static const struct work works[] = {
    {"open", touch}, {"read", read_through}, {"jpeg-decode", jpeg_decode}, {"jpeg-turn", jpeg_turn}};

int main(int count, char **arguments) {
  return over_list(works, sizeof works / sizeof *works, count, arguments);
}
