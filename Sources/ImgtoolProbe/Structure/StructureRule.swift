// SPDX-License-Identifier: Apache-2.0

/// The rule ids of the findings of a structure check.
public enum StructureRule {
  /// Failure: the file ends before what its structure asks for.
  ///
  /// Measured is the length of the file, allowed the length it needs.
  public static let truncated = "structure.truncated"
  /// Failure: parts contradict the format: a length, a marker, an order, a missing part.
  public static let malformed = "structure.malformed"
  /// Failure: a PNG chunk has another CRC than it states.
  public static let crc = "structure.crc"
  /// Failure: restart markers of a JPEG scan are missing, too many or out of order.
  public static let restart = "structure.restart"
  /// Failure: the sequence numbers of an APNG are out of order.
  public static let sequence = "structure.sequence"
  /// Failure: the chain of TIFF pages runs in a loop.
  public static let loop = "structure.loop"
  /// Failure: more or fewer frames are there than the header declares.
  public static let frames = "structure.frames"
  /// Failure: the LZW codes of a GIF frame are broken, or stand for fewer pixels than it has.
  public static let codes = "structure.codes"
  /// Failure: profiles, EXIF, texts and the like inflate to more than may be decoded.
  public static let metadata = "metadata.limit"
  /// Failure: a JPEG has more scans than may be decoded.
  public static let scans = "scans.limit"
  /// Warning: the terminator is missing behind blocks that are whole (GIF: 2 % of real files).
  public static let unterminated = "structure.unterminated"
  /// Warning: bytes between the parts belong to none.
  public static let garbage = "structure.garbage"
  /// Note: bytes follow the end of the picture: previews, further pictures, padding.
  public static let trailing = "structure.trailing"
  /// Note: the format shows nothing of its end without a decode (a bare JPEG XL codestream).
  public static let opaque = "structure.opaque"
}
