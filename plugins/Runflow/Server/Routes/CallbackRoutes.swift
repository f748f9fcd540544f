// SPDX-License-Identifier: Apache-2.0
import GRDB
import HTTPTypes

/// Delivery history, redelivery, and the secrets that callbacks are signed with.
struct CallbackRoutes: Sendable {
  let house: House

  var endpoints: [Endpoint] {
    [
      Endpoint(
        "listRunDeliveries", .get, "/v1/runs/{id}/callback", "Deliveries of a run's callback.", gives: "DeliveryArray",
        handle: history),
      Endpoint(
        "redeliverRun", .post, "/v1/runs/{id}/callback-redeliveries", "Send a run's callback once more.", success: 201,
        gives: "Delivery", handle: redeliverRun),
      Endpoint(
        "redeliverBatch", .post, "/v1/batches/{id}/callback-redeliveries", "Send a batch's callback once more.",
        success: 201, gives: "Delivery", handle: redeliverBatch),
      Endpoint(
        "createSecret", .post, "/v1/callback-secrets", "Create a signing secret; it is shown this once.", success: 201,
        takes: "SecretRequest", gives: "NewSecret", handle: createSecret),
      Endpoint(
        "listSecrets", .get, "/v1/callback-secrets", "List signing secrets.", gives: "SecretList",
        query: ListQuery.names, handle: listSecrets),
      Endpoint("getSecret", .get, "/v1/callback-secrets/{id}", "One signing secret.", gives: "Secret") { call in
        .answer(Answer(Self.record(try await secret(call))))
      },
      Endpoint(
        "updateSecret", .patch, "/v1/callback-secrets/{id}", "Rename a signing secret, or make it the current one.",
        takes: "SecretChange", gives: "Secret", handle: updateSecret),
      Endpoint(
        "deleteSecret", .delete, "/v1/callback-secrets/{id}", "Delete a signing secret.", success: 204,
        handle: deleteSecret),
    ]
  }

  private func history(_ call: Call) async throws -> Endpoint.Effect {
    let run = try await RunRoutes(house: house).run(call)
    let rows = try await house.store.read { db in
      try DeliveryRow.fetchAll(
        db, sql: "SELECT * FROM delivery WHERE runID = ? ORDER BY createdAt, id", arguments: [run.id]
      )
      .map { ($0, try Self.attempts(of: $0.id, in: db)) }
    }
    return .answer(Answer(.array(rows.map(delivery))))
  }

  private static func attempts(of delivery: String, in db: Database) throws -> [AttemptRow] {
    try AttemptRow.fetchAll(
      db, sql: "SELECT * FROM attempt WHERE deliveryID = ? ORDER BY number", arguments: [delivery])
  }

  private func redeliverRun(_ call: Call) async throws -> Endpoint.Effect {
    let run = try await RunRoutes(house: house).run(call)
    return try redeliver(isOver: run.state.isTerminal, url: run.callbackURL, column: "runID", id: run.id) {
      [composer = house.composer] now, db in
      try composer.add(for: run, isAutomatic: false, now: now, in: db)
    }
  }

  private func redeliverBatch(_ call: Call) async throws -> Endpoint.Effect {
    let batch = try await BatchRoutes(house: house).batch(call)
    return try redeliver(isOver: batch.state.isTerminal, url: batch.callbackURL, column: "batchID", id: batch.id) {
      [composer = house.composer] now, db in
      let runs = try RunBook.runs(ofBatch: batch.id, in: db)
      return try composer.add(for: batch, runs: runs, isAutomatic: false, now: now, in: db)
    }
  }

  /// Terminal, with a callback URL, and nothing under way: else 422.
  private func redeliver(
    isOver: Bool, url: String?, column: String, id: String,
    add: @escaping @Sendable (Timestamp, Database) throws -> DeliveryRow?
  ) throws -> Endpoint.Effect {
    func conflict(_ message: String) -> WireFailure {
      .invalid(["path", "id"], message, type: "conflict")
    }
    guard isOver else { throw conflict("it is not over yet") }
    guard url != nil else { throw conflict("it has no callback_url") }
    let (house, now, added) = (house, house.surroundings.now(), Handover())
    return .change(
      { db in
        let underWay = try Int.fetchOne(
          db, sql: "SELECT COUNT(*) FROM delivery WHERE \(column) = ? AND status IN ('pending', 'delivering')",
          arguments: [id])
        guard underWay == 0, let row = try add(now, db) else {
          throw WireFailure.invalid(["path", "id"], "a delivery is under way", type: "conflict")
        }
        added.put([row.id])
        return Answer(201, Self.delivery(row, [], house.renderer))
      }, after: { await house.sender.add(added.take()) })
  }

  private func delivery(_ row: DeliveryRow, _ attempts: [AttemptRow]) -> JSON {
    Self.delivery(row, attempts, house.renderer)
  }

