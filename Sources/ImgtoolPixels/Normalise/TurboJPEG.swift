// SPDX-License-Identifier: Apache-2.0
import CTurboJPEG
package import ImgtoolCore

/// The calls of libjpeg-turbo's TurboJPEG API (2.1) that the project needs, with limits before allocations.
package enum TurboJPEG {
  /// Three or one bytes a pixel, rows without padding, origin top-left.
  package struct Pixels: Sendable, Hashable {
    package var size: PixelSize
    /// 3 for RGB, 1 for grey.
    package var channels: Int
    package var bytes: [UInt8]

    package init(size: PixelSize, channels: Int, bytes: [UInt8]) {
      self.size = size
      self.channels = channels
      self.bytes = bytes
    }
  }

  /// The subsamplings `encode` offers (TJSAMP).
  package enum Subsampling: Sendable, CaseIterable {
    case full, half, quarter, grey, halfDown, fourth

    fileprivate var code: Int32 {
      switch self {
      case .full: Int32(bitPattern: TJSAMP_444.rawValue)
      case .half: Int32(bitPattern: TJSAMP_422.rawValue)
      case .quarter: Int32(bitPattern: TJSAMP_420.rawValue)
      case .grey: Int32(bitPattern: TJSAMP_GRAY.rawValue)
      case .halfDown: Int32(bitPattern: TJSAMP_440.rawValue)
      case .fourth: Int32(bitPattern: TJSAMP_411.rawValue)
      }
    }
  }

  /// The file with its blocks turned, without any application segment of the source.
  ///
  /// libjpeg-turbo: tjTransform with TJXOPT_PERFECT, which refuses rather than crops. A warning of the decoder is
  /// an error here: a damaged picture must not come out looking whole. At most 500 scans (TJFLAG_LIMITSCANS).
  package static func transformed(
    _ bytes: [UInt8], _ frame: JPEGFrame, _ orientation: Orientation
  ) throws(ImgtoolError) -> [UInt8] {
    let handle = try Handle(tjInitTransform())
    let capacity = try outputBound(frame)
    var transform = tjtransform()
    transform.op = operation(orientation)
    transform.options = TJXOPT_PERFECT | TJXOPT_COPYNONE | (frame.isProgressive ? TJXOPT_PROGRESSIVE : 0)
    // Not zeroed, so that pages the output does not reach are never made resident.
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    defer { output.deallocate() }
    var destination: UnsafeMutablePointer<UInt8>? = output
    var length = CUnsignedLong(capacity)
    let flags = TJFLAG_NOREALLOC | TJFLAG_LIMITSCANS
    let status = tjTransform(
      handle.pointer, bytes, CUnsignedLong(bytes.count), 1, &destination, &length, &transform, flags)
    guard status == 0, length <= capacity else {
      throw handle.failure(.input, "The JPEG could not be turned because its data is damaged.")
    }
    return Array(UnsafeBufferPointer(start: output, count: Int(length)))
  }

  /// The decoded pixels of a small JPEG, RGB or grey.
  ///
  /// libjpeg-turbo: tjDecompress2 with the accurate inverse DCT.
  /// - Throws: `.limit` above `pixelLimit`, `.input` for damage or a colour model other than grey and YCbCr or RGB.
  package static func decoded(_ bytes: [UInt8], pixelLimit: Int) throws(ImgtoolError) -> Pixels {
    let handle = try Handle(tjInitDecompress())
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colours: Int32 = 0
    let headed = tjDecompressHeader3(
      handle.pointer, bytes, CUnsignedLong(bytes.count), &width, &height, &subsampling, &colours)
    guard headed == 0, let size = PixelSize(width: Int(width), height: Int(height)) else {
      throw handle.failure(.input, "The JPEG header could not be read.")
    }
    guard size.area <= pixelLimit else {
      throw ImgtoolError(.limit, "The JPEG has \(size.area) pixels, more than \(pixelLimit).")
    }
    let isGrey = UInt32(bitPattern: colours) == TJCS_GRAY.rawValue
    let isFourth = [TJCS_CMYK.rawValue, TJCS_YCCK.rawValue].contains(UInt32(bitPattern: colours))
    guard !isFourth else { throw ImgtoolError(.unsupported, "A four-component JPEG is not decoded here.") }
    var pixels = Pixels(size: size, channels: isGrey ? 1 : 3, bytes: [])
    pixels.bytes = [UInt8](repeating: 0, count: size.area * pixels.channels)
    let flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS
    let status = tjDecompress2(
      handle.pointer, bytes, CUnsignedLong(bytes.count), &pixels.bytes, width, 0, height, format(pixels), flags)
    guard status == 0 else { throw handle.failure(.input, "The JPEG could not be decoded.") }
    return pixels
  }

  /// A JPEG of the pixels.
  ///
  /// libjpeg-turbo: tjCompress2 with the accurate DCT. `quality` is 1–100.
  package static func encoded(
    _ pixels: Pixels, quality: Int, subsampling: Subsampling, isProgressive: Bool = false
  ) throws(ImgtoolError) -> [UInt8] {
    let handle = try Handle(tjInitCompress())
    guard let width = Int32(exactly: pixels.size.width), let height = Int32(exactly: pixels.size.height),
      pixels.bytes.count == pixels.size.area * pixels.channels
    else { throw ImgtoolError(.fault, "The pixels do not fill their size.") }
    var output: UnsafeMutablePointer<UInt8>?
    var length: CUnsignedLong = 0
    defer { tjFree(output) }
    let code = pixels.channels == 1 ? Subsampling.grey.code : subsampling.code
    let flags = TJFLAG_ACCURATEDCT | (isProgressive ? TJFLAG_PROGRESSIVE : 0)
    let status = tjCompress2(
      handle.pointer, pixels.bytes, width, 0, height, format(pixels), &output, &length, code,
      Int32(min(max(quality, 1), 100)), flags)
    guard status == 0, let output else { throw handle.failure(.fault, "The JPEG could not be encoded.") }
    return Array(UnsafeBufferPointer(start: output, count: Int(length)))
  }

  /// Whether the library knows the subsampling of this file (tjDecompressHeader3).
  package static func knowsSubsampling(_ bytes: [UInt8]) throws(ImgtoolError) -> Bool {
    let handle = try Handle(tjInitDecompress())
    var numbers: (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    return tjDecompressHeader3(
      handle.pointer, bytes, CUnsignedLong(bytes.count), &numbers.0, &numbers.1, &numbers.2, &numbers.3) == 0
  }

  /// The most bytes the transform may write, at least what libjpeg-turbo assumes the buffer to hold (tjBufSize).
  private static func outputBound(_ frame: JPEGFrame) throws(ImgtoolError) -> Int {
    guard let width = Int32(exactly: frame.size.width), let height = Int32(exactly: frame.size.height) else {
      throw ImgtoolError(.limit, "The JPEG is too large to turn.")
    }
    let bounds = Subsampling.allCases.flatMap {
      [tjBufSize(width, height, $0.code), tjBufSize(height, width, $0.code)]
    }
    guard let most = bounds.max(), let count = Int(exactly: most), count > 0 else {
      throw ImgtoolError(.limit, "The JPEG is too large to turn.")
    }
    return count
  }

  private static func operation(_ orientation: Orientation) -> Int32 {
    let operation =
      switch orientation {
      case .up: TJXOP_NONE
      case .upMirrored: TJXOP_HFLIP
      case .down: TJXOP_ROT180
      case .downMirrored: TJXOP_VFLIP
      case .leftMirrored: TJXOP_TRANSPOSE
      case .right: TJXOP_ROT90
      case .rightMirrored: TJXOP_TRANSVERSE
      case .left: TJXOP_ROT270
      }
    return Int32(bitPattern: operation.rawValue)
  }

  private static func format(_ pixels: Pixels) -> Int32 {
    pixels.channels == 1 ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue
  }
}

/// Owns one TurboJPEG instance.
private struct Handle: ~Copyable {
  let pointer: tjhandle

  init(_ pointer: tjhandle?) throws(ImgtoolError) {
    guard let pointer else { throw ImgtoolError(.fault, "Libjpeg-turbo could not be started.") }
    self.pointer = pointer
  }

  deinit { tjDestroy(pointer) }

  func failure(_ kind: ImgtoolError.Kind, _ message: String) -> ImgtoolError {
    ImgtoolError(kind, message, underlying: tjGetErrorStr2(pointer).map { String(cString: $0) })
  }
}
