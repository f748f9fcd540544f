// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Reads what the header of an image says, without decoding and without a C library.
///
/// Every call stands alone and may run on any thread. A file is read by its first 8 KiB and then in small hops from
/// part to part, so the cost does not grow with the file, except for GIF, whose frames can only be counted by walking
/// them.
public enum Probe {
  /// Bytes of the first read: the whole header of most files, and less to copy than a larger one.
  ///
  /// Measured over the formats of the web, one read of 64 KiB costs a third more than 8 KiB and the hops it saves.
  static let headBytes = 8_192
  /// Bytes of each further read.
  static let hopBytes = 4_096
  /// Bytes that one part of a header may have; a segment of JPEG and the scanned part of XMP fit in.
  static let windowBytes = 65_536

  /// The facts of the file at `path`, which is a name and nothing but a name.
  ///
  /// - Throws: `input` for what is missing, unreadable, empty, not a regular file, not an image, or broken;
  ///   `unsupported` for an image format that is recognised and not read here.
  public static func facts(ofFile path: String) throws(ImgtoolError) -> ImageFacts {
    let file = try OpenFile(path)
    return try facts(ofDescriptor: file.descriptor)
  }

  /// The facts of an open regular file, whatever its position, which stays where it is.
  ///
  /// - Throws: As `facts(ofFile:)`.
  public static func facts(ofDescriptor descriptor: Int32) throws(ImgtoolError) -> ImageFacts {
    var window: ByteWindow
    do {
      let length = try SystemCall.length(of: descriptor)
      window = try ByteWindow(
        descriptor: descriptor, length: length, capacity: windowBytes, head: headBytes, stride: hopBytes)
    } catch {
      throw error.error(in: nil, of: 0)
    }
    return try facts(through: &window)
  }

  /// The format of an open regular file by its first bytes; nothing where it is none of those here.
  ///
  /// - Throws: `.input` for what is empty, unreadable or no regular file.
  public static func format(ofDescriptor descriptor: Int32) throws(ImgtoolError) -> ImageFormat? {
    do {
      let length = try SystemCall.length(of: descriptor)
      var window = try ByteWindow(
        descriptor: descriptor, length: length, capacity: headBytes, head: Sniffer.enoughBytes, stride: headBytes)
      return Sniffer.format(of: try window.run(at: 0))
    } catch {
      throw error.error(in: nil, of: 0)
    }
  }

  /// The facts of an image in memory, which is read in place and not kept.
  ///
  /// - Throws: As `facts(ofFile:)`.
  public static func facts(of bytes: UnsafeRawBufferPointer) throws(ImgtoolError) -> ImageFacts {
    var window: ByteWindow
    do {
      window = try ByteWindow(of: bytes)
    } catch {
      throw error.error(in: nil, of: 0)
    }
    return try facts(through: &window)
  }

  /// The facts of an image in memory.
  ///
  /// - Throws: As `facts(ofFile:)`.
  public static func facts(of bytes: [UInt8]) throws(ImgtoolError) -> ImageFacts {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ImgtoolError) in
      try facts(of: UnsafeRawBufferPointer(buffer))
    }
  }

  private static func facts(through window: inout ByteWindow) throws(ImgtoolError) -> ImageFacts {
    var format: ImageFormat?
    do throws(HeaderFault) {
      format = Sniffer.format(of: try window.run(at: 0))
      guard let format else { throw Sniffer.refusal(of: try window.run(at: 0)) }
      return try facts(of: format, through: &window)
    } catch {
      throw error.error(in: format?.name, of: window.length)
    }
  }

  private static func facts(
    of format: ImageFormat, through window: inout ByteWindow
  ) throws(HeaderFault) -> ImageFacts {
    switch format {
    case .jpeg: try JPEGReader.facts(through: &window)
    case .png: try PNGReader.facts(through: &window)
    case .webp: try WebPReader.facts(through: &window)
    case .gif: try GIFReader.facts(through: &window)
    case .tiff: try TIFFReader.facts(through: &window)
    case .heif, .avif: try HEIFReader.facts(through: &window)
    case .bmp: try BMPReader.facts(through: &window)
    case .jxl: try JXLReader.facts(through: &window)
    case .jp2: try JP2Reader.facts(through: &window)
    case .svg: throw .unsupported("an SVG drawing has no header to read: its size is for a renderer to say")
    }
  }
}

extension ImageFormat {
  /// What people call the format.
  var name: String {
    switch self {
    case .jpeg: "JPEG"
    case .png: "PNG"
    case .webp: "WebP"
    case .gif: "GIF"
    case .tiff: "TIFF"
    case .heif: "HEIF"
    case .avif: "AVIF"
    case .bmp: "BMP"
    case .jxl: "JPEG XL"
    case .jp2: "JPEG 2000"
    case .svg: "SVG"
    }
  }
}

extension PixelSize {
  /// The size a header states; sides of 0 or past `sideLimit` are refused.
  init(stated width: Int, _ height: Int) throws(HeaderFault) {
    guard let size = PixelSize(width: width, height: height) else {
      throw .malformed("its header states a size of \(width)×\(height)")
    }
    self = size
  }
}
