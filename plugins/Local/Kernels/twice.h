// SPDX-License-Identifier: Apache-2.0
// Builds the file that CK_BODY names twice, once per path: its functions are NAME(…). No guard: one body per kernel file.
#define NAME(name) name##_base
#include CK_BODY
#undef NAME

#if CK_HAS_WIDE
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define CK_WIDE
#define NAME(name) name##_wide
#include CK_BODY
#undef NAME
#undef CK_WIDE
#pragma clang attribute pop
#endif
