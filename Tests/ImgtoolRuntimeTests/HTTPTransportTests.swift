// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite(.timeLimit(.minutes(10))) struct HTTPTransportTests {
  let loopback = HTTPTransport(allowsLoopback: true)

  func request(_ server: LoopbackServer, _ path: String = "/x", method: HTTPRequest.Method = .post) throws
    -> TransportRequest
  {
    var request = TransportRequest(method, try #require(WebAddress(server.base + path)))
    // Far above what loopback takes on a machine that does much else.
    request.timeout = .seconds(300)
    if method == .post { request.body = .bytes(Array(#"{"input":{}}"#.utf8)) }
    return request
  }

  func failure(_ body: () async throws -> Void) async -> TransportFailure? {
    do {
      try await body()
      return nil
    } catch {
      return error as? TransportFailure
    }
  }

  /// The server answers one request on a kept-alive connection, then reads the next POST and ends unanswered.
  @Test(arguments: [LoopbackServer.Reply.close, .reset])
  func oneSubmitIsOnePOSTEvenWhereAConnectionEndsUnanswered(_ ending: LoopbackServer.Reply) async throws {
    let server = try LoopbackServer { $0.path == "/warm" ? .json("{}") : ending }
    for _ in 0..<50 {
      var warm = try request(server, "/warm")
      warm.isRepeatable = true
      _ = try await loopback.send(warm)
      let lost = await failure { _ = try await loopback.send(try request(server, "/pay")) }
      #expect(lost?.mayHaveArrived == true && lost?.cause == .lost)
    }
    #expect(server.requests.filter { $0.path == "/pay" }.count == 50)
    let pays = server.requests.filter { $0.path == "/pay" }.map(\.connection)
    #expect(Set(pays).count == 50, "a connection was used twice")
    let warm = server.requests.filter { $0.path == "/warm" }.map(\.connection)
    #expect(Set(warm).isDisjoint(with: pays), "a paid request went over a connection that had been used")
    Trial.print("One submit is one POST: \(ending)", [("submits", 50), ("POSTs", pays.count)])
    server.stop()
  }

  @Test func nothingListeningMeansNothingSent() async throws {
    let server = try LoopbackServer { _ in .close }
    let order = try request(server)
    server.stop()
    let refused = await failure { _ = try await loopback.send(order) }
    #expect(refused?.mayHaveArrived == false && refused?.cause == .refused)
  }

  @Test(arguments: [301, 302, 303, 307, 308])
  func aRedirectIsAnAnswerAndTheKeyStaysHere(_ status: Int) async throws {
    let other = try LoopbackServer { _ in .json("{}") }
    let server = try LoopbackServer { _ in .answer(status, [], ["Location": other.base + "/steal"]) }
    for method in [HTTPRequest.Method.get, .post] {
      var order = try request(server, method: method)
      order.fields[.authorization] = "Bearer rf_live_CANARY"
      #expect(try await loopback.send(order).status.code == status)
    }
    #expect(other.connections == 0)
    server.stop()
    other.stop()
  }

  @Test func aSilentServerEndsByTheTimeoutAndMayHaveTheRequest() async throws {
    let server = try LoopbackServer { _ in .stall }
    var order = try request(server)
    order.timeout = .seconds(1)
    let late = await failure { _ = try await loopback.send(order) }
    #expect(late?.cause == .timeout && late?.mayHaveArrived == true)
    server.stop()
  }

  @Test func aWithdrawnRequestIsToldFromALostOne() async throws {
    let server = try LoopbackServer { _ in .stall }
    let order = try request(server)
    let task = Task { await failure { _ = try await loopback.send(order) } }
    while server.requests.isEmpty { await Task.yield() }
    task.cancel()
    #expect(await task.value?.cause == .cancelled)
    server.stop()
  }

  @Test func aLongAnswerIsCutOff() async throws {
    let server = try LoopbackServer { _ in .answer(200, [UInt8](repeating: 32, count: 100_000)) }
    var order = try request(server, method: .get)
    order.maximumAnswer = ByteCount(99_999)
    #expect(await failure { _ = try await loopback.send(order) }?.cause == .tooLarge)
    order.maximumAnswer = ByteCount(100_000)
    #expect(try await loopback.send(order).body.count == 100_000)
    server.stop()
  }

  @Test func aFileIsSentWholeAndStreamed() async throws {
    let folder = try TestFolder()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(FileManager.default.createFile(atPath: folder.path + "/a", contents: Data(bytes)))
    let server = try LoopbackServer { _ in .answer(200, []) }
    var order = try request(server, method: .put)
    order.body = .file(path: folder.path + "/a", bytes: bytes.count)
    order.isRepeatable = true
    _ = try await loopback.send(order)
    #expect(server.requests.first?.body == bytes)
    server.stop()
  }

  @Test func nothingIsAskedForCompressed() async throws {
    let folder = try TestFolder()
    let server = try LoopbackServer { _ in .json("{}") }
    _ = try await loopback.send(try request(server, method: .get))
    _ = try await loopback.send(try request(server))
    _ = try await loopback.download(try request(server, method: .get), to: folder.path("out"))
    #expect(server.requests.map { $0.fields["accept-encoding"] } == ["identity", "identity", "identity"])
    server.stop()
  }

  /// A name that only the gate knows: nothing but its answer can lead there.
  @Test func theConnectionGoesWhereTheGateHasLooked() async throws {
    let server = try LoopbackServer { _ in .json("{}") }
    let gate = AddressGate(allowsLoopback: true) { host throws(TransportFailure) in
      host == "pictures.example" ? [IPAddress("127.0.0.1")].compactMap { $0 } : []
    }
    var order = TransportRequest(.get, try #require(WebAddress("http://pictures.example:\(server.port)/x")))
    order.reach = .publicOnly
    #expect(try await HTTPTransport(gate: gate).send(order).isSuccess)
    #expect(server.requests.map { $0.fields["host"] } == ["pictures.example:\(server.port)"])
    server.stop()
  }

  /// A connection may be used again; the question whether it may is asked anew each time.
  @Test func connectionsToACheckedAddressAreUsedAgainWhileTheyMay() async throws {
    let server = try LoopbackServer { _ in .json("{}") }
    let answers = Mutex(["127.0.0.1", "127.0.0.1", "127.0.0.1", "10.0.0.1"])
    let gate = AddressGate(allowsLoopback: true) { _ throws(TransportFailure) in
      [IPAddress(answers.withLock { $0.removeFirst() })].compactMap { $0 }
    }
    let transport = HTTPTransport(gate: gate)
    var order = TransportRequest(.get, try #require(WebAddress("http://pictures.example:\(server.port)/x")))
    order.reach = .publicOnly
    for _ in 0..<3 { _ = try await transport.send(order) }
    #expect(server.requests.count == 3 && server.connections == 1)
    #expect(await failure { _ = try await transport.send(order) }?.cause == .forbidden)
    #expect(server.requests.count == 3 && answers.withLock { $0.isEmpty })
    await transport.close()
    server.stop()
  }

  @Test(arguments: [
    "https://10.0.0.1/", "https://169.254.169.254/latest/", "https://[::ffff:a9fe:a9fe]/", "https://[fd00:ec2::254]/",
    "https://intranet/", "http://93.184.215.14/", "https://93.184.215.14:8443/", "https://half.example/",
  ])
  func aRedirectPassesTheSameGate(_ target: String) async throws {
    let folder = try TestFolder()
    let other = try LoopbackServer { _ in .json("{}") }
    let server = try LoopbackServer { _ in .answer(302, [], ["Location": target]) }
    let gate = AddressGate(allowsLoopback: true) { _ throws(TransportFailure) in
      ["127.0.0.1", "93.184.215.14"].compactMap { IPAddress($0) }
    }
    var order = try request(server, method: .get)
    order.reach = .publicOnly
    let transport = HTTPTransport(gate: gate)
    let problem = await failure { _ = try await transport.download(order, to: folder.path("out")) }
    #expect(problem?.cause == .forbidden, "\(String(describing: problem))")
    #expect(folder.names.isEmpty && server.requests.count == 1 && other.connections == 0)
    server.stop()
    other.stop()
  }

  @Test func aDownloadThatLeadsToItselfEnds() async throws {
    let folder = try TestFolder()
    let server = try LoopbackServer { .answer(307, [], ["Location": "http://\($0.fields["host"] ?? "")/x"]) }
    var order = try request(server, method: .get)
    order.reach = .publicOnly
    #expect(await failure { _ = try await loopback.download(order, to: folder.path("out")) }?.cause == .malformed)
    #expect(folder.names.isEmpty && server.requests.count == 4)
    server.stop()
  }

  @Test func aDownloadIsThereWholeWithItsDigest() async throws {
    let folder = try TestFolder()
    let server = try LoopbackServer { _ in .answer(200, Array("abc".utf8)) }
    var order = try request(server, method: .get)
    order.reach = .publicOnly
    let path = folder.path + "/out"
    guard case .saved(let bytes, let digest) = try await loopback.download(order, to: path) else {
      Issue.record("refused")
      return
    }
    // FIPS 180-2, appendix B.1.
    #expect(bytes.bytes == 3 && digest.prefix(4) == [0xba, 0x78, 0x16, 0xbf])
    #expect(FileManager.default.contents(atPath: path) == Data("abc".utf8))
    #expect(await failure { _ = try await loopback.download(order, to: path) }?.cause == .storage)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out"])
    server.stop()
  }

  /// Longer than what is gathered before it is written, and with a rest.
  @Test func aLongDownloadIsWholeWithItsDigest() async throws {
    let folder = try TestFolder()
    let bytes = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
    let server = try LoopbackServer { _ in .answer(200, bytes) }
    let download = try await loopback.download(try request(server, method: .get), to: folder.path("out"))
    guard case .saved(let count, let digest) = download else {
      Issue.record("refused")
      return
    }
    let expected = try await InputDigest.digest(of: .memory(bytes), ByteCount(bytes.count))
    #expect(count.bytes == bytes.count && hexadecimal(digest) == expected)
    #expect(folder.read("out") == bytes && folder.names == ["out"])
    server.stop()
  }

  @Test(arguments: [100, 64 << 10, 1 << 20])
  func aRefusedDownloadIsAnAnswerCutAt64KiB(_ length: Int) async throws {
    let folder = try TestFolder()
    let server = try LoopbackServer { _ in .answer(404, [UInt8](repeating: 65, count: length)) }
    let download = try await loopback.download(try request(server, method: .get), to: folder.path("out"))
    guard case .refused(let answer) = download else {
      Issue.record("saved")
      return
    }
    #expect(answer.status.code == 404 && answer.body.count <= 64 << 10 && folder.names.isEmpty)
    if length <= 64 << 10 { #expect(answer.body.count == length) }
    server.stop()
  }

  /// Withdrawn after a part of it is in the neighbour file.
  @Test func aWithdrawnDownloadLeavesNothing() async throws {
    let folder = try TestFolder()
    let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n".utf8)
    let server = try LoopbackServer { _ in .drip(head + [UInt8](repeating: 1, count: 1 << 20)) }
    let order = try request(server, method: .get)
    let task = Task { await failure { _ = try await loopback.download(order, to: folder.path("out")) } }
    while folder.names.isEmpty { await Task.yield() }
    task.cancel()
    #expect(await task.value?.cause == .cancelled)
    #expect(folder.names.isEmpty)
    server.stop()
  }

  /// A connection that ends inside an answer is `truncated`, or `lost` where the end overtakes the head on its way
  /// to the reader.
  static let badDownloads: [(String, LoopbackServer.Reply, Set<TransportFailure.Cause>)] = [
    ("short", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)), [.truncated, .lost]),
    ("no length", .raw(Array("HTTP/1.1 200 OK\r\n\r\nabc".utf8)), [.truncated]),
    ("empty", .answer(200, []), [.truncated]),
    (
      "cut chunk", .raw(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab".utf8)),
      [.truncated, .lost]
    ),
    ("gzip", .answer(200, [0x1f, 0x8b], ["Content-Encoding": "gzip"]), [.malformed]),
    ("too long", .answer(200, [UInt8](repeating: 1, count: 2000)), [.tooLarge]),
    ("says too long", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".utf8)), [.tooLarge, .lost]),
    ("stalls", .stall, [.timeout]),
    ("closes", .close, [.lost]), ("resets", .reset, [.lost]),
    (
      "two lengths", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nabc".utf8)),
      [.malformed, .truncated, .lost]
    ),
    (
      "less than no length", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc".utf8)),
      [.malformed, .truncated, .lost]
    ),
    (
      "length and chunks",
      .raw(
        Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".utf8)),
      [.malformed, .truncated, .lost]
    ),
    (
      "no chunk", .raw(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".utf8)),
      [.malformed, .truncated, .lost]
    ),
    ("deflate", .answer(200, [0x78, 0x9c], ["Content-Encoding": "deflate"]), [.malformed]),
    ("br", .answer(200, [0x0b, 0x02], ["Content-Encoding": "br"]), [.malformed]),
    (
      "endless head", .raw(Array(("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 1 << 20)).utf8)),
      [.malformed, .truncated, .lost]
    ),
    ("no HTTP", .raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), [.malformed]),
  ]

  @Test(arguments: badDownloads.indices)
  func aBadDownloadLeavesNothing(_ index: Int) async throws {
    let (name, reply, causes) = Self.badDownloads[index]
    let folder = try TestFolder()
    let server = try LoopbackServer { _ in reply }
    var order = try request(server, method: .get)
    order.maximumAnswer = ByteCount(1000)
    order.timeout = .milliseconds(name == "stalls" ? 1000 : 300_000)
    let problem = await failure { _ = try await loopback.download(order, to: folder.path + "/out") }
    #expect(problem.map { causes.contains($0.cause) } == true, "\(name): \(String(describing: problem))")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "\(name)")
    server.stop()
  }

  @Test func anAddressFromOutsideNeverReachesThisMachine() async throws {
    let server = try LoopbackServer { _ in .json("{}") }
    let strict = HTTPTransport()
    for host in [
      "127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]",
    ] {
      for scheme in ["http", "https"] {
        guard let address = WebAddress("\(scheme)://\(host):\(server.port)/") else { continue }
        var order = TransportRequest(.get, address)
        order.reach = .publicOnly
        let problem = await failure { _ = try await strict.send(order) }
        #expect(problem?.cause == .forbidden || problem?.cause == .name, "\(address.host)")
      }
    }
    #expect(server.connections == 0)
    server.stop()
  }
}
