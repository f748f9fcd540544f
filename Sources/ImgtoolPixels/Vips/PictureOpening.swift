// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Where the encoded bytes of a picture are.
///
/// Never a name: libvips reads options out of names.
package enum PictureSource: Sendable {
  /// An open, readable, regular file; it stays open and belongs to the caller.
  case descriptor(Int32)
  /// The whole file, copied.
  case bytes([UInt8])
}

/// How a file is decoded.
package struct OpenOptions: Sendable, Hashable {
  /// What a decoder complains of before it gives up (libvips: VipsFailOn).
  package enum Strictness: String, Sendable, Hashable, CaseIterable {
    case none, truncated, error, warning
  }

  package var failOn: Strictness
  /// 1, 2, 4 or 8: a JPEG decoded at that fraction of its size; other formats ignore it.
  package var jpegShrink: Int
  /// The first frame or page, from 0.
  ///
  /// Nothing stands for the main one: the primary picture of HEIF and AVIF (ISO/IEC 23008-12 §6.6.2), elsewhere the
  /// first.
  package var page: Int?
  /// How many frames or pages, one below the other; nothing for all of them.
  ///
  /// PNG and JPEG have one.
  package var pages: Int?
  /// The size at which an SVG is drawn, as a factor of its own.
  package var scale: Double

  package init(
    failOn: Strictness = .error, jpegShrink: Int = 1, page: Int? = nil, pages: Int? = 1, scale: Double = 1
  ) {
    self.failOn = failOn
    self.jpegShrink = jpegShrink
    self.page = page
    self.pages = pages
    self.scale = scale
  }

  /// What every verification uses: one warning of a decoder makes a file damaged.
  package static let verifying = OpenOptions(failOn: .warning)

  /// The largest shrink that still leaves `times` the pixels of `target` on both sides; 1 for other formats.
  package static func jpegShrink(from stored: PixelSize, to target: PixelSize, leaving times: Int = 2) -> Int {
    for shrink in [8, 4, 2] {
      let (width, height) = (stored.width / shrink, stored.height / shrink)
      if width / times >= target.width, height / times >= target.height { return shrink }
    }
    return 1
  }
}

extension Picture {
  /// Opens a file with the one loader of its format, to be read from top to bottom.
  ///
  /// Only the header is read. `format` is what our own reader found in the bytes: a loader that does not recognise
  /// its format refuses.
  /// - Throws: `.unsupported` where this pool does not open the format or this libvips cannot, `.usage` for options
  ///   out of range, `.input` where the header is broken.
  package init(
    opening source: PictureSource, as format: ImageFormat, _ options: OpenOptions = OpenOptions(),
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    try thread.check()
    guard thread.formats.contains(format) else {
      throw ImgtoolError(.unsupported, "\(format.rawValue) pictures are not opened here unless they are allowed.")
    }
    guard try Vips.canLoad(format) else {
      throw ImgtoolError(.unsupported, "The installed libvips cannot read \(format.rawValue).")
    }
    guard [1, 2, 4, 8].contains(options.jpegShrink), (0...100_000).contains(options.page ?? 0),
      options.pages.map({ (1...100_000).contains($0) }) ?? true, options.scale.isFinite,
      (0.001...100_000).contains(options.scale)
    else { throw ImgtoolError(.usage, "A picture cannot be opened with \(options).") }
    let stream = try Self.stream(of: source)
    defer { cvips_release(stream) }
    guard let image = Self.load(stream, format, options) else {
      throw Vips.failure(.input, "The \(format.rawValue) header cannot be read.")
    }
    self.init(owning: image, watch: thread.watch, readsFile: true)
  }

  private static func stream(of source: PictureSource) throws(ImgtoolError) -> UnsafeMutablePointer<VipsSource> {
    let stream: UnsafeMutablePointer<VipsSource>?
    switch source {
    case .descriptor(let descriptor):
      let own = reopened(descriptor)
      defer { if own >= 0 { close(own) } }
      stream = own < 0 ? nil : cvips_source_of_descriptor(own)
    case .bytes(let bytes):
      stream = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.flatMap { cvips_source_of_bytes($0, buffer.count) }
      }
    }
    guard let stream else { throw Vips.failure(.input, "The file cannot be read.") }
    return stream
  }

  /// A descriptor of the same file with a position of its own, so that two pictures can read one file at once.
  ///
  /// Where the system has no such thing the position is shared and set to the beginning.
  private static func reopened(_ descriptor: Int32) -> Int32 {
    #if os(Linux)
      let own = open("/proc/self/fd/\(descriptor)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if own >= 0 { return own }
    #endif
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if copy >= 0 { lseek(copy, 0, SEEK_SET) }
    return copy
  }

  private static func load(
    _ stream: UnsafeMutablePointer<VipsSource>, _ format: ImageFormat, _ options: OpenOptions
  ) -> Image? {
    let fail = options.failOn.level
    let (page, pages) = (Int32(options.page ?? 0), Int32(options.pages ?? -1))
    return switch format {
    case .jpeg: cvips_load_jpeg(stream, fail, Int32(options.jpegShrink))
    case .png: cvips_load_png(stream, fail)
    case .webp: cvips_load_webp(stream, page, pages)
    case .gif: cvips_load_gif(stream, fail, page, pages)
    case .tiff: cvips_load_tiff(stream, page, pages)
    case .heif, .avif:
      options.page == nil && options.pages == 1
        ? cvips_load_heif_primary(stream) : cvips_load_heif(stream, page, pages)
    case .jxl: cvips_load_jxl(stream)
    case .jp2: cvips_load_jp2k(stream, page)
    case .svg: cvips_load_svg(stream, options.scale)
    case .bmp: cvips_load_magick(stream)
    }
  }
}

extension PictureSource {
  /// The whole file.
  ///
  /// - Throws: `.input` where it cannot be read.
  func allBytes() throws(ImgtoolError) -> [UInt8] {
    guard case .descriptor(let descriptor) = self else {
      if case .bytes(let bytes) = self { return bytes }
      return []
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size >= 0 else {
      throw ImgtoolError(.input, "The file cannot be read: \(String(cString: strerror(errno))).")
    }
    let count = Int(status.st_size)
    var filled = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      while filled < count {
        let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, off_t(filled))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { break }
        filled += got
      }
      initialised = filled
    }
    guard filled == count else { throw ImgtoolError(.input, "The file became shorter while it was read.") }
    return bytes
  }
}

extension OpenOptions.Strictness {
  var level: VipsFailOn {
    switch self {
    case .none: VIPS_FAIL_ON_NONE
    case .truncated: VIPS_FAIL_ON_TRUNCATED
    case .error: VIPS_FAIL_ON_ERROR
    case .warning: VIPS_FAIL_ON_WARNING
    }
  }
}
