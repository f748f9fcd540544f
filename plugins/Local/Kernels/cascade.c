// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <string.h>

#define NAME(name) name##_base
#include "cascade_body.h"
#undef NAME

#if CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define CK_WIDE
#define NAME(name) name##_wide
#include "cascade_body.h"
#undef NAME
#undef CK_WIDE
#pragma clang attribute pop
#endif

void ck_accept(const ck_cascade *cascade, const int32_t *sums, const uint32_t *squares, int32_t count,
               uint8_t *accepted, ck_path path) {
  CK_CHOOSE(path, accept, cascade, sums, squares, count, accepted);
}
