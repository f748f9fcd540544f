// SPDX-License-Identifier: Apache-2.0
//
// Runs one of several works over the files of a list, in one thread: PROGRAM WORK LIST [DIR | --print].
// With --print, "path TAB width TAB height" for each file, -1 for what failed.
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

struct outcome {
  int width, height;
};

static const struct outcome failed = {-1, -1};

struct work {
  const char *name;
  /// The folder is NULL where none was given.
  struct outcome (*run)(const char *path, const char *folder);
};

static int over_list(const struct work *works, size_t work_count, int count, char **arguments) {
  const struct work *work = NULL;
  for (size_t i = 0; count > 2 && i < work_count; i++) {
    if (!strcmp(works[i].name, arguments[1])) work = &works[i];
  }
  FILE *list = work ? fopen(arguments[2], "r") : NULL;
  if (!list) return fprintf(stderr, "usage: %s WORK LIST [DIR | --print]\n", arguments[0]), 64;
  const char *extra = count > 3 ? arguments[3] : NULL;
  int prints = extra && !strcmp(extra, "--print");
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  long files = 0, failures = 0;
  while ((length = getline(&line, &room, list)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    struct outcome outcome = work->run(line, prints ? NULL : extra);
    files++;
    failures += outcome.width < 0;
    if (prints) printf("%s\t%d\t%d\n", line, outcome.width, outcome.height);
  }
  fprintf(stderr, "%ld files, %ld failed\n", files, failures);
  free(line);
  fclose(list);
  return 0;
}
