// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define CK_BODY "search_body.h"
#include "twice.h"

ck_path ck_best_path(void) {
#if CK_HAS_WIDE
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") ? CK_AVX2 : CK_BASELINE;
#else
  return CK_BASELINE;
#endif
}

void ck_measure(const ck_field *field, const ck_map *map) { CK_CHOOSE(field->path, measure, field, map); }

void ck_exhaust(const ck_field *field, const ck_map *map, int32_t begin, int32_t end) {
  CK_CHOOSE(field->path, exhaust, field, map, begin, end);
}

void ck_propagate(const ck_field *field, const ck_map *map, int32_t forward) {
  CK_CHOOSE(field->path, propagate, field, map, forward);
}

void ck_exhaust_partly(const ck_field *field, int32_t tx, int32_t ty, const uint8_t *known, int32_t *qx, int32_t *qy) {
  uint8_t mask[CK_PATCH * CK_PATCH * CK_TEXEL];
  uint32_t count = 0;
  for (int i = 0; i < CK_PATCH * CK_PATCH; i++) {
    for (int c = 0; c < CK_TEXEL; c++) mask[i * CK_TEXEL + c] = known[i];
    count += known[i] != 0;
  }
  if (count == 0) return;
  CK_CHOOSE(field->path, exhaust_partly, field, tx, ty, mask, count, qx, qy);
}
