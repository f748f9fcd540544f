// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#include <string.h>

#define CK_BODY "cascade_body.h"
#include "twice.h"

void ck_accept(const ck_cascade *cascade, const int32_t *sums, const uint32_t *squares, int32_t count,
               uint8_t *accepted, ck_path path) {
  CK_CHOOSE(path, accept, cascade, sums, squares, count, accepted);
}
