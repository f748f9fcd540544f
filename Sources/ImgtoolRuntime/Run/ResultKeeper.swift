// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore

/// One result in the scratch folder, judged.
struct JudgedResult {
  let path: String
  /// Nothing where what came back is no image.
  var facts: ImageFacts?
  var frame: FrameVerdict?
  var findings: [Finding]
  var evidence = Evidence()

  init(_ path: String, _ verification: Verification) {
    self.path = path
    (facts, frame, findings) = (verification.facts, verification.frame, verification.findings)
    evidence = verification.evidence
  }

  init(_ path: String, unreadable error: ImgtoolError) {
    self.path = path
    findings = [Finding("whole.damaged", .fail, "What came back cannot be read: \(error.message)")]
  }

  fileprivate func output(_ path: String) -> JobReport.Output {
    JobReport.Output(path: path, facts: facts, frame: frame, findings: findings, evidence: evidence)
  }
}

/// Puts the results of a plan where they belong.
struct ResultKeeper {
  let plan: Plan

  /// The first into the file opened for it, all of them beside it under rejected names when postflight failed.
  func keep(
    _ results: [JudgedResult], first: consuming AtomicFile, isRejected: Bool
  ) throws(ImgtoolError) -> [JobReport.Output] {
    var outputs: [JobReport.Output] = []
    for (index, result) in results.enumerated().dropFirst(isRejected ? 0 : 1) {
      let path = OutputName.variant(of: plan.keptName, index: index, isRejected: isRejected)
      try Self.copy(result.path, to: path, replaces: plan.replaces && !isRejected)
      outputs.append(result.output(path))
    }
    if !isRejected {
      try first.copy(from: results[0].path)
      try first.commit()
      outputs.insert(results[0].output(plan.output), at: 0)
    }
    return outputs
  }

  /// Keeps what was paid for and could not be judged, unaltered and under rejected names.
  ///
  /// - Returns: the error that stopped the work, with the names.
  func rescue(_ outcome: OperationOutcome, from error: any Error) throws(ImgtoolError) -> ImgtoolError {
    var names: [String] = []
    for (index, image) in outcome.images.enumerated() {
      let path = OutputName.variant(of: plan.keptName, index: index, isRejected: true)
      switch image.bytes {
      case .memory: _ = try Self.landed(image.bytes, at: path)
      case .file(let source): try Self.copy(source, to: path, replaces: false)
      }
      names.append(path)
    }
    let cause = error as? ImgtoolError ?? ImgtoolError(.cancelled, "Stopped.")
    return ImgtoolError(
      cause.kind, "\(cause.message) What was paid for is kept as \(names.joined(separator: ", ")).",
      retry: cause.retry, context: cause.context.merging(["kept": names.joined(separator: "\n")]) { $1 },
      underlying: cause.underlying)
  }

  /// The path of bytes, written to `path` when they are in memory.
  static func landed(_ bytes: ImageBytes, at path: String) throws(ImgtoolError) -> String {
    switch bytes {
    case .file(let path): return path
    case .memory(let bytes):
      let file = try AtomicFile(path, replaces: true)
      try file.write(bytes)
      try file.commit()
      return path
    }
  }

  private static func copy(_ source: String, to path: String, replaces: Bool) throws(ImgtoolError) {
    let file = try AtomicFile(path, replaces: replaces)
    try file.copy(from: source)
    try file.commit()
  }
}
