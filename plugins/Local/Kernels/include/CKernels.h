// SPDX-License-Identifier: Apache-2.0
// The inner loops of the picture completion (patch search, sweep, vote, relaxation), of the search for faces and of the
// retouch of skin, on plain buffers.
// Nothing here allocates, blocks or keeps state. Every kernel gives the same bits whichever path runs it.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Sides of a patch, in texels; a texel is four bytes: red, green, blue, texture.
#define CK_PATCH 8
#define CK_TEXEL 4

/// Which instructions a kernel may use.
typedef enum {
  CK_BASELINE = 0,  ///< What every processor of this architecture has.
  CK_AVX2 = 1,      ///< AVX2; must be asked for only when `ck_best_path` answers it.
} ck_path;

/// The fastest path of the processor that runs this.
ck_path ck_best_path(void);

/// A straight line that leaves the source: its unit normal, times 256, and how many columns inwards it was seen.
typedef struct {
  int32_t across, along;
  int32_t depth;
} ck_course;

/// One level of one side in canonical form: the source is extended to the right.
///
/// The target holds `context` columns of the source and then the columns to invent. Positions are top-left corners of
/// patches. The cost of source patch q for target patch t is the sum of squared differences plus
/// `penalty[(q.y >> shift) * penalty_stride + (q.x >> shift)]` plus `drift[|q.y - t.y|]` plus, while q lies less than
/// `near_count` columns inwards of t, `near[columns]`. Where a line goes through t, it is not `drift` that counts but
/// `stray`, by how far q lies off the parallel through t.
typedef struct {
  const uint8_t *source;
  ptrdiff_t source_stride;  ///< Bytes from row to row.
  int32_t source_width, source_height;
  uint8_t *target;
  ptrdiff_t target_stride;
  int32_t target_width, target_height;
  int32_t context;
  const int32_t *penalty;
  int32_t penalty_stride, penalty_shift;
  const int32_t *drift;  ///< `source_height` entries, never falling.
  int32_t reach;         ///< How many rows away from the target's the exhaustive search looks.
  const uint8_t *line;   ///< For each patch of the target, by texel: 0, or one more than its course; or null.
  const ck_course *courses;
  const int32_t *stray;  ///< By quarters of a texel, never falling; the last entry is for all that is further off.
  int32_t stray_count;
  const int32_t *near;
  int32_t near_count;
  ck_path path;
} ck_field;

/// The chosen source patch of every target patch, row by row; column 0 is at `first_x` of the target.
typedef struct {
  int32_t *x;
  int32_t *y;
  uint32_t *cost;
  int32_t columns, rows;
  int32_t first_x;
} ck_map;

/// Measures the cost of every entry anew.
void ck_measure(const ck_field *field, const ck_map *map);

/// Gives rows `begin..<end` the cheapest of all source patches; entries must hold a valid position before.
void ck_exhaust(const ck_field *field, const ck_map *map, int32_t begin, int32_t end);

/// One pass of coherence: every entry may continue its two neighbours' choice or move by one texel.
///
/// `forward` scans from the top left and looks left and up; otherwise from the bottom right, right and down.
void ck_propagate(const ck_field *field, const ck_map *map, int32_t forward);

/// The source patch cheapest over the known texels of one target patch, its cost scaled to a whole patch.
///
/// `known` holds 64 entries, 255 for known and 0 for unknown; at least one must be known.
void ck_exhaust_partly(const ck_field *field, int32_t tx, int32_t ty, const uint8_t *known, int32_t *qx, int32_t *qy);

/// The state of a sweep: anchors every four texels in strips of four columns from the border outwards.
typedef struct {
  int32_t *x;  ///< In: a hint per anchor; out: its source patch. Index = strip × rows + row.
  int32_t *y;
  int32_t strips, rows;
  int32_t guide_weight;  ///< Weight of a texel that only the guide knows, in 1/256.
  uint32_t *use;         ///< Anchors taken from each 16×16 cell of the source.
  int32_t use_stride;
  int32_t use_step, use_free;  ///< A use costs `max(0, uses × use_step − use_free)`.
  int32_t reach;               ///< How far around the hint to look, in texels.
} ck_sweep;

/// Sweeps one strip, top to bottom, painting the target; strips must be swept in order.
void ck_sweep_strip(const ck_field *field, const ck_sweep *sweep, int32_t strip);

/// Rewrites the invented columns of the target as the weighted mean of what its patches say.
///
/// `weights` holds 256 falling weights; an entry's is at `cost × weight_scale`, at most 255. `window` holds 8×8
/// weights by place in the patch. `sums` is scratch: 5 × target_width × target_height values.
void ck_vote(const ck_field *field, const ck_map *map, const float *weights, float weight_scale,
             const float *window, float *sums);

/// Red-black over-relaxation of Σ(neighbour − e) + b − λe = 0 on a grid.
///
/// Left of column 0 lies a border held at zero; the other three borders are free. `e` and `b` are width × height.
void ck_relax(float *e, const float *b, int32_t width, int32_t height, float lambda, float omega, int32_t sweeps,
              ck_path path);

/// Adds `weight` times each of `count` bytes to a sum.
void ck_add_row(float *sums, const uint8_t *row, int32_t count, float weight, ck_path path);

/// Evens out `count` pixels of three bytes where they are skin; the others keep their bytes.
///
/// `upper` and `lower` hold five rows each, `stride` values apart: how much of a pixel is skin, 0…1; its luma (BT.601)
/// without the finest texture; and what to add to its red, green and blue. What lies between them at `share`, 0…1, of
/// the way counts. Of the finest texture f, `skin × amount × f / √(1 + (f / limit)²)` is taken away.
void ck_even_row(uint8_t *pixels, int32_t count, const float *upper, const float *lower, ptrdiff_t stride, float share,
                 float amount, float limit, ck_path path);

/// A node of a decision tree over sums in up to three rectangles, laid out for one integral picture.
typedef struct {
  float threshold;
  int32_t left, right;    ///< Below the threshold or not: a later node of the tree if positive, else a leaf, negated.
  float weights[3];       ///< 0 for a third rectangle that is not there.
  int32_t corners[3][4];  ///< From a window's entry to those of top left, top right, bottom left, bottom right.
} ck_node;

typedef struct {
  int32_t first_node, nodes;
  int32_t first_leaf, leaves;
} ck_tree;

typedef struct {
  int32_t end_of_trees;
  float threshold;
} ck_stage;

/// A cascade of Haar features. Every index lies where it must.
typedef struct {
  const ck_node *nodes;
  const ck_tree *trees;
  const float *leaves;
  const ck_stage *stages;
  int32_t stage_count;
  int32_t inner[4];  ///< The corners of the part of a window that its contrast is taken from.
  double inner_area;
} ck_cascade;

/// Tells for each of `count` windows, whose entries lie side by side, whether it passes all stages: 1 or 0.
///
/// `sums` and `squares` are the first window's entries in the sums of all values, and of all squares, above and left;
/// the latter wrap around.
void ck_accept(const ck_cascade *cascade, const int32_t *sums, const uint32_t *squares, int32_t count,
               uint8_t *accepted, ck_path path);

#endif
