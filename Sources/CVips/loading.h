// SPDX-License-Identifier: Apache-2.0
// One typed loader for each format, always sequential, never by name. Null on failure.
// Loaders without a `fail_on` take none into account: they refuse a broken file in any case.
#pragma once
#include "library.h"

/// Reads from a descriptor, which is duplicated (libvips: vips_source_new_from_descriptor).
static inline VipsSource *_Nullable cvips_source_of_descriptor(int descriptor) {
  return CVIPS(vips_source_new_from_descriptor)(descriptor);
}

/// Reads from bytes that outlive everything made of them (libvips: vips_blob_new, vips_source_new_from_blob).
static inline VipsSource *_Nullable cvips_source_of_lasting_bytes(const void *_Nonnull bytes, size_t count) {
  VipsBlob *blob = CVIPS(vips_blob_new)(NULL, bytes, count);
  if (!blob) return 0;
  VipsSource *source = CVIPS(vips_source_new_from_blob)(blob);
  CVIPS(vips_area_unref)((VipsArea *)blob);
  return source;
}

/// Reads from a copy of `bytes` (libvips: vips_blob_copy, vips_source_new_from_blob).
static inline VipsSource *_Nullable cvips_source_of_bytes(const void *_Nonnull bytes, size_t count) {
  VipsBlob *blob = CVIPS(vips_blob_copy)(bytes, count);
  if (!blob) return 0;
  VipsSource *source = CVIPS(vips_source_new_from_blob)(blob);
  CVIPS(vips_area_unref)((VipsArea *)blob);
  return source;
}

/// `shrink` is 1, 2, 4 or 8 (libvips: vips_jpegload_source).
static inline VipsImage *_Nullable cvips_load_jpeg(VipsSource *_Nonnull source, VipsFailOn fail_on, int shrink) {
  VipsImage *out = 0;
  return CVIPS(vips_jpegload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, "shrink",
                                     shrink, NULL)
             ? 0
             : out;
}

/// Still pictures only (libvips: vips_pngload_source).
static inline VipsImage *_Nullable cvips_load_png(VipsSource *_Nonnull source, VipsFailOn fail_on) {
  VipsImage *out = 0;
  return CVIPS(vips_pngload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL) ? 0 : out;
}

/// `pages` frames from `page`, -1 for all, one below the other (libvips: vips_webpload_source).
static inline VipsImage *_Nullable cvips_load_webp(VipsSource *_Nonnull source, int page, int pages) {
  VipsImage *out = 0;
  return CVIPS(vips_webpload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "page", page, "n", pages,
                                     NULL)
             ? 0
             : out;
}

/// `pages` frames from `page`, -1 for all, one below the other (libvips: vips_gifload_source).
static inline VipsImage *_Nullable cvips_load_gif(VipsSource *_Nonnull source, VipsFailOn fail_on, int page,
                                                  int pages) {
  VipsImage *out = 0;
  return CVIPS(vips_gifload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, "page", page,
                                    "n", pages, NULL)
             ? 0
             : out;
}

/// `pages` pages from `page`, -1 for all, one below the other (libvips: vips_tiffload_source).
static inline VipsImage *_Nullable cvips_load_tiff(VipsSource *_Nonnull source, int page, int pages) {
  VipsImage *out = 0;
  return CVIPS(vips_tiffload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "page", page, "n", pages,
                                     NULL)
             ? 0
             : out;
}

/// The primary picture, which need not be the first one, turned upright by libheif (libvips: vips_heifload_source).
static inline VipsImage *_Nullable cvips_load_heif_primary(VipsSource *_Nonnull source) {
  VipsImage *out = 0;
  return CVIPS(vips_heifload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, NULL) ? 0 : out;
}

/// `pages` pictures from `page`, -1 for all, already turned upright by libheif (libvips: vips_heifload_source).
static inline VipsImage *_Nullable cvips_load_heif(VipsSource *_Nonnull source, int page, int pages) {
  VipsImage *out = 0;
  return CVIPS(vips_heifload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "page", page, "n", pages,
                                     NULL)
             ? 0
             : out;
}

/// The first frame (libvips: vips_jxlload_source).
static inline VipsImage *_Nullable cvips_load_jxl(VipsSource *_Nonnull source) {
  VipsImage *out = 0;
  return CVIPS(vips_jxlload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, NULL) ? 0 : out;
}

/// `page` 1 is half the size and so on (libvips: vips_jp2kload_source).
static inline VipsImage *_Nullable cvips_load_jp2k(VipsSource *_Nonnull source, int page) {
  VipsImage *out = 0;
  return CVIPS(vips_jp2kload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "page", page, NULL) ? 0 : out;
}

/// Drawn at its own size times `scale` (libvips: vips_svgload_source).
static inline VipsImage *_Nullable cvips_load_svg(VipsSource *_Nonnull source, double scale) {
  VipsImage *out = 0;
  return CVIPS(vips_svgload_source)(source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "scale", scale, NULL) ? 0 : out;
}

/// Through ImageMagick, which has no source loader (libvips: vips_source_map_blob, vips_magickload_buffer).
static inline VipsImage *_Nullable cvips_load_magick(VipsSource *_Nonnull source) {
  VipsImage *out = 0;
  VipsBlob *blob = CVIPS(vips_source_map_blob)(source);
  if (!blob) return 0;
  VipsArea *area = (VipsArea *)blob;
  int failed = CVIPS(vips_magickload_buffer)(area->data, area->length, &out, NULL);
  VipsImage *pixels = failed ? 0 : CVIPS(vips_image_copy_memory)(out);
  if (out) CVIPS(g_object_unref)(out);
  CVIPS(vips_area_unref)(area);
  return pixels;
}