  private static func delivery(_ row: DeliveryRow, _ attempts: [AttemptRow], _ renderer: RecordRenderer) -> JSON {
    [
      "id": .string(row.id), "run_id": JSON(row.runID), "batch_id": JSON(row.batchID),
      "callback_url": .string(row.url), "payload_bytes": .string(row.payload),
      "payload": renderer.stored(row.payload), "signing_secret_id": JSON(row.secretID),
      "is_automatic": .bool(row.isAutomatic), "status_code": .string(row.status),
      "failure_reason_code": JSON(row.failureCode), "failure_detail": JSON(row.failureDetail),
      "attempt_count": JSON(row.attemptCount), "max_attempts": JSON(row.maxAttempts),
      "next_attempt_at": renderer.time(row.nextAttemptAt), "created_at": renderer.time(row.createdAt),
      "updated_at": renderer.time(row.updatedAt), "completed_at": renderer.time(row.completedAt),
      "attempts": .array(
        attempts.map { attempt in
          [
            "id": .string(attempt.id), "delivery_id": .string(attempt.deliveryID),
            "attempt_number": JSON(attempt.number), "status_code": JSON(attempt.statusCode),
            "response_body": JSON(attempt.responseBody), "response_time_ms": JSON(attempt.responseMilliseconds),
            "error_message": JSON(attempt.errorMessage), "created_at": renderer.time(attempt.createdAt),
          ]
        }),
    ]
  }

  private static func label(_ body: JSON) throws(WireFailure) -> String? {
    guard let value = body["label"], !value.isNull else { return nil }
    guard let label = value.text, label.unicodeScalars.count <= 255 else {
      throw .invalid(["body", "label"], "at most 255 characters, or null, are expected", type: "type")
    }
    return label
  }

  private func createSecret(_ call: Call) async throws -> Endpoint.Effect {
    let (label, now, organisation) = (try Self.label(call.object()), house.surroundings.now(), call.organisation)
    let random = (0..<4).map { _ in Hex.text(withUnsafeBytes(of: house.surroundings.random().bigEndian) { Array($0) }) }
    let row = SecretRow(
      id: house.newID(), organisation: organisation, secret: "whsec_" + random.joined(), label: label,
      isCurrent: false, lastUsedAt: nil, createdAt: now.microseconds, updatedAt: now.microseconds)
    return .change({ db in
      var row = row
      let current = try Int.fetchOne(
        db, sql: "SELECT COUNT(*) FROM secret WHERE organisation = ? AND isCurrent", arguments: [organisation])
      row.isCurrent = current == 0
      try row.insert(db)
      return Answer(201, (["plain_secret": .string(row.secret)] as JSON).merged(with: Self.record(row)))
    })
  }

  private func listSecrets(_ call: Call) async throws -> Endpoint.Effect {
    let query = try ListQuery(
      call.query, fields: ["id": .text(column: "id"), "created_at": .time(column: "createdAt")])
    let organisation = call.organisation
    let page = try await house.store.read { db in
      try query.page(of: SecretRow.self, where: "organisation = ?", [organisation], in: db)
    }
    return .answer(Answer(page.envelope(fields: query.fields, Self.record)))
  }

  private func secret(_ call: Call) async throws -> SecretRow {
    let id = call.part("id").lowercased()
    guard let row = try await house.store.read({ db in try SecretRow.fetchOne(db, key: id) }),
      row.organisation == call.organisation
    else { throw WireFailure.notFound("callback secret", code: "CALLBACK_SECRET_NOT_FOUND") }
    return row
  }

  private func updateSecret(_ call: Call) async throws -> Endpoint.Effect {
    let found = try await secret(call)
    let body = try call.object()
    let label = try Self.label(body)
    let wish = body["is_current"] ?? .null
    guard wish.isNull || wish.truth != nil else {
      throw WireFailure.invalid(["body", "is_current"], "true, false or null is expected", type: "type")
    }
    let now = house.surroundings.now()
    return .change({ db in
      var row = found
      if body["label"] != nil { row.label = label }
      row.updatedAt = now.microseconds
      if wish.truth == true {
        try db.execute(sql: "UPDATE secret SET isCurrent = 0 WHERE organisation = ?", arguments: [row.organisation])
        row.isCurrent = true
      }
      try row.update(db)
      return Answer(Self.record(row))
    })
  }

  private func deleteSecret(_ call: Call) async throws -> Endpoint.Effect {
    let row = try await secret(call)
    return .change({ db in
      try row.delete(db)
      return Answer(status: 204)
    })
  }

  private static func record(_ row: SecretRow) -> JSON {
    func time(_ microseconds: Int64?) -> JSON { JSON(microseconds.map { Timestamp(microseconds: $0).record }) }
    return [
      "id": .string(row.id), "org_id": .string(row.organisation), "key_prefix": .string(String(row.secret.prefix(10))),
      "is_current": .bool(row.isCurrent), "label": JSON(row.label), "disabled_at": .null,
      "last_used_at": time(row.lastUsedAt), "created_at": time(row.createdAt), "updated_at": time(row.updatedAt),
    ]
  }
}
