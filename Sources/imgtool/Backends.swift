// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime
import LocalBackend
import Logging
import RunflowBackend
import RunflowServer

/// The backends of this program; a new one is an import and a line here.
enum Backends {
  /// Decodes and encodes for all of them; started at the first need.
  static let pool = SharedPool()

  private static var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// What is plugged in; Runflow where `RUNFLOW_API_KEY` is set.
  ///
  /// - Throws: `.credentials` or `.usage` for a key or an address that cannot be one.
  static func catalog() throws(ImgtoolError) -> OperationCatalog {
    var operations = LocalBackend.operations(pool: pool)
    if let runflow = try RunflowConfiguration.reading(environment: environment) {
      operations += try RunflowBackend.operations(runflow)
    }
    return try OperationCatalog(operations)
  }

  /// The operation of a name.
  ///
  /// - Throws: `.credentials` where only a key is missing, `.unsupported` for a name nothing has.
  static func operation(named name: OperationName, in catalog: OperationCatalog) throws(ImgtoolError)
    -> any ImageOperation
  {
    if name.backend == "runflow", environment["RUNFLOW_API_KEY"] ?? "" == "" {
      throw ImgtoolError(.credentials, "The backend runflow needs a key: set RUNFLOW_API_KEY.")
    }
    return try catalog.operation(named: name)
  }

  /// Where paid jobs are kept.
  ///
  /// - Throws: `.storage`, `.usage` where no place is known.
  static func journal(_ folder: String?) async throws(ImgtoolError) -> Journal {
    let place = if let folder { JournalFolder(folder) } else { try JournalFolder.standard(environment: environment) }
    return try await Journal.open(place, timekeeper: .system())
  }

  /// What runs paid requests exactly once.
  static func conductor(_ options: ConductorOptions, journal: Journal) throws(ImgtoolError) -> JobConductor {
    let isLocal = try RunflowConfiguration.reading(environment: environment)?.base.isLoopback ?? false
    return JobConductor(
      journal: journal, transport: HTTPTransport(allowsLoopback: isLocal), timekeeper: .system(), options: options)
  }

  /// Serves the Runflow API on this machine until a signal; the work is done by the embedded operations.
  static func serve(_ configuration: ServerConfiguration) async throws {
    let catalog = try OperationCatalog(LocalBackend.operations(pool: pool))
    let runner = Runner(catalog: catalog, pool: pool)
    let work = RunWork { order in
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
    let logger = Logger(label: "imgtool.serve")
    let server = try RunflowServer(configuration: configuration, catalog: catalog, work: work, logger: logger)
    Task {
      // What keeps it from listening is thrown by the server itself.
      if let url = try? await server.baseURL() { Console.note("serving \(url); stop with Ctrl-C") }
    }
    try await server.runUntilSignalled()
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
