// SPDX-License-Identifier: Apache-2.0

/// A container format, always told from the bytes and never from a name.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case jpeg, png, webp, gif, tiff, heif, avif, bmp, jxl, jp2, svg

  /// The registered media type (IANA image/*).
  public var mediaType: String {
    switch self {
    case .jpeg: "image/jpeg"
    case .png: "image/png"
    case .webp: "image/webp"
    case .gif: "image/gif"
    case .tiff: "image/tiff"
    case .heif: "image/heic"
    case .avif: "image/avif"
    case .bmp: "image/bmp"
    case .jxl: "image/jxl"
    case .jp2: "image/jp2"
    case .svg: "image/svg+xml"
    }
  }

  /// File name extensions in lower case, the usual one first.
  public var extensions: [String] {
    switch self {
    case .jpeg: ["jpg", "jpeg", "jpe", "jfif", "mpo"]
    case .png: ["png", "apng"]
    case .webp: ["webp"]
    case .gif: ["gif"]
    case .tiff: ["tif", "tiff", "btf", "tf8", "dng"]
    case .heif: ["heic", "heif", "hif", "heics", "heifs"]
    case .avif: ["avif", "avifs"]
    case .bmp: ["bmp", "dib"]
    case .jxl: ["jxl"]
    case .jp2: ["jp2", "j2k", "j2c", "jpc", "jpx", "jpf", "jph"]
    case .svg: ["svg", "svgz"]
    }
  }

  /// The format whose extension this is, in any case; nothing for an unknown one.
  public init?(extension name: some StringProtocol) {
    guard let match = Self.byExtension[name.lowercased()] else { return nil }
    self = match
  }

  private static let byExtension = Dictionary(
    uniqueKeysWithValues: allCases.flatMap { format in format.extensions.map { ($0, format) } })

  /// The format a declared media type names; parameters and case are ignored (RFC 9110 §8.3.1).
  public init?(mediaType text: String) {
    let essence = text.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
    let aliases: [String: ImageFormat] = [
      "image/jpg": .jpeg, "image/pjpeg": .jpeg, "image/apng": .png, "image/heif": .heif,
      "image/heic-sequence": .heif, "image/heif-sequence": .heif, "image/x-ms-bmp": .bmp, "image/jpx": .jp2,
    ]
    guard let match = Self.allCases.first(where: { $0.mediaType == essence }) ?? aliases[essence] else { return nil }
    self = match
  }
}
