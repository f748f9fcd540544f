// SPDX-License-Identifier: Apache-2.0
import CTurboJPEG
import ImgtoolCore

/// A JPEG decoded to its end marker by libjpeg-turbo itself, where every warning counts.
///
/// libvips stops after the last line: of 12 files with 2,000 bytes zeroed in the middle it took all, because the
/// decoder is only out of step there and finds bytes left over at the end. Here all 12 are refused, and none of 249
/// sound files (public test pictures and those of a desktop system).
struct StrictJPEG {
  /// Width × height after the reduction.
  let size: PixelSize
  /// 1 grey, 3 RGB, 4 CMYK as stored.
  let bands: Int
  let samples: [UInt8]

  /// Decodes at 1 ÷ `shrink` of the size.
  ///
  /// Cannot be stopped on the way; 12 megapixels take about 40 ms.
  /// - Parameter shrink: 1, 2, 4 or 8.
  /// - Throws: `.input` with the decoder's complaint, `.limit` for sizes that do not fit into memory at all.
  init(_ image: AdmittedImage, shrink: Int) throws(ImgtoolError) {
    if case .shared(let region) = image.source {
      try self.init(region.bytes, image, shrink)
    } else {
      let bytes = try image.source.allBytes()
      self = try bytes.withUnsafeBufferPointer { (bytes) throws(ImgtoolError) in
        try StrictJPEG(UnsafeRawBufferPointer(bytes), image, shrink)
      }
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ image: AdmittedImage, _ shrink: Int) throws(ImgtoolError) {
    let file = bytes.bindMemory(to: UInt8.self)
    guard let handle = tjInitDecompress() else { throw ImgtoolError(.fault, "Libjpeg-turbo does not start.") }
    defer { tjDestroy(handle) }
    var (width, height, subsampling, colourSpace): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let header = tjDecompressHeader3(
      handle, file.baseAddress, UInt(file.count), &width, &height, &subsampling, &colourSpace)
    guard header == 0, let stored = PixelSize(width: Int(width), height: Int(height)) else {
      throw Self.complaint(of: handle, "The jpeg header cannot be read.")
    }
    let refusals = image.limits.refusals(of: stored, frames: 1, isAnimation: false)
    guard refusals.isEmpty else { throw Gate.error(for: refusals) }
    let size = PixelSize(
      clamping: (stored.width + shrink - 1) / shrink, (stored.height + shrink - 1) / shrink)
    let (format, bands) = Self.pixelFormat(colourSpace)
    let (count, isTooMany) = size.area.multipliedReportingOverflow(by: bands)
    guard !isTooMany, count <= Int(Int32.max) else {
      throw ImgtoolError(.limit, "A picture of \(stored) is too large to be verified.")
    }
    var status: Int32 = -1
    let samples = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      status = tjDecompress2(
        handle, file.baseAddress, UInt(file.count), buffer.baseAddress, Int32(size.width), 0, Int32(size.height),
        format,
        TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)
      // After an error the rest is undefined; nothing is kept of it then.
      filled = status == 0 ? count : 0
    }
    guard status == 0 else { throw Self.complaint(of: handle, "The pixels cannot be decoded.") }
    self.size = size
    self.bands = bands
    self.samples = samples
  }

  private static func pixelFormat(_ colourSpace: Int32) -> (format: Int32, bands: Int) {
    switch colourSpace {
    case Int32(TJCS_GRAY.rawValue): (Int32(TJPF_GRAY.rawValue), 1)
    case Int32(TJCS_CMYK.rawValue), Int32(TJCS_YCCK.rawValue): (Int32(TJPF_CMYK.rawValue), 4)
    default: (Int32(TJPF_RGB.rawValue), 3)
    }
  }

  private static func complaint(of handle: tjhandle, _ message: String) -> ImgtoolError {
    ImgtoolError(.input, message, underlying: tjGetErrorStr2(handle).map { String(cString: $0) })
  }
}
