// SPDX-License-Identifier: Apache-2.0
// What every kernel file needs to build its body twice, once per path.
#ifndef CK_PATHS_H
#define CK_PATHS_H

#include "CKernels.h"

// A fused multiply-add rounds once where two operations round twice; the paths would differ in the last bit.
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>
#define CK_HAS_WIDE 1
#define CK_CHOOSE(path, name, ...) ((path) == CK_AVX2 ? name##_wide(__VA_ARGS__) : name##_base(__VA_ARGS__))
#else
#define CK_HAS_WIDE 0
#define CK_CHOOSE(path, name, ...) ((void)(path), name##_base(__VA_ARGS__))
#endif

#endif
