// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Turning a JPEG by moving its coefficient blocks: no sample is decoded or quantised again.
public enum LosslessTurn {
  /// Why a turn cannot be lossless; decided from the frame header alone.
  public enum Obstacle: String, Sendable, Hashable, Codable, CaseIterable {
    /// A partial block would have to move from the right or lower edge to the left or upper one.
    case notBlockAligned
    /// The components are sampled in a way the transform library does not take.
    case unsupportedSubsampling
    /// Not Huffman-coded baseline, extended or progressive.
    case unsupportedCoding
    /// More than 8 bits a sample.
    case unsupportedPrecision

    /// One half-sentence for a person, to follow "because".
    public var explanation: String {
      switch self {
      case .notBlockAligned: "its size is not a whole number of coding blocks"
      case .unsupportedSubsampling: "its chroma subsampling is not a usual one"
      case .unsupportedCoding: "its coding process has no lossless transform"
      case .unsupportedPrecision: "it has more than 8 bits a sample"
      }
    }
  }

  /// What stands against turning a picture with this frame losslessly so that `orientation` becomes upright.
  public static func obstacle(_ frame: JPEGFrame, _ orientation: Orientation) -> Obstacle? {
    guard (0xC0...0xC2).contains(frame.marker) else { return .unsupportedCoding }
    guard frame.precision == 8 else { return .unsupportedPrecision }
    guard isUsualSampling(frame.components) else { return .unsupportedSubsampling }
    // 4:1:1 would come to lie 1×4, which is valid and which many decoders refuse.
    guard !orientation.isTurned || frame.gridWidth <= 16 else { return .unsupportedSubsampling }
    let wholeAcross = frame.size.width % frame.gridWidth == 0
    let wholeDown = frame.size.height % frame.gridHeight == 0
    let fits =
      switch orientation {
      case .up, .leftMirrored: true
      case .upMirrored, .left: wholeAcross
      case .downMirrored, .right: wholeDown
      case .down, .rightMirrored: wholeAcross && wholeDown
      }
    return fits ? nil : .notBlockAligned
  }

  /// The peak memory of a turn: the coefficients twice, 16 bits each, and the output.
  public static func memory(_ frame: JPEGFrame, _ source: ByteCount) -> ByteCount {
    ByteCount(frame.sampleCount * 4 + source.bytes * 2)
  }

  /// The picture with its pixels upright, under the application segments and comments as `jpeg` lists them now.
  ///
  /// The segments are kept byte for byte. The coding stays what it was: a progressive file stays progressive, one with
  /// the usual Huffman tables keeps them, one with its own gets its own. What follows EOI is not kept, since the offsets
  /// that lead there would no longer be right.
  ///
  /// - Parameter limit: the most memory the coefficients may take.
  /// - Throws: `.unsupported` for an obstacle, `.limit` before anything is allocated, `.input` for damaged scan data.
  package static func turned(
    _ jpeg: JPEGSegments, by orientation: Orientation, limit: ByteCount
  ) throws(ImgtoolError) -> JPEGSegments {
    guard let frame = JPEGFrame(jpeg), jpeg.hasEnd else {
      throw ImgtoolError(.input, "The JPEG has no frame header or no end.")
    }
    if let obstacle = obstacle(frame, orientation) {
      throw ImgtoolError(
        .unsupported, "The JPEG cannot be turned losslessly because \(obstacle.explanation).",
        context: ["obstacle": obstacle.rawValue, "size": frame.size.description])
    }
    guard memory(frame, ByteCount(jpeg.source.count)) <= limit else {
      throw ImgtoolError(.limit, "Turning \(frame.size) losslessly needs more than \(limit).")
    }
    let turned = try JPEGSegments(try TurboJPEG.transformed(jpeg.source, frame, orientation))
    let isCodedAlike = HuffmanRecoding.sharesTables(jpeg, turned)
    return (isCodedAlike ? turned : HuffmanRecoding.recoded(turned)).carryingHeaders(of: jpeg)
  }

  /// The sampling patterns libjpeg-turbo's tjTransform accepts: grey, 4:4:4, 4:2:2, 4:2:0, 4:4:0 and 4:1:1.
  ///
  /// Chroma is sampled 1×1 against luma; a fourth component is sampled like the first. 4:4:4, 4:2:2 and 4:4:0 may
  /// also be written with factors that are all multiplied.
  private static func isUsualSampling(_ components: [JPEGFrame.Component]) -> Bool {
    guard let first = components.first else { return false }
    guard components.count != 1 else { return true }
    guard components.count >= 3 else { return false }
    let allAlike = components.allSatisfy { $0 == first }
    if allAlike { return first.horizontal * first.vertical <= 3 }
    guard components.count == 3 || components[3] == first, components[1] == components[2] else { return false }
    let chroma = components[1]
    switch (first.horizontal, first.vertical) {
    case (2, 1), (1, 2), (4, 1): return chroma.horizontal == 1 && chroma.vertical == 1
    case (2, 2): return chroma.horizontal * chroma.vertical <= 2
    default: return false
    }
  }
}

extension JPEGSegments {
  /// These tables and scans under the application segments and comments of another file, in that file's order.
  ///
  /// Component identifiers are equal in both, so the other's JFIF and Adobe segments still say the right colours.
  fileprivate func carryingHeaders(of other: JPEGSegments) -> JPEGSegments {
    var result = self
    result.segments = other.segments.filter { $0.kind != .coding } + segments.filter { $0.kind == .coding }
    return result
  }
}
