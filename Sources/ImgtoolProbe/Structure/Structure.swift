// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Walks the structure of an image from end to end, without decoding and without a C library.
///
/// It reads a file once, in order, through one window of at most 256 KiB, whatever the size of the file; of WebP, TIFF,
/// HEIF, BMP and JPEG XL only the parts that say where the others are. What it can see of damage:
///
/// | format | seen | not seen |
/// | --- | --- | --- |
/// | JPEG | a cut anywhere, lost or exchanged restart intervals, broken segments | flipped bits inside a scan |
/// | PNG, APNG | a cut, any flipped bit, lost frames | – |
/// | WebP | a cut, broken chunks, lost frames | flipped bits inside a picture |
/// | GIF | a cut, broken blocks, codes that break off or make too few pixels | flipped bits that keep their number |
/// | TIFF, BigTIFF | strips, tiles or pages outside the file, loops | flipped bits inside a strip |
/// | HEIF, AVIF | boxes or items outside the file | flipped bits inside an item |
/// | BMP | rows outside the file | flipped bits |
/// | JPEG XL in a container, JPEG 2000 | boxes and tile parts outside the file | flipped bits |
/// | bare JPEG XL | – | everything: the codestream shows no lengths |
public enum Structure {
  /// Bytes that the window may hold.
  static let windowBytes = 262_144
  /// Bytes of one read: few enough to be scanned while they are in the nearest cache.
  static let streamBytes = 65_536

  /// Checks the file at `path`, which is a name and nothing but a name.
  ///
  /// - Parameter limits: What may be decoded: a walk that meets more ends there with a failure. Nothing looks for
  ///   damage alone.
  /// - Throws: `input` for what cannot be read or is no image, `unsupported` for a format without a walk here.
  ///   Damage is never thrown: it is in the findings.
  public static func check(file path: String, limits: DecodeLimits? = nil) throws(ImgtoolError) -> StructureReport {
    let file = try OpenFile(path)
    return try check(descriptor: file.descriptor, limits: limits)
  }

  /// Checks an open regular file, whatever its position, which stays where it is.
  ///
  /// - Throws: As `check(file:)`.
  public static func check(
    descriptor: Int32, limits: DecodeLimits? = nil
  ) throws(ImgtoolError) -> StructureReport {
    var window: ByteWindow
    do throws(HeaderFault) {
      let length = try SystemCall.length(of: descriptor)
      if length > windowBytes { SystemCall.expectStream(descriptor) }
      window = try ByteWindow(
        descriptor: descriptor, length: length, capacity: windowBytes, head: streamBytes, stride: streamBytes)
    } catch {
      throw error.error(in: nil, of: 0)
    }
    return try check(through: &window, limits)
  }

  /// Checks an image in memory, which is read in place and not kept.
  ///
  /// - Throws: As `check(file:)`.
  public static func check(
    _ bytes: UnsafeRawBufferPointer, limits: DecodeLimits? = nil
  ) throws(ImgtoolError) -> StructureReport {
    var window: ByteWindow
    do throws(HeaderFault) {
      window = try ByteWindow(of: bytes)
    } catch {
      throw error.error(in: nil, of: 0)
    }
    return try check(through: &window, limits)
  }

  /// Checks an image in memory.
  ///
  /// - Throws: As `check(file:)`.
  public static func check(_ bytes: [UInt8], limits: DecodeLimits? = nil) throws(ImgtoolError) -> StructureReport {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ImgtoolError) in
      try check(UnsafeRawBufferPointer(buffer), limits: limits)
    }
  }

  private static func check(
    through window: inout ByteWindow, _ limits: DecodeLimits?
  ) throws(ImgtoolError) -> StructureReport {
    var format: ImageFormat?
    do throws(HeaderFault) {
      format = Sniffer.format(of: try window.run(at: 0))
      guard let format else { throw Sniffer.refusal(of: try window.run(at: 0)) }
      var walk = StructureWalk(limits: limits)
      do throws(HeaderFault) {
        try follow(format, &window, &walk)
      } catch {
        try walk.fail(error, length: window.length)
      }
      return walk.report(of: format, length: window.length)
    } catch {
      throw error.error(in: format?.name, of: window.length)
    }
  }

  private static func follow(
    _ format: ImageFormat, _ window: inout ByteWindow, _ walk: inout StructureWalk
  ) throws(HeaderFault) {
    switch format {
    case .jpeg: try JPEGStructure.follow(&window, &walk)
    case .png: try PNGStructure.follow(&window, &walk)
    case .webp: try WebPStructure.follow(&window, &walk)
    case .gif: try GIFStructure.follow(&window, &walk)
    case .tiff: try TIFFStructure.follow(&window, &walk)
    case .heif, .avif: try HEIFStructure.follow(&window, &walk)
    case .bmp: try BMPStructure.follow(&window, &walk)
    case .jxl: try JXLStructure.follow(&window, &walk)
    case .jp2: try JP2Structure.follow(&window, &walk)
    case .svg: throw .unsupported("an SVG drawing has no structure that is checked here")
    }
  }
}
