// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define CK_BODY "vote_body.h"
#include "twice.h"

void ck_vote(const ck_field *field, const ck_map *map, const float *weights, float weight_scale,
             const float *window, float *sums) {
  CK_CHOOSE(field->path, vote, field, map, weights, weight_scale, window, sums);
}
