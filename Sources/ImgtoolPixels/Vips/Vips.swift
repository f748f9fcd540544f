// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore
import Synchronization

/// The one start of libvips in this process, and what the installed build can do.
package enum Vips {
  /// The version for people, for example "8.14.1"; starts libvips.
  ///
  /// - Throws: `.unsupported` where libvips is absent, older than 8.13 or lacks a function this project calls.
  package static func version() throws(ImgtoolError) -> String {
    try start()
    return String(cString: cvips_version())
  }

  /// Loads and initialises libvips once: no operation cache, one thread for each evaluation, untrusted loaders
  /// blocked, log messages away from standard error, two heaps on glibc.
  ///
  /// Takes about 40 ms the first time, nothing afterwards. Any thread may call it.
  /// - Throws: `.unsupported` where libvips is absent, older than 8.13 or lacks a function this project calls.
  package static func start() throws(ImgtoolError) { try outcome.get() }

  /// Whether libvips was started here; nothing of it may be called before.
  static var isStarted: Bool { started.load(ordering: .acquiring) }

  /// Sends what libvips would print to standard error to `handler`, from now on and in the whole process.
  ///
  /// Until a handler is set the messages are dropped: they tell of broken input, which findings report.
  package static func onMessage(_ handler: (@Sendable (String) -> Void)?) {
    messages.withLock { $0 = handler }
  }

  /// Whether this build of libvips can read a format at all; the pool still has to allow it.
  ///
  /// - Throws: `.unsupported` where libvips cannot be started.
  package static func canLoad(_ format: ImageFormat) throws(ImgtoolError) -> Bool {
    try start()
    return cvips_has_operation(format.loader.nickname) != 0
  }

  /// Whether this build of libvips has a writer for a format.
  ///
  /// A HEIF writer can be there without an encoder behind it; only saving a picture tells.
  /// - Throws: `.unsupported` where libvips cannot be started.
  package static func canSave(_ format: ImageFormat) throws(ImgtoolError) -> Bool {
    try start()
    guard let nickname = format.saver else { return false }
    return cvips_has_operation(nickname) != 0
  }

  /// How libvips is set up: threads for one evaluation, and what its operation cache may keep.
  package struct Settings: Sendable, Hashable {
    package var threads: Int
    package var cachedOperations: Int
    package var cachedBytes: Int
    package var cachedFiles: Int
  }

  /// The settings that hold now, for `doctor`; a host program may have changed them.
  ///
  /// - Throws: `.unsupported` where libvips cannot be started.
  package static func settings() throws(ImgtoolError) -> Settings {
    try start()
    var four: [Int] = [0, 0, 0, 0]
    cvips_settings(&four)
    return Settings(threads: four[0], cachedOperations: four[1], cachedBytes: four[2], cachedFiles: four[3])
  }

  /// Whether an operation of this build, by its nickname ("csvload_source"), is there and refused.
  ///
  /// - Throws: `.unsupported` where libvips cannot be started.
  package static func isBlocked(_ nickname: String) throws(ImgtoolError) -> Bool {
    try start()
    return cvips_is_blocked(nickname) != 0
  }

  /// Bytes of pixels libvips holds now, in all threads (libvips: vips_tracked_get_mem).
  package static func trackedMemory() throws(ImgtoolError) -> ByteCount {
    try start()
    return ByteCount(Int(clamping: cvips_tracked_memory()))
  }

  /// Frees the blocked loaders of formats a pool was told to allow, for the whole process.
  static func allow(_ formats: Set<ImageFormat>) {
    for format in formats {
      if let name = format.loader.blocked { cvips_block_operation(name, 0) }
    }
  }

  /// The error of a failed call: its kind from the call, its text from libvips, which is only shown.
  ///
  /// The text is one buffer for the whole process; under load it may belong to another thread's failure.
  static func failure(_ kind: ImgtoolError.Kind, _ message: String) -> ImgtoolError {
    ImgtoolError(kind, message, underlying: takeErrorText())
  }

  /// Takes and empties libvips' error text, on one line.
  @discardableResult
  static func takeErrorText() -> String? {
    guard let text = cvips_take_error() else { return nil }
    defer { cvips_free(text) }
    let lines = String(cString: text).split(whereSeparator: \.isNewline)
    return lines.isEmpty ? nil : lines.joined(separator: "; ")
  }

  private static let started = Atomic<Bool>(false)
  private static let messages = Mutex<(@Sendable (String) -> Void)?>(nil)

  private static let outcome: Result<Void, ImgtoolError> = {
    if let missing = cvips_missing() {
      let name = String(cString: missing)
      return .failure(
        ImgtoolError(
          .unsupported,
          name == "libvips"
            ? "libvips is not installed; install libvips42 (Debian), vips (Homebrew) or the like"
            : "the installed libvips is too old: it has no \(name)"))
    }
    Memory.limitHeaps()
    guard cvips_init() == 0 else { return .failure(failure(.unsupported, "libvips does not start")) }
    cvips_route_log { _, _, text, _ in
      guard let text else { return }
      Vips.deliver(String(cString: text))
    }
    cvips_set_cache(0, 0, 0)
    cvips_set_concurrency(1)
    cvips_block_untrusted()
    started.store(true, ordering: .releasing)
    return .success(())
  }()

  private static func deliver(_ message: String) {
    let handler = messages.withLock { $0 }
    handler?(message)
  }
}

/// What libvips calls the reader of a format.
struct Loader {
  /// The nickname of the operation.
  let nickname: String
  /// The class that `vips_block_untrusted_set` blocks, for a format that must be allowed by name.
  let blocked: String?
}

extension ImageFormat {
  var loader: Loader {
    switch self {
    case .jpeg: Loader(nickname: "jpegload_source", blocked: nil)
    case .png: Loader(nickname: "pngload_source", blocked: nil)
    case .webp: Loader(nickname: "webpload_source", blocked: nil)
    case .gif: Loader(nickname: "gifload_source", blocked: nil)
    case .tiff: Loader(nickname: "tiffload_source", blocked: nil)
    case .heif, .avif: Loader(nickname: "heifload_source", blocked: nil)
    case .bmp: Loader(nickname: "magickload_buffer", blocked: "VipsForeignLoadMagick")
    case .jxl: Loader(nickname: "jxlload_source", blocked: "VipsForeignLoadJxl")
    case .jp2: Loader(nickname: "jp2kload_source", blocked: "VipsForeignLoadJp2k")
    case .svg: Loader(nickname: "svgload_source", blocked: "VipsForeignLoadSvg")
    }
  }

  var saver: String? {
    switch self {
    case .jpeg: "jpegsave_target"
    case .png: "pngsave_target"
    case .webp: "webpsave_target"
    case .gif: "gifsave_target"
    case .tiff: "tiffsave_target"
    case .heif, .avif: "heifsave_target"
    case .bmp, .jxl, .jp2, .svg: nil
    }
  }
}
