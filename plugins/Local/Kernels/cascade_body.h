// SPDX-License-Identifier: Apache-2.0
// A cascade of Haar features over eight windows at once. Included once per path by cascade.c.

typedef float NAME(floats) __attribute__((vector_size(32)));
typedef int32_t NAME(ints) __attribute__((vector_size(32)));

/// The sum in one rectangle of one window.
static inline float NAME(sum)(const int32_t *window, const int32_t *corners) {
  return (float)(window[corners[3]] - window[corners[2]] - window[corners[1]] + window[corners[0]]);
}

/// The sums in one rectangle of eight windows.
static inline void NAME(sums)(const int32_t *window, const int32_t *corners, NAME(floats) * result) {
  NAME(ints) a, b, c, d;
  memcpy(&a, window + corners[0], sizeof a);
  memcpy(&b, window + corners[1], sizeof b);
  memcpy(&c, window + corners[2], sizeof c);
  memcpy(&d, window + corners[3], sizeof d);
  *result = __builtin_convertvector(d - c - b + a, NAME(floats));
}

/// What one tree says of one window.
static inline float NAME(answer)(const ck_cascade *cascade, const ck_tree *tree, const int32_t *window, float norm) {
  int32_t next = 0;
  do {
    const ck_node *node = cascade->nodes + tree->first_node + next;
    float value = node->weights[0] * NAME(sum)(window, node->corners[0]) +
                  node->weights[1] * NAME(sum)(window, node->corners[1]);
    if (node->weights[2] != 0) value += node->weights[2] * NAME(sum)(window, node->corners[2]);
    next = value * norm < node->threshold ? node->left : node->right;
  } while (next > 0);
  return cascade->leaves[tree->first_leaf - next];
}

/// What one tree says of eight windows, in the arithmetic of `answer`.
static inline void NAME(answers)(const ck_cascade *cascade, const ck_tree *tree, const int32_t *window,
                                 const NAME(floats) * norm, NAME(floats) * total) {
  NAME(ints) at = {0};
  for (int32_t n = 0; n < tree->nodes; n++) {
    const ck_node *node = cascade->nodes + tree->first_node + n;
    NAME(floats) first, second;
    NAME(sums)(window, node->corners[0], &first);
    NAME(sums)(window, node->corners[1], &second);
    NAME(floats) value = node->weights[0] * first + node->weights[1] * second;
    if (node->weights[2] != 0) {
      NAME(floats) third;
      NAME(sums)(window, node->corners[2], &third);
      value += node->weights[2] * third;
    }
    const NAME(ints) below = value * *norm < node->threshold;
    const NAME(ints) next = (below & node->left) | (~below & node->right);
    // A walk begins at node 0; a leaf is never positive, so no later node takes it for itself.
    const NAME(ints) here = n == 0 ? ~(NAME(ints)){0} : at == n;
    at = (here & next) | (~here & at);
  }
  NAME(ints) said = {0};
  for (int32_t leaf = 0; leaf < tree->leaves; leaf++) {
    int32_t bits;
    memcpy(&bits, cascade->leaves + tree->first_leaf + leaf, sizeof bits);
    said |= (at == -leaf) & bits;
  }
  NAME(floats) value;
  memcpy(&value, &said, sizeof value);
  *total += value;
}

/// Whether one window passes the stages from one on.
static uint8_t NAME(passes)(const ck_cascade *cascade, const int32_t *window, float norm, int32_t stage) {
  int32_t tree = stage == 0 ? 0 : cascade->stages[stage - 1].end_of_trees;
  for (; stage < cascade->stage_count; stage++) {
    float total = 0;
    for (; tree < cascade->stages[stage].end_of_trees; tree++) {
      total += NAME(answer)(cascade, cascade->trees + tree, window, norm);
    }
    if (total < cascade->stages[stage].threshold) return 0;
  }
  return 1;
}

static inline float NAME(norm)(const ck_cascade *cascade, const int32_t *window, const uint32_t *squares) {
  const int32_t *c = cascade->inner;
  const double sum = window[c[3]] - window[c[2]] - window[c[1]] + window[c[0]];
  // Sums of squares wrap around; their difference over one window does not.
  const double square = squares[c[3]] - squares[c[2]] - squares[c[1]] + squares[c[0]];
  const double spread = cascade->inner_area * square - sum * sum;
  return (float)(1 / (spread > 0 ? __builtin_sqrt(spread) : 1));
}

/// Eight windows; the last stages are done one by one, because few get there.
static void NAME(accept_eight)(const ck_cascade *cascade, const int32_t *window, const uint32_t *squares,
                               uint8_t *accepted) {
  NAME(floats) norm;
  for (int32_t i = 0; i < 8; i++) norm[i] = NAME(norm)(cascade, window + i, squares + i);
  NAME(ints) alive = ~(NAME(ints)){0};
  int32_t tree = 0, stage = 0, left = 8;
  for (; stage < cascade->stage_count && left > 2; stage++) {
    NAME(floats) total = {0};
    for (; tree < cascade->stages[stage].end_of_trees; tree++) {
      NAME(answers)(cascade, cascade->trees + tree, window, &norm, &total);
    }
    alive &= ~(total < cascade->stages[stage].threshold);
    left = 0;
    for (int32_t i = 0; i < 8; i++) left -= alive[i];
  }
  for (int32_t i = 0; i < 8; i++) {
    accepted[i] = alive[i] != 0 && NAME(passes)(cascade, window + i, norm[i], stage);
  }
}

static void NAME(accept)(const ck_cascade *cascade, const int32_t *sums, const uint32_t *squares, int32_t count,
                         uint8_t *accepted) {
  int32_t first = 0;
  for (; first + 8 <= count; first += 8) {
    NAME(accept_eight)(cascade, sums + first, squares + first, accepted + first);
  }
  for (; first < count; first++) {
    accepted[first] = NAME(passes)(cascade, sums + first, NAME(norm)(cascade, sums + first, squares + first), 0);
  }
}
