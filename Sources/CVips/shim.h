// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vips/vips.h>
#include <dlfcn.h>
#include <stdlib.h>

static inline void *_Nullable cvips_handle(void) {
  static void *handle = 0;
  if (!handle) handle = dlopen("libvips.so.42", RTLD_NOW | RTLD_GLOBAL);
  return handle;
}
#define CVIPS(name) ((__typeof__(&name))dlsym(cvips_handle(), #name))
static inline int cvips_init(void) { return CVIPS(vips_init)("imgtool"); }
static inline const char *_Nonnull cvips_version(void) { return CVIPS(vips_version_string)(); }
