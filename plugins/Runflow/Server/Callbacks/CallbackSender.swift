// SPDX-License-Identifier: Apache-2.0
import GRDB
import ImgtoolCore
import Logging

/// Sends callbacks: three attempts, 1 s and 2 s apart, repeated after a 5xx or a network failure only.
actor CallbackSender {
  /// How long a receiver may take to answer.
  static let answerTime = Duration.seconds(10)
  /// Deliveries under way at once.
  private static let limit = 16

  private let store: Store
  private let client: WebClient
  private let surroundings: Surroundings
  private let faults: FaultDesk?
  private let logger: Logger
  private var waiting: [String] = []
  private var sending: [String: Task<Void, Never>] = [:]
  private var held: [String] = []
  private var isStopped = true
  private var idle: [CheckedContinuation<Void, Never>] = []

  init(store: Store, client: WebClient, surroundings: Surroundings, faults: FaultDesk?, logger: Logger) {
    self.store = store
    self.client = client
    self.surroundings = surroundings
    self.faults = faults
    self.logger = logger
  }

  /// Takes up deliveries that an earlier process did not finish.
  func start() async throws {
    let open = try await store.write { db in
      try db.execute(sql: "UPDATE delivery SET status = 'pending' WHERE status = 'delivering'")
      return try String.fetchAll(db, sql: "SELECT id FROM delivery WHERE status = 'pending' ORDER BY createdAt, id")
    }
    isStopped = false
    add(open)
  }

  /// Queues deliveries that are in the database.
  func add(_ ids: [String]) {
    for id in ids {
      switch faults?.take("callback", path: "")?.action {
      case .reorder: held.append(id)
      case .duplicate: waiting += [id, id]
      default:
        waiting.append(id)
        waiting += held
        held = []
      }
    }
    startMore()
  }

  /// Interrupts what is under way; it stays pending and goes out at the next start.
  func stop() async {
    isStopped = true
    for task in sending.values { task.cancel() }
    if !sending.isEmpty { await withCheckedContinuation { idle.append($0) } }
  }

  private func startMore() {
    while !isStopped, sending.count < Self.limit, let at = waiting.firstIndex(where: { sending[$0] == nil }) {
      let id = waiting.remove(at: at)
      sending[id] = Task {
        await self.deliver(id)
        self.finished(id)
      }
    }
  }

  private func finished(_ id: String) {
    sending[id] = nil
    startMore()
    guard sending.isEmpty else { return }
    for continuation in idle { continuation.resume() }
    idle = []
  }

  private func deliver(_ id: String) async {
    do {
      var isRepeat = false
      while let (delivery, secret) = try await load(id) {
        // A delivery asked for twice goes out once more, as a duplicate of the first.
        if delivery.status == "delivered" || delivery.status == "failed" {
          if !isRepeat { _ = await send(delivery, secret: secret) }
          return
        }
        let wait = (delivery.nextAttemptAt ?? 0) - surroundings.now().microseconds
        if wait > 0 { try await surroundings.sleep(.microseconds(wait)) }
        try await record(await send(delivery, secret: secret), of: delivery)
        isRepeat = true
      }
    } catch is CancellationError {
      // The server stops; the delivery stays pending.
    } catch {
      logger.error("A callback could not be recorded.", metadata: ["delivery": "\(id)", "error": "\(type(of: error))"])
    }
  }

  private func load(_ id: String) async throws -> (DeliveryRow, SecretRow?)? {
    try await store.read { db in
      guard let delivery = try DeliveryRow.fetchOne(db, key: id) else { return nil }
      return (delivery, try delivery.secretID.flatMap { try SecretRow.fetchOne(db, key: $0) })
    }
  }

  /// What became of one attempt.
  private struct Attempt: Sendable {
    var status: Int?
    var body: String?
    var milliseconds: Int
    var error: String?
    var mayRepeat: Bool
  }

  private func send(_ delivery: DeliveryRow, secret: SecretRow?) async -> Attempt {
    let payload = Array(delivery.payload.utf8)
    var headers = [
      ("Content-Type", "application/json"), ("User-Agent", "imgtool-runflow-server"),
      ("Runflow-Request-Id", delivery.requestID),
    ]
    let fault = faults?.take("callbackSignature", path: "")
    if let secret, fault?.action != .unsigned {
      let key = Array(secret.secret.utf8) + (fault?.action == .wrongSignature ? [0] : [])
      headers.append(("Runflow-Signature", HMACDigest.hex(payload, key: key)))
    }
    let begin = ContinuousClock.now
    func elapsed() -> Int { Int((ContinuousClock.now - begin) / .milliseconds(1)) }
    do {
      let reply = try await client.post(payload, to: delivery.url, headers: headers, time: Self.answerTime)
      return Attempt(
        status: reply.status, body: reply.body, milliseconds: elapsed(), error: nil,
        mayRepeat: reply.status >= 500)
    } catch let error as ImgtoolError {
      return Attempt(milliseconds: elapsed(), error: error.message, mayRepeat: error.retry == .later)
    } catch {
      return Attempt(milliseconds: elapsed(), error: "The attempt was interrupted.", mayRepeat: true)
    }
  }

  private func record(_ attempt: Attempt, of delivery: DeliveryRow) async throws {
    try Task.checkCancellation()
    let now = surroundings.now()
    let number = delivery.attemptCount + 1
    let isDelivered = attempt.status.map { (200..<300).contains($0) } ?? false
    let isOver = isDelivered || !attempt.mayRepeat || number >= delivery.maxAttempts
    let row = AttemptRow(
      id: Identifier.timeOrdered(at: now, random: surroundings.random), deliveryID: delivery.id, number: number,
      statusCode: attempt.status, responseBody: attempt.body, responseMilliseconds: attempt.milliseconds,
      errorMessage: attempt.error, createdAt: now.microseconds)
    var after = delivery
    after.attemptCount = number
    after.updatedAt = now.microseconds
    after.status = isDelivered ? "delivered" : isOver ? "failed" : "pending"
    after.completedAt = isOver ? now.microseconds : nil
    // 1 s after the first attempt, 2 s after the second.
    after.nextAttemptAt = isOver ? nil : now.adding(seconds: Int64(number)).microseconds
    if isOver, !isDelivered {
      after.failureCode = attempt.status == nil ? "NETWORK" : "HTTP_STATUS"
      after.failureDetail = attempt.error ?? attempt.status.map { "The receiver answered \($0)." }
    }
    try await store.write { [after] db in
      try row.insert(db)
      try after.update(db)
      if let secretID = after.secretID {
        try db.execute(sql: "UPDATE secret SET lastUsedAt = ? WHERE id = ?", arguments: [now.microseconds, secretID])
      }
    }
  }
}
