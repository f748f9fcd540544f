// SPDX-License-Identifier: Apache-2.0

/// Turns rows into the records of the wire.
package struct RecordRenderer: Sendable {
  let signer: URLSigner
  let shapes: [String: ServedModel.OutputShape]

  /// A run record.
  package func run(_ run: RunRow) -> JSON {
    [
      "id": .string(run.id), "org_id": .string(run.organisation), "model_id": .string(run.modelID), "flow_id": .null,
      "comfyui_workflow_id": .null, "target_type": "model", "target_version": .null, "status_code": .string(run.status),
      "source_code": "api", "input": input(run), "output": output(run), "context": .null,
      "duration_ms": JSON(run.milliseconds), "cost": JSON(run.cost.map(Amount.text)), "batch_id": JSON(run.batchID),
      "client_ref": JSON(run.clientRef), "request_id": .string(run.requestID), "created_by": .null,
      "created_at": time(run.createdAt), "started_at": time(run.startedAt), "completed_at": time(run.completedAt),
      "callback_url": JSON(run.callbackURL), "metadata": stored(run.metadata), "has_logs": false,
      "has_node_runs": false, "links": [:], "failure_code": JSON(run.failureCode),
      "failure_message": JSON(run.failureMessage), "failure_stage_code": JSON(run.failureStage),
    ]
  }

  /// A run as an example of its model.
  package func example(_ run: RunRow) -> JSON {
    let work = run.startedAt.flatMap { started in run.completedAt.map { Int(($0 - started) / 1000) } }
    return [
      "id": .string(run.id), "model_id": .string(run.modelID), "input": input(run), "output": output(run),
      "cost": JSON(run.cost.map(Amount.text)), "timing": .null, "duration_ms": JSON(work),
      "total_ms": JSON(run.milliseconds), "start_type": .null, "created_at": time(run.createdAt),
    ]
  }

  /// The output of a run as records and callbacks show it.
  package func output(_ run: RunRow) -> JSON {
    StoredOutput(run.output).map { $0.json(shapes[run.model] ?? .outputs, signer) } ?? .null
  }

  /// The input with asset references turned into fresh URLs.
  package func input(_ run: RunRow) -> JSON { resolved(stored(run.input)) }

  private func resolved(_ json: JSON) -> JSON {
    switch json {
    case .string(let text):
      guard let reference = AssetReference(text) else { return json }
      return .string(assetURL(reference.id))
    case .array(let items): return .array(items.map(resolved))
    case .object(let members): return .object(members.map { JSON.Member($0.name, resolved($0.value)) })
    default: return json
    }
  }

  private func assetURL(_ id: String) -> String {
    signer.url("GET", "/storage/assets/\(id)", lifetime: URLSigner.Lifetime.asset)
  }

  /// An asset record.
  package func asset(_ asset: AssetRow) -> JSON {
    [
      "id": .string(asset.id), "org_id": .string(asset.organisation), "folder_id": JSON(asset.folderID),
      "name": .string(asset.name), "url": .string(assetURL(asset.id)), "thumbnail_url": .null,
      "mime_type": .string(asset.mediaType), "size_bytes": JSON(asset.bytes),
      "asset_type": .string(asset.mediaType.hasPrefix("image/") ? "image" : "file"), "source_type": "upload",
      "created_at": time(asset.createdAt), "updated_at": time(asset.updatedAt), "deleted_at": time(asset.deletedAt),
    ]
  }

  /// A batch record with the lean items of its runs.
  package func batch(_ batch: BatchRow, runs: [RunRow], isDetailed: Bool) -> JSON {
    let count = { (status: RunStatus) in runs.filter { $0.state == status }.count }
    let cost = runs.compactMap(\.cost).reduce(0, +)
    let record: JSON = [
      "id": .string(batch.id), "target_type": "model", "target_id": .string(batch.modelID),
      "status_code": .string(batch.status), "items_total": JSON(runs.count),
      "items_succeeded": JSON(count(.succeeded) + count(.partiallySucceeded)), "items_failed": JSON(count(.failed)),
      "items_cancelled": JSON(count(.cancelled)), "items": .array(runs.map(leanItem)),
      "created_at": time(batch.createdAt), "started_at": time(batch.startedAt),
      "completed_at": time(batch.completedAt),
      "output": batch.state.isTerminal ? batchOutput(runs) : .null,
      "cost": batch.state.isTerminal ? .string(Amount.text(cost)) : .null, "metadata": stored(batch.metadata),
      "callback_url": JSON(batch.callbackURL),
    ]
    guard isDetailed else { return record }
    return record.merged(with: [
      "org_id": .string(batch.organisation), "target_type_code": "model", "source_code": "api",
      "input": .array(runs.map(input)), "resolved_template_id": .null, "dispatch_provider_link_id": .null,
      "duration_ms": JSON(batch.completedAt.map { Int(($0 - batch.createdAt) / 1000) }), "failure_code": .null,
      "failure_message": .null, "failure_stage_code": .null, "created_by": .null, "links": [:],
    ])
  }

  /// What a batch's callback and record hold when it is over.
  package func batchOutput(_ runs: [RunRow]) -> JSON {
    let count = { (status: RunStatus) in runs.filter { $0.state == status }.count }
    return [
      "items": .array(
        runs.map { run in
          [
            "run_id": .string(run.id), "client_ref": JSON(run.clientRef), "status": .string(run.state.callback),
            "output": output(run),
          ]
        }), "succeeded": JSON(count(.succeeded) + count(.partiallySucceeded)), "failed": JSON(count(.failed)),
      "cancelled": JSON(count(.cancelled)), "total": JSON(runs.count),
    ]
  }

  private func leanItem(_ run: RunRow) -> JSON {
    [
      "id": .string(run.itemID), "sequence_index": JSON(run.sequenceIndex), "run_id": .string(run.id),
      "status_code": .string(run.status), "client_ref": JSON(run.clientRef),
    ]
  }

  /// A batch item with its run.
  package func item(_ run: RunRow) -> JSON {
    leanItem(run).merged(with: [
      "batch_id": JSON(run.batchID), "created_at": time(run.createdAt), "input": input(run),
      "cost": JSON(run.cost.map(Amount.text)), "output": output(run),
      "error": run.failureCode.map { ["code": .string($0), "message": JSON(run.failureMessage)] } ?? .null,
      "started_at": time(run.startedAt), "completed_at": time(run.completedAt), "run": self.run(run),
    ])
  }

  /// JSON from a column; nothing stored is null.
  package func stored(_ column: String?) -> JSON {
    column.flatMap { try? JSONReader.read(Array($0.utf8)) } ?? .null  // written by us as valid JSON
  }

  package func time(_ microseconds: Int64?) -> JSON {
    JSON(microseconds.map { Timestamp(microseconds: $0).record })
  }
}

extension RunRow {
  /// From creation to the end; nothing before the end.
  package var milliseconds: Int? { completedAt.map { Int(($0 - createdAt) / 1000) } }

  /// The id of this run as an item of its batch.
  package var itemID: String { Identifier.named("item/" + id) }
}
