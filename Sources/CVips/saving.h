// SPDX-License-Identifier: Apache-2.0
// One typed saver for each format, to a target. 0 on success.
// Metadata is taken off the image beforehand: `strip` only keeps a saver from making an EXIF
// block of its own; libvips 8.14 ignores it for WebP.
#pragma once
#include "library.h"

/// Writes to a descriptor, which is duplicated (libvips: vips_target_new_to_descriptor).
static inline VipsTarget *_Nullable cvips_target_to_descriptor(int descriptor) {
  return CVIPS(vips_target_new_to_descriptor)(descriptor);
}

/// Writes to memory (libvips: vips_target_new_to_memory).
static inline VipsTarget *_Nullable cvips_target_to_memory(void) { return CVIPS(vips_target_new_to_memory)(); }

/// The bytes a saver has written to memory, owned by the target (libvips: vips_blob_get of VipsTarget.blob).
static inline const void *_Nullable cvips_written(VipsTarget *_Nonnull target, size_t *_Nonnull count) {
  return target->blob ? CVIPS(vips_blob_get)(target->blob, count) : 0;
}

/// Lossy, with `quality` 1–100 (libvips: vips_jpegsave_target).
static inline int cvips_save_jpeg(VipsImage *_Nonnull image, VipsTarget *_Nonnull target, int quality,
                                  VipsForeignSubsample subsample, gboolean progressive, gboolean optimise,
                                  gboolean strip) {
  return CVIPS(vips_jpegsave_target)(image, target, "Q", quality, "subsample_mode", subsample, "interlace", progressive,
                                     "optimize_coding", optimise, "strip", strip, NULL);
}

/// `bits` 1, 2, 4, 8, 16, or 0 for those of the image (libvips: vips_pngsave_target).
static inline int cvips_save_png(VipsImage *_Nonnull image, VipsTarget *_Nonnull target, int compression,
                                 gboolean interlaced, gboolean palette, int bits) {
  return bits > 0 ? CVIPS(vips_pngsave_target)(image, target, "compression", compression, "interlace", interlaced,
                                               "palette", palette, "bitdepth", bits, NULL)
                  : CVIPS(vips_pngsave_target)(image, target, "compression", compression, "interlace", interlaced,
                                               "palette", palette, NULL);
}

/// Lossy with `quality` or lossless (libvips: vips_webpsave_target).
static inline int cvips_save_webp(VipsImage *_Nonnull image, VipsTarget *_Nonnull target, int quality,
                                  gboolean lossless, int effort, gboolean smart_subsample) {
  return CVIPS(vips_webpsave_target)(image, target, "Q", quality, "lossless", lossless, "effort", effort,
                                     "smart_subsample", smart_subsample, NULL);
}

/// `quality` is that of JPEG and WebP inside (libvips: vips_tiffsave_target).
static inline int cvips_save_tiff(VipsImage *_Nonnull image, VipsTarget *_Nonnull target,
                                  VipsForeignTiffCompression compression, int quality) {
  return CVIPS(vips_tiffsave_target)(image, target, "compression", compression, "Q", quality, NULL);
}

/// `bits` 8, 10 or 12, never 10 for AV1, whose encoder then ends the process (libvips: vips_heifsave_target).
static inline int cvips_save_heif(VipsImage *_Nonnull image, VipsTarget *_Nonnull target,
                                  VipsForeignHeifCompression compression, int quality, gboolean lossless, int effort,
                                  VipsForeignSubsample subsample, int bits, gboolean strip) {
  return CVIPS(vips_heifsave_target)(image, target, "compression", compression, "Q", quality, "lossless", lossless,
                                     "effort", effort, "subsample_mode", subsample, "bitdepth", bits, "strip", strip,
                                     NULL);
}

/// A GIF carries no metadata to strip (libvips: vips_gifsave_target).
static inline int cvips_save_gif(VipsImage *_Nonnull image, VipsTarget *_Nonnull target, int effort, int bits) {
  return CVIPS(vips_gifsave_target)(image, target, "effort", effort, "bitdepth", bits, NULL);
}
