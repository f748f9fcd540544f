// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define NAME(name) name##_base
#include "distance.h"
#include "sweep_body.h"
#undef NAME

#if CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define CK_WIDE
#define NAME(name) name##_wide
#include "distance.h"
#include "sweep_body.h"
#undef NAME
#undef CK_WIDE
#pragma clang attribute pop
#endif

void ck_sweep_strip(const ck_field *field, const ck_sweep *sweep, int32_t strip) {
  CK_CHOOSE(field->path, sweep_strip, field, sweep, strip);
}
