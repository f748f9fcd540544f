// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <libexif/exif-data.h>

/// The file libexif was loaded from; libexif has no call that tells its version, the file's full name does.
static inline const char *_Nullable cexif_path(void) {
  Dl_info info;
  return dladdr((const void *)exif_data_new, &info) ? info.dli_fname : 0;
}
