// SPDX-License-Identifier: Apache-2.0
// The vote: what a pixel becomes when all patches that cover it speak. Included once per path by vote.c.

/// Adds one patch's texels to the sums, each by its weight in `window` (four equal entries per texel).
static inline void NAME(speak)(float *restrict sums, ptrdiff_t sums_stride, float *restrict shares,
                               ptrdiff_t shares_stride, const uint8_t *restrict patch, ptrdiff_t patch_stride,
                               const float *restrict window, float weight) {
  for (int y = 0; y < CK_PATCH; y++) {
    float *restrict row = sums + y * sums_stride;
    const uint8_t *restrict texels = patch + y * patch_stride;
    const float *restrict places = window + y * CK_PATCH * CK_TEXEL;
    for (int i = 0; i < CK_PATCH * CK_TEXEL; i++) row[i] += (places[i] * weight) * (float)texels[i];
    float *restrict share = shares + y * shares_stride;
    for (int x = 0; x < CK_PATCH; x++) share[x] += places[x * CK_TEXEL] * weight;
  }
}

static void NAME(vote)(const ck_field *f, const ck_map *m, const float *weights, float scale, const float *window,
                       float *sums) {
  const ptrdiff_t width = f->target_width, height = f->target_height;
  float *shares = sums + CK_TEXEL * width * height;
  for (ptrdiff_t i = 0; i < (CK_TEXEL + 1) * width * height; i++) sums[i] = 0;
  float places[CK_PATCH * CK_PATCH * CK_TEXEL];
  for (int i = 0; i < CK_PATCH * CK_PATCH * CK_TEXEL; i++) places[i] = window[i / CK_TEXEL];
  for (int32_t y = 0; y < m->rows; y++) {
    for (int32_t x = 0; x < m->columns; x++) {
      const ptrdiff_t i = (ptrdiff_t)y * m->columns + x;
      const float place = (float)m->cost[i] * scale;
      const int32_t index = place < 255 ? (int32_t)place : 255;
      const ptrdiff_t at = (ptrdiff_t)y * width + m->first_x + x;
      NAME(speak)(sums + at * CK_TEXEL, width * CK_TEXEL, shares + at, width,
                  f->source + m->y[i] * f->source_stride + (ptrdiff_t)m->x[i] * CK_TEXEL, f->source_stride, places,
                  weights[index]);
    }
  }
  for (ptrdiff_t y = 0; y < height; y++) {
    for (ptrdiff_t x = f->context; x < width; x++) {
      const float share = shares[y * width + x];
      if (!(share > 0)) continue;
      const float inverse = 1 / share;
      for (int c = 0; c < CK_TEXEL; c++) {
        const float v = sums[(y * width + x) * CK_TEXEL + c] * inverse + 0.5f;
        f->target[y * f->target_stride + x * CK_TEXEL + c] = (uint8_t)(v < 255 ? v : 255);
      }
    }
  }
}
