// SPDX-License-Identifier: Apache-2.0
// The causal sweep: one strip of anchors. Included once per path by sweep.c.

#include "distance.h"

/// The best source patch found so far for one anchor.
typedef struct {
  const ck_field *field;
  const ck_sweep *sweep;
  int32_t tx, ty;
  const uint8_t *mask;        // Known texels, four bytes each.
  uint64_t known, unknown;    // Their weights' sums, in 1/256 texel.
  uint8_t line;               // What goes on along a line repeats itself and does not count as used.
  uint64_t best;
  int32_t x, y;
} NAME(trial);

static inline void NAME(consider)(NAME(trial) *t, int32_t qx, int32_t qy) {
  const ck_field *f = t->field;
  if (qx < 0 || qy < 0 || qx > f->source_width - CK_PATCH || qy > f->source_height - CK_PATCH) return;
  if (qx == t->x && qy == t->y) return;
  uint64_t standing = NAME(standing)(f, t->tx, t->ty, qx, qy);
  const int64_t uses = t->sweep->use[(ptrdiff_t)(qy >> 4) * t->sweep->use_stride + (qx >> 4)];
  const int64_t worn = uses * t->sweep->use_step - t->sweep->use_free;
  if (worn > 0 && t->line == 0) standing += (uint64_t)worn;
  if (standing >= t->best) return;
  const uint8_t *a = NAME(target_at)(f, t->tx, t->ty);
  const uint8_t *b = NAME(source_at)(f, qx, qy);
  const uint64_t known = NAME(masked)(a, f->target_stride, b, f->source_stride, t->mask);
  uint64_t sum = known * 256;
  const uint64_t guide = (uint64_t)t->sweep->guide_weight;
  if (guide > 0) sum += guide * (NAME(distance)(a, f->target_stride, b, f->source_stride) - known);
  const uint64_t cost = standing + sum * (CK_PATCH * CK_PATCH) / (t->known + t->unknown);
  if (cost < t->best) {
    t->best = cost;
    t->x = qx;
    t->y = qy;
  }
}

/// Copies the chosen patch, fading it in over the texels that were known; the source's own columns stay.
static inline void NAME(paint)(const ck_field *f, int32_t tx, int32_t ty, int32_t qx, int32_t qy, int32_t columns,
                               int32_t rows) {
  for (int32_t y = 0; y < CK_PATCH; y++) {
    uint8_t *t = NAME(target_at)(f, tx, ty + y);
    const uint8_t *s = NAME(source_at)(f, qx, qy + y);
    const int32_t down = y < rows ? (y + 1) * 256 / (rows + 1) : 256;
    for (int32_t x = 0; x < CK_PATCH; x++) {
      if (tx + x < f->context) continue;
      const int32_t across = x < columns ? (x + 1) * 256 / (columns + 1) : 256;
      const int32_t share = across < down ? across : down;
      for (int32_t c = x * CK_TEXEL; c < (x + 1) * CK_TEXEL; c++) {
        t[c] = (uint8_t)((t[c] * (256 - share) + s[c] * share + 128) >> 8);
      }
    }
  }
}

static void NAME(sweep_strip)(const ck_field *f, const ck_sweep *s, int32_t strip) {
  const int32_t right = f->target_width - CK_PATCH, bottom = f->target_height - CK_PATCH;
  const int32_t wanted = f->context - 4 + strip * 4;
  const int32_t tx = wanted < right ? wanted : right;
  const int32_t columns = 4 + wanted - tx;
  int32_t above = -1;
  for (int32_t row = 0; row < s->rows; row++) {
    const int32_t ty = row * 4 < bottom ? row * 4 : bottom;
    const int32_t rows = row == 0 ? 0 : CK_PATCH - (ty - above);
    uint8_t mask[CK_PATCH * CK_PATCH * CK_TEXEL];
    uint64_t known = 0;
    for (int32_t y = 0; y < CK_PATCH; y++) {
      for (int32_t x = 0; x < CK_PATCH; x++) {
        const uint8_t v = (y < rows || x < columns) ? 255 : 0;
        known += v != 0;
        for (int c = 0; c < CK_TEXEL; c++) mask[(y * CK_PATCH + x) * CK_TEXEL + c] = v;
      }
    }
    const ptrdiff_t i = (ptrdiff_t)strip * s->rows + row;
    const uint64_t unknown = (64 - known) * (uint64_t)s->guide_weight;
    NAME(trial) t = {f, s, tx, ty, mask, known * 256, unknown, NAME(line)(f, tx, ty), UINT64_MAX, -1, -1};
    const int32_t hx = s->x[i], hy = s->y[i];
    NAME(consider)(&t, hx, hy);
    if (strip > 0) {
      const ptrdiff_t left = i - s->rows;
      const int32_t step = tx - (f->context - 4 + (strip - 1) * 4);
      for (int32_t dy = -1; dy <= 1; dy++) {
        for (int32_t dx = -1; dx <= 1; dx++) NAME(consider)(&t, s->x[left] + step + dx, s->y[left] + dy);
      }
      if (row > 0) NAME(consider)(&t, s->x[left - 1] + step, s->y[left - 1] + ty - above);
      if (row + 1 < s->rows) {
        const int32_t below = (row + 1) * 4 < bottom ? (row + 1) * 4 : bottom;
        NAME(consider)(&t, s->x[left + 1] + step, s->y[left + 1] + ty - below);
      }
    }
    if (row > 0) NAME(consider)(&t, s->x[i - 1], s->y[i - 1] + ty - above);
    for (int32_t dy = -s->reach; dy <= s->reach; dy++) {
      for (int32_t dx = -s->reach; dx <= s->reach; dx++) NAME(consider)(&t, hx + dx, hy + dy);
    }
    s->x[i] = t.x;
    s->y[i] = t.y;
    if (t.line == 0) s->use[(ptrdiff_t)(t.y >> 4) * s->use_stride + (t.x >> 4)]++;
    NAME(paint)(f, tx, ty, t.x, t.y, columns, rows);
    above = ty;
  }
}
