// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import RunflowServer

@Suite struct BillingTests {
  @Test func belowThePriceNothingIsCreated() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.openingBalance = .cents(54) }
    try await withServer(setup) { client in
      let reply = try await client.post(resizeRuns, client.order(try await client.upload([1])))
      #expect(reply.status == 402)
      #expect(reply.code == "INSUFFICIENT_CREDIT")
      #expect(reply.json["errors"]?.isNull == true)
      #expect(try await client.get("/v1/runs").json["items"] == [])
    }
  }

  @Test func exactlyThePriceIsEnoughOnce() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.openingBalance = .cents(55) }
    try await withServer(setup) { client in
      let order = client.order(try await client.upload([1]))
      let made = try await client.post(resizeRuns, order)
      _ = try await client.finished(made.json["id"]?.text ?? "")
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "0")
      #expect(try await client.post(resizeRuns, order).status == 402)
    }
  }

  @Test func runsUnderWayHaveTheirPriceReserved() async throws {
    var setup = ServerSetup()
    setup.configure = {
      $0.openingBalance = .cents(120)
      $0.hasFaults = true
    }
    try await withServer(setup) { client in
      let order = client.order(try await client.upload([1]))
      try await client.faults(["on": "run", "do": "hold", "times": 2])
      let first = try await client.post(resizeRuns, order)
      #expect(try await client.post(resizeRuns, order).status == 201)
      let third = try await client.post(resizeRuns, order)
      #expect(third.status == 402 && third.code == "INSUFFICIENT_CREDIT")
      // What is reserved is not spent, and a run that ends without a charge gives it back.
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "1.20")
      let id = first.json["id"]?.text ?? ""
      let cancelled = try await client.with(token: "rf_svc_ops").post("/v1/admin/runs/\(id)/cancellation")
      #expect(cancelled.status == 201)
      #expect(try await client.post(resizeRuns, order).status == 201)
    }
  }

  /// A hundred orders at once, money for seven.
  @Test func manyOrdersAtOnceDoNotOverdraw() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.openingBalance = .cents(7 * 55 + 54) }
    try await withServer(setup) { client in
      let order = client.order(try await client.upload([1]))
      let made = try await withThrowingTaskGroup(of: Reply.self) { group in
        for _ in 0..<100 { group.addTask { try await client.post(resizeRuns, order) } }
        return try await group.reduce(into: [String]()) { made, reply in
          if reply.status == 201 { made.append(reply.json["id"]?.text ?? "") }
        }
      }
      #expect(made.count == 7)
      for id in made { _ = try await client.finished(id) }
      #expect(try await client.get("/v1/billing/balance").json["balance"] == "0.54")
    }
  }

  @Test func theThresholdIsKept() async throws {
    try await withServer { client in
      let changed = try await client.send("PATCH", "/v1/billing/balance", ["low_balance_threshold": 10])
      #expect(changed.json["low_balance_threshold"] == "10.00")
      #expect(try await client.get("/v1/billing/balance").json["low_balance_threshold"] == "10.00")
      #expect(try await client.send("PATCH", "/v1/billing/balance", ["low_balance_threshold": -1]).status == 422)
    }
  }

  @Test(arguments: [
    (0, "0"), (550_000, "0.55"), (124_500_000, "124.50"), (18_000, "0.018"), (-120_000, "-0.12"), (1, "0.000001"),
  ])
  func amountsAreDecimalStrings(microdollars: Int, text: String) {
    #expect(Amount.text(microdollars) == text)
  }

  @Test func aFullQueueIsA429() async throws {
    var setup = ServerSetup()
    setup.configure = { $0.limits.queuedRuns = 0 }
    try await withServer(setup) { client async throws in
      #expect(try await client.post(resizeRuns, client.order(try await client.upload([1]))).code == "RATE_LIMITED")
    }
  }
}
