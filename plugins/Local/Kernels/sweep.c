// SPDX-License-Identifier: Apache-2.0
#include "paths.h"

#define CK_BODY "sweep_body.h"
#include "twice.h"

void ck_sweep_strip(const ck_field *field, const ck_sweep *sweep, int32_t strip) {
  CK_CHOOSE(field->path, sweep_strip, field, sweep, strip);
}
