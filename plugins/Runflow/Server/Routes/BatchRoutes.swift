// SPDX-License-Identifier: Apache-2.0
import GRDB
import HTTPTypes
import ImgtoolCore

/// Batches: up to a hundred runs of one model made together, paid one by one.
struct BatchRoutes: Sendable {
  let house: House

  /// Items of one batch.
  static let maximumItems = 100

  var endpoints: [Endpoint] {
    [
      Endpoint(
        "createBatch", .post, "/v1/models/{model+}/batches", "Create a batch of runs.", success: 201,
        takes: "BatchRequest", gives: "Batch", handle: create),
      Endpoint(
        "listBatches", .get, "/v1/batches", "List batches.", gives: "BatchList", query: ListQuery.names, handle: list),
      Endpoint("getBatch", .get, "/v1/batches/{id}", "One batch.", gives: "Batch") { call in
        let batch = try await batch(call)
        let runs = try await house.store.read { db in try RunBook.runs(ofBatch: batch.id, in: db) }
        return .answer(Answer(house.renderer.batch(batch, runs: runs, isDetailed: true)))
      },
      Endpoint(
        "listBatchItems", .get, "/v1/batches/{id}/items", "Items of a batch with their runs.", gives: "BatchItemList",
        query: ListQuery.names, handle: items),
      Endpoint("getBatchItem", .get, "/v1/batches/{id}/items/{item}", "One item of a batch.", gives: "BatchItem") {
        call in
        let batch = try await batch(call)
        let runs = try await house.store.read { db in try RunBook.runs(ofBatch: batch.id, in: db) }
        guard let run = runs.first(where: { $0.itemID == call.part("item").lowercased() }) else {
          throw WireFailure.notFound("batch item", code: "BATCH_ITEM_NOT_FOUND")
        }
        return .answer(Answer(house.renderer.item(run)))
      },
    ]
  }

  /// The batch of a path; 404 for another organisation's.
  func batch(_ call: Call) async throws -> BatchRow {
    let id = call.part("id").lowercased()
    guard let batch = try await house.store.read({ db in try BatchRow.fetchOne(db, key: id) }),
      batch.organisation == call.organisation
    else { throw WireFailure.notFound("batch", code: "BATCH_NOT_FOUND") }
    return batch
  }

  private func create(_ call: Call) async throws -> Endpoint.Effect {
    let model = try RunRoutes(house: house).available(call)
    guard model.takesBatches else {
      throw WireFailure.invalid(["path", "model"], "the model takes no batches", type: "batch_unsupported")
    }
    let body = try call.object()
    var details: [WireFailure.Detail] = []
    let request = RunRequest(body, gate: house.callbackGate, details: &details)
    guard let items = body["input"]?.items, (1...Self.maximumItems).contains(items.count) else {
      throw WireFailure.invalid(
        ["body", "input"], "a list of 1 to \(Self.maximumItems) inputs is expected", type: "type")
    }
    var media = InlineMedia(newID: house.newID)
    let check = house.check(model)
    let now = house.surroundings.now()
    let batch = BatchRow(
      id: house.newID(), organisation: call.organisation, model: model.id, modelID: model.uuid,
      status: RunStatus.queued.rawValue, metadata: request.metadata.map { media.taking(from: $0) }?.compact,
      callbackURL: request.callbackURL, createdAt: now.microseconds, startedAt: nil, completedAt: nil)
    var inputs: [JSON] = []
    var runs: [RunRow] = []
    for (index, item) in items.enumerated() {
      let place = ["body", "input", String(index)]
      let reference = RunRequest.reference(item, at: place, details: &details)
      let input = media.taking(from: .object((item.members ?? []).filter { $0.name != "client_ref" }))
      details += item.members == nil ? check.details(item, at: place) : check.details(input, at: place)
      inputs.append(input)
      runs.append(
        RunRow(
          id: house.newID(), organisation: call.organisation, model: model.id, modelID: model.uuid,
          status: RunStatus.queued.rawValue, input: input.compact, output: nil, metadata: nil, clientRef: reference,
          callbackURL: nil, requestID: call.requestID, batchID: batch.id, sequenceIndex: index,
          price: model.price.microdollars, cost: nil, attempts: 0, createdAt: now.microseconds, startedAt: nil,
          completedAt: nil, failureCode: nil, failureMessage: nil, failureStage: nil))
    }
    guard details.isEmpty else { throw WireFailure.invalid(details) }
    try await house.admit(runs.count)
    for item in media.items { try await house.files.write(item.bytes, to: "assets/\(item.id)") }
    let assets = media.rows(organisation: call.organisation, now: now)
    return .change(
      { [house, inputs, runs] db in
        for asset in assets { try asset.insert(db) }
        try AssetReferences.demand(.array(inputs), at: ["body", "input"], of: batch.organisation, in: db)
        try house.ledger.demand(model.price.microdollars * runs.count, of: batch.organisation, now: now, in: db)
        try batch.insert(db)
        for run in runs { try run.insert(db) }
        return Answer(201, house.renderer.batch(batch, runs: runs, isDetailed: false))
      }, after: { [house, ids = runs.map(\.id)] in await house.takeUp(ids) })
  }

  private func list(_ call: Call) async throws -> Endpoint.Effect {
    let query = try ListQuery(
      call.query,
      fields: [
        "id": .text(column: "id"), "status_code": .text(column: "status"), "created_at": .time(column: "createdAt"),
        "completed_at": .time(column: "completedAt"),
      ])
    let organisation = call.organisation
    let (page, runs) = try await house.store.read { db in
      let page = try query.page(of: BatchRow.self, where: "organisation = ?", [organisation], in: db)
      var runs: [String: [RunRow]] = [:]
      for batch in page.rows { runs[batch.id] = try RunBook.runs(ofBatch: batch.id, in: db) }
      return (page, runs)
    }
    return .answer(
      Answer(
        page.envelope(fields: query.fields) { house.renderer.batch($0, runs: runs[$0.id] ?? [], isDetailed: false) }))
  }

  private func items(_ call: Call) async throws -> Endpoint.Effect {
    let batch = try await batch(call)
    var query = call.query
    query["sort_by"] = query["sort_by"] ?? "created_at:asc"
    let list = try ListQuery(query, fields: RunRoutes.fields)
    let page = try await house.store.read { db in
      try list.page(of: RunRow.self, where: "batchID = ?", [batch.id], in: db)
    }
    return .answer(Answer(page.envelope(fields: list.fields, house.renderer.item)))
  }
}
