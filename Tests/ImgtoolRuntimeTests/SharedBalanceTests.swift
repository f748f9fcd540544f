// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolTesting
import RunflowBackend
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite(.timeLimit(.minutes(1))) struct SharedBalanceTests {
  let clock = ScriptedClock()

  func operation() throws -> any RemoteOperation {
    let configuration = try RunflowConfiguration(key: Secret("rf_live_CANARY0123456789"))
    let catalog = try OperationCatalog(try RunflowBackend.operations(configuration))
    return try #require(try catalog.operation(named: "runflow.smart-resize") as? any RemoteOperation)
  }

  @Test func ordersThatComeTogetherAskOnce() async throws {
    let transport = ScriptedTransport { _ in .json(#"{"balance":"1000"}"#) }
    let balances = SharedBalance(over: transport, timekeeper: clock.timekeeper)
    let operation = try operation()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 { group.addTask { _ = try? await balances.balance(for: .cents(55), of: operation) } }
    }
    #expect(transport.requests.count == 1)
    clock.advance(by: SharedBalance.moment)
    #expect(try await balances.balance(for: .cents(55), of: operation) == Money("1000"))
    #expect(transport.requests.count == 2)
  }

  /// Two dollars cover three orders of 55 cents; the fourth is held against a new answer, and so is every refusal.
  @Test func anOldAnswerLetsNoMorePassThanItCovers() async throws {
    let amounts = Mutex(["2.00", "2.00", "0.10", "0.10", "9"][...])
    let transport = ScriptedTransport { _ in .json(#"{"balance":"\#(amounts.withLock { $0.popFirst() ?? "0" })"}"#) }
    let balances = SharedBalance(over: transport, timekeeper: clock.timekeeper)
    let operation = try operation()
    var told: [Money?] = []
    for _ in 0..<9 { told.append(try await balances.balance(for: .cents(55), of: operation)) }
    let (two, ten) = (Money("2"), Money("0.1"))
    #expect(told == [two, nil, nil, two, nil, nil, ten, ten, Money("9")])
    #expect(transport.requests.count == 5)
  }

  @Test func whatCannotBeReadIsToldToAllAndForgotten() async throws {
    for (status, kind) in [(401, ImgtoolError.Kind.credentials), (500, .backend)] {
      let transport = ScriptedTransport { _ in .json("{}", status: status) }
      let balances = SharedBalance(over: transport, timekeeper: clock.timekeeper)
      let operation = try operation()
      for _ in 0..<2 {
        await #expect { try await balances.balance(for: .cents(55), of: operation) } throws: {
          ($0 as? ImgtoolError)?.kind == kind
        }
      }
      #expect(transport.requests.count == 2)
    }
  }
}
