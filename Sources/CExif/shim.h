// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <libexif/exif-data.h>
