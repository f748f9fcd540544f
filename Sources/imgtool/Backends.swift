// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime
import LocalBackend
import Logging
import RunflowBackend
import RunflowServer
import Synchronization

/// The backends of this program; a new one is an import and a line here.
enum Backends {
  /// Decodes and encodes for all of them; started at the first need.
  static let pool = SharedPool(arranged.withLock { $0 })

  /// How this run decodes, as its command asked before the pool was first used.
  private static let arranged = Mutex(VipsPool.Limits())

  /// Sets up the pool; before its first use.
  static func arrange(_ limits: VipsPool.Limits) { arranged.withLock { $0 = limits } }

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// What is plugged in; Runflow where it has a key.
  ///
  /// - Throws: `.credentials` or `.usage` for a key or an address that cannot be one.
  static func catalog() throws(ImgtoolError) -> OperationCatalog {
    var operations = LocalBackend.operations(pool: pool)
    if let runflow = try RunflowConfiguration.reading(environment: environment) {
      operations += try RunflowBackend.operations(runflow, environment: environment)
    }
    return try OperationCatalog(operations)
  }

  /// The operation of a name.
  ///
  /// - Throws: `.credentials` where only a key is missing, `.unsupported` for a name nothing has.
  static func operation(named name: OperationName, in catalog: OperationCatalog) throws(ImgtoolError)
    -> any ImageOperation
  {
    if name.backend == "runflow", try RunflowConfiguration.reading(environment: environment) == nil {
      throw ImgtoolError(
        .credentials,
        "The backend runflow needs a key: set RUNFLOW_API_KEY, or api_key in ~/.config/imgtool/runflow.json.")
    }
    return try catalog.operation(named: name)
  }

  /// What the header of an image elsewhere says, for an operation whose service fetches it by itself.
  ///
  /// - Throws: `.unsupported` for an operation that takes files alone and for a host that answers no ranges; `.usage`
  ///   for an address without TLS; what `RemoteProbe` throws.
  static func facts(of address: WebAddress, for operation: any ImageOperation) async throws(ImgtoolError)
    -> ImageFacts
  {
    guard operation is any RemoteOperation, operation.parameters.contains(where: { $0.name == "image_url" }) else {
      throw ImgtoolError(.unsupported, "\(operation.name) takes a file: fetch \(address.host)'s picture first.")
    }
    guard address.isSecure else {
      throw ImgtoolError(.usage, "\(address.absolute) is not fetched: an address has to begin with https.")
    }
    let transport = HTTPTransport()
    let facts: ImageFacts?
    do throws(ImgtoolError) {
      facts = try await RemoteProbe.facts(of: address, over: transport)
    } catch {
      await transport.close()
      throw error
    }
    await transport.close()
    guard let facts else {
      throw ImgtoolError(
        .unsupported, "\(address.host) does not show the beginning of the picture alone: fetch it, and give the file.")
    }
    return facts
  }

  /// Where paid jobs are kept.
  ///
  /// - Throws: `.storage`, `.usage` where no place is known.
  static func journal(_ folder: String?) async throws(ImgtoolError) -> Journal {
    try await Journal.open(journalFolder(folder), timekeeper: .system())
  }

  /// Begins a damaged journal anew.
  ///
  /// - Throws: as `journal`.
  static func recover(_ folder: String?) async throws(ImgtoolError) -> JournalRecovery {
    try await Journal.recover(journalFolder(folder), timekeeper: .system())
  }

  private static func journalFolder(_ folder: String?) throws(ImgtoolError) -> JournalFolder {
    if let folder { JournalFolder(folder) } else { try JournalFolder.standard(environment: environment) }
  }

