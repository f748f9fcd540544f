// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// A disk that fails, or a process that dies, at each single change of the disk: SQLite's, the seal's, a result's.
  @Suite struct EveryWrite {
    /// One order on one folder whose disk fails at one change; then a second process on a sound disk.
    struct Attempt: Sendable {
      let failure: FailingDisk.Failure
      let change: Int
      var name = "\(0)"
      var downloads: [LoopbackServer.Reply] = []
      var picture = FakeRunflow.picture
      /// Whether changes are counted from the first download on, or from the opening of the journal.
      var isCountedFromFetching = false
    }

    /// Two bodies that come whole by their length and are no picture.
    private static let page = Array("<html>".utf8)
    private static let beginning = Array("GIF89a".utf8)

    /// Every way in which a download goes wrong once.
    static let downloadFaults: [(String, LoopbackServer.Reply)] = [
      ("403", .answer(403, [])), ("404", .answer(404, [])), ("410", .answer(410, [])), ("429", .answer(429, [])),
      ("503", .answer(503, [])), ("HTML", .answer(200, page, ["Content-Type": "text/html"])),
      ("wrong type", .answer(200, picture, ["Content-Type": "text/plain"])),
      ("short", raw("Content-Length: 900\r\n\r\nGIF89a")), ("long", raw("Content-Length: 6\r\n\r\nGIF89a and more")),
      ("no length", raw("\r\nGIF89a")), ("0 bytes", .answer(200, [])),
      ("gzip bomb", .answer(200, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], ["Content-Encoding": "gzip"])),
      ("slow", .drip(Array("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nGIF".utf8))), ("silent", .stall),
      ("closed", .close), ("reset", .reset),
      ("302 private", .answer(302, [], ["Location": "https://10.0.0.1/x"])),
      ("302 metadata", .answer(302, [], ["Location": "https://169.254.169.254/latest/"])),
      ("huge head", raw("X: " + String(repeating: "x", count: 1 << 20))), ("no HTTP", .raw(Array("SSH-2.0\r\n".utf8))),
      ("endless", raw("Content-Length: 99999999999\r\n\r\nGIF89a")),
      ("cut chunk", raw("Transfer-Encoding: chunked\r\n\r\n6\r\nGIF")),
    ]

    private static func raw(_ rest: String) -> LoopbackServer.Reply {
      .raw(Array("HTTP/1.1 200 OK\r\n\(rest)".utf8))
    }

    /// A picture that comes in several pieces: the GIF of one pixel with comments (GIF89a, §24) before its end.
    static let picture: [UInt8] =
      Array(FakeRunflow.picture.dropLast())
      + (0..<800).flatMap { _ in [0x21, 0xfe, 255] + [UInt8](repeating: 65, count: 255) + [0] } + [0x3b]

    /// ENOSPC, EIO and death at the n-th change, for every n until none is met.
    @Test(arguments: [FailingDisk.Failure.full, .broken, .death])
    func aDiskThatFailsAnywhereStopsSpendingAndLosesNothing(_ failure: FailingDisk.Failure) async throws {
      var counts: [String: Int] = [:]
      var change = 0
      var isOver = false
      while !isOver {
        let ending = try await Self.play(Attempt(failure: failure, change: change, name: "\(failure) at \(change)"))
        counts[ending, default: 0] += 1
        isOver = ending == "not met"
        change += Trial.count(1, 7)
      }
      #expect(change > 60)
      Trial.print("Every write of an order: \(failure)", counts)
    }

    /// 22 faults of a download × death at every change of the disk from the first byte of it on.
    @Test func aDownloadIsWholeOrNotThereWhereverTheProcessDies() async throws {
      let faults = Trial.part(Self.downloadFaults, 6)
      let sums = Mutex<[String: Int]>([:])
      _ = try await Trial.each(faults) { (name, reply) in
        var change = 0
        var isOver = false
        while !isOver {
          let ending = try await Self.play(
            Attempt(
              failure: .death, change: change, name: "\(name), dies at \(change)", downloads: [reply],
              picture: Self.picture, isCountedFromFetching: true))
          sums.withLock { $0[ending, default: 0] += 1 }
          isOver = ending == "not met"
          change += Trial.count(1, 9)
        }
        return name
      }
      Trial.print("A download: \(faults.count) faults × every write", sums.withLock { $0 })
    }

    /// - Returns: how the first process ended; the second has to end well.
    static func play(_ attempt: Attempt) async throws -> String {
      var desk = try Desk()
      if attempt.change % 2 == 1 { desk.largestInline = ByteCount(1000) }
      let disk = FailingDisk(desk.folder.journal.path)
      desk.fake.state.withLock { state in
        state.firstDownloads = attempt.downloads
        state.downloadReply = .answer(200, attempt.picture)
      }
      defer { desk.fake.stop() }
      var problem: ImgtoolError?
      if !attempt.isCountedFromFetching { disk.fails(attempt.failure, at: attempt.change) }
      do {
        let isFetching = Mutex(false)
        let kill = KillSwitch { point in
          guard attempt.isCountedFromFetching, point == .fetching else { return }
          let isFirst = isFetching.withLock { isFetching in
            defer { isFetching = true }
            return !isFetching
          }
          if isFirst { disk.fails(attempt.failure, at: attempt.change) }
        }
        let conductor = try await desk.conductor(kill: kill, over: Impatient())
        defer { try? conductor.journal.queue.close() }  // a dead process closes its files, whatever becomes of it
        _ = try await desk.process(by: conductor)
      } catch let error as ImgtoolError { problem = error }
      let isMet = disk.hasFailed
      disk.recovers()
      // What is on the disk now is what the next process finds.
      for name in desk.folder.names where name.contains("/results/") && name.hasSuffix("/result-0") {
        let isServed = desk.folder.read(name).map { [attempt.picture, Self.page, Self.beginning].contains($0) } == true
        #expect(isServed, "\(attempt.name): half a file under its name")
      }
      let posts = desk.fake.state.withLock { $0.posts }
      let later = try await desk.conductor(over: Impatient())
      let intents = try await later.journal.jobs().reduce(0) { $0 + $1.state.sent }
      #expect(posts <= intents, "\(attempt.name): \(posts) requests, \(intents) intents")
      if let problem, attempt.failure != .death, isMet {
        #expect(problem.kind == .storage, "\(attempt.name): \(problem)")
        #expect(problem.message.contains(desk.folder.path), "\(attempt.name): \(problem)")
      }
      if !isMet, attempt.downloads.isEmpty { #expect(problem == nil, "\(attempt.name)") }
      try await finish(desk, later, attempt)
      return isMet ? problem == nil ? "met, and the order ended well" : "met, finished later" : "not met"
    }

    /// The second process: the same order, until it ends.
    private static func finish(_ desk: Desk, _ conductor: JobConductor, _ attempt: Attempt) async throws {
      var outcome: OperationOutcome?
      for _ in 0..<4 where outcome == nil {
        do { outcome = try await desk.process(by: conductor) } catch let error as ImgtoolError {
          // A download that was refused for good is tried by the next process again.
          #expect(!attempt.downloads.isEmpty, "\(attempt.name): \(error)")
        }
      }
      let path = outcome?.images.first.flatMap { if case .file(let path) = $0.bytes { path } else { nil } }
      let isWhole = path.flatMap { FileManager.default.contents(atPath: $0) } == Data(attempt.picture)
      #expect(isWhole, "\(attempt.name): another result")
      let (runs, posts) = desk.fake.state.withLock { ($0.runs.count, $0.posts) }
      #expect(runs == 1 && posts == 1, "\(attempt.name): \(runs) runs, \(posts) requests")
      let left = desk.folder.names.filter { $0.hasSuffix(".part") || $0.hasSuffix(".tmp") }
      #expect(left.isEmpty, "\(attempt.name): left over \(left)")
    }
  }

  /// A network on which a download that hangs is given up soon.
  final class Impatient: Transport {
    private let inner = HTTPTransport(allowsLoopback: true)

    func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
      try await inner.send(request)
    }

    func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
      var request = request
      request.timeout = .seconds(1)
      return try await inner.download(request, to: path)
    }
  }
}
