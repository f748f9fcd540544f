// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore

/// What every operation of every backend has to hold; a backend's tests run it and expect no violation.
///
/// It needs one input the operation can work on and parameters that go with it. The operation is performed three
/// times: cancelled, late, and once to its end.
public struct OperationConformance: Sendable {
  public let operation: any ImageOperation
  /// An input in the form the operation's own contract asks for; a file lies outside the temporary folder's root.
  public let input: PreparedImage
  /// Values the operation takes for that input.
  public let parameters: [String: String]
  /// Values that are each well spelled and cannot hold together; the contract has to refuse them with `.usage`.
  public let contradictions: [[String: String]]
  /// Why the price for the input differs from that of the operation, where it does.
  public let priceReason: String?
  public let encoding: EncodeOptions

  public init(
    _ operation: any ImageOperation, input: PreparedImage, parameters: [String: String],
    contradictions: [[String: String]] = [], priceReason: String? = nil,
    encoding: EncodeOptions = EncodeOptions(format: .png)
  ) {
    self.operation = operation
    self.input = input
    self.parameters = parameters
    self.contradictions = contradictions
    self.priceReason = priceReason
    self.encoding = encoding
  }

  /// Everything the operation does not hold, a sentence each; empty for a good one.
  public func violations() async -> [String] {
    var violations = description()
    let values: Parameters
    do {
      values = try Parameters(parameters, for: operation.parameters)
    } catch {
      return violations + ["The parameters of the suite do not fit the specs: \(error)"]
    }
    let promise = contract(values)
    violations += promise.violations
    guard let contract = promise.contract else { return violations }
    violations += await stops(values)
    violations += await outcome(values, contract)
    return violations
  }
}

// MARK: What can be said without doing anything

extension OperationConformance {
  private func description() -> [String] {
    var violations: [String] = []
    if OperationName(operation.name.description) != operation.name {
      violations.append("The name \(operation.name) is not backend.verb.")
    }
    if !operation.summary.isSentence { violations.append("The summary is not one sentence on one line.") }
    if operation.price < .zero { violations.append("The price \(operation.price) is below zero.") }
    var names: Set<String> = []
    for spec in operation.parameters {
      violations += Self.objections(to: spec)
      if !names.insert(spec.name).inserted { violations.append("Two parameters are named \(spec.name).") }
    }
    return violations
  }

  private static func objections(to spec: ParameterSpec) -> [String] {
    var violations: [String] = []
    let isWord = spec.name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
    if spec.name.isEmpty || !isWord {
      violations.append("The parameter \(spec.name) is not written in lower case with underscores.")
    }
    if !spec.summary.isSentence { violations.append("The summary of \(spec.name) is not one sentence on one line.") }
    if case .choice(let choices) = spec.kind, choices.isEmpty || Set(choices).count != choices.count {
      violations.append("The choices of \(spec.name) are empty or repeated.")
    }
    if spec.isRequired, spec.fallback != nil { violations.append("\(spec.name) is required and has a fallback.") }
    if let fallback = spec.fallback {
      for problem in Parameters.problems([spec.name: fallback], for: [spec]) {
        violations.append("The fallback of \(spec.name), \(fallback), \(problem.message).")
      }
    }
    return violations
  }

  private func contract(_ values: Parameters) -> (contract: OperationContract?, violations: [String]) {
    var violations: [String] = []
    for contradiction in contradictions {
      if let violation = acceptance(of: contradiction) { violations.append(violation) }
    }
    do {
      let contract = try operation.contract(for: input.facts, values)
      let again = try operation.contract(for: input.facts, values)
      if contract != again { violations.append("The contract of one input is not the same twice.") }
      if contract.price != operation.price, priceReason == nil {
        violations.append("The contract costs \(contract.price), the operation says \(operation.price).")
      }
      if contract.price < .zero { violations.append("The contract's price \(contract.price) is below zero.") }
      if contract.sends.formats.isEmpty { violations.append("The contract takes no format at all.") }
      if !contract.sends.formats.contains(input.facts.format) || input.facts.fileBytes > contract.sends.maximumBytes {
        violations.append("The input of the suite is not in the form the contract asks for.")
      }
      return (contract, violations)
    } catch {
      return (nil, violations + ["The contract refuses the input of the suite: \(error)"])
    }
  }

  private func acceptance(of contradiction: [String: String]) -> String? {
    let words = contradiction.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    do {
      let values = try Parameters(contradiction, for: operation.parameters)
      _ = try operation.contract(for: input.facts, values)
      return "The contract accepts \(words)."
    } catch {
      return error.kind == .usage ? nil : "\(words) is refused as \(error.kind.rawValue), not as usage."
    }
  }
}

extension String {
  /// Whether the text is one line that begins with a capital or a digit and ends in a full stop.
  fileprivate var isSentence: Bool {
    guard let first, hasSuffix(".") else { return false }
    return !contains(where: \.isNewline) && (first.isUppercase || first.isNumber)
  }
}
