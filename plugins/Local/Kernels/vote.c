// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define NAME(name) name##_base
#include "vote_body.h"
#undef NAME

#if CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define CK_WIDE
#define NAME(name) name##_wide
#include "vote_body.h"
#undef NAME
#undef CK_WIDE
#pragma clang attribute pop
#endif

void ck_vote(const ck_field *field, const ck_map *map, const float *weights, float weight_scale,
             const float *window, float *sums) {
  CK_CHOOSE(field->path, vote, field, map, weights, weight_scale, window, sums);
}
