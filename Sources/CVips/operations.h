// SPDX-License-Identifier: Apache-2.0
// Operations: each gives a new image that keeps its inputs alive, or null on failure.
#pragma once
#include "library.h"

/// A second header over the same pixels (libvips: vips_copy).
static inline VipsImage *_Nullable cvips_copy(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_copy)(in, &out, NULL) ? 0 : out;
}

/// The same samples with another meaning (libvips: vips_copy, interpretation).
static inline VipsImage *_Nullable cvips_reinterpret(VipsImage *_Nonnull in, VipsInterpretation meaning) {
  VipsImage *out = 0;
  return CVIPS(vips_copy)(in, &out, "interpretation", meaning, NULL) ? 0 : out;
}

/// Turned clockwise by quarters; needs random access (libvips: vips_rot).
static inline VipsImage *_Nullable cvips_rotate(VipsImage *_Nonnull in, VipsAngle angle) {
  VipsImage *out = 0;
  return CVIPS(vips_rot)(in, &out, angle, NULL) ? 0 : out;
}

/// Mirrored left to right or top to bottom (libvips: vips_flip).
static inline VipsImage *_Nullable cvips_flip(VipsImage *_Nonnull in, VipsDirection direction) {
  VipsImage *out = 0;
  return CVIPS(vips_flip)(in, &out, direction, NULL) ? 0 : out;
}

/// Scaled on each axis with Lanczos3, width and height rounded to the nearest (libvips: vips_resize).
static inline VipsImage *_Nullable cvips_resize(VipsImage *_Nonnull in, double horizontal, double vertical) {
  VipsImage *out = 0;
  return CVIPS(vips_resize)(in, &out, horizontal, "vscale", vertical, NULL) ? 0 : out;
}

/// Averaged over whole blocks; the last block of a row or column is completed by its edge (libvips: vips_shrink, ceil).
static inline VipsImage *_Nullable cvips_shrink(VipsImage *_Nonnull in, double horizontal, double vertical) {
  VipsImage *out = 0;
  return CVIPS(vips_shrink)(in, &out, horizontal, vertical, "ceil", TRUE, NULL) ? 0 : out;
}

/// Colour times alpha, in floating point (libvips: vips_premultiply).
static inline VipsImage *_Nullable cvips_premultiply(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_premultiply)(in, &out, NULL) ? 0 : out;
}

/// Colour divided by alpha (libvips: vips_unpremultiply).
static inline VipsImage *_Nullable cvips_unpremultiply(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_unpremultiply)(in, &out, NULL) ? 0 : out;
}

/// To the nearest whole number (libvips: vips_round).
static inline VipsImage *_Nullable cvips_round(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_round)(in, &out, VIPS_OPERATION_ROUND_RINT, NULL) ? 0 : out;
}

/// To another sample format, values clipped; `shift` maps 8 to 16 bits by shifting (libvips: vips_cast).
static inline VipsImage *_Nullable cvips_cast(VipsImage *_Nonnull in, VipsBandFormat sample, gboolean shift) {
  VipsImage *out = 0;
  return CVIPS(vips_cast)(in, &out, sample, "shift", shift, NULL) ? 0 : out;
}

/// A rectangle (libvips: vips_extract_area).
static inline VipsImage *_Nullable cvips_crop(VipsImage *_Nonnull in, int x, int y, int width, int height) {
  VipsImage *out = 0;
  return CVIPS(vips_extract_area)(in, &out, x, y, width, height, NULL) ? 0 : out;
}

/// The image inside a larger frame, the rest made by `extend` (libvips: vips_embed).
static inline VipsImage *_Nullable cvips_embed(VipsImage *_Nonnull in, int x, int y, int width, int height,
                                               VipsExtend extend) {
  VipsImage *out = 0;
  return CVIPS(vips_embed)(in, &out, x, y, width, height, "extend", extend, NULL) ? 0 : out;
}

