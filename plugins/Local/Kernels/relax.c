// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define CK_BODY "relax_body.h"
#include "twice.h"

void ck_relax(float *e, const float *b, int32_t width, int32_t height, float lambda, float omega, int32_t sweeps,
              ck_path path) {
  CK_CHOOSE(path, relax, e, b, width, height, lambda, omega, sweeps);
}
