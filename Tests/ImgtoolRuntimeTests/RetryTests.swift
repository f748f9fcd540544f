// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import ImgtoolCore
import ImgtoolTesting
import Synchronization
import Testing

@testable import ImgtoolRuntime

@Suite struct RetryTests {
  func request(repeatable: Bool = true) throws -> TransportRequest {
    var request = TransportRequest(.get, try #require(WebAddress("https://x.test/")))
    request.isRepeatable = repeatable
    return request
  }

  @Test func pausesStayUnderTheirDoublingLimitAndUseAllOfIt() {
    let rules = RetryRules()
    var dice = Dice(seed: 3)
    for (tries, limit) in [(1, 0.5), (2, 1), (3, 2), (4, 4)] {
      let pauses = (0..<400).compactMap { _ in rules.pause(after: tries, dice: &dice) }
      #expect(pauses.count == 400 && pauses.allSatisfy { $0 <= .seconds(limit) && $0 >= .zero })
      #expect((pauses.max() ?? .zero) > .seconds(limit * 0.9) && (pauses.min() ?? .seconds(9)) < .seconds(limit * 0.1))
    }
    #expect(rules.pause(after: 5, dice: &dice) == nil)
  }

  /// Fifty clients that fail at one moment must not come back at one moment.
  @Test func noTenthOfASecondSeesAFifthOfTheRetries() {
    var bins: [Int: Int] = [:]
    for client in 0..<500 {
      var dice = Dice(seed: UInt64(client))
      guard let pause = RetryRules().pause(after: 3, dice: &dice) else { continue }
      bins[Int(pause / .milliseconds(100)), default: 0] += 1
    }
    #expect((bins.values.max() ?? 0) < 100)
  }

  @Test(arguments: [
    ("0", Duration.zero), ("7", .seconds(7)), (" 300 ", .seconds(300)), ("301", nil), ("-1", nil), ("1e9", nil),
    ("soon", nil), ("", nil), ("Fri, 31 Dec 2027 23:59:59 GMT", nil), ("99999999999999999999", nil),
  ])
  func aWishIsHeededWhereItIsSane(_ text: String, _ wish: Duration?) throws {
    let name = try #require(HTTPField.Name("Retry-After"))
    #expect(TransportAnswer(status: .tooManyRequests, fields: [name: text]).retryAfter == wish)
  }

  @Test func harmlessRequestsAreTriedFiveTimesAndPaidOnesOnce() async throws {
    for (isRepeatable, tries) in [(true, 5), (false, 1)] {
      let transport = ScriptedTransport { _ in .json("{}", status: 503) }
      let clock = ScriptedClock()
      let retrying = RetryingTransport(transport, budget: RetryBudget(), timekeeper: clock.timekeeper)
      let answer = try await retrying.send(try request(repeatable: isRepeatable))
      #expect(answer.status.code == 503 && transport.requests.count == tries && clock.sleeps.count == tries - 1)
    }
  }

  @Test(arguments: [400, 401, 403, 404, 409, 422])
  func refusalsAreNotTriedAgain(_ status: Int) async throws {
    let transport = ScriptedTransport { _ in .json("{}", status: status) }
    let retrying = RetryingTransport(transport, budget: RetryBudget(), timekeeper: ScriptedClock().timekeeper)
    _ = try await retrying.send(try request())
    #expect(transport.requests.count == 1)
  }

  /// Fifty clients of one process, the service down for a minute: at most half as many requests again, and a fifth of
  /// the quota.
  @Test func anOutageDoesNotBecomeAStorm() async throws {
    let transport = ScriptedTransport { _ in throw TransportFailure(.refused, mayHaveArrived: false, "Down.") }
    let (budget, firsts) = (RetryBudget(), 400)
    for client in 0..<firsts {
      let retrying = RetryingTransport(
        transport, budget: budget, timekeeper: ScriptedClock(limit: .seconds(60)).timekeeper)
      await #expect(throws: TransportFailure.self, "\(client)") { _ = try await retrying.send(try request()) }
    }
    #expect(transport.requests.count <= firsts * 3 / 2 + 500 / 5)
    #expect(budget.isEmpty)
  }

  @Test func theBudgetNeverLeavesItsBounds() async {
    let budget = RetryBudget()
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<10 {
        group.addTask {
          var dice = Dice(seed: UInt64(worker))
          for _ in 0..<2000 {
            if Bool.random(using: &dice) {
              _ = budget.withdraw(afterTimeout: Bool.random(using: &dice))
            } else {
              budget.refund(Int.random(in: 0...20, using: &dice))
            }
            #expect((0...500).contains(budget.left))
          }
        }
      }
    }
  }
}