  /// What runs paid requests exactly once.
  static func conductor(_ options: ConductorOptions, journal: Journal) throws(ImgtoolError) -> JobConductor {
    let isLocal = try RunflowConfiguration.reading(environment: environment)?.base.isLoopback ?? false
    return JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: isLocal), timekeeper: .system(), options: options)
  }

  /// For a bench: what runs paid requests, by the number of the run, each an order of its own in a journal that goes
  /// with the bench.
  ///
  /// - Throws: `.usage` where the address of the service was not given on purpose.
  static func benchConductors(in folder: String) async throws(ImgtoolError)
    -> @Sendable (Int) throws -> JobConductor
  {
    guard environment["RUNFLOW_BASE_URL"] ?? "" != "" else {
      throw ImgtoolError(.usage, "A bench of paid runs goes only where RUNFLOW_BASE_URL says: set it on purpose.")
    }
    let isLocal = try RunflowConfiguration.reading(environment: environment)?.base.isLoopback ?? false
    let journal = try await Journal.open(JournalFolder(folder + "/journal"), timekeeper: .system())
    let transport = HTTPTransport(allowsLoopback: isLocal)
    return { run in
      var options = ConductorOptions()
      (options.callerKey, options.checksBalance) = ("run \(run)", false)
      return JobConductor(journal: journal, transport: transport, timekeeper: .system(), options: options)
    }
  }

  /// Serves the Runflow API on this machine until a signal; the work is done by the embedded operations.
  ///
  /// - Parameter isEcho: give every input back instead of doing the work.
  static func serve(_ configuration: ServerConfiguration, isEcho: Bool) async throws {
    let catalog = try OperationCatalog(LocalBackend.operations(pool: pool))
    let runner = Runner(catalog: catalog, pool: pool, skin: skinFinder)
    let echo = RunWork { OperationOutcome(images: [.init(.file(path: $0.input))]) }
    let real = RunWork { order in
      let encoding = order.context.encoding
      let plan = Plan(
        operation: order.operation.name, parameters: order.parameters, input: order.input,
        output: "\(order.context.scratch)/out.\(encoding.format.extensions[0])", encoding: encoding, replaces: true)
      let report = try await runner.run(plan, progress: order.context.progress)
      if let error = report.error { throw error }
      return OperationOutcome(
        images: report.outputs.map { OperationOutcome.Image(.file(path: $0.path)) }, cost: report.cost,
        findings: report.remarks, details: report.details)
    }
    var logger = Logger(label: "imgtool.serve")
    logger.logLevel = .notice
    let server = try RunflowServer(
      configuration: configuration, catalog: catalog, models: servedModels(), work: isEcho ? echo : real,
      logger: logger)
    Task {
      // What keeps it from listening is thrown by the server itself.
      if let url = try? await server.baseURL() { Console.note("serving \(url); stop with Ctrl-C") }
    }
    try await server.runUntilSignalled()
  }

  /// What the server offers: the shipped models, and those of the user's folder in the place of any they replace.
  ///
  /// - Throws: `.usage` for a folder or a file that is not valid.
  private static func servedModels() throws -> [ServedModel] {
    let own = try RunflowBackend.describedModels(environment: environment)
    let kept = try ServedModel.shipped().filter { model in
      !own.contains { $0.verb == model.verb || $0.id == model.id }
    }
    return kept + (try ServedModel.list(json: Array(try JSONEncoder().encode(own))))
  }

  /// Listens for callbacks on this machine until a signal.
  ///
  /// - Parameter take: gets each callback with its raw body; where it throws, the callback is asked for again.
  static func listen(
    port: Int, path: String, take: @escaping @Sendable (ReceivedCallback, [UInt8]) async throws -> Void
  ) async throws {
    let webhooks = try RunflowWebhooks.reading(environment: environment)
    var logger = Logger(label: "imgtool.webhook")
    logger.logLevel = .notice
    let listener = CallbackListener(port: port, path: path, logger: logger) { body, signatures in
      do {
        guard let event = try webhooks?.verify(body, signatures: signatures) ?? RunflowWebhooks.hint(body) else {
          throw ImgtoolError(.input, "The callback names neither run nor batch.")
        }
        let callback = ReceivedCallback(
          event: event.event, id: event.id, status: event.statusText, label: event.label, isSigned: webhooks != nil,
          key: event.dedupeKey)
        try await take(callback, body)
      } catch let error as ImgtoolError {
        Console.complain(error.message)
        throw error
      }
    }
    try await listener.run { url in
      Console.note("listening on \(url)\(webhooks == nil ? ", without a secret" : ""); stop with Ctrl-C")
    }
  }

  /// The settings of a server that keeps its data in a folder.
  static func serverConfiguration(data: String, port: Int, allowsPrivate: Bool, hasFaults: Bool) -> ServerConfiguration
  {
    var configuration = ServerConfiguration(data: data)
    configuration.port = port
    configuration.allowsPrivate = allowsPrivate
    configuration.hasFaults = hasFaults
    return configuration
  }

  /// What the backends say about this machine.
  static func examine() -> [Finding] { LocalBackend.examine() }

  /// Sees skin, for the checks of retouches.
  static let skinFinder = LocalBackend.skinFinder

  /// The memory of returned sizes, where the state folder can be written.
  static func observedSizes() -> ObservedSizes? {
    let folder = StateFolder.path(environment)
    do {
      try StateFolder.create(folder)
    } catch {
      return nil
    }
    return ObservedSizes(path: folder + "/observed-sizes.json")
  }

  /// The backend taken where none is named.
  static let standard = "local"
}
