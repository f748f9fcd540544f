// SPDX-License-Identifier: Apache-2.0
// Distances of two 8×8 patches of four-byte texels. Included once per path: `CK_WIDE` chooses the instructions.

#ifdef CK_WIDE

static inline uint32_t NAME(total)(__m256i sums) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return (uint32_t)_mm_cvtsi128_si32(s);
}

static inline __m256i NAME(squares)(__m256i sums, __m256i difference) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i low = _mm256_unpacklo_epi8(difference, zero);
  const __m256i high = _mm256_unpackhi_epi8(difference, zero);
  return _mm256_add_epi32(sums, _mm256_add_epi32(_mm256_madd_epi16(low, low), _mm256_madd_epi16(high, high)));
}

static inline __m256i NAME(row_difference)(const uint8_t *a, const uint8_t *b) {
  const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)a);
  const __m256i y = _mm256_loadu_si256((const __m256i *)(const void *)b);
  return _mm256_or_si256(_mm256_subs_epu8(x, y), _mm256_subs_epu8(y, x));
}

static inline uint32_t NAME(distance)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride) {
  __m256i sums = _mm256_setzero_si256();
  for (int y = 0; y < CK_PATCH; y++) {
    sums = NAME(squares)(sums, NAME(row_difference)(a + y * a_stride, b + y * b_stride));
  }
  return NAME(total)(sums);
}

/// The distance over the texels of `mask` (64 times four bytes of 255 or 0).
static inline uint32_t NAME(masked)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride,
                                    const uint8_t *mask) {
  __m256i sums = _mm256_setzero_si256();
  for (int y = 0; y < CK_PATCH; y++) {
    const __m256i m = _mm256_loadu_si256((const __m256i *)(const void *)(mask + y * 32));
    sums = NAME(squares)(sums, _mm256_and_si256(m, NAME(row_difference)(a + y * a_stride, b + y * b_stride)));
  }
  return NAME(total)(sums);
}

#elif CK_HAS_WIDE

// SSE2, which every x86-64 has.

static inline uint32_t NAME(total)(__m128i s) {
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return (uint32_t)_mm_cvtsi128_si32(s);
}

static inline __m128i NAME(squares)(__m128i sums, __m128i difference) {
  const __m128i zero = _mm_setzero_si128();
  const __m128i low = _mm_unpacklo_epi8(difference, zero);
  const __m128i high = _mm_unpackhi_epi8(difference, zero);
  return _mm_add_epi32(sums, _mm_add_epi32(_mm_madd_epi16(low, low), _mm_madd_epi16(high, high)));
}

static inline __m128i NAME(half_row_difference)(const uint8_t *a, const uint8_t *b) {
  const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)a);
  const __m128i y = _mm_loadu_si128((const __m128i *)(const void *)b);
  return _mm_or_si128(_mm_subs_epu8(x, y), _mm_subs_epu8(y, x));
}

static inline uint32_t NAME(distance)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride) {
  __m128i sums = _mm_setzero_si128();
  for (int y = 0; y < CK_PATCH; y++) {
    for (int half = 0; half < 32; half += 16) {
      sums = NAME(squares)(sums, NAME(half_row_difference)(a + y * a_stride + half, b + y * b_stride + half));
    }
  }
  return NAME(total)(sums);
}

static inline uint32_t NAME(masked)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride,
                                    const uint8_t *mask) {
  __m128i sums = _mm_setzero_si128();
  for (int y = 0; y < CK_PATCH; y++) {
    for (int half = 0; half < 32; half += 16) {
      const __m128i m = _mm_loadu_si128((const __m128i *)(const void *)(mask + y * 32 + half));
      const __m128i d = NAME(half_row_difference)(a + y * a_stride + half, b + y * b_stride + half);
      sums = NAME(squares)(sums, _mm_and_si128(m, d));
    }
  }
  return NAME(total)(sums);
}

#else

// Any other processor.

static inline uint32_t NAME(distance)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride) {
  uint32_t sum = 0;
  for (int y = 0; y < CK_PATCH; y++) {
    for (int i = 0; i < CK_PATCH * CK_TEXEL; i++) {
      const int32_t d = (int32_t)a[y * a_stride + i] - (int32_t)b[y * b_stride + i];
      sum += (uint32_t)(d * d);
    }
  }
  return sum;
}

static inline uint32_t NAME(masked)(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride,
                                    const uint8_t *mask) {
  uint32_t sum = 0;
  for (int y = 0; y < CK_PATCH; y++) {
    for (int i = 0; i < CK_PATCH * CK_TEXEL; i++) {
      const int32_t d = ((int32_t)a[y * a_stride + i] - (int32_t)b[y * b_stride + i]) & -(mask[y * 32 + i] != 0);
      sum += (uint32_t)(d * d);
    }
  }
  return sum;
}

#endif

static inline const uint8_t *NAME(source_at)(const ck_field *f, int32_t x, int32_t y) {
  return f->source + y * f->source_stride + (ptrdiff_t)x * CK_TEXEL;
}

static inline uint8_t *NAME(target_at)(const ck_field *f, int32_t x, int32_t y) {
  return f->target + y * f->target_stride + (ptrdiff_t)x * CK_TEXEL;
}

/// The line that goes through a target patch; 0 for none.
static inline uint8_t NAME(line)(const ck_field *f, int32_t tx, int32_t ty) {
  return f->line == NULL ? 0 : f->line[(ptrdiff_t)ty * f->target_width + tx];
}

/// What a source patch costs before any texel is compared.
static inline uint32_t NAME(standing)(const ck_field *f, int32_t tx, int32_t ty, int32_t qx, int32_t qy) {
  const int32_t inwards = f->source_width - f->context + tx - qx;
  const uint8_t line = NAME(line)(f, tx, ty);
  int32_t cost;
  if (line == 0) {
    cost = f->drift[qy > ty ? qy - ty : ty - qy];
  } else {
    const ck_course *course = f->courses + (line - 1);
    const int32_t off = course->along * (qy - ty) + course->across * inwards;
    const int32_t quarters = (off < 0 ? -off : off) >> 6;
    const int32_t last = f->stray_count - 1;
    cost = f->stray[quarters < last && f->source_width - CK_PATCH - qx <= course->depth ? quarters : last];
  }
  cost += f->penalty[(ptrdiff_t)(qy >> f->penalty_shift) * f->penalty_stride + (qx >> f->penalty_shift)];
  return (uint32_t)(cost + (inwards >= 0 && inwards < f->near_count ? f->near[inwards] : 0));
}

static inline uint32_t NAME(cost)(const ck_field *f, int32_t tx, int32_t ty, int32_t qx, int32_t qy) {
  return NAME(standing)(f, tx, ty, qx, qy) + NAME(distance)(NAME(target_at)(f, tx, ty), f->target_stride,
                                                        NAME(source_at)(f, qx, qy), f->source_stride);
}
