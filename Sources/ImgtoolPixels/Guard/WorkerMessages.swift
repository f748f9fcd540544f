// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// What a decoder's process is asked to do with one image; the image and the shared memory go beside it.
struct WorkerOrder: Codable, Sendable {
  enum Task: Codable, Sendable {
    /// Decode to the end and give a small picture.
    case reduce(longSide: Int, byHalves: Bool, strictness: OpenOptions.Strictness)
    /// Give the pixels and what the file carries beside them.
    case pixels(OpenOptions)
    /// Make the file upright.
    case normalise(NormalisePlan, NormaliseOptions, limit: Int)
    #if DEBUG
      /// Do harm, to show that it is borne.
      case misbehave(Misbehaviour)
    #endif
  }

  var task: Task
  var facts: ImageFacts
  var limits: DecodeLimits
}

/// What comes back; bytes lie in the shared memory.
enum WorkerAnswer: Codable, Sendable {
  /// Sent once, unasked: libvips is started, and whether the process has locked itself in.
  case ready(isLocked: Bool)
  case failed(kind: ImgtoolError.Kind, message: String, underlying: String?, rule: String?)
  /// The small picture's samples are at the beginning; no size where the file is damaged.
  case reduced(Finding, PixelSize?)
  case pixels(TransferredPicture)
  /// The new file of that length is at the beginning; none where the input's own bytes are the result.
  case normalised(NormaliseOutcome, length: Int?)

  init(_ error: ImgtoolError) {
    self = .failed(
      kind: error.kind, message: String(error.message.prefix(Self.textLimit)),
      underlying: error.underlying.map { String($0.prefix(Self.textLimit)) }, rule: error.context["rule"])
  }

  /// Characters of a text that are passed on.
  static let textLimit = 500

  /// The error an answer is, its texts cut and made harmless: they come from a process that may have been taken over.
  var failure: ImgtoolError? {
    guard case .failed(let kind, let message, let underlying, let rule) = self else { return nil }
    let context = rule.map { ["rule": String($0.prefix(64)).harmless] } ?? [:]
    // A decoder can only say these; anything else about the job is known here.
    let known: [ImgtoolError.Kind] = [.input, .limit, .unsupported, .usage]
    return ImgtoolError(
      known.contains(kind) ? kind : .fault, String(message.prefix(Self.textLimit)).harmless, context: context,
      underlying: underlying.map { String($0.prefix(Self.textLimit)).harmless })
  }
}

extension String {
  /// The text on one line, control characters and marks of direction replaced.
  var harmless: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: "\u{FFFD}"
          default: scalar
          }
        }))
  }
}

/// Pixels and fields of a picture as they lie in shared memory.
struct TransferredPicture: Codable, Sendable {
  /// One field of the header, its bytes behind the pixels.
  struct Field: Codable, Sendable {
    enum Value: Codable, Sendable {
      case number(Int)
      case real(Double)
      case numbers([Int])
      case text(String)
      /// A block of metadata by its place.
      case block(offset: Int, length: Int)
    }

    var name: String
    var value: Value
  }

  var width: Int
  var height: Int
  var bands: Int
  /// libvips: VipsBandFormat.
  var format: Int32
  /// libvips: VipsInterpretation.
  var interpretation: Int32
  /// Pixels a millimetre.
  var resolution: [Double]
  var fields: [Field]
}
