// SPDX-License-Identifier: Apache-2.0
// Typed, non-variadic wrappers of the libvips calls this project makes. Nothing links libvips: its hundred shared
// libraries cost 20 ms of loading, so each function is found when it is first called.
#pragma once
#include "library.h"
#include "values.h"
#include "loading.h"
#include "operations.h"
#include "saving.h"
