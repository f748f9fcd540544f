// SPDX-License-Identifier: Apache-2.0

/// One thing that can be done to an image, by one backend.
///
/// Implementations are values or immutable classes. `contract` is pure; `perform` honours task cancellation and the
/// context's deadline, notes a remote id before it waits, and never writes outside the context's scratch folder.
/// A backend's tests run `OperationConformance` of ImgtoolTesting.
public protocol ImageOperation: Sendable {
  var name: OperationName { get }
  /// One line for lists and help.
  var summary: String { get }
  var parameters: [ParameterSpec] { get }
  /// What one request costs, before an input is known.
  var price: Money { get }

  /// What the operation asks and promises for one input.
  ///
  /// - Throws: `.usage` for parameters that contradict each other, `.unsupported` for an input it can never take.
  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract

  /// Does the work on an input prepared as the contract asked.
  ///
  /// - Throws: `ImgtoolError`; `CancellationError` counts as `.cancelled`.
  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
}

/// The bytes of one image: a file that stays where it is while it is used, or memory.
public enum ImageBytes: Sendable, Hashable {
  case file(path: String)
  case memory([UInt8])
}

/// An input in the form a contract asked for: a picture, or a zip of several.
public struct PreparedImage: Sendable, Hashable {
  /// One picture of a zip.
  public struct Member: Sendable, Hashable, Codable {
    /// The name the user knows it by; the zip itself may name it otherwise.
    public let name: String
    public let facts: ImageFacts

    public init(name: String, facts: ImageFacts) {
      self.name = name
      self.facts = facts
    }
  }

  public let bytes: ImageBytes
  /// How many bytes there are.
  public let byteCount: ByteCount
  /// What the header says; of a zip, that of its first picture.
  public let facts: ImageFacts
  /// Whether these are the user's bytes, untouched.
  public let isOriginal: Bool
  /// The pictures of a zip in the order of its own names; empty where the bytes are one picture.
  public let members: [Member]
  /// The files that go along, by the parameter they are given for.
  public var attachments: [String: PreparedImage] = [:]

  /// One picture.
  public init(bytes: ImageBytes, facts: ImageFacts, isOriginal: Bool) {
    self.bytes = bytes
    self.facts = facts
    self.isOriginal = isOriginal
    members = []
    byteCount = if case .memory(let bytes) = bytes { ByteCount(bytes.count) } else { facts.fileBytes }
  }

  /// A zip; nothing for one without pictures.
  public init?(zip path: String, byteCount: ByteCount, members: [Member]) {
    guard let first = members.first else { return nil }
    bytes = .file(path: path)
    self.byteCount = byteCount
    facts = first.facts
    isOriginal = false
    self.members = members
  }

  /// How many pictures the bytes are.
  public var pictureCount: Int { max(1, members.count) }
  /// The registered media type of the bytes.
  public var mediaType: String { members.isEmpty ? facts.format.mediaType : "application/zip" }
  /// The usual file name extension of the bytes.
  public var fileExtension: String { members.isEmpty ? facts.format.extensions.first ?? "bin" : "zip" }
}

/// What surrounds one run of an operation.
public struct OperationContext: Sendable {
  /// How the caller would like the result encoded; a backend that cannot choose ignores it.
  public let encoding: EncodeOptions
  /// A folder of this run's own; removed afterwards.
  public let scratch: String
  /// When to stop waiting.
  public let deadline: ContinuousClock.Instant?
  /// Told the share done, 0…1, and the step in a word.
  public let progress: @Sendable (Double, String) -> Void
  /// Makes a remote id durable; called before waiting for that remote run.
  public let noteRemoteID: @Sendable (String) async throws -> Void
  /// Runs the paid steps of a remote operation; nothing where only local operations are expected.
  public let conductor: (any RemoteConductor)?

  public init(
    encoding: EncodeOptions, scratch: String, deadline: ContinuousClock.Instant? = nil,
    progress: @escaping @Sendable (Double, String) -> Void = { _, _ in },
    noteRemoteID: @escaping @Sendable (String) async throws -> Void = { _ in },
    conductor: (any RemoteConductor)? = nil
  ) {
    self.encoding = encoding
    self.scratch = scratch
    self.deadline = deadline
    self.progress = progress
    self.noteRemoteID = noteRemoteID
    self.conductor = conductor
  }
}

/// What came back: one or more images, what it cost, and what there is to say about it.
public struct OperationOutcome: Sendable {
  public struct Image: Sendable, Hashable {
    public let bytes: ImageBytes
    /// The file name the backend gave it, where it gave one.
    public let name: String?

    public init(_ bytes: ImageBytes, name: String? = nil) {
      self.bytes = bytes
      self.name = name
    }
  }

  public let images: [Image]
  public let cost: Money
  public let remoteID: String?
  /// The backend's own remarks, for the report.
  public let findings: [Finding]
  /// Facts for the report, such as the seed or how the source was placed.
  public let details: [String: String]
  /// Boxes of the faces that were worked on, upright, in pixels of the input; empty where nobody looked.
  public let faces: [PixelRect]

  public init(
    images: [Image], cost: Money = .zero, remoteID: String? = nil, findings: [Finding] = [],
    details: [String: String] = [:], faces: [PixelRect] = []
  ) {
    self.images = images
    self.cost = cost
    self.remoteID = remoteID
    self.findings = findings
    self.details = details
    self.faces = faces
  }
}
