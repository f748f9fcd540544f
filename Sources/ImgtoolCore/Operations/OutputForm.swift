// SPDX-License-Identifier: Apache-2.0

/// How a result is encoded, in the words of libvips' savers.
public struct OutputForm: Sendable, Hashable {
  public var format: ImageFormat
  /// `Q`, 1–100; nothing for the saver's default.
  public var quality: Int?
  /// `lossless`, for WebP, HEIF and AVIF.
  public var isLossless: Bool
  /// `effort`, 0–9, less is faster; for WebP, PNG palettes, GIF, HEIF and AVIF.
  public var effort: Int?
  /// `compression`, 0–9; for PNG.
  public var compression: Int?
  /// `interlace`: progressive JPEG, Adam7 PNG.
  public var isInterlaced: Bool

  /// - Throws: `.usage` for a value out of range or a format nothing here writes.
  public init(
    _ format: ImageFormat, quality: Int? = nil, isLossless: Bool = false, effort: Int? = nil,
    compression: Int? = nil, isInterlaced: Bool = false
  ) throws(ImgtoolError) {
    guard Self.writable.contains(format) else {
      let list = Self.writable.map(\.rawValue).joined(separator: ", ")
      throw ImgtoolError(.usage, "Nothing here writes \(format.rawValue); there are: \(list).")
    }
    func check(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) throws(ImgtoolError) {
      if let value, !range.contains(value) {
        throw ImgtoolError(.usage, "\(name) goes from \(range.lowerBound) to \(range.upperBound), not \(value).")
      }
    }
    try check(quality, 1...100, "Q")
    try check(effort, 0...9, "effort")
    try check(compression, 0...9, "compression")
    self.format = format
    self.quality = quality
    self.isLossless = isLossless
    self.effort = effort
    self.compression = compression
    self.isInterlaced = isInterlaced
  }

  /// The formats a result can be written in.
  public static let writable: [ImageFormat] = [.jpeg, .png, .webp, .tiff, .avif, .heif, .gif]
}
