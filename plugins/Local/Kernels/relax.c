// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define NAME(name) name##_base
#include "relax_body.h"
#undef NAME

#if CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define CK_WIDE
#define NAME(name) name##_wide
#include "relax_body.h"
#undef NAME
#undef CK_WIDE
#pragma clang attribute pop
#endif

void ck_relax(float *e, const float *b, int32_t width, int32_t height, float lambda, float omega, int32_t sweeps,
              ck_path path) {
  CK_CHOOSE(path, relax, e, b, width, height, lambda, omega, sweeps);
}
