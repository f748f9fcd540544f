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
  // Cells of the other colour are written back as they were, so that the row can be worked on in wide steps.
  const int32_t odd = parity;
#pragma clang loop vectorize(assume_safety)
  for (int32_t x = 1; x < last; x++) {
    const float next = keep * e[x] + inside * (((above * up[x] + below * down[x]) + (e[x - 1] + e[x + 1])) + b[x]);
    e[x] = (x & 1) == odd ? next : e[x];
  }
  if (last > 0 && (last & 1) == parity) {
    e[last] = keep * e[last] + outside * (((above * up[last] + below * down[last]) + e[last - 1]) + b[last]);
  }
}

static void NAME(relax)(float *e, const float *b, int32_t width, int32_t height, float lambda, float omega,
                        int32_t sweeps) {
  for (int32_t half = 0; half < sweeps * 2; half++) {
    for (int32_t y = 0; y < height; y++) {
      float *row = e + (ptrdiff_t)y * width;
      const float *source = b + (ptrdiff_t)y * width;
      // A row that does not exist is replaced by this one at weight zero.
      NAME(relax_row)(row, source, y > 0 ? row - width : row, y + 1 < height ? row + width : row, y > 0,
                      y + 1 < height, width, (y + half) & 1, lambda, omega);
    }
  }
}
