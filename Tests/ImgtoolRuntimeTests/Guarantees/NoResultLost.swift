// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

extension Guarantees {
  /// Every paid result arrives though no callback ever does, at the project's own server.
  @Suite struct NoResultLost {
    /// What happens besides to an order whose callbacks nobody receives.
    enum Trouble: String, Sendable, CaseIterable {
      case nothing
      /// The news of the run comes before the answer to the request that made it.
      case callbackFirst = "callback before the answer"
      /// Whoever ordered does not wait; another process fetches the result.
      case noPatience = "no patience"
      /// The address of the result is refused when it is first used.
      case expired = "expired address"
      /// The service cannot be reached for a day after the order.
      case down = "down for 24 h"

      /// How many orders of the 200 meet it; a day of polls is long.
      var share: Int {
        switch self {
        case .nothing: 60
        case .callbackFirst, .noPatience: 45
        case .expired: 46
        case .down: 4
        }
      }
    }

    @Test func everyResultArrivesWithoutACallback() async throws {
      let troubles = Trouble.allCases.flatMap { trouble in
        (0..<Trial.count(trouble.share, trouble == .down ? 1 : 4)).map { (trouble, $0) }
      }
      let counts = try await ServedRunflowTests.served { counter in
        var counter = counter
        // Port 1 is never listened on: each callback is tried three times and given up.
        counter.callback = "http://127.0.0.1:1/callbacks"
        let desk = counter
        let counts = try await Trial.each(troubles, atOnce: 3) { (trouble, number) in
          try await Self.deliver(trouble, number, desk)
        }
        let (runs, charged) = try await desk.books()
        #expect(runs == troubles.count, "\(runs) runs for \(troubles.count) orders")
        #expect(charged == Money(microdollars: 120_000 * troubles.count), "\(charged)")
        return counts
      }
      Trial.print("No result lost: the receiver of callbacks is down", counts)
    }

    private static func deliver(_ trouble: Trouble, _ number: Int, _ counter: ServedRunflowTests.Counter) async throws
      -> String
    {
      var counter = counter
      counter.clock = ScriptedClock(limit: .seconds(200_000), pace: trouble == .down ? .zero : .milliseconds(2))
      // Each order has a clock of its own, and its own part of the one sequence of chance.
      let trials = Trouble.allCases.firstIndex(of: trouble) ?? 0
      for _ in 0..<64 * (trials * 100 + number) { _ = counter.clock.timekeeper.chance() }
      var options = ConductorOptions()
      options.callerKey = "\(trouble) \(number)"
      let network = TroubledNetwork(trouble, counter.clock)
      let conductor = try await counter.conductor(options, over: network)
      network.tells(conductor)
      var outcome: OperationOutcome?
      if trouble == .noPatience {
        await #expect("\(trouble) \(number)") {
          _ = try await counter.order("skin-fix", conductor, patience: .milliseconds(1500))
        } throws: {
          let error = $0 as? ImgtoolError
          return error?.kind == .timeout && error?.context["run"] != nil
        }
      } else {
        outcome = try await counter.order("skin-fix", conductor)
      }
      if outcome == nil { outcome = try await counter.order("skin-fix", try await counter.conductor(options)) }
      let path = outcome?.images.first.flatMap { if case .file(let path) = $0.bytes { path } else { nil } }
      let isWhole = path.flatMap { FileManager.default.contents(atPath: $0) } == Data(FakeRunflow.picture)
      #expect(isWhole, "\(trouble) \(number)")
      if trouble == .down { #expect(counter.clock.elapsed > .seconds(86_400)) }
      return isWhole ? "delivered: \(trouble.rawValue)" : "LOST: \(trouble.rawValue)"
    }

    /// The network of one order.
    final class TroubledNetwork: Transport {
      private let inner = HTTPTransport(allowsLoopback: true)
      private let trouble: Trouble
      private let clock: ScriptedClock
      private struct State {
        weak var conductor: JobConductor?
        var orderedAt: Duration?
        var downloads = 0
      }
      private let state = Mutex(State())

      init(_ trouble: Trouble, _ clock: ScriptedClock) { (self.trouble, self.clock) = (trouble, clock) }

      func tells(_ conductor: JobConductor) { state.withLock { $0.conductor = conductor } }

      func send(_ request: TransportRequest) async throws(TransportFailure) -> TransportAnswer {
        var request = request
        let since = state.withLock { $0.orderedAt }.map { clock.elapsed - $0 }
        if trouble == .down, let since, since < .seconds(86_400), let nowhere = WebAddress("http://127.0.0.1:1/") {
          request.address = nowhere
        }
        let answer = try await inner.send(request)
        guard request.method == .post, request.address.path.hasSuffix("/runs") else { return answer }
        state.withLock { $0.orderedAt = clock.elapsed }
        if trouble == .callbackFirst, let conductor = state.withLock({ $0.conductor }),
          let record = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
          let run = record["id"] as? String
        {
          // What the journal says of a callback is its own matter, tried elsewhere.
          _ = try? await conductor.received(run: run, label: record["client_ref"] as? String, key: "\(run):succeeded")
        }
        return answer
      }

      func download(_ request: TransportRequest, to path: String) async throws(TransportFailure) -> Download {
        var request = request
        let isFirst = state.withLock { state in
          state.downloads += 1
          return state.downloads == 1
        }
        // Another signature is as good as one that is past: 403.
        if trouble == .expired, isFirst, let other = WebAddress(request.address.absolute + "0") {
          request.address = other
        }
        return try await inner.download(request, to: path)
      }
    }
  }
}
