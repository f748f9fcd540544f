// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// One piece of work: an operation, its parameters and one input file.
public struct RunOrder: Sendable {
  public let operation: any ImageOperation
  public let parameters: Parameters
  /// A file that stays where it is until the work is done.
  public let input: String
  /// The name the caller gave the input, for reports.
  public let name: String
  public let context: OperationContext

  public init(
    operation: any ImageOperation, parameters: Parameters, input: String, name: String, context: OperationContext
  ) {
    self.operation = operation
    self.parameters = parameters
    self.input = input
    self.name = name
    self.context = context
  }
}

/// How an order is carried out: what stands between a run and an operation, such as preflight and preparation.
public struct RunWork: Sendable {
  public let perform: @Sendable (RunOrder) async throws -> OperationOutcome

  /// - Parameter perform: throws `ImgtoolError`; its kind decides the failure code of the run.
  public init(_ perform: @escaping @Sendable (RunOrder) async throws -> OperationOutcome) { self.perform = perform }

  /// Header facts, the contract's preflight, then the operation on the bytes as they came.
  ///
  /// For operations that take any file they can decode. One that wants another format or upright pixels needs work
  /// that prepares its input.
  /// - Parameter facts: reads the header of a file.
  public static func direct(facts: @escaping @Sendable (String) async throws -> ImageFacts) -> RunWork {
    RunWork { order in
      let facts = try await facts(order.input)
      let contract = try order.operation.contract(for: facts, order.parameters)
      if let finding = Preflight(contract.policy).judge(facts).failures.first {
        throw ImgtoolError(.preflight, finding.message, context: ["rule": finding.rule])
      }
      guard contract.sends.formats.contains(facts.format), facts.fileBytes <= contract.sends.maximumBytes,
        !contract.sends.isUpright || facts.orientation == .up
      else { throw ImgtoolError(.unsupported, "The operation needs its input prepared, and nothing here does that.") }
      let input = PreparedImage(bytes: .file(path: order.input), facts: facts, isOriginal: true)
      return try await order.operation.perform(input, order.parameters, in: order.context)
    }
  }
}
