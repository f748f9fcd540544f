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
  /// The whole file as it lies in memory of its own, or mapped.
  case shared(SharedRegion)
}

/// How a file is decoded.
package struct OpenOptions: Sendable, Hashable, Codable {
  /// What a decoder complains of before it gives up (libvips: VipsFailOn).
  package enum Strictness: String, Sendable, Hashable, Codable, CaseIterable {
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
    failOn: Strictness = .warning, jpegShrink: Int = 1, page: Int? = nil, pages: Int? = 1, scale: Double = 1
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
  /// Opens an image that passed the gate with the one loader of its format, to be read from top to bottom.
  ///
  /// Without isolation only the header is read, and held against the limits once more. With it, another process decodes
  /// the whole picture, and its pixels are in memory.
  /// - Throws: `.unsupported` where this libvips cannot read the format, `.usage` for options out of range, `.input`
  ///   where the file is broken, `.limit`.
  package init(
    opening image: AdmittedImage, _ options: OpenOptions = OpenOptions(), on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    self = try Self.made(of: image, options, on: thread)
  }

  private static func made(
    of image: AdmittedImage, _ options: OpenOptions, on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> Picture {
    try thread.check()
    let facts = image.facts
    guard thread.gate.limits.formats.contains(facts.format) else {
      throw ImgtoolError(.unsupported, "\(facts.format.rawValue) pictures are not opened here unless they are allowed.")
    }
    guard [1, 2, 4, 8].contains(options.jpegShrink), (0...100_000).contains(options.page ?? 0),
      options.pages.map({ (1...100_000).contains($0) }) ?? true, options.scale.isFinite,
      (0.001...100_000).contains(options.scale)
    else { throw ImgtoolError(.usage, "A picture cannot be opened with \(options).") }
    try Vips.start()
    let picture =
      if let workers = thread.workers {
        try decoded(image, options, by: workers, thread.watch)
      } else {
        try opened(image, options, thread.watch)
      }
    try image.check(picture)
    return picture
  }

  /// The pixels as another process decodes them.
  private static func decoded(
    _ image: AdmittedImage, _ options: OpenOptions, by workers: WorkerPool, _ watch: Watch
  ) throws(ImgtoolError) -> Picture {
    let (answer, region) = try workers.perform(
      .pixels(options), on: image, room: image.room(pages: options.pages), watch)
    guard case .pixels(let description) = answer else {
      throw ImgtoolError(.fault, "The decoder answered another question.")
    }
    return try shared(description, in: region, watch)
  }

  /// The file opened in this process.
  private static func opened(
    _ image: AdmittedImage, _ options: OpenOptions, _ watch: Watch
  ) throws(ImgtoolError) -> Picture {
    let format = image.facts.format
    guard try Vips.canLoad(format) else {
      throw ImgtoolError(.unsupported, "The installed libvips cannot read \(format.rawValue).")
    }
    var options = options
    options.failOn = image.strictness(options.failOn)
    let stream = try stream(of: image.source)
    defer { cvips_release(stream) }
    guard let opened = load(stream, format, options) else {
      throw Vips.failure(.input, "The \(format.rawValue) header cannot be read.")
    }
    // Mapped bytes have to outlive everything that reads them.
    if case .shared(let region) = image.source {
      cvips_keep(
        opened, { Unmanaged<SharedRegion>.fromOpaque($0).release() }, Unmanaged.passRetained(region).toOpaque())
    }
    return Picture(owning: opened, watch: watch, readsFile: true)
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
    case .shared(let region):
      stream = region.bytes.baseAddress.flatMap { cvips_source_of_lasting_bytes($0, region.count) }
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
  /// Bytes of the whole file.
  ///
  /// - Throws: `.input` for what is no regular file.
  func byteCount() throws(ImgtoolError) -> Int {
    switch self {
    case .bytes(let bytes): return bytes.count
    case .shared(let region): return region.count
    case .descriptor(let descriptor):
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_size >= 0 else {
        throw ImgtoolError(.input, "The file cannot be read: \(String(cString: strerror(errno))).")
      }
      return Int(status.st_size)
    }
  }

  /// The whole file.
  ///
  /// - Throws: `.input` where it cannot be read.
  func allBytes() throws(ImgtoolError) -> [UInt8] {
    let descriptor: Int32
    switch self {
    case .bytes(let bytes): return bytes
    case .shared(let region): return [UInt8](region.bytes)
    case .descriptor(let open): descriptor = open
    }
    let count = try byteCount()
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
