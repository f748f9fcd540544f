// SPDX-License-Identifier: Apache-2.0

/// What a file may be and ask for before, and while, a decoder works on it.
///
/// Every byte that is decoded has passed these limits: those of the header and the structure before a decoder sees
/// it, `maximumSeconds` and `maximumMemory` while one works in a process of its own. A policy's `decoding` object has
/// the same names.
public struct DecodeLimits: Sendable, Hashable {
  /// The formats that are decoded, told from the bytes.
  public var formats: [ImageFormat] = [.jpeg, .png, .webp, .gif, .tiff, .avif, .heif]
  /// Bytes of the file.
  public var maximumBytes = ByteCount.mebibytes(50)
  /// Pixels of one frame, the larger of canvas and frame; and of all frames of an animation together.
  public var maximumPixels = 100_000_000
  /// Pixels.
  public var maximumSide = 32_767
  /// Frames of an animation, pages of a document.
  public var maximumFrames = 100
  /// Bytes of profiles, EXIF, XMP, comments and other metadata, after inflation.
  public var maximumMetadata = ByteCount.mebibytes(8)
  /// Scans of a progressive JPEG; each one visits the whole picture again.
  public var maximumScans = 100
  /// Seconds of work on one file, of the clock and of the processor.
  public var maximumSeconds = 10
  /// What the process of a decoder may hold for itself.
  public var maximumMemory = ByteCount.mebibytes(1024)
  /// Whether a JPEG that libjpeg warns about is decoded all the same; some cameras write such files.
  ///
  /// A damaged file is then no longer told from a sound one.
  public var acceptsJPEGWarnings = false

  public init() {}
}

extension DecodeLimits {
  /// The numbers by their names, as the JSON of a policy spells them.
  public static let names = [
    "maximumBytes", "maximumPixels", "maximumSide", "maximumFrames", "maximumMetadata", "maximumScans",
    "maximumSeconds", "maximumMemory",
  ]

  /// One of the numbers by its name.
  public subscript(name: String) -> Int? {
    get {
      switch name {
      case "maximumBytes": maximumBytes.bytes
      case "maximumPixels": maximumPixels
      case "maximumSide": maximumSide
      case "maximumFrames": maximumFrames
      case "maximumMetadata": maximumMetadata.bytes
      case "maximumScans": maximumScans
      case "maximumSeconds": maximumSeconds
      case "maximumMemory": maximumMemory.bytes
      default: nil
      }
    }
    set {
      guard let newValue else { return }
      switch name {
      case "maximumBytes": maximumBytes = ByteCount(newValue)
      case "maximumPixels": maximumPixels = newValue
      case "maximumSide": maximumSide = newValue
      case "maximumFrames": maximumFrames = newValue
      case "maximumMetadata": maximumMetadata = ByteCount(newValue)
      case "maximumScans": maximumScans = newValue
      case "maximumSeconds": maximumSeconds = newValue
      case "maximumMemory": maximumMemory = ByteCount(newValue)
      default: break
      }
    }
  }
}

extension DecodeLimits: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case formats, maximumBytes, maximumPixels, maximumSide, maximumFrames, maximumMetadata, maximumScans
    case maximumSeconds, maximumMemory, acceptsJPEGWarnings
  }

  /// Fields left out keep their defaults.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue), of: "decoding")
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    formats = try values.decodeIfPresent([ImageFormat].self, forKey: .formats) ?? formats
    acceptsJPEGWarnings = try values.decodeIfPresent(Bool.self, forKey: .acceptsJPEGWarnings) ?? false
    for key in CodingKeys.allCases where Self.names.contains(key.rawValue) && values.contains(key) {
      guard let value = try? values.decode(Int.self, forKey: key), value >= 1 else {  // any reason is this one
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "must be a whole number, 1 or more")
      }
      self[key.rawValue] = value
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(formats, forKey: .formats)
    try values.encode(acceptsJPEGWarnings, forKey: .acceptsJPEGWarnings)
    for key in CodingKeys.allCases where Self.names.contains(key.rawValue) {
      try values.encode(self[key.rawValue], forKey: key)
    }
  }
}

extension DecodeLimits {
  /// What stands against decoding a file with this header, in the order it is looked at; empty where nothing does.
  public func refusals(of facts: ImageFacts) -> [Finding] {
    var findings: [Finding] = []
    func refuse(_ rule: PreflightRule, _ message: String, _ measured: Measure, _ allowed: Measure) {
      findings.append(Finding(rule.rawValue, .fail, message, measured: measured, allowed: allowed))
    }
    if facts.fileBytes > maximumBytes {
      refuse(
        .bytesLimit, "The file has \(facts.fileBytes); \(maximumBytes) are decoded.", .count(facts.fileBytes.bytes),
        .count(maximumBytes.bytes))
    }
    if !formats.contains(facts.format) {
      refuse(
        .formatRefused, "The format \(facts.format.rawValue) is not decoded here.", .text(facts.format.rawValue),
        .text(formats.map(\.rawValue).joined(separator: " ")))
    }
    if !facts.isDecodable {
      refuse(.formatUndecodable, "\(facts.coding) coding cannot be decoded here.", .text(facts.coding), .text(""))
    }
    return findings + refusals(of: facts.storedSize, frames: facts.frameCount, isAnimation: facts.decodesEveryFrame)
  }

  /// What stands against decoding frames of this size.
  package func refusals(of size: PixelSize, frames: Int, isAnimation: Bool) -> [Finding] {
    var findings: [Finding] = []
    func refuse(_ rule: PreflightRule, _ message: String, _ measured: Int, _ allowed: Int) {
      findings.append(Finding(rule.rawValue, .fail, message, measured: .count(measured), allowed: .count(allowed)))
    }
    if size.longSide > maximumSide { refuse(.sideLimit, "A side is too long.", size.longSide, maximumSide) }
    if frames > maximumFrames {
      refuse(.animationPresent, "There are too many frames or pages.", frames, maximumFrames)
    }
    let (all, isTooMany) = size.area.multipliedReportingOverflow(by: isAnimation ? max(frames, 1) : 1)
    if isTooMany || all > maximumPixels {
      refuse(.pixelsLimit, "There are too many pixels to decode.", isTooMany ? .max : all, maximumPixels)
    }
    return findings
  }
}

extension ImageFacts {
  /// Whether a decode of the whole file visits every frame: documents are decoded by their first page alone.
  package var decodesEveryFrame: Bool { format == .gif || format == .webp }
}
