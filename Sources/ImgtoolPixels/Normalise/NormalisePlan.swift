// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// What will be done to a file so that its pixels are upright and its metadata says so.
public enum NormalisePlan: Sendable, Hashable, Codable {
  /// Nothing: the file is the result, byte for byte.
  case copy
  /// The coded picture stays byte for byte, EXIF and XMP are edited.
  case editMetadata
  /// The blocks of a JPEG are moved; see `LosslessTurn`.
  case turnLosslessly
  /// Decoded, turned and encoded again in the same format.
  case reencode(Reason)

  /// Why pixels have to be encoded again.
  public enum Reason: Sendable, Hashable, Codable {
    /// Only JPEG blocks can be turned as they are.
    case format
    /// `--lossless=never`.
    case asked
    case obstacle(LosslessTurn.Obstacle)

    /// One half-sentence for a person, to follow "because".
    public var explanation: String {
      switch self {
      case .format: "only JPEG blocks can be turned as they are"
      case .asked: "lossless turning was switched off"
      case .obstacle(let obstacle): obstacle.explanation
      }
    }
  }

  /// A stable name: "copy", "edit-metadata", "turn-losslessly" or "reencode".
  public var name: String {
    switch self {
    case .copy: "copy"
    case .editMetadata: "edit-metadata"
    case .turnLosslessly: "turn-losslessly"
    case .reencode: "reencode"
    }
  }
}

extension NormalisePlan {
  /// Decides what to do with a file; pure.
  ///
  /// - `frame`: the frame header of a JPEG, nothing for other formats.
  /// - Throws: `.unsupported` for turned animations and page stacks, for a format without an encoder here, and where
  ///   `lossless` requires what the file does not allow.
  public init(
    for facts: ImageFacts, frame: JPEGFrame?, _ options: NormaliseOptions
  ) throws(ImgtoolError) {
    guard facts.orientation != .up else {
      self = try Self.forUpright(facts, options)
      return
    }
    guard !facts.isAnimated else {
      throw ImgtoolError(
        .unsupported, "A picture of \(facts.frameCount) frames or pages is not turned; split it first.")
    }
    if facts.format == .jpeg, let frame, options.lossless != .never {
      guard let obstacle = LosslessTurn.obstacle(frame, facts.orientation) else {
        self = .turnLosslessly
        return
      }
      guard options.lossless == .prefer else {
        throw ImgtoolError(
          .unsupported, "The JPEG cannot be turned losslessly because \(obstacle.explanation).",
          context: ["obstacle": obstacle.rawValue, "size": facts.storedSize.description])
      }
      self = .reencode(.obstacle(obstacle))
    } else {
      self = .reencode(facts.format == .jpeg ? .asked : .format)
    }
    try Self.checkEncoder(facts, options)
  }

  /// An upright file stays as it is but for what is stripped and an XMP packet that says otherwise.
  private static func forUpright(_ facts: ImageFacts, _ options: NormaliseOptions) throws(ImgtoolError) -> NormalisePlan
  {
    let isContradicted = facts.xmpOrientation.map { $0 != 1 } ?? false
    let hasBlocks = facts.exif != nil || facts.xmp != nil
    guard options.strip != .none || isContradicted else { return .copy }
    switch facts.format {
    case .jpeg, .png, .webp: return .editMetadata
    case .heif, .avif: return hasBlocks ? .editMetadata : .copy
    case .tiff:
      guard !facts.isAnimated || options.strip == .none else {
        throw ImgtoolError(.unsupported, "A TIFF of \(facts.frameCount) pages is not stripped; split it first.")
      }
      return .editMetadata
    case .bmp: return .copy
    case .gif, .jxl, .jp2, .svg:
      if options.strip == .none { return .copy }
      if facts.format == .gif, !hasBlocks, options.strip == .private { return .copy }
      throw ImgtoolError(.unsupported, "Metadata of \(facts.format.rawValue) pictures is not stripped here.")
    }
  }

  private static func checkEncoder(_ facts: ImageFacts, _ options: NormaliseOptions) throws(ImgtoolError) {
    guard facts.isDecodable, facts.format.saver != nil else {
      throw ImgtoolError(.unsupported, "\(facts.format.rawValue) pictures of this coding are not written here.")
    }
    guard options.lossless != .require || facts.reencodesWithoutLoss else {
      throw ImgtoolError(
        .unsupported, "The \(facts.format.rawValue) picture cannot be encoded again without a loss.",
        context: ["coding": facts.coding])
    }
  }
}

extension ImageFacts {
  /// Whether pixels that are decoded and encoded again in the same format and coding are the same.
  package var reencodesWithoutLoss: Bool {
    switch format {
    case .png: true
    case .tiff: !["jpeg", "jpeg-old", "webp", "lerc"].contains(coding)
    case .webp: coding == "vp8l"
    default: false
    }
  }
}
