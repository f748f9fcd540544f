// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import HTTPTypes
public import ImgtoolCore
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// The real network, over AsyncHTTPClient.
///
/// Redirects are answers, bodies stay as they are on the wire, proxies of the environment are ignored. Requests that
/// may not be repeated use connections that carry one request only, and a body that can be read once.
public final class HTTPTransport: Transport {
  private let shared: HTTPClient
  private let single: HTTPClient
  private let gate: AddressGate
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
    shared = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration())
    var once = Self.configuration()
    once.maximumUsesPerConnection = 1
    once.connectionPool.idleTimeout = .zero
    single = HTTPClient(eventLoopGroupProvider: .singleton, configuration: once)
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
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    return configuration
  }

  public func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
    try await exchange(request) { response throws(TransportFailure) in
      try await Self.answer(response, limit: request.maximumAnswer.bytes)
    }
  }

  public func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
    var request = request
    // RFC 9110 §15.4; each address passes the gate anew.
    for _ in 0...3 {
      let limit = request.maximumAnswer.bytes
      let outcome = try await exchange(request) { response throws(TransportFailure) in
        guard response.status == .ok else {
          return Download.refused(try await Self.answer(response, limit: 64 << 10, cuts: true))
        }
        return try await Self.save(response, to: path, limit: limit)
      }
      guard case .refused(let answer) = outcome, request.reach == .publicOnly,
        [301, 302, 303, 307, 308].contains(answer.status.code),
        let place = answer.fields[.location], let next = WebAddress(place)
      else { return outcome }
      request.address = next
    }
    throw TransportFailure(.malformed, mayHaveArrived: true, "The download is redirected again and again.")
  }

  // MARK: one exchange

  private func exchange<Value: Sendable>(
    _ request: TransportRequest,
    _ take: @escaping @Sendable (HTTPClientResponse) async throws(TransportFailure) -> Value
  ) async throws(TransportFailure) -> Value {
    guard !Task.isCancelled else {
      throw TransportFailure(.cancelled, mayHaveArrived: false, "The request was withdrawn before it was sent.")
    }
    let body = try OutgoingBody(request.body)
    switch request.reach {
    case .configured:
      let isHarmless = request.isRepeatable || request.method == .get
      return try await run(request, body, on: isHarmless ? shared : single, take)
    case .publicOnly:
      let (client, isKept) = client(for: Pin(host: request.address.host, peer: try await gate.admit(request.address)))
      guard !isKept else { return try await run(request, body, on: client, take) }
      do {
        let value = try await run(request, body, on: client, take)
        try? await client.shutdown()  // the value is what counts
        return value
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
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      guard pinned.count < Self.mostPinned else { return (client, false) }
      pinned[pin] = client
      return (client, true)
    }
  }

  private func run<Value: Sendable>(
    _ request: TransportRequest, _ body: OutgoingBody?, on client: HTTPClient,
    _ take: @escaping @Sendable (HTTPClientResponse) async throws(TransportFailure) -> Value
  ) async throws(TransportFailure) -> Value {
    var wire = HTTPClientRequest(url: request.address.absolute)
    wire.method = HTTPMethod(rawValue: request.method.rawValue)
    for field in request.fields { wire.headers.add(name: field.name.rawName, value: field.value) }
    wire.headers.replaceOrAdd(name: "accept-encoding", value: "identity")
    if client === single { wire.headers.replaceOrAdd(name: "connection", value: "close") }
    if let body { wire.body = .stream(body, length: .known(Int64(body.count))) }
    let (head, timeout) = (wire, request.timeout)
    do {
      return try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await take(client.execute(head, timeout: .seconds(86_400))) }
        group.addTask {
          try await Task.sleep(for: timeout)
          throw Expired()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw Expired() }
        return value
      }
    } catch {
      // Without a body the head alone is the request, and it may have arrived once anything was connected.
      let mayHaveArrived = body?.hasBegun ?? !HTTPFailure.isBeforeConnection(error)
      throw HTTPFailure.failure(
        error, request.address, mayHaveArrived: mayHaveArrived, isCancelled: Task.isCancelled)
    }
  }

  /// The timeout of the whole exchange has passed.
  struct Expired: Error {}

  // MARK: reading

  private static func answer(_ response: HTTPClientResponse, limit: Int, cuts: Bool = false)
    async throws(TransportFailure) -> TransportAnswer
  {
    try checkCoding(response)
    var bytes: [UInt8] = []
    do {
      for try await piece in response.body {
        if bytes.count + piece.readableBytes > limit {
          guard cuts else { throw tooLarge(limit) }
          break
        }
        bytes.append(contentsOf: piece.readableBytesView)
      }
    } catch {
      throw HTTPFailure.whileReading(error)
    }
    var fields = HTTPFields()
    for (name, value) in response.headers {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    return TransportAnswer(
      status: HTTPResponse.Status(code: Int(response.status.code)), fields: fields, body: bytes)
  }

  private static func save(_ response: HTTPClientResponse, to path: String, limit: Int) async throws(TransportFailure)
    -> Download
  {
    try checkCoding(response)
    let lengths = Set(response.headers[canonicalForm: "content-length"].map(String.init))
    let length = lengths.first.flatMap { Int($0) }
    guard lengths.count <= 1, length != nil || response.headers.contains(name: "transfer-encoding") else {
      throw TransportFailure(.truncated, mayHaveArrived: true, "The download does not say how long it is.")
    }
    if let length, length > limit { throw tooLarge(limit) }
    var file = try DownloadFile(path)
    do {
      for try await piece in response.body {
        guard file.count + piece.readableBytes <= limit else { throw tooLarge(limit) }
        try file.append(piece)
      }
    } catch {
      throw HTTPFailure.whileReading(error)
    }
    if let length, length != file.count {
      throw TransportFailure(.truncated, mayHaveArrived: true, "The download ended early.")
    }
    guard file.count > 0 else { throw TransportFailure(.truncated, mayHaveArrived: true, "The download is empty.") }
    let digest = try await file.finish()
    return .saved(bytes: ByteCount(file.count), digest: digest)
  }

  private static func checkCoding(_ response: HTTPClientResponse) throws(TransportFailure) {
    let codings = response.headers[canonicalForm: "content-encoding"]
    guard codings.allSatisfy({ $0.lowercased() == "identity" }) else {
      throw TransportFailure(.malformed, mayHaveArrived: true, "The answer is compressed, which was not asked for.")
    }
  }

  private static func tooLarge(_ limit: Int) -> TransportFailure {
    TransportFailure(.tooLarge, mayHaveArrived: true, "The answer is longer than \(ByteCount(limit)).")
  }
}
