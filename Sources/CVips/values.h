// SPDX-License-Identifier: Apache-2.0
// Images as values: pixels in and out, header fields, progress.
#pragma once
#include "library.h"

/// Gives up one reference (GLib: g_object_unref).
static inline void cvips_release(void *_Nonnull object) { CVIPS(g_object_unref)(object); }

/// An image made of a copy of `bytes`, row by row, null on failure (libvips: vips_image_new_from_memory_copy).
static inline VipsImage *_Nullable cvips_from_memory(const void *_Nonnull bytes, size_t count, int width, int height,
                                                     int bands, VipsBandFormat sample) {
  return CVIPS(vips_image_new_from_memory_copy)(bytes, count, width, height, bands, sample);
}

/// All pixels, row by row; free with `cvips_free`, null on failure (libvips: vips_image_write_to_memory).
static inline void *_Nullable cvips_to_memory(VipsImage *_Nonnull image, size_t *_Nonnull count) {
  return CVIPS(vips_image_write_to_memory)(image, count);
}

/// The same image with all pixels computed, null on failure (libvips: vips_image_copy_memory).
static inline VipsImage *_Nullable cvips_copy_memory(VipsImage *_Nonnull image) {
  return CVIPS(vips_image_copy_memory)(image);
}

/// Whether the last band is alpha (libvips: vips_image_hasalpha).
static inline gboolean cvips_has_alpha(VipsImage *_Nonnull image) { return CVIPS(vips_image_hasalpha)(image); }

/// Whether the header has a field (libvips: vips_image_get_typeof).
static inline gboolean cvips_has_field(VipsImage *_Nonnull image, const char *_Nonnull name) {
  return CVIPS(vips_image_get_typeof)(image, name) != 0;
}

/// A whole-number field, `otherwise` where it is absent or of another type (libvips: vips_image_get_int).
static inline int cvips_int_field(VipsImage *_Nonnull image, const char *_Nonnull name, int otherwise) {
  int value = otherwise;
  if (CVIPS(vips_image_get_typeof)(image, name) != G_TYPE_INT) return otherwise;
  return CVIPS(vips_image_get_int)(image, name, &value) ? otherwise : value;
}

/// Sets a whole-number field of an image nobody else sees (libvips: vips_image_set_int).
static inline void cvips_set_int_field(VipsImage *_Nonnull image, const char *_Nonnull name, int value) {
  CVIPS(vips_image_set_int)(image, name, value);
}

/// A field of bytes, owned by the image, null where there is none (libvips: vips_image_get_blob).
static inline const void *_Nullable cvips_blob_field(VipsImage *_Nonnull image, const char *_Nonnull name,
                                                     size_t *_Nonnull count) {
  const void *bytes = 0;
  if (CVIPS(vips_image_get_typeof)(image, name) == 0) return 0;
  return CVIPS(vips_image_get_blob)(image, name, &bytes, count) ? 0 : bytes;
}

/// Sets a field of bytes of an image nobody else sees (libvips: vips_image_set_blob_copy).
static inline void cvips_set_blob_field(VipsImage *_Nonnull image, const char *_Nonnull name,
                                        const void *_Nonnull bytes, size_t count) {
  CVIPS(vips_image_set_blob_copy)(image, name, bytes, count);
}

/// Removes a field of an image nobody else sees (libvips: vips_image_remove).
static inline void cvips_remove_field(VipsImage *_Nonnull image, const char *_Nonnull name) {
  CVIPS(vips_image_remove)(image, name);
}

/// The names of all fields, ended by null; free with `cvips_free_names` (libvips: vips_image_get_fields).
static inline char *_Nullable *_Nullable cvips_fields(VipsImage *_Nonnull image) {
  return CVIPS(vips_image_get_fields)(image);
}

/// Frees a list of names (GLib: g_strfreev).
static inline void cvips_free_names(char *_Nullable *_Nullable names) { CVIPS(g_strfreev)(names); }

/// Is told again and again while pixels are computed.
typedef void (*cvips_eval_handler)(VipsImage *_Nonnull image, VipsProgress *_Nullable progress, void *_Nonnull data);

/// Turns the "eval" signal on and sends it to `handler` (libvips: vips_image_set_progress; GLib: g_signal_connect_data).
static inline gulong cvips_watch(VipsImage *_Nonnull image, cvips_eval_handler _Nonnull handler, void *_Nonnull data) {
  CVIPS(vips_image_set_progress)(image, TRUE);
  return CVIPS(g_signal_connect_data)(image, "eval", (GCallback)handler, data, 0, (GConnectFlags)0);
}

/// Ends `cvips_watch` (GLib: g_signal_handler_disconnect).
static inline void cvips_unwatch(VipsImage *_Nonnull image, gulong watch) {
  CVIPS(g_signal_handler_disconnect)(image, watch);
  CVIPS(vips_image_set_progress)(image, FALSE);
}

/// Turns progress off on an image that inherited it from one it was copied of (libvips: vips_image_set_progress).
static inline void cvips_forget_progress(VipsImage *_Nonnull image) { CVIPS(vips_image_set_progress)(image, FALSE); }

