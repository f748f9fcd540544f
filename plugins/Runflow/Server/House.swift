// SPDX-License-Identifier: Apache-2.0
import GRDB
import ImgtoolCore
import Logging
import Synchronization

/// The parts of one server, put together once.
final class House: Sendable {
  let configuration: ServerConfiguration
  let surroundings: Surroundings
  let store: Store
  let files: FileStore
  let models: ModelShelf
  let signer: URLSigner
  let ledger: Ledger
  let renderer: RecordRenderer
  let composer: CallbackComposer
  let book: RunBook
  let inputGate: NetworkGate
  let callbackGate: NetworkGate
  let faults: FaultDesk?
  let foreman: Foreman
  let sender: CallbackSender
  private let draining = Mutex(false)
  private let base: BaseURL

  init(
    _ configuration: ServerConfiguration, models: ModelShelf, work: RunWork, surroundings: Surroundings,
    logger: Logger, reached: @escaping @Sendable (Foreman.Step, String) async throws -> Void
  ) async throws {
    self.configuration = configuration
    self.surroundings = surroundings
    self.models = models
    files = try FileStore(root: configuration.data + "/files")
    let store = try Store(folder: configuration.data)
    self.store = store
    let base = BaseURL(configuration.publicURL)
    self.base = base
    let key = try await Self.signingKey(in: store, random: surroundings.random)
    let signer = URLSigner(key: key, now: surroundings.now) { base.text }
    self.signer = signer
    ledger = Ledger(opening: configuration.openingBalance)
    let shapes = Dictionary(models.models.map { ($0.id, $0.output) }) { first, _ in first }
    renderer = RecordRenderer(signer: signer, shapes: shapes)
    composer = CallbackComposer(renderer: renderer, random: surroundings.random)
    book = RunBook(ledger: ledger, composer: composer)
    let allowsPrivate = configuration.allowsPrivate
    inputGate = NetworkGate(
      allowsLoopback: allowsPrivate, allowsPrivate: allowsPrivate, resolve: surroundings.resolve)
    callbackGate = NetworkGate(
      allowsLoopback: configuration.allowsLoopbackCallbacks ?? (allowsPrivate || configuration.isLoopback),
      allowsPrivate: allowsPrivate, resolve: surroundings.resolve)
    let faults = configuration.hasFaults ? FaultDesk() : nil
    self.faults = faults
    let sender = CallbackSender(
      store: store, client: WebClient(gate: callbackGate), surroundings: surroundings, faults: faults, logger: logger)
    self.sender = sender
    let source = InputSource(
      files: files, signer: signer, client: WebClient(gate: inputGate), limits: configuration.limits)
    let bench = RunBench(
      files: files, source: source, models: models, work: work,
      encoding: configuration.encoding ?? EncodeOptions(format: .webp), timeout: configuration.runTimeout,
      faults: faults,
      sleep: surroundings.sleep)
    foreman = Foreman(
      bench: bench, store: store, book: book, now: surroundings.now, limit: configuration.workers,
      mostOut: configuration.fetches, logger: logger, announce: { await sender.add($0) }, reached: reached)
  }

  /// Whether the server is stopping: no new work is taken.
  var isDraining: Bool { draining.withLock { $0 } }

  func beginDraining() { draining.withLock { $0 = true } }

  /// Tells where the server listens; ignored where the configuration names a public URL.
  func listens(on host: String, port: Int) {
    base.set("http://\(host.contains(":") ? "[\(host)]" : host):\(port)")
  }

  /// A fresh time-ordered id.
  func newID() -> String { Identifier.timeOrdered(at: surroundings.now(), random: surroundings.random) }

  /// The key of signed URLs, made at the first start and kept, so that URLs outlive the process.
  private static func signingKey(
    in store: Store, random: @escaping @Sendable () -> UInt64
  ) async throws -> [UInt8] {
    let text = try await store.write { db in
      if let text = try String.fetchOne(db, sql: "SELECT value FROM setting WHERE name = 'url-key'") { return text }
      let text = (0..<4).map { _ in Hex.text(withUnsafeBytes(of: random().bigEndian) { Array($0) }) }.joined()
      try db.execute(sql: "INSERT INTO setting (name, value) VALUES ('url-key', ?)", arguments: [text])
      return text
    }
    return Array(text.utf8)
  }
}

/// The base of the server's URLs, known once it listens.
private final class BaseURL: Sendable {
  private let fixed: String?
  private let bound = Mutex("http://127.0.0.1")

  init(_ fixed: String?) { self.fixed = fixed }

  var text: String { fixed ?? bound.withLock { $0 } }
  func set(_ text: String) { bound.withLock { $0 = text } }
}

extension ServerConfiguration {
  /// Whether the server can be reached from this machine alone.
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

extension House {
  /// The check of a model's inputs.
  func check(_ model: ServedModel) -> RequestCheck {
    RequestCheck(model: model, gate: inputGate, ownBase: signer.ownBase)
  }

  /// - Throws: 429 when so many more runs would fill the queue.
  func admit(_ count: Int) async throws {
    guard await foreman.load + count <= configuration.limits.queuedRuns else {
      throw WireFailure(429, "RATE_LIMITED", "Rate limit exceeded: too many runs are waiting; try again later.")
    }
  }

  /// Hands new runs to the foreman.
  func takeUp(_ runs: [String]) async { await foreman.add(runs) }
}
