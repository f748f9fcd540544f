// SPDX-License-Identifier: Apache-2.0
import GRDB
import HTTPTypes
import ImgtoolCore

/// Health, the caller's account, the balance, and the catalogue of models.
struct AccountRoutes: Sendable {
  let house: House

  var endpoints: [Endpoint] {
    [
      Endpoint("health", .get, "/v1/health", "Whether the server is up.", access: .open, gives: "Health") { _ in
        .answer(Answer(["status": "ok", "ok": true]))
      },
      Endpoint(
        "readiness", .get, "/v1/readiness", "Whether the server takes work.", gives: "Readiness", handle: readiness),
      Endpoint("getAccount", .get, "/v1/auth/me", "The account of the key.", gives: "Account") { call in
        .answer(
          Answer([
            "org_id": .string(call.organisation), "organization_id": .string(call.organisation),
            "token_type": "api_key", "scopes": ["runs:create", "runs:read", "assets:create", "assets:read"],
          ]))
      },
      Endpoint(
        "getBalance", .get, "/v1/billing/balance", "What the organisation has.", gives: "Balance", handle: balance),
      Endpoint(
        "updateBalance", .patch, "/v1/billing/balance", "Set the threshold of the low-balance note.",
        takes: "BalanceChange", gives: "Balance", handle: updateBalance),
      Endpoint("listModels", .get, "/v1/models", "List models.", gives: "List", query: ListQuery.names, handle: models),
      Endpoint("listModelInputs", .get, "/v1/models/{id}/inputs", "Inputs of a model.", gives: "List", handle: inputs),
      Endpoint("getModelInput", .get, "/v1/models/{id}/inputs/{input}", "One input.", gives: "ModelInput") { call in
        guard let input = try declarations(call).first(where: { $0["id"]?.text == call.part("input").lowercased() })
        else {
          throw WireFailure.notFound("input", code: "MODEL_INPUT_NOT_FOUND")
        }
        return .answer(Answer(input))
      },
      Endpoint(
        "listModelExamples", .get, "/v1/models/{id}/examples", "Examples of a model: one's own runs that succeeded.",
        gives: "ModelExampleList"
      ) { call in
        let examples = try await examples(call).map(house.renderer.example)
        return .answer(Answer(["items": .array(examples), "first": .null, "next": .null, "previous": .null]))
      },
      Endpoint(
        "getModelExample", .get, "/v1/models/{id}/examples/{example}", "One example.", gives: "ModelExample"
      ) { call in
        guard let run = try await examples(call).first(where: { $0.id == call.part("example").lowercased() }) else {
          throw WireFailure.notFound("example", code: "MODEL_EXAMPLE_NOT_FOUND")
        }
        return .answer(Answer(house.renderer.example(run)))
      },
      Endpoint("getModel", .get, "/v1/models/{model+}", "One model by owner and slug.", gives: "Model") { call in
        guard let model = house.models.model(call.part("model")) else {
          throw WireFailure.notFound("model", code: "MODEL_NOT_FOUND")
        }
        return .answer(Answer(house.models.record(model)))
      },
    ]
  }

  private func readiness(_ call: Call) async throws -> Endpoint.Effect {
    let isStored = try await house.store.read { try Int.fetchOne($0, sql: "SELECT 1") } == 1
    let load = await house.foreman.load
    let isReady = isStored && !house.isDraining
    return .answer(
      Answer(
        isReady ? 200 : 503,
        [
          "status": isReady ? "ok" : "stopping",
          "checks": ["database": isStored ? "ok" : "failed", "runs_waiting_or_running": JSON(load)],
        ]))
  }

  private func balance(_ call: Call) async throws -> Endpoint.Effect {
    let (ledger, now, organisation) = (house.ledger, house.surroundings.now(), call.organisation)
    let row = try await house.store.write { db in try ledger.balance(of: organisation, now: now, in: db) }
    return .answer(Answer(Self.record(row, house.renderer)))
  }

  private func updateBalance(_ call: Call) async throws -> Endpoint.Effect {
    let value = try call.object()["low_balance_threshold"] ?? .null
    let amount: Money? =
      switch value {
      case .string(let text), .number(let text): Money(text)
      default: nil
      }
    guard let amount else {
      throw WireFailure.invalid(["body", "low_balance_threshold"], "an amount of 0 or more is expected", type: "range")
    }
    let (house, now) = (house, house.surroundings.now())
    return .change({ db in
      var row = try house.ledger.balance(of: call.organisation, now: now, in: db)
      row.threshold = amount.microdollars
      row.updatedAt = now.microseconds
      try row.update(db)
      return Answer(Self.record(row, house.renderer))
    })
  }

  private static func record(_ row: BalanceRow, _ renderer: RecordRenderer) -> JSON {
    [
      "id": .string(Identifier.named("balance/" + row.organisation)), "org_id": .string(row.organisation),
      "balance": .string(Amount.text(row.amount)), "low_balance_threshold": JSON(row.threshold.map(Amount.text)),
      "low_balance_notified_at": .null, "created_at": renderer.time(row.createdAt),
      "updated_at": renderer.time(row.updatedAt),
    ]
  }

  /// The catalogue is small: it is one page, whatever its order.
  private func models(_ call: Call) async throws -> Endpoint.Effect {
    let page = Page(rows: house.models.models, next: nil, previous: nil)
    let fields = call.query["fields"].map { Set($0.split(separator: ",").map(String.init) + ["id"]) }
    return .answer(Answer(page.envelope(fields: fields, house.models.record)))
  }

  private func declarations(_ call: Call) throws(WireFailure) -> [JSON] {
    let id = call.part("id").lowercased()
    if id == "any" { return house.models.models.flatMap(house.models.inputs) }
    guard let model = house.models.model(uuid: id) else { throw .notFound("model", code: "MODEL_NOT_FOUND") }
    return house.models.inputs(of: model)
  }

  /// The caller's newest runs of a model that succeeded: what else would be shown was never made here.
  private func examples(_ call: Call) async throws -> [RunRow] {
    guard let model = house.models.model(uuid: call.part("id").lowercased()) else {
      throw WireFailure.notFound("model", code: "MODEL_NOT_FOUND")
    }
    return try await house.store.read { db in
      try RunRow.fetchAll(
        db,
        sql: """
          SELECT * FROM run WHERE organisation = ? AND model = ? AND status = ? ORDER BY createdAt DESC, id DESC LIMIT 10
          """, arguments: [call.organisation, model.id, RunStatus.succeeded.rawValue])
    }
  }

  private func inputs(_ call: Call) async throws -> Endpoint.Effect {
    .answer(Answer(["items": .array(try declarations(call)), "first": .null, "next": .null, "previous": .null]))
  }
}
