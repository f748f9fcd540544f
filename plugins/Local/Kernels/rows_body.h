// SPDX-License-Identifier: Apache-2.0
// Loops along one row of a picture. Included once per path by rows.c.

static void NAME(add_row)(float *restrict sums, const uint8_t *restrict row, int32_t count, float weight) {
  for (int32_t i = 0; i < count; i++) sums[i] += weight * (float)row[i];
}

/// Pixels worked on at once: what they need stays in the nearest cache.
#define CK_RUN 128

static inline int32_t NAME(level)(float value) {
  const int32_t whole = (int32_t)(value + 0.5f);
  return whole < 0 ? 0 : whole > 255 ? 255 : whole;
}

static void NAME(even_run)(uint8_t *restrict pixels, int32_t count, const float *restrict skin,
                           const float *restrict upper, const float *restrict lower, ptrdiff_t stride, float share,
                           float amount, float limit) {
  float red[CK_RUN], green[CK_RUN], blue[CK_RUN];
  int32_t newRed[CK_RUN], newGreen[CK_RUN], newBlue[CK_RUN];
  for (int32_t i = 0; i < count; i++) {
    red[i] = pixels[3 * i];
    green[i] = pixels[3 * i + 1];
    blue[i] = pixels[3 * i + 2];
  }
  const float *up = upper + stride, *low = lower + stride;
  const float inverse = 1 / limit;
  for (int32_t i = 0; i < count; i++) {
    const float luma = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
    const float fine = luma - (up[i] + (low[i] - up[i]) * share);
    const float relative = fine * inverse;
    const float cut = skin[i] * amount * (fine / sqrtf(1 + relative * relative));
    const ptrdiff_t r = i + stride, g = i + 2 * stride, b = i + 3 * stride;
    const int keeps = skin[i] <= 1.0f / 255;
    newRed[i] = NAME(level)(red[i] + (keeps ? 0 : up[r] + (low[r] - up[r]) * share - cut));
    newGreen[i] = NAME(level)(green[i] + (keeps ? 0 : up[g] + (low[g] - up[g]) * share - cut));
    newBlue[i] = NAME(level)(blue[i] + (keeps ? 0 : up[b] + (low[b] - up[b]) * share - cut));
  }
  for (int32_t i = 0; i < count; i++) {
    pixels[3 * i] = (uint8_t)newRed[i];
    pixels[3 * i + 1] = (uint8_t)newGreen[i];
    pixels[3 * i + 2] = (uint8_t)newBlue[i];
  }
}

static void NAME(even_row)(uint8_t *pixels, int32_t count, const float *upper, const float *lower, ptrdiff_t stride,
                           float share, float amount, float limit) {
  float skin[CK_RUN];
  for (int32_t start = 0; start < count; start += CK_RUN) {
    const int32_t run = count - start < CK_RUN ? count - start : CK_RUN;
    const float *up = upper + start, *low = lower + start;
    int32_t shown = 0;
    for (int32_t i = 0; i < run; i++) {
      skin[i] = up[i] + (low[i] - up[i]) * share;
      shown |= skin[i] > 1.0f / 255;
    }
    if (shown) NAME(even_run)(pixels + 3 * start, run, skin, up, low, stride, share, amount, limit);
  }
}

#undef CK_RUN