/// The image inside a larger frame of one colour, one value for each band (libvips: vips_embed, background).
static inline VipsImage *_Nullable cvips_embed_in_colour(VipsImage *_Nonnull in, int x, int y, int width, int height,
                                                         double *_Nonnull values, int count) {
  VipsImage *out = 0;
  VipsArrayDouble *colour = CVIPS(vips_array_double_new)(values, count);
  if (!colour) return 0;
  int failed = CVIPS(vips_embed)(in, &out, x, y, width, height, "extend", VIPS_EXTEND_BACKGROUND, "background", colour,
                                 NULL);
  CVIPS(vips_area_unref)((VipsArea *)colour);
  return failed ? 0 : out;
}

/// `over` put on top of `in` at a place inside it (libvips: vips_insert).
static inline VipsImage *_Nullable cvips_insert(VipsImage *_Nonnull in, VipsImage *_Nonnull over, int x, int y) {
  VipsImage *out = 0;
  return CVIPS(vips_insert)(in, over, &out, x, y, NULL) ? 0 : out;
}

/// Repeated side by side and below itself (libvips: vips_replicate).
static inline VipsImage *_Nullable cvips_replicate(VipsImage *_Nonnull in, int across, int down) {
  VipsImage *out = 0;
  return CVIPS(vips_replicate)(in, &out, across, down, NULL) ? 0 : out;
}

/// Softened with a standard deviation in pixels, the mask cut at a hundredth of its middle (libvips: vips_gaussblur).
static inline VipsImage *_Nullable cvips_blur(VipsImage *_Nonnull in, double sigma) {
  VipsImage *out = 0;
  return CVIPS(vips_gaussblur)(in, &out, sigma, "min_ampl", 0.01, "precision", VIPS_PRECISION_FLOAT, NULL) ? 0 : out;
}

/// `a` where the mask is 255, `b` where it is 0, mixed between (libvips: vips_ifthenelse, blend).
static inline VipsImage *_Nullable cvips_mix(VipsImage *_Nonnull mask, VipsImage *_Nonnull a, VipsImage *_Nonnull b) {
  VipsImage *out = 0;
  return CVIPS(vips_ifthenelse)(mask, a, b, &out, "blend", TRUE, NULL) ? 0 : out;
}

/// The sum, in a wider format (libvips: vips_add).
static inline VipsImage *_Nullable cvips_add(VipsImage *_Nonnull a, VipsImage *_Nonnull b) {
  VipsImage *out = 0;
  return CVIPS(vips_add)(a, b, &out, NULL) ? 0 : out;
}

/// Alpha replaced by a colour behind the picture, one value for each other band (libvips: vips_flatten).
static inline VipsImage *_Nullable cvips_flatten(VipsImage *_Nonnull in, double *_Nonnull background, int count) {
  VipsImage *out = 0;
  VipsArrayDouble *colour = CVIPS(vips_array_double_new)(background, count);
  if (!colour) return 0;
  int failed = CVIPS(vips_flatten)(in, &out, "background", colour, NULL);
  CVIPS(vips_area_unref)((VipsArea *)colour);
  return failed ? 0 : out;
}

/// To sRGB with 8 bits through the embedded profile (libvips: vips_icc_transform, embedded).
static inline VipsImage *_Nullable cvips_icc_to_srgb(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_icc_transform)(in, &out, "srgb", "embedded", TRUE, NULL) ? 0 : out;
}

/// To another colour space without the embedded profile (libvips: vips_colourspace).
static inline VipsImage *_Nullable cvips_colourspace(VipsImage *_Nonnull in, VipsInterpretation space) {
  VipsImage *out = 0;
  return CVIPS(vips_colourspace)(in, &out, space, NULL) ? 0 : out;
}

/// One row for all bands and one for each, of minimum, maximum, sum, sum of squares, mean, deviation and places
/// (libvips: vips_stats).
static inline VipsImage *_Nullable cvips_stats(VipsImage *_Nonnull in) {
  VipsImage *out = 0;
  return CVIPS(vips_stats)(in, &out, NULL) ? 0 : out;
}

/// One line of text as a mask of opacities, at one pixel a point (libvips: vips_text).
static inline VipsImage *_Nullable cvips_text(const char *_Nonnull markup, const char *_Nonnull font) {
  VipsImage *out = 0;
  return CVIPS(vips_text)(&out, markup, "font", font, "dpi", 72, NULL) ? 0 : out;
}
