// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Where one run is worked on: inputs in, operation, results out; nothing of the run's state.
struct RunBench: Sendable {
  let files: FileStore
  let source: InputSource
  let models: ModelShelf
  let work: RunWork
  let encoding: EncodeOptions
  let timeout: Duration
  let faults: FaultDesk?
  let sleep: @Sendable (Duration) async throws -> Void

  /// Works on a run.
  ///
  /// - Parameter fetching: stands around what waits for somebody else's host.
  /// - Throws: `ImgtoolError`, `CancellationError`.
  func work(
    on run: RunRow, reached: @Sendable (Foreman.Step) async throws -> Void, fetching: InputSource.Fetching
  ) async throws -> RunBook.Ending {
    let fault = faults?.take("run", path: run.model)
    if let ending = try await play(fault) { return ending }
    guard let model = models.model(run.model), let operation = models.operation(for: model) else {
      return .failed(code: "MODEL_UNAVAILABLE", message: "No worker accepted the job.", stage: "dispatch")
    }
    let scratch = try await files.makeScratch()
    do {
      let ending = try await results(run, model, operation, scratch: scratch, reached: reached, fetching: fetching)
      try await files.removeScratch(scratch)
      if fault?.action == .partial, case .succeeded(let output) = ending { return .partiallySucceeded(output) }
      return ending
    } catch {
      try await Task { try await files.removeScratch(scratch) }.value
      throw error
    }
  }

  private func play(_ fault: FaultRule?) async throws -> RunBook.Ending? {
    switch fault?.action {
    case .fail:
      return .failed(
        code: fault?.code ?? "MODEL_UNAVAILABLE", message: fault?.message ?? "No worker accepted the job.",
        stage: fault?.stage ?? "dispatch")
    case .delay: try await sleep(fault?.pause ?? .zero)
    case .hold:
      while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
      throw CancellationError()
    default: break
    }
    return nil
  }

  private func results(
    _ run: RunRow, _ model: ServedModel, _ operation: any ImageOperation, scratch: String,
    reached: @Sendable (Foreman.Step) async throws -> Void, fetching: InputSource.Fetching
  ) async throws -> RunBook.Ending {
    let input = try JSONReader.read(Array(run.input.utf8))
    guard let spec = model.inputs.first(where: { $0.kind == .image }),
      let value = spec.value(in: input)?.text
    else { throw ImgtoolError(.input, "The run has no image.") }
    let parameters = try Parameters(Self.values(input, model, operation), for: operation.parameters)
    let images = try await source.images(value, takesZip: spec.takesZip, scratch: scratch, fetching: fetching)
    try await reached(.fetched)
    var outcomes: [(name: String, outcome: OperationOutcome)] = []
    for image in images {
      // A place of its own: work may leave every result under one name.
      let place = try await files.makeScratch(in: scratch)
      let context = OperationContext(encoding: encoding, scratch: place, deadline: .now.advanced(by: timeout))
      let order = RunOrder(
        operation: operation, parameters: parameters, input: image.path, name: image.name, context: context)
      let work = work
      outcomes.append((image.name, try await Deadline.within(timeout) { try await work.perform(order) }))
    }
    try await reached(.performed)
    let stored = try await store(outcomes, run: run.id)
    try await reached(.stored)
    return .succeeded(stored)
  }

  private func store(_ outcomes: [(name: String, outcome: OperationOutcome)], run: String) async throws -> StoredOutput
  {
    var output = StoredOutput(files: [])
    for (name, outcome) in outcomes {
      output.seed = output.seed ?? outcome.details["seed"]
      for image in outcome.images {
        let bytes: [UInt8] =
          switch image.bytes {
          case .memory(let bytes): bytes
          case .file(let path): try await files.readOutside(path, limit: 1 << 30)
          }
        guard let format = MediaSniffer.format(bytes) else {
          throw ImgtoolError(.postflight, "The operation gave back something that is no image.")
        }
        let path = "outputs/\(run)/\(output.files.count)-\(Self.stem(name)).\(format.extensions[0])"
        try await files.write(bytes, to: path)
        output.files.append(path)
      }
    }
    guard !output.files.isEmpty else { throw ImgtoolError(.backend, "The operation gave back no image.") }
    return output
  }

  /// Removes the results of a run that was over before they could be recorded.
  func discard(_ run: String) async {
    try? await files.remove("outputs/\(run)")  // left-over files cost space, nothing else
  }

  /// A name of letters, digits, dash and underscore, at most 60, without its extension.
  private static func stem(_ name: String) -> String {
    let bare = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    let kept = bare.unicodeScalars.filter { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-" || scalar == "_")
    }
    return kept.isEmpty ? "result" : String(String.UnicodeScalarView(kept.prefix(60)))
  }

  /// The inputs the operation has parameters for, in the user's spelling.
  static func values(_ input: JSON, _ model: ServedModel, _ operation: any ImageOperation) -> [String: String] {
    let known = Set(operation.parameters.map(\.name))
    var values: [String: String] = [:]
    for spec in model.inputs where spec.kind != .image && spec.kind != .json {
      guard known.contains(spec.parameter), let value = spec.value(in: input) else { continue }
      let list = value.items?.compactMap(\.text).joined(separator: ",")
      values[spec.parameter] = list ?? value.text ?? value.compact
    }
    return values
  }

  /// How an error of the work shows in the record.
  static func ending(for error: any Error) -> RunBook.Ending {
    guard let error = error as? ImgtoolError else {
      return .failed(code: "INTERNAL_ERROR", message: "The work failed.", stage: "execute")
    }
    let (code, stage): (String, String) =
      switch error.kind {
      case .input: ("INPUT_INVALID", "dispatch")
      case .limit: ("INPUT_TOO_LARGE", "dispatch")
      case .preflight, .usage: ("INPUT_REJECTED", "dispatch")
      case .unsupported: ("INPUT_UNSUPPORTED", "dispatch")
      case .timeout: ("TIMEOUT", "execute")
      case .busy: ("MODEL_UNAVAILABLE", "dispatch")
      case .postflight, .backend: ("OUTPUT_INVALID", "execute")
      default: ("INTERNAL_ERROR", "execute")
      }
    return .failed(code: code, message: error.message, stage: stage)
  }
}
