// SPDX-License-Identifier: Apache-2.0

public import ImgtoolCore
package import ImgtoolPixels

/// What one job came to: facts, findings, money and times; printed as a table or as JSON.
public struct JobReport: Sendable {
  /// How far the job came.
  public enum State: String, Sendable, Hashable {
    /// A dry run: nothing was written.
    case planned
    /// Preflight refused the input; nothing was spent.
    case refused
    /// Postflight failed; the results are kept beside the output under rejected names.
    case rejected
    case done
  }

  /// One file written.
  public struct Output: Sendable {
    public var path: String
    /// What its header says; nothing where what came back is no image.
    public var facts: ImageFacts?
    public var frame: FrameVerdict?
    public var findings: [Finding]
    /// What the findings about the content rest on.
    public var evidence = Evidence()
  }

  /// One file that goes along with the input.
  public struct Attachment: Sendable {
    /// The parameter it is given for.
    public var parameter: String
    public var path: String
    public var facts: ImageFacts
    /// What preflight says about it.
    public var findings: [Finding]
  }

  public var operation: OperationName
  public var parameters: Parameters
  public var input: String
  public var inputFacts: ImageFacts
  public var state: State
  /// What preflight says.
  public var preflight: [Finding]
  /// The files that go along, by parameter.
  public var attachments: [Attachment] = []
  /// The frame local work would produce, and how the source lies in it; nothing for operations without a frame.
  public var placement: Placement?
  /// The price known beforehand.
  public var price: Money
  /// What was spent.
  public var cost = Money.zero
  public var remoteID: String?
  public var outputs: [Output] = []
  /// What the backend has to say.
  public var remarks: [Finding] = []
  public var details: [String: String] = [:]
  /// How the input was handed over, in words.
  public var prepared: String?
  /// Whether the input was handed over byte for byte; nothing before that.
  public var passedThrough: Bool?
  /// Time spent in each step, in order.
  public var times: [(step: String, duration: Duration)] = []

  /// The error a refused or rejected job ends with, in one sentence that names the rules; nothing otherwise.
  public var error: ImgtoolError? {
    switch state {
    case .planned, .done: nil
    case .refused:
      if preflight.failures.isEmpty, let attachment = attachments.first(where: { !$0.findings.failures.isEmpty }) {
        failure(.preflight, attachment.path, "is refused", attachment.findings)
      } else {
        failure(.preflight, input, "is refused", preflight)
      }
    case .rejected:
      failure(
        .postflight, outputs.first { !$0.findings.failures.isEmpty }?.path ?? input, "is not what was ordered",
        outputs.flatMap(\.findings) + remarks)
    }
  }

  private func failure(
    _ kind: ImgtoolError.Kind, _ name: String, _ verdict: String, _ findings: [Finding]
  ) -> ImgtoolError {
    let reasons = findings.failures.map(\.reason)
    return ImgtoolError(
      kind, "\(name.escaped) \(verdict): \(reasons.joined(separator: " "))",
      context: ["rules": findings.failures.map(\.rule).joined(separator: " ")])
  }
}

extension Finding {
  /// The rule, the sentence and the numbers.
  ///
  /// As in "side.limit: A side is too long [70000; allowed 65535]."
  package var reason: String {
    let numbers = [measured.map { "\($0)" }, allowed.map { "allowed \($0)" }].compactMap { $0 }
    let clause = message.hasSuffix(".") ? String(message.dropLast()) : message
    return "\(rule): \(clause)\(numbers.isEmpty ? "" : " [\(numbers.joined(separator: "; "))]")."
  }
}

extension JobReport {
  /// One line of JSON, schema version 1.
  package func write(to line: inout JSONLine) {
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("state", state.rawValue)
      line.field("operation", operation.description)
      line.object("parameters") { line in
        for (name, value) in parameters.values.sorted(by: { $0.key < $1.key }) { line.member(name, value) }
      }
      line.object("input") { line in
        line.field("path", input)
        inputFacts.write(to: &line)
      }
      line.array("preflight", preflight) { $1.write(to: &$0) }
      if !attachments.isEmpty { line.array("attachments", attachments) { $1.write(to: &$0) } }
      if let placement { placement.write(to: &line) }
      line.field("price", price.decimal)
      line.field("cost", cost.decimal)
      if let remoteID { line.field("remoteId", remoteID) }
      if let prepared { line.field("prepared", prepared) }
      if let passedThrough { line.field("passedThrough", passedThrough) }
      line.array("outputs", outputs) { $1.write(to: &$0) }
      line.array("remarks", remarks) { $1.write(to: &$0) }
      line.object("details") { line in
        for (name, value) in details.sorted(by: { $0.key < $1.key }) { line.member(name, value) }
      }
      line.object("seconds") { line in
        for time in times { line.member(time.step, time.duration / .seconds(1)) }
      }
      if let error { error.write(to: &line) }
    }
    line.endLine()
  }
}

extension Placement {
  /// The frame and the source in it, as fields of the object being written.
  package func write(to line: inout JSONLine) {
    line.object("frame") { line in
      line.field("width", frame.width)
      line.field("height", frame.height)
      line.object("source") { line in
        line.field("scale", scale)
        line.field("x", rect.x)
        line.field("y", rect.y)
        line.field("width", rect.width)
        line.field("height", rect.height)
      }
      line.field("newShare", newShare)
    }
  }
}

extension JobReport.Attachment {
  fileprivate func write(to line: inout JSONLine) {
    line.object { line in
      line.field("parameter", parameter)
      line.field("path", path)
      facts.write(to: &line)
      line.array("findings", findings) { $1.write(to: &$0) }
    }
  }
}

extension JobReport.Output {
  fileprivate func write(to line: inout JSONLine) {
    line.object { line in
      line.field("path", path)
      facts?.write(to: &line)
      frame?.write(to: &line)
      evidence.fit?.write(to: &line)
      line.array("findings", findings) { $1.write(to: &$0) }
    }
  }
}

extension PlacementFit {
  /// Where the source was found in the result, as a field of the object being written.
  package func write(to line: inout JSONLine) {
    line.object("found") { line in
      line.field("scaleX", scaleX)
      line.field("scaleY", scaleY)
      line.field("x", offsetX)
      line.field("y", offsetY)
      line.field("visible", visible)
      line.field("confidence", confidence)
      line.field("patches", patches)
      line.field("confirmed", confirmed)
    }
  }
}

extension FrameVerdict {
  /// The numbers of the verdict as a field of the object being written.
  package func write(to line: inout JSONLine) {
    line.object("verdict") { line in
      line.field("targetWidth", target.width)
      line.field("targetHeight", target.height)
      line.field("ratioError", ratioError)
      if let longSideDeviation { line.field("longSideDeviation", longSideDeviation) }
      if let areaShare { line.field("areaShare", areaShare) }
      if let contract { line.field("contract", contract) }
    }
  }
}
