// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Synchronization

/// An operation whose answer is written down beforehand.
struct ScriptedOperation: ImageOperation {
  var name: OperationName = "acme.answer"
  let summary = "Answers what the test says."
  let parameters: [ParameterSpec] = [ParameterSpec("word", .text(maximumBytes: 9), "Anything.")]
  var price = Money.zero
  var expects = ImgtoolCore.Expectation(frame: .any)
  var sends = SendForm()
  var policy = InputPolicy()
  /// What comes back; files are written into the scratch folder as it is said there.
  var answer: @Sendable (PreparedImage, OperationContext) async throws -> [ImageBytes] = { input, _ in [input.bytes] }
  /// How often `perform` was called.
  let calls = CallCount()

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    OperationContract(policy: policy, price: price, sends: sends, expects: expects)
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    calls.add()
    return OperationOutcome(images: try await answer(input, context).map { .init($0) }, cost: price, remoteID: "r-1")
  }
}

final class CallCount: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}

/// What the tests of this target share.
enum RuntimeTest {
  static let pool = SharedPool(VipsPool.Limits(threads: 2, memory: .mebibytes(2048), queue: 10_000))

  static let scene = SamplePictures.scene(size(120, 90))

  /// A folder with "in.png" in it.
  static func folder(_ picture: SamplePicture = scene) throws -> TestFolder {
    let folder = try TestFolder()
    try folder.write(picture.png(), as: "in.png")
    return folder
  }

  static func plan(
    _ folder: TestFolder, _ operation: ScriptedOperation, output: String = "out.png", format: ImageFormat = .png
  ) throws -> Plan {
    Plan(
      operation: operation.name, parameters: try Parameters([:], for: operation.parameters),
      input: folder.path("in.png"), output: folder.path(output), encoding: EncodeOptions(format: format))
  }

  static func runner(_ operation: ScriptedOperation) throws -> Runner {
    Runner(catalog: try OperationCatalog([operation]), pool: pool)
  }

  static func file(_ picture: SamplePicture, _ encoding: EncodeOptions) async throws -> [UInt8] {
    try await pool.pool().run(cost: .mebibytes(64)) { thread in
      try Picture(samples: picture.samples, size: picture.size, bands: picture.bands, on: thread).encoded(encoding)
    }
  }
}

func size(_ width: Int, _ height: Int) -> PixelSize { PixelSize(clamping: width, height) }

/// The kind of the error a body throws; nothing where it throws none of ours.
func kind(_ body: () async throws -> Void) async -> ImgtoolError.Kind? {
  do {
    try await body()
    return nil
  } catch {
    return (error as? ImgtoolError)?.kind
  }
}

/// The one line of JSON that `write` makes, read by another reader.
func json(_ write: (inout JSONLine) -> Void) throws -> [String: Any] {
  var line = JSONLine()
  write(&line)
  let object = try JSONSerialization.jsonObject(with: Data(line.bytes))
  return object as? [String: Any] ?? [:]
}
