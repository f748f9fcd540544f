// SPDX-License-Identifier: Apache-2.0
// Patch search: measuring, exhaustive and by coherence. Included once per path by search.c.

#include "distance.h"

static void NAME(measure)(const ck_field *f, const ck_map *m) {
  for (int32_t y = 0; y < m->rows; y++) {
    for (int32_t x = 0; x < m->columns; x++) {
      const ptrdiff_t i = (ptrdiff_t)y * m->columns + x;
      m->cost[i] = NAME(cost)(f, m->first_x + x, y, m->x[i], m->y[i]);
    }
  }
}

/// Looks through one row of source patches for something cheaper than `best`.
static inline void NAME(exhaust_row)(const ck_field *f, int32_t tx, int32_t ty, int32_t qy, uint32_t *best,
                                     int32_t *bx, int32_t *by) {
  const uint8_t *t = NAME(target_at)(f, tx, ty);
  for (int32_t qx = 0; qx <= f->source_width - CK_PATCH; qx++) {
    const uint32_t standing = NAME(standing)(f, tx, ty, qx, qy);
    if (standing >= *best) continue;
    const uint32_t cost =
        standing + NAME(distance)(t, f->target_stride, NAME(source_at)(f, qx, qy), f->source_stride);
    if (cost < *best) {
      *best = cost;
      *bx = qx;
      *by = qy;
    }
  }
}

static void NAME(exhaust)(const ck_field *f, const ck_map *m, int32_t begin, int32_t end) {
  const int32_t last = f->source_height - CK_PATCH;
  for (int32_t y = begin; y < end; y++) {
    for (int32_t x = 0; x < m->columns; x++) {
      const ptrdiff_t i = (ptrdiff_t)y * m->columns + x;
      const int32_t tx = m->first_x + x;
      uint32_t best = NAME(cost)(f, tx, y, m->x[i], m->y[i]);
      const int32_t furthest = f->reach < last ? f->reach : last;
      const uint8_t line = NAME(line)(f, tx, y);
      for (int32_t dy = 0; dy <= furthest; dy++) {
        if (line == 0 && (uint32_t)f->drift[dy] >= best) break;
        if (y - dy >= 0) NAME(exhaust_row)(f, tx, y, y - dy, &best, &m->x[i], &m->y[i]);
        if (dy > 0 && y + dy <= last) NAME(exhaust_row)(f, tx, y, y + dy, &best, &m->x[i], &m->y[i]);
      }
      m->cost[i] = best;
    }
  }
}

/// Looks through one row of source patches for something cheaper than `best` over the known texels.
static inline void NAME(exhaust_row_partly)(const ck_field *f, int32_t tx, int32_t ty, int32_t qy, const uint8_t *mask,
                                            uint32_t known, uint64_t *best, int32_t *bx, int32_t *by) {
  const uint8_t *t = NAME(target_at)(f, tx, ty);
  for (int32_t qx = 0; qx <= f->source_width - CK_PATCH; qx++) {
    const uint64_t standing = NAME(standing)(f, tx, ty, qx, qy);
    if (standing >= *best) continue;
    const uint64_t d = NAME(masked)(t, f->target_stride, NAME(source_at)(f, qx, qy), f->source_stride, mask);
    const uint64_t cost = standing + d * (CK_PATCH * CK_PATCH) / known;
    if (cost < *best) {
      *best = cost;
      *bx = qx;
      *by = qy;
    }
  }
}

static void NAME(exhaust_partly)(const ck_field *f, int32_t tx, int32_t ty, const uint8_t *mask, uint32_t known,
                                 int32_t *bx, int32_t *by) {
  const int32_t last = f->source_height - CK_PATCH;
  uint64_t best = UINT64_MAX;
  const int32_t furthest = f->reach < last ? f->reach : last;
  const uint8_t line = NAME(line)(f, tx, ty);
  for (int32_t dy = 0; dy <= furthest; dy++) {
    if (line == 0 && (uint64_t)f->drift[dy] >= best) break;
    if (ty - dy >= 0 && ty - dy <= last) NAME(exhaust_row_partly)(f, tx, ty, ty - dy, mask, known, &best, bx, by);
    if (dy > 0 && ty + dy <= last) NAME(exhaust_row_partly)(f, tx, ty, ty + dy, mask, known, &best, bx, by);
  }
}

static inline void NAME(offer)(const ck_field *f, int32_t tx, int32_t ty, int32_t qx, int32_t qy, uint32_t *best,
                               int32_t *bx, int32_t *by) {
  if (qx < 0 || qy < 0 || qx > f->source_width - CK_PATCH || qy > f->source_height - CK_PATCH) return;
  if (qx == *bx && qy == *by) return;
  const uint32_t standing = NAME(standing)(f, tx, ty, qx, qy);
  if (standing >= *best) return;
  const uint32_t cost = standing + NAME(distance)(NAME(target_at)(f, tx, ty), f->target_stride,
                                                  NAME(source_at)(f, qx, qy), f->source_stride);
  if (cost < *best) {
    *best = cost;
    *bx = qx;
    *by = qy;
  }
}

static inline void NAME(improve)(const ck_field *f, const ck_map *m, int32_t x, int32_t y, int32_t step) {
  const ptrdiff_t i = (ptrdiff_t)y * m->columns + x;
  const int32_t tx = m->first_x + x;
  uint32_t best = m->cost[i];
  int32_t bx = m->x[i], by = m->y[i];
  const int32_t px = x - step, py = y - step;
  if (px >= 0 && px < m->columns) NAME(offer)(f, tx, y, m->x[i - step] + step, m->y[i - step], &best, &bx, &by);
  if (py >= 0 && py < m->rows) {
    const ptrdiff_t n = i - (ptrdiff_t)step * m->columns;
    NAME(offer)(f, tx, y, m->x[n], m->y[n] + step, &best, &bx, &by);
  }
  const int32_t cx = bx, cy = by;
  for (int32_t dy = -1; dy <= 1; dy++) {
    for (int32_t dx = -1; dx <= 1; dx++) NAME(offer)(f, tx, y, cx + dx, cy + dy, &best, &bx, &by);
  }
  m->cost[i] = best;
  m->x[i] = bx;
  m->y[i] = by;
}

static void NAME(propagate)(const ck_field *f, const ck_map *m, int32_t forward) {
  const ptrdiff_t count = (ptrdiff_t)m->columns * m->rows;
  for (ptrdiff_t k = 0; k < count; k++) {
    const ptrdiff_t i = forward ? k : count - 1 - k;
    NAME(improve)(f, m, (int32_t)(i % m->columns), (int32_t)(i / m->columns), forward ? 1 : -1);
  }
}
