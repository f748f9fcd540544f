// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Synchronization
import Testing

/// What is paid for is whole, and carries nothing that was not meant to be sent.
@Suite struct PaidInputTests {
  /// Orders counted, and the bytes of the last one.
  private final class Counter: Sendable {
    let orders = Mutex<[[UInt8]]>([])
  }

  /// Runs a file through an operation that costs money, and gives what reached it.
  private func sent(
    _ file: [UInt8], _ form: SendForm = SendForm(), passThrough: InputPolicy.PassThrough = .conforming
  ) async throws -> (orders: [[UInt8]], report: JobReport?) {
    let folder = try TestFolder()
    try folder.write(file, as: "in.png")
    let counter = Counter()
    var operation = ScriptedOperation()
    operation.price = .cents(55)
    operation.sends = form
    operation.answer = { input, _ in
      guard case .file(let path) = input.bytes else { return [] }
      let bytes = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
      counter.orders.withLock { $0.append(bytes) }
      return [input.bytes]
    }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.policy.passThrough = passThrough
    // A broken input is refused or thrown; either way nothing may have been ordered.
    let report = try? await RuntimeTest.runner(operation).run(plan)
    return (counter.orders.withLock { $0 }, report)
  }

  @Test(arguments: [5, 40, 60, 90, 99])
  func aFileCutAnywhereIsNotPaidFor(share: Int) async throws {
    let whole = SamplePictures.marked(PixelSize(clamping: 200, 150)).png()
    #expect(try await sent(whole).orders.count == 1)
    #expect(try await sent(Array(whole.prefix(whole.count * share / 100))).orders.isEmpty)
  }

  @Test func aFileWithWrongPixelDataIsNotPaidFor() async throws {
    // Every chunk and every sum is right; only decoding tells.
    let drawn = SamplePictures.marked(PixelSize(clamping: 64, 48))
    let file = try await RuntimeTest.pool.pool().run(cost: .mebibytes(8)) { thread in
      try Picture(samples: drawn.samples, size: drawn.size, bands: drawn.bands, on: thread)
        .encoded(EncodeOptions(format: .jpeg))
    }
    var broken = file
    let start = file.count * 2 / 3
    broken.replaceSubrange(start..<start + 60, with: [UInt8](repeating: 0, count: 60))
    #expect(try await sent(broken).orders.isEmpty)
  }

  @Test func aTrailerAndTextsAreNotSentWhereNothingPrivateIs() async throws {
    let plain = SamplePictures.marked(PixelSize(clamping: 80, 60)).png()
    let marked = plain + Array("CANARY".utf8)
    let withheld = try await sent(marked, SendForm(isPrivate: true))
    #expect(withheld.orders.count == 1)
    #expect(!Self.holds(withheld.orders[0], "CANARY"))
    #expect(withheld.report?.passedThrough == false)
    let byPolicy = try await sent(marked, passThrough: .plain)
    #expect(!Self.holds(byPolicy.orders[0], "CANARY"))
    let untouched = try await sent(plain, passThrough: .plain)
    #expect(untouched.orders == [plain])
    #expect(untouched.report?.passedThrough == true)
    #expect(try await sent(plain, passThrough: .never).report?.passedThrough == false)
  }

  private static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
    Data(bytes).range(of: Data(text.utf8)) != nil
  }
}
