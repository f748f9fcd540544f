// SPDX-License-Identifier: Apache-2.0
//
// What libvips costs in one process: operation cache off, one thread.
//   header   vips_image_new_from_file
//   decode   every pixel, sequential, fail_on warning
//   avg      vips_avg, sequential
//   upright  vips_autorot and vips_jpegsave at quality 90, into DIR
#include <stdlib.h>
#include <vips/vips.h>

#include "over_list.h"

static struct outcome header(const char *path, const char *folder) {
  (void)folder;
  VipsImage *image = vips_image_new_from_file(path, NULL);
  if (!image) {
    vips_error_clear();
    return failed;
  }
  struct outcome size = {vips_image_get_width(image), vips_image_get_height(image)};
  g_object_unref(image);
  return size;
}

static struct outcome decode(const char *path, const char *folder) {
  (void)folder;
  VipsImage *image = vips_image_new_from_file(
      path, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_WARNING, NULL);
  if (!image) {
    vips_error_clear();
    return failed;
  }
  size_t bytes;
  struct outcome size = {vips_image_get_width(image), vips_image_get_height(image)};
  void *pixels = vips_image_write_to_memory(image, &bytes);
  if (!pixels) {
    vips_error_clear();
    size = failed;
  }
  g_free(pixels);
  g_object_unref(image);
  return size;
}

static struct outcome average(const char *path, const char *folder) {
  (void)folder;
  double mean;
  VipsImage *image = vips_image_new_from_file(path, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
  if (!image) {
    vips_error_clear();
    return failed;
  }
  struct outcome size = {vips_image_get_width(image), vips_image_get_height(image)};
  if (vips_avg(image, &mean, NULL)) {
    vips_error_clear();
    size = failed;
  }
  g_object_unref(image);
  return size;
}

static struct outcome make_upright(const char *path, const char *folder) {
  char target[4096];
  const char *name = strrchr(path, '/');
  snprintf(target, sizeof target, "%s/%s", folder ? folder : ".", name ? name + 1 : path);
  VipsImage *image = vips_image_new_from_file(path, NULL);
  VipsImage *upright = NULL;
  struct outcome size = failed;
  if (image && !vips_autorot(image, &upright, NULL) && !vips_jpegsave(upright, target, "Q", 90, NULL)) {
    size = (struct outcome){vips_image_get_width(upright), vips_image_get_height(upright)};
  } else {
    vips_error_clear();
  }
  if (upright) g_object_unref(upright);
  if (image) g_object_unref(image);
  return size;
}

static const struct work works[] = {
    {"header", header}, {"decode", decode}, {"avg", average}, {"upright", make_upright}};

int main(int count, char **arguments) {
  if (VIPS_INIT(arguments[0])) return 70;
  vips_cache_set_max(0);
  vips_concurrency_set(1);
  return over_list(works, sizeof works / sizeof *works, count, arguments);
}
