// SPDX-License-Identifier: Apache-2.0

internal import ImgtoolCore

/// Reads run records tolerantly: only an id and a status are needed, and both spellings of everything are known.
enum RunRecord {
  /// - Returns: nothing for a value without a usable id.
  static func run(_ record: JSONValue) -> RemoteRun? {
    guard let id = (record["id"] ?? record["run_id"])?.text, RunflowConfiguration.isToken(id) else { return nil }
    let text = (record["status_code"] ?? record["status"])?.text ?? ""
    let output = record["output"]
    return RemoteRun(
      id: id, label: record["client_ref"]?.text, status: status(text), statusText: ErrorEnvelope.clean(text),
      cost: record["cost"]?.money, createdMilliseconds: record["created_at"]?.text.flatMap(Timestamp.milliseconds),
      results: output.map(OutputExtractor.results) ?? [], failure: failure(record),
      mayRetry: mayRetry(record), details: details(record, output))
  }

  /// The meaning of a status; an unknown one is not the end.
  static func status(_ text: String) -> RemoteRun.Status {
    switch text.lowercased() {
    case "succeeded", "completed": .succeeded
    case "partial_succeeded": .partlySucceeded
    case "failed", "errored": .failed
    case "canceled", "cancelled": .cancelled
    default: .running
    }
  }

  private static func failure(_ record: JSONValue) -> String? {
    let error = record["error"]
    guard let message = record["failure_message"]?.text ?? error?["message"]?.text else {
      return (record["failure_code"] ?? error?["code"])?.text.map { "The run failed: \(ErrorEnvelope.clean($0))." }
    }
    let code = (record["failure_code"] ?? error?["code"])?.text
    let stage = (record["failure_stage_code"] ?? record["failure_stage"])?.text
    let notes = [code, stage.map { "stage \($0)" }].compactMap { $0 }
    let text = notes.isEmpty ? message : "\(message) (\(notes.joined(separator: ", ")))"
    return "The run failed: \(ErrorEnvelope.clean(text))"
  }

  private static func mayRetry(_ record: JSONValue) -> Bool {
    (record["failure_code"] ?? record["error"]?["code"])?.text == "MODEL_UNAVAILABLE"
      || (record["failure_stage_code"] ?? record["failure_stage"])?.text == "dispatch"
  }

  private static func details(_ record: JSONValue, _ output: JSONValue?) -> [String: String] {
    var details: [String: String] = [:]
    for (name, value) in [
      ("seed", output?["seed"]), ("timing", output?["timing"]), ("nsfw_detected", output?["nsfw_detected"]),
      ("duration_ms", record["duration_ms"]), ("request_id", record["request_id"]),
    ] {
      details[name] = value.map { ErrorEnvelope.clean($0.plain) }
    }
    return details
  }
}

/// Finds the results in an output, in whichever of the known shapes it comes.
enum OutputExtractor {
  /// Every result once, in order.
  static func results(_ output: JSONValue) -> [RemoteRun.Result] {
    let shapes: [() -> [RemoteRun.Result]] = [
      { (output["outputs"]?.array ?? []).compactMap(result) },
      { (output["image_urls"]?.array ?? []).compactMap(result) },
      { (output["images"]?.array ?? []).compactMap(result) },
      { items(output["image"]) },
      { items(output["url"]) },
      { items(output["output_url"]) },
      { items(output["image_url"]) },
    ]
    for shape in shapes {
      let found = shape()
      if !found.isEmpty { return Array(found.prefix(1000)) }
    }
    return []
  }

  private static func items(_ value: JSONValue?) -> [RemoteRun.Result] {
    guard let value else { return [] }
    if let array = value.array { return array.compactMap(result) }
    if let urls = value["url"]?.array { return urls.compactMap(result) }
    return result(value).map { [$0] } ?? []
  }

  private static func result(_ value: JSONValue) -> RemoteRun.Result? {
    guard let address = value.text ?? value["url"]?.text, !address.isEmpty else { return nil }
    return RemoteRun.Result(address: address, kind: value["type"]?.text)
  }
}
