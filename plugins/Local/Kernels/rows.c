// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <math.h>

#define CK_BODY "rows_body.h"
#include "twice.h"

void ck_add_row(float *sums, const uint8_t *row, int32_t count, float weight, ck_path path) {
  CK_CHOOSE(path, add_row, sums, row, count, weight);
}

void ck_even_row(uint8_t *pixels, int32_t count, const float *upper, const float *lower, ptrdiff_t stride, float share,
                 float amount, float limit, ck_path path) {
  CK_CHOOSE(path, even_row, pixels, count, upper, lower, stride, share, amount, limit);
}
