// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// The rule ids of the notes a probe adds to `ImageFacts.notes`.
public enum ProbeRule {
  /// The orientation tag holds a value outside 1–8 and is read as 1.
  public static let orientationInvalid = "orientation.invalid"
  /// EXIF is there and cannot be walked whole: a loop, an offset out of range, a cut directory.
  public static let exifMalformed = "exif.malformed"
  /// More than one EXIF block; the first is the one that counts.
  public static let exifRepeated = "exif.repeated"
  /// An ICC profile is there and is not one, or parts of it are missing.
  public static let iccMalformed = "icc.malformed"
  /// Bytes lie between the parts of the header that belong to none.
  public static let headerGarbage = "header.garbage"
  /// The file holds further pictures (MPO, CIPA DC-007) beside the one that is read.
  public static let picturesSecondary = "pictures.secondary"
  /// The chain of TIFF pages is broken; the pages before the break are counted.
  public static let pagesBroken = "pages.broken"
  /// An animation whose frames are not counted by the header (JPEG XL).
  public static let framesUncounted = "frames.uncounted"
  /// The file ends before a length that its header declares; a failure.
  public static let truncated = "structure.truncated"
}

extension ImageFacts {
  /// Adds a note about this header, with the number that is odd.
  mutating func note(_ rule: String, _ message: String, measured: Measure? = nil, allowed: Measure? = nil) {
    notes.append(Finding(rule, .note, message.asSentence, measured: measured, allowed: allowed))
  }

  /// Adds the failure that `length` bytes are there of `declared`.
  mutating func noteTruncation(at length: Int, of declared: Int) {
    notes.append(
      Finding(
        ProbeRule.truncated, .fail, "Truncated at byte \(length) of \(declared).", measured: .count(length),
        allowed: .count(declared)))
  }
}
