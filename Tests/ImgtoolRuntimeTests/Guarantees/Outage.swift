// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// Many clients of one process, fifty in the full trial, and a service that is down for a minute: retries help, and never hurt.
  @Suite struct Outage {
    /// How the service is down.
    enum Kind: String, Sendable, CaseIterable {
      /// Nothing listens: surely nothing was sent.
      case refused
      /// Connections are reset after the request: anything may have happened.
      case reset
      /// 503 and 429, with wishes that nobody can mean.
      case unavailable, throttled
      /// Only what is paid for meets a reset, or 503.
      case ordersReset = "orders reset"
      case ordersUnavailable = "orders unavailable"
    }

    static let span = (start: Duration.seconds(20), end: Duration.seconds(80))
    static let wishes = ["-1", "1e9", "soon", "Fri, 31 Dec 2027 23:59:59 GMT"]

    /// What one client has sent, below all retries.
    final class Meter: Transport {
      struct Entry: Sendable {
        /// When it was sent, or well answered.
        var at: Duration
        let what: String
        let isPaid: Bool
        let isSearch: Bool
        var isGood = false
        var isAmbiguous = false
        /// The same request again, after it had failed.
        var isRetry = false
      }

      private let inner = HTTPTransport(allowsLoopback: true)
      private let clock: CommonClock
      private let isRefused: Bool
      private let state = Mutex<[Entry]>([])

      init(_ clock: CommonClock, isRefused: Bool) { (self.clock, self.isRefused) = (clock, isRefused) }

      var entries: [Entry] { state.withLock { $0 } }

      func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
        let number = note(request)
        var request = request
        if isRefused, Outage.isDown(clock.now), let nowhere = WebAddress("http://127.0.0.1:1" + request.address.path) {
          request.address = nowhere
        }
        do {
          let answer = try await inner.send(request)
          let code = answer.status.code
          state.withLock { entries in
            entries[number].isGood = code < 400
            entries[number].isAmbiguous = code >= 500
            if code < 400 { entries[number].at = clock.now }
          }
          return answer
        } catch {
          state.withLock { $0[number].isAmbiguous = error.mayHaveArrived }
          throw error
        }
      }

      func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
        let number = note(request)
        let download = try await inner.download(request, to: path)
        if case .saved = download { state.withLock { ($0[number].isGood, $0[number].at) = (true, clock.now) } }
        return download
      }

      private func note(_ request: TransportRequest) -> Int {
        let what = "\(request.method) \(request.address.absolute)"
        let path = request.address.path
        return state.withLock { entries in
          var entry = Entry(
            at: clock.now, what: what, isPaid: request.method == .post && path.hasSuffix("/runs"),
            isSearch: request.method == .get && path.hasPrefix("/v1/runs?"))
          if let last = entries.last { entry.isRetry = last.what == what && !last.isGood }
          entries.append(entry)
          return entries.count - 1
        }
      }
    }

    static func isDown(_ now: Duration) -> Bool { now >= span.start && now < span.end }

    @Test(arguments: Kind.allCases)
    func aMinuteWithoutTheServiceIsNoStormAndCostsNothing(_ kind: Kind) async throws {
      let (clock, clients) = (CommonClock(), Trial.count(50, 20))
      let desk = try Desk()
      defer { desk.fake.stop() }
      let turns = Mutex(0)
      desk.fake.state.withLock { state in
        state.now = { clock.now }
        state.work = 8
        state.balance = "1000"
        state.outage = { now, path in
          let isOrder = path.hasSuffix("/runs") && path.hasPrefix("/v1/models/")
          guard Self.isDown(now), isOrder || ![.ordersReset, .ordersUnavailable].contains(kind) else { return nil }
          let turn = turns.withLock { turns in
            turns += 1
            return turns
          }
          switch kind {
          case .refused: return nil
          case .reset, .ordersReset: return .reset
          case .unavailable, .ordersUnavailable: return .answer(503, [], ["Retry-After": Self.wishes[turn % 4]])
          case .throttled: return .answer(429, [], ["Retry-After": Self.wishes[turn % 4]])
          }
        }
      }
      let journal = try await Journal.open(desk.folder.journal, timekeeper: clock.timekeeper)
      var options = ConductorOptions()
      options.unknown = .hold
      let (budget, fixed) = (RetryBudget(), options)
      clock.join(clients)
      let meters = try await withThrowingTaskGroup(of: Meter.self) { group in
        for client in 0..<clients {
          group.addTask {
            defer { clock.leave() }
            let meter = Meter(clock, isRefused: kind == .refused)
            let conductor = JobConductor(
              journal: journal, transport: meter, timekeeper: clock.timekeeper, options: fixed, budget: budget,
              kill: .none)
            try await Self.orderUntilDone(client, of: clients, desk, conductor, clock)
            return meter
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let entries = meters.map(\.entries)
      let (all, retries) = (entries.joined().count, entries.joined().filter(\.isRetry).count)
      let bound = (all - retries) * 3 / 2 + 500 / 5
      #expect(all <= bound, "\(kind): \(all) requests, at most \(bound)")
      // Whoever had work to do is served again within half a minute.
      let back = entries.compactMap { $0.first { $0.at >= Self.span.end && $0.isGood }?.at }.map { $0 - Self.span.end }
      let slowest = back.max() ?? .zero
      let story = entries.first { $0.first { $0.at >= Self.span.end && $0.isGood }?.at == Self.span.end + slowest }
      let waiting = entries.filter { ($0.last?.at ?? .zero) >= Self.span.end }.count
      #expect(
        back.count == waiting && waiting >= clients / 2 && slowest <= .seconds(30),
        "\(kind): served again after \(slowest): \(story?.map { "\($0.at) \($0.isGood)" } ?? [])")
      let blind = entries.map(Self.blindRepetitions).reduce(0, +)
      #expect(blind == 0, "\(kind): \(blind) paid requests repeated blindly")
      let (runs, labels) = desk.fake.state.withLock { ($0.runs.count, Set($0.runs.map(\.label)).count) }
      #expect(runs == clients && labels == clients, "\(kind): \(runs) runs of \(labels) orders")
      Trial.print(
        "An outage of 60 s, \(clients) clients: \(kind)",
        [
          ("requests", all), ("first attempts", all - retries), ("retries", retries), ("at most", bound),
          ("slowest recovery", slowest), ("blind repetitions of paid requests", blind), ("runs", runs),
        ])
    }

    /// Half order before the outage, half during it; whoever is told to come later comes ten seconds later.
    private static func orderUntilDone(
      _ client: Int, of clients: Int, _ desk: Desk, _ conductor: JobConductor, _ clock: CommonClock
    ) async throws {
      let isEarly = client < clients / 2
      try await clock.sleep(.milliseconds(isEarly ? client * 10_000 / clients : 18_000 + client * 45_000 / clients))
      while true {
        do {
          _ = try await desk.process(number: UInt8(client), by: conductor)
          return
        } catch let error as ImgtoolError where error.retry == .later || error.context["phase"] == "held" {
          try await clock.sleep(.seconds(10))
          // The service made nothing while it was down: a person who has looked says so.
          if error.context["phase"] == "held", let job = error.context["job"] {
            _ = try? await conductor.resume(job, in: try desk.operations(), sendsAgain: true)  // asked for again above
          }
        }
      }
    }

    /// Paid requests sent again after one that may have arrived, with no search in between that came to its end.
    private static func blindRepetitions(_ entries: [Meter.Entry]) -> Int {
      var isOpen = false
      var count = 0
      for entry in entries {
        if entry.isSearch, entry.isGood { isOpen = false }
        if entry.isPaid {
          if isOpen { count += 1 }
          isOpen = entry.isAmbiguous
        }
      }
      return count
    }
  }
}
