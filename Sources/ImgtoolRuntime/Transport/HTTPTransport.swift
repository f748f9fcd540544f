// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import HTTPTypes
public import ImgtoolCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// The real network, over AsyncHTTPClient.
///
/// Redirects are answers, bodies stay as they are on the wire, proxies of the environment are ignored. Requests that
/// may not be repeated use connections that carry one request only, and a body that can be read once.
public final class HTTPTransport: Transport {
  private let shared: HTTPClient
  private let single: HTTPClient
  private let gate: AddressGate
  /// Everything of one exchange happens here: with two loops half of it would be passed from one to the other.
  private let loop: any EventLoop
  /// One client for each name and the address it was checked to have, so that connections can be used again.
  private let pinned = Mutex<[Pin: HTTPClient]>([:])

  /// A name, and the address that connections to it go to.
  private struct Pin: Hashable {
    let host: String
    let peer: IPAddress
  }

  /// How many clients are kept; storage has a name or two, and some addresses for each.
  private static let mostPinned = 16

  /// - Parameter allowsLoopback: whether addresses from answers may lead to this machine, over plain http too; for a
  ///   service that runs here.
  public convenience init(allowsLoopback: Bool = false) {
    self.init(gate: AddressGate(allowsLoopback: allowsLoopback))
  }

  package init(gate: AddressGate) {
    self.gate = gate
    loop = MultiThreadedEventLoopGroup.singleton.next()
    shared = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: Self.configuration())
    var once = Self.configuration()
    once.maximumUsesPerConnection = 1
    once.connectionPool.idleTimeout = .zero
    single = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: once)
  }

  deinit {
    let clients = [shared, single] + pinned.withLock { Array($0.values) }
    Task.detached { await Self.close(clients) }
  }

  /// Closes all connections and waits for it; nothing may be sent afterwards.
  ///
  /// A transport that goes away without it closes them in the background.
  public func close() async { await Self.close([shared, single] + pinned.withLock { Array($0.values) }) }

  private static func close(_ clients: [HTTPClient]) async {
    // What fails here is gone or going.
    for client in clients { try? await client.shutdown() }
  }

  private static func configuration() -> HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60)), decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.tracing.tracer = nil
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    return configuration
  }

  public func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    let incoming = IncomingAnswer(limit: request.maximumAnswer)
    try await exchange(request, incoming)
    return incoming.answer()
  }

  public func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    var request = request
    // RFC 9110 §15.4; each address passes the gate anew.
    for _ in 0...3 {
      let file = DownloadFile(path)
      defer { file.discard() }
      let incoming = IncomingAnswer(limit: request.maximumAnswer, file: file)
      try await exchange(request, incoming)
      let outcome = try await incoming.saved()
      guard case .refused(let answer) = outcome, request.reach == .publicOnly,
        [301, 302, 303, 307, 308].contains(answer.status.code),
        let place = answer.fields[.location], let next = WebAddress(place)
      else { return outcome }
      request.address = next
    }
    throw TransportFailure(.malformed, mayHaveArrived: true, "The download is redirected again and again.")
  }

  // MARK: one exchange

  private func exchange(_ request: TransportRequest, _ incoming: IncomingAnswer) async throws(TransportFailure) {
    guard !Task.isCancelled else {
      throw TransportFailure(.cancelled, mayHaveArrived: false, "The request was withdrawn before it was sent.")
    }
    let body = try OutgoingBody(request.body)
    switch request.reach {
    case .configured:
      let isHarmless = request.isRepeatable || request.method == .get
      try await run(request, body, on: isHarmless ? shared : single, incoming)
    case .publicOnly:
      let (client, isKept) = client(for: Pin(host: request.address.host, peer: try await gate.admit(request.address)))
      guard !isKept else { return try await run(request, body, on: client, incoming) }
      do {
        try await run(request, body, on: client, incoming)
        try? await client.shutdown()  // the answer is what counts
      } catch {
        try? await client.shutdown()  // the first failure is the one to tell
        throw error
      }
    }
  }

  /// The client whose connections to a name go to the address that was checked.
  ///
  /// - Returns: whether the client is kept; one beyond the limit is for a single exchange.
  private func client(for pin: Pin) -> (HTTPClient, isKept: Bool) {
    pinned.withLock { pinned in
      if let client = pinned[pin] { return (client, true) }
      var configuration = Self.configuration()
      configuration.dnsOverride = [pin.host: pin.peer.text]
      let client = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: configuration)
      guard pinned.count < Self.mostPinned else { return (client, false) }
      pinned[pin] = client
      return (client, true)
    }
  }

  private func run(
    _ request: TransportRequest, _ body: OutgoingBody?, on client: HTTPClient, _ incoming: IncomingAnswer
  ) async throws(TransportFailure) {
    do {
      var wire = try HTTPClient.Request(
        url: request.address.absolute, method: HTTPMethod(rawValue: request.method.rawValue))
      for field in request.fields { wire.headers.add(name: field.name.rawName, value: field.value) }
      wire.headers.replaceOrAdd(name: "accept-encoding", value: "identity")
      if client === single { wire.headers.replaceOrAdd(name: "connection", value: "close") }
      wire.body = body?.stream(on: loop)
      let task = client.execute(
        request: wire, delegate: incoming, deadline: .now() + TimeAmount(min(request.timeout, .seconds(86_400))))
      try await withTaskCancellationHandler {
        try await task.get()
      } onCancel: {
        task.cancel()
      }
    } catch is IncomingAnswer.Cut {
      return
    } catch {
      // Without a body the head alone is the request, and it may have arrived once anything was connected.
      let mayHaveArrived = body?.hasBegun ?? !HTTPFailure.isBeforeConnection(error)
      throw HTTPFailure.failure(
        incoming.hasBegun ? HTTPFailure.whileReading(error) : error, request.address, mayHaveArrived: mayHaveArrived,
        isCancelled: Task.isCancelled)
    }
  }
}
