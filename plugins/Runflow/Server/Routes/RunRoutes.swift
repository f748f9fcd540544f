// SPDX-License-Identifier: Apache-2.0
import GRDB
import HTTPTypes
import ImgtoolCore

/// Runs: create, read, list, cancel, and what hangs on them.
struct RunRoutes: Sendable {
  let house: House

  var endpoints: [Endpoint] {
    [
      Endpoint(
        "createRun", .post, "/v1/models/{model+}/runs", "Create a run of a model.", success: 201, takes: "RunRequest",
        gives: "Run", handle: create),
      Endpoint("listRuns", .get, "/v1/runs", "List runs.", gives: "RunList", query: ListQuery.names, handle: list),
      Endpoint("listRunStatuses", .get, "/v1/runs/statuses", "The states of runs.", gives: "StatusList") { _ in
        .answer(
          Answer([
            "items": .array(RunStatus.allCases.map(Self.status)), "first": .null, "next": .null, "previous": .null,
          ]))
      },
      Endpoint(
        "getRun", .get, "/v1/runs/{id}", "One run.", gives: "Run", query: ["fields", "embed", "add_signature"],
        handle: read),
      Endpoint("listRunLogs", .get, "/v1/runs/{id}/logs", "Log lines of a run; none are kept.", gives: "List") { call in
        if call.part("id") != "any" { _ = try await run(call) }
        return .answer(Self.nothing)
      },
      Endpoint("listNodeRuns", .get, "/v1/runs/{id}/node-runs", "Steps of a run; models have none.", gives: "List") {
        call in
        if call.part("id") != "any" { _ = try await run(call) }
        return .answer(Self.nothing)
      },
      Endpoint(
        "cancelRun", .post, "/v1/admin/runs/{id}/cancellation", "Cancel a run, as an operator.", access: .service,
        success: 201, takes: "Cancellation", gives: "Run", handle: cancel),
    ]
  }

  static let fields: [String: ListFilter.Field] = [
    "id": .text(column: "id"), "status_code": .text(column: "status"), "client_ref": .text(column: "clientRef"),
    "batch_id": .text(column: "batchID"), "model_id": .text(column: "modelID"),
    "request_id": .text(column: "requestID"), "created_at": .time(column: "createdAt"),
    "started_at": .time(column: "startedAt"), "completed_at": .time(column: "completedAt"),
  ]

  private static let nothing = Answer(["items": [], "first": .null, "next": .null, "previous": .null])

  private static func status(_ status: RunStatus) -> JSON {
    ["code": .string(status.rawValue), "is_terminal": .bool(status.isTerminal)]
  }

  private func create(_ call: Call) async throws -> Endpoint.Effect {
    let model = try available(call)
    let body = try call.object()
    var details: [WireFailure.Detail] = []
    let request = RunRequest(body, gate: house.callbackGate, details: &details)
    let given = body["input"] ?? .null
    var media = InlineMedia(newID: house.newID)
    let input = media.taking(from: given)
    let metadata = request.metadata.map { media.taking(from: $0) }
    let place = ["body", "input"]
    if given.isNull {
      details.append(WireFailure.Detail(place, "field required", type: "missing"))
    } else {
      details += house.check(model).details(input, at: place)
    }
    guard details.isEmpty else { throw WireFailure.invalid(details) }
    try await house.admit(1)
    for item in media.items { try await house.files.write(item.bytes, to: "assets/\(item.id)") }
    let now = house.surroundings.now()
    let run = RunRow(
      id: house.newID(), organisation: call.organisation, model: model.id, modelID: model.uuid,
      status: RunStatus.queued.rawValue, input: input.compact, output: nil, metadata: metadata?.compact,
      clientRef: request.clientRef, callbackURL: request.callbackURL, requestID: call.requestID, batchID: nil,
      sequenceIndex: nil, price: model.price.microdollars, cost: nil, attempts: 0, createdAt: now.microseconds,
      startedAt: nil, completedAt: nil, failureCode: nil, failureMessage: nil, failureStage: nil)
    let assets = media.rows(organisation: call.organisation, now: now)
    return .change(
      { [house] db in
        for asset in assets { try asset.insert(db) }
        try AssetReferences.demand(input, at: place, of: run.organisation, in: db)
        try house.ledger.demand(run.price, of: run.organisation, now: now, in: db)
        try run.insert(db)
        return Answer(201, house.renderer.run(run))
      }, after: { [house] in await house.takeUp([run.id]) })
  }

  /// The model of a path.
  ///
  /// - Throws: 404 for an unknown one, 503 for one that nothing here can do.
  func available(_ call: Call) throws(WireFailure) -> ServedModel {
    guard let model = house.models.model(call.part("model")) else {
      throw .notFound("model", code: "MODEL_NOT_FOUND")
    }
    guard house.models.operation(for: model) != nil else {
      throw WireFailure(503, "MODEL_UNAVAILABLE", "No operation installed here does the work of \(model.id).")
    }
    return model
  }

  /// The run of a path.
  ///
  /// - Throws: 404 for an unknown one and for another organisation's.
  func run(_ call: Call) async throws -> RunRow {
    let (id, organisation) = (call.part("id").lowercased(), call.organisation)
    guard let run = try await house.store.read({ db in try RunRow.fetchOne(db, key: id) }),
      run.organisation == organisation
    else { throw WireFailure.notFound("run", code: "RUN_NOT_FOUND") }
    return run
  }

  private func read(_ call: Call) async throws -> Endpoint.Effect {
    let record = house.renderer.run(try await run(call))
    guard let names = call.query["fields"], !names.isEmpty else { return .answer(Answer(record)) }
    let kept = Set(names.split(separator: ",").map(String.init) + ["id"])
    return .answer(Answer(record.projected(to: kept)))
  }

  private func list(_ call: Call) async throws -> Endpoint.Effect {
    let query = try ListQuery(call.query, fields: Self.fields)
    let organisation = call.organisation
    let page = try await house.store.read { db in
      try query.page(of: RunRow.self, where: "organisation = ?", [organisation], in: db)
    }
    return .answer(Answer(page.envelope(fields: query.fields, house.renderer.run)))
  }

  /// 201 when this call ended the run, 200 when it was over already.
  private func cancel(_ call: Call) async throws -> Endpoint.Effect {
    let reason = try call.object()["reason"] ?? .null
    if !reason.isNull, !(3...500).contains(reason.text?.unicodeScalars.count ?? 0) {
      throw WireFailure.invalid(["body", "reason"], "3 to 500 characters are expected", type: "range")
    }
    let (id, house, now) = (call.part("id").lowercased(), house, house.surroundings.now())
    let deliveries = Handover()
    return .change(
      { db in
        let ended = try house.book.settle(id, .cancelled, now: now, in: db)
        deliveries.put(ended ?? [])
        guard let run = try RunRow.fetchOne(db, key: id) else {
          throw WireFailure.notFound("run", code: "RUN_NOT_FOUND")
        }
        return Answer(ended == nil ? 200 : 201, house.renderer.run(run))
      },
      after: {
        await house.foreman.cancel(id)
        await house.sender.add(deliveries.take())
      })
  }
}
