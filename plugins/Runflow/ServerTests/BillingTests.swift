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
