// SPDX-License-Identifier: Apache-2.0

/// What an operation asks of one input and promises for it; known before anything is decoded or sent.
public struct OperationContract: Sendable, Hashable {
  /// What the backend accepts; merged with the user's policy for preflight.
  public var policy: InputPolicy
  /// What one request costs, at most, for each picture in it.
  public var price: Money
  /// The form in which the input is handed over.
  public var sends: SendForm
  /// What must come back.
  public var expects: Expectation
  /// What the files are asked for that may go along, by parameter.
  public var attachments: [String: AttachmentForm] = [:]

  public init(policy: InputPolicy, price: Money, sends: SendForm, expects: Expectation) {
    self.policy = policy
    self.price = price
    self.sends = sends
    self.expects = expects
  }
}

/// What a file that goes along with an input has to be.
public struct AttachmentForm: Sendable, Hashable {
  public var policy: InputPolicy
  public var sends: SendForm
  /// Whether it marks places of the input: then it has the input's display size, and something in it is not black.
  public var isMask: Bool

  public init(policy: InputPolicy, sends: SendForm, isMask: Bool) {
    self.policy = policy
    self.sends = sends
    self.isMask = isMask
  }
}

/// The form in which an input is handed to a backend; an input that already has it goes through untouched.
public struct SendForm: Sendable, Hashable {
  /// Formats taken as they are; anything else is re-encoded to the first of them.
  public var formats: [ImageFormat]
  public var maximumBytes: ByteCount
  /// Whether the pixels must be stored upright.
  public var isUpright: Bool
  /// Whether location, serial numbers, owner, thumbnails and maker notes are removed.
  public var isPrivate: Bool
  /// How many pictures one request takes, several of them as a zip.
  public var maximumPictures = 1

  public init(
    formats: [ImageFormat] = ImageFormat.allCases, maximumBytes: ByteCount = ByteCount(Int.max),
    isUpright: Bool = false, isPrivate: Bool = false
  ) {
    self.formats = formats
    self.maximumBytes = maximumBytes
    self.isUpright = isUpright
    self.isPrivate = isPrivate
  }
}

/// What postflight holds a result against.
public struct Expectation: Sendable, Hashable {
  public enum Frame: Sendable, Hashable {
    case request(FrameRequest)
    /// The display size of the input.
    case sameAsInput
    case any
  }

  public var frame: Frame
  public var frames: FramePolicy
  public var content: ContentPolicy
  /// Whether plain bars were ordered, as by filling margins with one colour.
  public var allowsBars: Bool
  /// Whether margins that mirror the picture were ordered.
  public var allowsMirror: Bool
  /// Boxes of faces in the input, upright, in its pixels, where the order names them or the operation found them.
  public var faces: [PixelRect] = []

  public init(
    frame: Frame, frames: FramePolicy = FramePolicy(), content: ContentPolicy = ContentPolicy(),
    allowsBars: Bool = false, allowsMirror: Bool = false
  ) {
    self.frame = frame
    self.frames = frames
    self.content = content
    self.allowsBars = allowsBars
    self.allowsMirror = allowsMirror
  }
}
