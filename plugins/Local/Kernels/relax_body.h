// SPDX-License-Identifier: Apache-2.0
// Red-black over-relaxation of the screened Poisson equation. Included once per path by relax.c.

/// Updates the cells of one colour in one row; `above` and `below` are 1 where that row exists and 0 where not.
static inline void NAME(relax_row)(float *e, const float *b, const float *up, const float *down, float above,
                                   float below, int32_t width, int32_t parity, float lambda, float omega) {
  const float inside = omega / (above + below + 2 + lambda);
  const float outside = omega / (above + below + 1 + lambda);
  const float keep = 1 - omega;
  const int32_t last = width - 1;
  if (parity == 0) {
    const float right = last > 0 ? e[1] : 0;
    e[0] = keep * e[0] + (last > 0 ? inside : outside) * (((above * up[0] + below * down[0]) + right) + b[0]);
  }
  // Computed in wide steps for both colours and written back for one. Through a buffer: what was just written cannot be
  // read at once at another offset without waiting for it.
  float next[256];
  for (int32_t start = 1; start < last; start += 256) {
    const int32_t count = last - start < 256 ? last - start : 256;
    float *row = e + start;
#pragma clang loop vectorize(assume_safety)
    for (int32_t i = 0; i < count; i++) {
      next[i] = keep * row[i] +
                inside * (((above * up[start + i] + below * down[start + i]) + (row[i - 1] + row[i + 1])) + b[start + i]);
    }
    const int32_t odd = (start + parity) & 1;
#pragma clang loop vectorize(assume_safety)
    for (int32_t i = 0; i < count; i++) row[i] = (i & 1) == odd ? next[i] : row[i];
  }
  if (last > 0 && (last & 1) == parity) {
    e[last] = keep * e[last] + outside * (((above * up[last] + below * down[last]) + e[last - 1]) + b[last]);
  }
}

// Every half sweep follows one row behind the one before it, so that rows stay in the cache until all are done. A row
// is worked on when its neighbours have had the half sweep before and not yet the next one: the same sums as sweep by
// sweep over the whole grid.
static void NAME(relax)(float *e, const float *b, int32_t width, int32_t height, float lambda, float omega,
                        int32_t sweeps) {
  for (int32_t front = 0; front < height + sweeps * 2 - 1; front++) {
    const int32_t first = front < height ? 0 : front - height + 1;
    for (int32_t half = first; half < sweeps * 2 && half <= front; half++) {
      const int32_t y = front - half;
      float *row = e + (ptrdiff_t)y * width;
      const float *source = b + (ptrdiff_t)y * width;
      // A row that does not exist is replaced by this one at weight zero.
      NAME(relax_row)(row, source, y > 0 ? row - width : row, y + 1 < height ? row + width : row, y > 0,
                      y + 1 < height, width, (y + half) & 1, lambda, omega);
    }
  }
}
