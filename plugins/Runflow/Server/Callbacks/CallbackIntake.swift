// SPDX-License-Identifier: Apache-2.0
public import Hummingbird
public import ImgtoolCore
import Glibc
import HTTPTypes
public import Logging
import NIOCore

extension RouterMethods {
  /// Adds the route that Runflow's callbacks come to, for a service of one's own.
  ///
  /// `receive` gets the body's bytes as they came and every value of `Runflow-Signature`: verify before reading. What
  /// it throws decides the answer: 401 for `.credentials`, 413 for `.limit`, 400 for `.input`, and 503 for anything
  /// else, upon which Runflow delivers again; 200 where it returns.
  /// - Parameter longestBody: a longer one is answered 413 and not given on.
  @discardableResult
  public func runflowCallbacks(
    _ path: RouterPath = "/callbacks/runflow", longestBody: ByteCount = ByteCount(5_000_000),
    receive: @escaping @Sendable (_ body: [UInt8], _ signatures: [String]) async throws -> Void
  ) -> Self {
    on(path, method: .post) { request, context in
      var body: [UInt8] = []
      for try await piece in request.body {
        guard body.count + piece.readableBytes <= longestBody.bytes else { return HTTPResponse.Status.contentTooLarge }
        body.append(contentsOf: piece.readableBytesView)
      }
      let signatures = HTTPField.Name("Runflow-Signature").map { request.headers[values: $0] } ?? []
      do {
        try await receive(body, signatures)
        return .ok
      } catch let error as ImgtoolError {
        context.logger.info("A callback was not taken.", metadata: ["kind": "\(error.kind.rawValue)"])
        switch error.kind {
        case .credentials: return .unauthorized
        case .limit: return .contentTooLarge
        case .input: return .badRequest
        default: return .serviceUnavailable
        }
      }
    }
  }
}

extension ImgtoolError {
  /// A port that cannot be listened on: `.busy` where another has it, `.usage` where it is not ours to have.
  init(cannotListen error: IOError, on port: Int) {
    switch error.errnoCode {
    case EADDRINUSE: self.init(.busy, "The port \(port) is taken by another program.", retry: .later)
    case EACCES: self.init(.usage, "The port \(port) may not be listened on; take one above 1023.")
    default: self.init(.storage, "The port \(port) cannot be listened on.", underlying: error.description)
    }
  }
}

/// Listens for callbacks alone, on this machine: for trying out what a service would receive.
public struct CallbackListener: Sendable {
  private let host: String
  private let port: Int
  private let path: String
  private let logger: Logger
  private let receive: @Sendable (_ body: [UInt8], _ signatures: [String]) async throws -> Void

  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - path: where callbacks are posted to, beginning with "/".
  ///   - receive: as for `runflowCallbacks`.
  public init(
    host: String = "127.0.0.1", port: Int, path: String, logger: Logger,
    receive: @escaping @Sendable (_ body: [UInt8], _ signatures: [String]) async throws -> Void
  ) {
    (self.host, self.port, self.path, self.logger, self.receive) = (host, port, path, logger, receive)
  }

  /// Listens until SIGTERM, SIGINT or the end of the task.
  ///
  /// - Parameter listening: told the address once callbacks can come.
  /// - Throws: what the network says of the port.
  public func run(listening: @escaping @Sendable (String) async -> Void) async throws {
    let router = Router()
    router.runflowCallbacks(RouterPath(path), receive: receive)
    let (host, path) = (host, path)
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { await listening("http://\(host):\($0.localAddress?.port ?? 0)\(path)") }, logger: logger)
    do {
      try await application.runService()
    } catch let error as IOError {
      throw ImgtoolError(cannotListen: error, on: port)
    }
  }
}
