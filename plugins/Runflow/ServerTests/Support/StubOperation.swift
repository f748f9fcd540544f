// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import RunflowServer
import Synchronization

/// An operation that gives back a small picture drawn by code, and counts how often it worked.
struct StubOperation: ImageOperation {
  /// What an operation does besides.
  typealias Behaviour = @Sendable (PreparedImage, Parameters, OperationContext) async throws -> OperationOutcome

  let name: OperationName
  let summary = "Draws a picture."
  let parameters: [ParameterSpec]
  let price = Money.zero
  let count: Counter
  let behaviour: Behaviour

  init(_ name: OperationName, parameters: [ParameterSpec] = [], count: Counter, behaviour: @escaping Behaviour) {
    self.name = name
    self.parameters = parameters
    self.count = count
    self.behaviour = behaviour
  }

  /// Smart-resize with its two parameters.
  static func resize(
    count: Counter = Counter(),
    behaviour: @escaping Behaviour = { _, _, _ in
      OperationOutcome(images: [.init(.memory(Pictures.png(width: 4, height: 3)))])
    }
  ) -> StubOperation {
    StubOperation(
      "local.smart-resize",
      parameters: [
        ParameterSpec("aspect_ratio", .ratio, "The ratio.", required: true),
        ParameterSpec("resolution", .tier, "The tier.", required: true),
      ], count: count, behaviour: behaviour)
  }

  /// Skin-fix, which has none.
  static func skinFix(count: Counter = Counter()) -> StubOperation {
    StubOperation("local.skin-fix", count: count) { _, _, _ in
      OperationOutcome(images: [.init(.memory(Pictures.png(width: 2, height: 2)))], details: ["seed": "7"])
    }
  }

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    OperationContract(
      policy: InputPolicy(), price: .zero, sends: SendForm(), expects: Expectation(frame: .any))
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    count.add()
    return try await behaviour(input, parameters, context)
  }
}

/// A count that tasks share.
final class Counter: Sendable {
  private let state = Mutex(0)
  var value: Int { state.withLock { $0 } }
  func add() { state.withLock { $0 += 1 } }
}

/// Work that believes every file to be a small PNG.
let plainWork = RunWork { order in
  let facts = ImageFacts(format: .png, storedSize: try size(8, 8), coding: "png")
  let input = PreparedImage(bytes: .file(path: order.input), facts: facts, isOriginal: true)
  return try await order.operation.perform(input, order.parameters, in: order.context)
}

private func size(_ width: Int, _ height: Int) throws -> PixelSize {
  guard let size = PixelSize(width: width, height: height) else { throw ImgtoolError(.fault, "A size is wrong.") }
  return size
}