/// Makes every further computation of the image fail (libvips: vips_image_set_kill).
static inline void cvips_kill(VipsImage *_Nonnull image) { CVIPS(vips_image_set_kill)(image, TRUE); }

/// Computes all pixels into memory of exactly their size, 0 on success (libvips: vips_image_new_from_memory,
/// vips_image_write).
static inline int cvips_write_into(VipsImage *_Nonnull image, void *_Nonnull memory, size_t count) {
  VipsImage *target = CVIPS(vips_image_new_from_memory)(memory, count, image->Xsize, image->Ysize, image->Bands,
                                                        image->BandFmt);
  if (!target) return -1;
  int failed = CVIPS(vips_image_write)(image, target);
  CVIPS(g_object_unref)(target);
  return failed;
}

/// Told when pixels are needed no longer.
typedef void (*cvips_release_handler)(void *_Nonnull data);

/// An image whose pixels stay where they are; `release` is called with `data` once nothing reads them any more.
///
/// Null on failure, and then `release` is not called (libvips: vips_image_new_from_memory, vips_copy; GLib:
/// g_object_set_data_full).
static inline VipsImage *_Nullable cvips_from_shared(const void *_Nonnull bytes, size_t count, int width, int height,
                                                     int bands, VipsBandFormat sample, VipsInterpretation meaning,
                                                     double across, double down, cvips_release_handler _Nonnull release,
                                                     void *_Nonnull data) {
  VipsImage *out = 0;
  VipsImage *raw = CVIPS(vips_image_new_from_memory)(bytes, count, width, height, bands, sample);
  if (!raw) return 0;
  if (CVIPS(vips_copy)(raw, &out, "interpretation", meaning, "xres", across, "yres", down, NULL)) out = 0;
  if (out) CVIPS(g_object_set_data_full)((GObject *)raw, "imgtool-shared", data, (GDestroyNotify)release);
  CVIPS(g_object_unref)(raw);
  return out;
}

/// Calls `release` with `data` once nothing reads the image any more (GLib: g_object_set_data_full).
static inline void cvips_keep(VipsImage *_Nonnull image, cvips_release_handler _Nonnull release, void *_Nonnull data) {
  CVIPS(g_object_set_data_full)((GObject *)image, "imgtool-kept", data, (GDestroyNotify)release);
}

/// What a field holds.
#define CVIPS_OTHER 0
#define CVIPS_INT 1
#define CVIPS_DOUBLE 2
#define CVIPS_TEXT 3
#define CVIPS_BLOB 4
#define CVIPS_INTS 5

/// The kind of a field (libvips: vips_image_get_typeof).
static inline int cvips_field_kind(VipsImage *_Nonnull image, const char *_Nonnull name) {
  GType type = CVIPS(vips_image_get_typeof)(image, name);
  if (type == G_TYPE_INT) return CVIPS_INT;
  if (type == G_TYPE_DOUBLE) return CVIPS_DOUBLE;
  if (type == G_TYPE_STRING || type == CVIPS(vips_ref_string_get_type)()) return CVIPS_TEXT;
  if (type == CVIPS(vips_blob_get_type)()) return CVIPS_BLOB;
  if (type == CVIPS(vips_array_int_get_type)()) return CVIPS_INTS;
  return CVIPS_OTHER;
}

/// A field of a real number, 0 where there is none (libvips: vips_image_get_double).
static inline double cvips_double_field(VipsImage *_Nonnull image, const char *_Nonnull name) {
  double value = 0;
  return CVIPS(vips_image_get_double)(image, name, &value) ? 0 : value;
}

/// A field of text, owned by the image (libvips: vips_image_get_string).
static inline const char *_Nullable cvips_text_field(VipsImage *_Nonnull image, const char *_Nonnull name) {
  const char *value = 0;
  return CVIPS(vips_image_get_string)(image, name, &value) ? 0 : value;
}

/// A field of whole numbers, owned by the image (libvips: vips_image_get_array_int).
static inline const int *_Nullable cvips_ints_field(VipsImage *_Nonnull image, const char *_Nonnull name,
                                                    int *_Nonnull count) {
  int *value = 0;
  return CVIPS(vips_image_get_array_int)(image, name, &value, count) ? 0 : value;
}

/// Sets a real number of an image nobody else sees (libvips: vips_image_set_double).
static inline void cvips_set_double_field(VipsImage *_Nonnull image, const char *_Nonnull name, double value) {
  CVIPS(vips_image_set_double)(image, name, value);
}

/// Sets a text of an image nobody else sees (libvips: vips_image_set_string).
static inline void cvips_set_text_field(VipsImage *_Nonnull image, const char *_Nonnull name,
                                        const char *_Nonnull value) {
  CVIPS(vips_image_set_string)(image, name, value);
}

/// Sets whole numbers of an image nobody else sees (libvips: vips_image_set_array_int).
static inline void cvips_set_ints_field(VipsImage *_Nonnull image, const char *_Nonnull name,
                                        const int *_Nonnull values, int count) {
  CVIPS(vips_image_set_array_int)(image, name, values, count);
}
