// SPDX-License-Identifier: Apache-2.0
import Hummingbird
public import ImgtoolCore
public import Logging
import NIOCore
public import ServiceLifecycle
import Synchronization
import UnixSignals

/// The Runflow HTTP API served on this machine: the same wire format, the work done by installed operations.
///
/// Everything a caller was told is in the data folder before it is told; a killed server goes on where it was, with no
/// run lost and none charged twice. One server holds a data folder at a time.
public final class RunflowServer: Service {
  private let configuration: ServerConfiguration
  private let models: ModelShelf
  private let work: RunWork
  private let surroundings: Surroundings
  private let logger: Logger
  private let reached: @Sendable (Foreman.Step, String) async throws -> Void
  private let listening = Listening()

  /// A server that is not running yet.
  ///
  /// - Parameters:
  ///   - catalog: the operations that do the work; a model without one answers 503.
  ///   - models: what is on offer; nothing for the shipped list.
  ///   - work: what stands between a run and its operation.
  /// - Throws: `.usage` for two models of one name.
  public convenience init(
    configuration: ServerConfiguration, catalog: OperationCatalog, models: [ServedModel]? = nil, work: RunWork,
    logger: Logger
  ) throws(ImgtoolError) {
    try self.init(
      configuration: configuration, catalog: catalog, models: models, work: work, logger: logger, surroundings: .real)
  }

  /// A server in scripted surroundings.
  package convenience init(
    configuration: ServerConfiguration, catalog: OperationCatalog, models: [ServedModel]? = nil, work: RunWork,
    logger: Logger, surroundings: Surroundings
  ) throws(ImgtoolError) {
    try self.init(
      configuration: configuration, catalog: catalog, models: models, work: work, logger: logger,
      surroundings: surroundings, reached: { _, _ in })
  }

  /// A server that tells the steps of its runs.
  init(
    configuration: ServerConfiguration, catalog: OperationCatalog, models: [ServedModel]?, work: RunWork,
    logger: Logger, surroundings: Surroundings,
    reached: @escaping @Sendable (Foreman.Step, String) async throws -> Void
  ) throws(ImgtoolError) {
    self.configuration = configuration
    let offer: [ServedModel] = if let models { models } else { try ServedModel.shipped() }
    self.models = try ModelShelf(offer, catalog: catalog)
    self.work = work
    self.logger = logger
    self.surroundings = surroundings
    self.reached = reached
  }

  /// The base of the server's URLs; waits until it listens.
  ///
  /// - Throws: what kept it from listening.
  public func baseURL() async throws -> String { try await listening.url() }

  /// Serves until the surrounding service group shuts down gracefully, or the task is cancelled.
  ///
  /// - Throws: `.busy` when another server has the data folder, `.storage`, and what the network says of the port.
  public func run() async throws {
    do {
      try await serve()
      listening.fail(CancellationError())
    } catch {
      listening.fail(error)
      throw error
    }
  }

  /// Serves until SIGTERM or SIGINT: no new work, a time to finish, then everything is put back into the queue.
  public func runUntilSignalled() async throws {
    var group = ServiceGroupConfiguration(
      services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    group.maximumGracefulShutdownDuration = configuration.drainTime + .seconds(10)
    try await ServiceGroup(configuration: group).run()
  }

  private func serve() async throws {
    // The file store makes the folder; the lock needs it.
    _ = try FileStore(root: configuration.data + "/files")
    let lock = try DataLock(folder: configuration.data)
    let house = try await House(
      configuration, models: models, work: work, surroundings: surroundings, logger: logger, reached: reached)
    let responder = WireResponder(house: house, endpoints: Self.endpoints(of: house))
    let (listening, configuration, logger) = (listening, configuration, logger)
    let application = Application(
      responder: responder,
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: "imgtool-runflow"),
      services: [Housekeeping(house: house)],
      onServerRunning: { channel in
        house.listens(on: configuration.host, port: channel.localAddress?.port ?? configuration.port)
        do {
          try await house.sender.start()
          try await house.foreman.start()
          listening.succeed(house.signer.ownBase)
        } catch {
          logger.critical("Unfinished work cannot be taken up.", metadata: ["error": "\(type(of: error))"])
          listening.fail(error)
        }
      }, logger: logger)
    do {
      try await withGracefulShutdownHandler {
        try await application.run()
      } onGracefulShutdown: {
        house.beginDraining()
      }
    } catch let error as IOError {
      throw ImgtoolError(cannotListen: error, on: configuration.port)
    }
    try house.store.close()
    _ = consume lock
  }

  /// Every route, in the order in which they are tried.
  static func endpoints(of house: House) -> [Endpoint] {
    let routes =
      AccountRoutes(house: house).endpoints + RunRoutes(house: house).endpoints + BatchRoutes(house: house).endpoints
      + AssetRoutes(house: house).endpoints + CallbackRoutes(house: house).endpoints
    let document = OpenAPIDocument(endpoints: routes)
    let faults = house.faults.map { FaultRoutes(desk: $0).endpoints } ?? []
    return [document.endpoint] + faults + routes
  }
}

/// Ends the work of a house when the server stops.
private struct Housekeeping: Service {
  let house: House

  func run() async throws {
    // A cancelled server stops as well, only faster.
    try? await gracefulShutdown()
    house.beginDraining()
    let isHurried = Task.isCancelled
    await house.foreman.stop(within: isHurried ? .zero : house.configuration.drainTime, sleep: house.surroundings.sleep)
    await house.sender.stop()
  }
}

/// Tells those who wait where the server listens.
private final class Listening: Sendable {
  private struct State {
    var result: Result<String, any Error>?
    var waiting: [CheckedContinuation<String, any Error>] = []
  }

  private let state = Mutex(State())

  func url() async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      let result = state.withLock { state in
        if state.result == nil { state.waiting.append(continuation) }
        return state.result
      }
      if let result { continuation.resume(with: result) }
    }
  }

  func succeed(_ url: String) { settle(.success(url)) }
  func fail(_ error: any Error) { settle(.failure(error)) }

  /// The first result counts.
  private func settle(_ result: Result<String, any Error>) {
    let waiting = state.withLock { state in
      guard state.result == nil else { return [CheckedContinuation<String, any Error>]() }
      state.result = result
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume(with: result) }
  }
}
