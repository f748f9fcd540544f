// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import ImgtoolCore

/// A group of runs made by one request.
public struct RunflowBatch: Sendable, Hashable {
  /// One run of a batch; matched by label or run, because the first index is not documented.
  public struct Item: Sendable, Hashable {
    public let id: String
    public let run: String?
    public let label: String?
    public let status: RemoteRun.Status
  }

  public let id: String
  public let status: RemoteRun.Status
  public let statusText: String
  public let items: [Item]
  public let cost: Money?

  init?(_ record: JSONValue) {
    guard let id = record["id"]?.text, RunflowConfiguration.isToken(id) else { return nil }
    self.id = id
    statusText = ErrorEnvelope.clean((record["status_code"] ?? record["status"])?.text ?? "")
    status = RunRecord.status(statusText)
    cost = record["cost"]?.money
    items = (record["items"]?.array ?? []).compactMap(Self.item)
  }

  static func item(_ record: JSONValue) -> Item? {
    guard let id = record["id"]?.text else { return nil }
    return Item(
      id: id, run: record["run_id"]?.text, label: record["client_ref"]?.text,
      status: RunRecord.status((record["status_code"] ?? record["status"])?.text ?? ""))
  }
}

extension RunflowClient {
  /// The most items of one batch.
  public static let largestBatch = 100

  /// Makes a batch; one POST, never repeated here.
  ///
  /// - Parameter inputs: one input for each run, with the label it is found by.
  /// - Throws: `.usage` for no or more than 100 inputs; `.unsupported` for a model that does no batches.
  package func createBatch(
    _ model: String, inputs: [(input: [String: JSONValue], label: String)], reference: RunReference
  ) async throws(ImgtoolError) -> RunflowBatch {
    guard (1...Self.largestBatch).contains(inputs.count) else {
      throw ImgtoolError(.usage, "A batch holds 1 to \(Self.largestBatch) inputs, not \(inputs.count).")
    }
    var body: [String: JSONValue] = [
      "input": .array(
        inputs.map { item in .object(item.input.merging(["client_ref": .text(item.label)]) { _, label in label }) }),
      "metadata": ["client_ref": .text(reference.label)],
    ]
    body["callback_url"] = configuration.callback.map { .text($0.absolute) }
    var request = try request(
      .post, "/v1/models/\(try Self.path(ofModel: model))/batches", body: JSONValue.object(body).bytes)
    request.isRepeatable = false
    request.fields[Self.idempotencyKey] = reference.uuid
    let answer: TransportAnswer
    do {
      answer = try await transport.send(request)
    } catch {
      throw error.error
    }
    guard let batch = RunflowBatch(try Self.value(answer)) else {
      throw ImgtoolError(.backend, "Runflow accepted the batch and named none.")
    }
    return batch
  }

  /// Reads a batch with its items.
  public func batch(_ id: String) async throws(ImgtoolError) -> RunflowBatch {
    guard RunflowConfiguration.isToken(id), let batch = RunflowBatch(try await json(.get, "/v1/batches/\(id)")) else {
      throw ImgtoolError(.backend, "Runflow answered something else than the batch.")
    }
    return batch
  }

  /// Reads the first 500 items of a batch.
  public func items(ofBatch id: String) async throws(ImgtoolError) -> [RunflowBatch.Item] {
    guard RunflowConfiguration.isToken(id) else { throw ImgtoolError(.usage, "A batch is named by its id.") }
    return (try await json(.get, "/v1/batches/\(id)/items?limit=500")["items"]?.array ?? []).compactMap(
      RunflowBatch.item)
  }
}
