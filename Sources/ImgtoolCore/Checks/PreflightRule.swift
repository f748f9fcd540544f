// SPDX-License-Identifier: Apache-2.0

/// The rules of preflight: what can be said about an input before a pixel is decoded or a byte sent.
public enum PreflightRule: String, Sendable, Hashable, Codable, CaseIterable {
  /// The format is not on the policy's list.
  case formatRefused = "format.refused"
  /// The header is readable, the coding inside is not decodable here (lossless or 12-bit JPEG).
  case formatUndecodable = "format.undecodable"
  /// More bytes than the policy's limit.
  case bytesLimit = "bytes.limit"
  /// More pixels in one frame than the policy's limit.
  case pixelsLimit = "pixels.limit"
  /// A side longer than the policy's limit.
  case sideLimit = "side.limit"
  /// A side shorter than the policy's limit.
  case sideSmall = "side.small"
  /// Pixels × frames × channels beyond the limit: a decompression bomb or close to it.
  case samplesLimit = "samples.limit"
  /// More frames or pages than the policy's limit.
  case animationPresent = "animation.present"
  /// Four-colour print data.
  case colourCMYK = "colour.cmyk"
  /// No ICC profile: sRGB has to be assumed.
  case iccMissing = "icc.missing"
  /// The ICC profile is for another colour model than the samples.
  case iccOdd = "icc.odd"
  /// More bits per sample than the policy keeps.
  case depthHigh = "depth.high"
  /// An alpha channel or a transparent colour.
  case alphaPresent = "alpha.present"
  /// The file name's extension names another format than the bytes.
  case nameExtension = "name.extension"
  /// The declared media type names another format than the bytes.
  case nameMediaType = "name.mediaType"
  /// The pixels are stored turned or mirrored.
  case orientationPresent = "orientation.present"
  /// EXIF says where the picture was taken.
  case privateLocation = "private.location"
  /// The picture already has the frame that would be ordered.
  case routeAlreadyFramed = "route.alreadyFramed"
  /// A uniform border surrounds the picture: padding locally costs nothing.
  case routeUniformBorder = "route.uniformBorder"
  /// The target is many times the source: most of the detail would be invented.
  case routeSmallSource = "route.smallSource"
  /// Too many bytes, and re-encoding would fit.
  case routeReencode = "route.reencode"

  /// The severity where the policy names none.
  public var severity: Finding.Severity {
    switch self {
    case .formatRefused, .formatUndecodable, .bytesLimit, .pixelsLimit, .sideLimit, .sideSmall, .samplesLimit: .fail
    case .animationPresent: .fail
    case .colourCMYK, .iccOdd, .nameExtension, .nameMediaType, .privateLocation, .routeSmallSource: .warn
    case .routeAlreadyFramed, .routeUniformBorder: .warn
    case .iccMissing, .depthHigh, .alphaPresent, .orientationPresent, .routeReencode: .note
    }
  }
}
