// SPDX-License-Identifier: Apache-2.0
// Finding libvips and its functions at run time.
#pragma once
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <vips/vips.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Every function the wrappers call. `cvips_missing` checks the list; CVIPS refuses to compile a name not on it.
#define CVIPS_FUNCTIONS(X) \
  X(vips_init) X(vips_concurrency_get) X(vips_cache_get_max) X(vips_cache_get_max_mem) X(vips_cache_get_max_files) \
  X(vips_image_write) X(vips_image_new_from_memory) \
  X(vips_blob_new) X(vips_blob_get_type) X(vips_ref_string_get_type) X(vips_array_int_get_type) \
  X(vips_image_get_string) X(vips_image_set_string) X(vips_image_get_double) X(vips_image_set_double) \
  X(vips_image_get_array_int) X(vips_image_set_array_int) X(g_object_set_data_full) \
  X(g_type_class_ref) X(g_type_class_unref) X(vips_version_string) X(vips_thread_shutdown) \
  X(vips_concurrency_set) X(vips_cache_set_max) X(vips_cache_set_max_mem) X(vips_cache_set_max_files) \
  X(vips_block_untrusted_set) X(vips_operation_block_set) X(vips_error_buffer_copy) X(vips_type_find) \
  X(vips_tracked_get_mem) X(vips_source_new_from_descriptor) X(vips_source_new_from_blob) X(vips_blob_copy) \
  X(vips_area_unref) X(vips_source_map_blob) X(vips_jpegload_source) X(vips_pngload_source) X(vips_webpload_source) \
  X(vips_gifload_source) X(vips_tiffload_source) X(vips_heifload_source) X(vips_jxlload_source) \
  X(vips_jp2kload_source) X(vips_svgload_source) X(vips_magickload_buffer) X(vips_image_new_from_memory_copy) \
  X(vips_image_write_to_memory) X(vips_image_copy_memory) X(vips_image_set_kill) X(vips_image_set_progress) \
  X(vips_image_hasalpha) X(vips_image_get_typeof) X(vips_image_get_int) X(vips_image_set_int) X(vips_image_get_blob) \
  X(vips_image_set_blob_copy) X(vips_image_remove) X(vips_image_get_fields) X(vips_copy) X(vips_rot) X(vips_flip) \
  X(vips_resize) X(vips_shrink) X(vips_premultiply) X(vips_unpremultiply) X(vips_round) X(vips_cast) \
  X(vips_extract_area) X(vips_embed) X(vips_insert) X(vips_replicate) X(vips_gaussblur) \
  X(vips_ifthenelse) X(vips_add) X(vips_flatten) X(vips_icc_transform) X(vips_colourspace) X(vips_stats) \
  X(vips_target_new_to_descriptor) X(vips_target_new_to_memory) X(vips_blob_get) X(vips_jpegsave_target) \
  X(vips_pngsave_target) X(vips_webpsave_target) X(vips_tiffsave_target) X(vips_heifsave_target) \
  X(vips_gifsave_target) X(g_object_unref) X(g_free) X(g_strfreev) X(g_log_set_handler) X(g_signal_connect_data) \
  X(g_signal_handler_disconnect) X(vips_array_double_new) X(vips_text)

enum {
#define CVIPS_LISTED(name) cvips_lists_##name,
  CVIPS_FUNCTIONS(CVIPS_LISTED)
#undef CVIPS_LISTED
  cvips_listed_count
};

/// The loaded library, or null where it is not installed (POSIX: dlopen). Searching it reaches GLib too.
static inline void *_Nullable cvips_handle(void) {
  static void *cached = 0;
  void *handle = __atomic_load_n(&cached, __ATOMIC_ACQUIRE);
  if (handle) return handle;
#if defined(__APPLE__)
  static const char *const names[] = {
      "libvips.42.dylib", "/opt/homebrew/lib/libvips.42.dylib", "/usr/local/lib/libvips.42.dylib",
      "/opt/local/lib/libvips.42.dylib"};
#else
  static const char *const names[] = {"libvips.so.42"};
#endif
  for (size_t i = 0; !handle && i < sizeof names / sizeof *names; i++) handle = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
  __atomic_store_n(&cached, handle, __ATOMIC_RELEASE);
  return handle;
}

/// The address of one function, or null; `cached` remembers it (POSIX: dlsym).
static inline void *_Nullable cvips_find(void *_Nullable *_Nonnull cached, const char *_Nonnull name) {
  void *found = __atomic_load_n(cached, __ATOMIC_ACQUIRE);
  if (found) return found;
  void *handle = cvips_handle();
  if (!handle) return 0;
  found = dlsym(handle, name);
  __atomic_store_n(cached, found, __ATOMIC_RELEASE);
  return found;
}

/// A function of libvips or GLib, found once for each place that calls it; call only after `cvips_missing`.
#define CVIPS(name) \
  (__extension__({ \
    static void *cvips_cached = 0; \
    (void)cvips_lists_##name; \
    (__typeof__(&name))cvips_find(&cvips_cached, #name); \
  }))

/// The first function that cannot be found, "libvips" when the library itself cannot, null when all is there.
static inline const char *_Nullable cvips_missing(void) {
  static const char *const names[] = {
#define CVIPS_NAME(name) #name,
      CVIPS_FUNCTIONS(CVIPS_NAME)
#undef CVIPS_NAME
  };
  void *handle = cvips_handle();
  if (!handle) return "libvips";
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!dlsym(handle, names[i])) return names[i];
  return 0;
}

/// Initialises the library, 0 on success; safe to call again (libvips: vips_init).
static inline int cvips_init(void) { return CVIPS(vips_init)("imgtool"); }

/// The version for people, "8.14.1" (libvips: vips_version_string).
static inline const char *_Nonnull cvips_version(void) { return CVIPS(vips_version_string)(); }

/// Threads one evaluation may use (libvips: vips_concurrency_set).
static inline void cvips_set_concurrency(int threads) { CVIPS(vips_concurrency_set)(threads); }

/// Operations, bytes and files the operation cache may keep (libvips: vips_cache_set_max, _max_mem, _max_files).
static inline void cvips_set_cache(int operations, size_t bytes, int files) {
  CVIPS(vips_cache_set_max)(operations);
  CVIPS(vips_cache_set_max_mem)(bytes);
  CVIPS(vips_cache_set_max_files)(files);
}

/// Refuses every loader and saver not fuzzed by its makers (libvips: vips_block_untrusted_set).
static inline void cvips_block_untrusted(void) { CVIPS(vips_block_untrusted_set)(TRUE); }

/// Blocks or frees one class of operations by its type name (libvips: vips_operation_block_set).
static inline void cvips_block_operation(const char *_Nonnull name, gboolean blocked) {
  CVIPS(vips_operation_block_set)(name, blocked);
}

/// What `cvips_set_concurrency` and `cvips_set_cache` set: threads, operations, bytes, files (libvips:
/// vips_concurrency_get, vips_cache_get_max, _max_mem, _max_files).
static inline void cvips_settings(size_t *_Nonnull four) {
  four[0] = (size_t)CVIPS(vips_concurrency_get)();
  four[1] = (size_t)CVIPS(vips_cache_get_max)();
  four[2] = CVIPS(vips_cache_get_max_mem)();
  four[3] = (size_t)CVIPS(vips_cache_get_max_files)();
}

/// Whether an operation is there and blocked (libvips: VipsOperationClass.flags; GLib: g_type_class_ref).
static inline gboolean cvips_is_blocked(const char *_Nonnull nickname) {
  GType type = CVIPS(vips_type_find)("VipsOperation", nickname);
  if (!type) return FALSE;
  VipsOperationClass *operation = (VipsOperationClass *)CVIPS(g_type_class_ref)(type);
  gboolean blocked = (operation->flags & VIPS_OPERATION_BLOCKED) != 0;
  CVIPS(g_type_class_unref)(operation);
  return blocked;
}

/// Whether this build has an operation, for example "jxlload_source" (libvips: vips_type_find).
static inline gboolean cvips_has_operation(const char *_Nonnull nickname) {
  return CVIPS(vips_type_find)("VipsOperation", nickname) != 0;
}

/// Frees what libvips keeps for the calling thread (libvips: vips_thread_shutdown).
static inline void cvips_thread_shutdown(void) { CVIPS(vips_thread_shutdown)(); }

/// Takes and empties the error text of the whole process; free with `cvips_free` (libvips: vips_error_buffer_copy).
static inline char *_Nullable cvips_take_error(void) { return CVIPS(vips_error_buffer_copy)(); }

/// Bytes of pixels libvips holds now (libvips: vips_tracked_get_mem).
static inline size_t cvips_tracked_memory(void) { return CVIPS(vips_tracked_get_mem)(); }

/// Frees memory that libvips or GLib gave (GLib: g_free).
static inline void cvips_free(void *_Nullable memory) { CVIPS(g_free)(memory); }

/// Receives one log message: its domain, its level and its text.
typedef void (*cvips_log_handler)(const char *_Nullable domain, GLogLevelFlags level, const char *_Nullable text,
                                  void *_Nullable data);

/// Sends everything libvips would print to standard error to `handler` (GLib: g_log_set_handler, domain "VIPS").
static inline void cvips_route_log(cvips_log_handler _Nonnull handler) {
  CVIPS(g_log_set_handler)("VIPS", (GLogLevelFlags)(G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL | G_LOG_FLAG_RECURSION),
                           (GLogFunc)handler, 0);
}

/// Names the calling thread (Linux: prctl PR_SET_NAME; Darwin: pthread_setname_np).
static inline void cvips_name_thread(const char *_Nonnull name) {
#if defined(__linux__)
  prctl(PR_SET_NAME, name);
#elif defined(__APPLE__)
  pthread_setname_np(name);
#endif
}

/// Cores the process may run on, 0 where the system does not tell (Linux: sched_getaffinity).
static inline int cvips_allowed_cores(void) {
  int count = 0;
#if defined(__linux__)
  unsigned long set[128] = {0};
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
  for (long i = 0; i < bytes / (long)sizeof *set; i++) count += __builtin_popcountl(set[i]);
#endif
  return count;
}

/// Gives free memory back to the system; nothing where the allocator does so itself (glibc: malloc_trim).
static inline void cvips_trim_heaps(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

/// Limits glibc to two heaps, so that a service gives memory back; nothing elsewhere (glibc: mallopt M_ARENA_MAX).
static inline void cvips_limit_heaps(void) {
#if defined(__GLIBC__)
  mallopt(M_ARENA_MAX, 2);
#endif
}
