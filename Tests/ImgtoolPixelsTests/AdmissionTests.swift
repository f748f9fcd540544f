// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolTesting
import Testing

@testable import ImgtoolPixels

@Suite struct AdmissionTests {
  private final class Key {}

  private func admission(threads: Int = 2, budget: Int = 100, queue: Int = 3) -> Admission<Int> {
    Admission(threads: threads, budget: ByteCount(budget), queueLimit: queue)
  }

  @Test func workStartsInTheOrderItCame() {
    var admission = admission(threads: 5, queue: 10)
    let keys = (0..<6).map { _ in Key() }
    for (number, key) in keys.enumerated() {
      #expect(admission.enqueue(number, id: ObjectIdentifier(key), cost: ByteCount(1)) == nil)
    }
    let order = (0..<6).compactMap { _ in admission.next() }
    #expect(order == [0, 1, 2, 3, 4, 5])
    #expect(admission.next() == nil)
  }

  @Test func nothingOvertakesWorkThatWaitsForMemory() {
    var admission = admission(budget: 100)
    let keys = (0..<3).map { _ in Key() }
    _ = admission.enqueue(0, id: ObjectIdentifier(keys[0]), cost: ByteCount(60))
    _ = admission.enqueue(1, id: ObjectIdentifier(keys[1]), cost: ByteCount(50))
    _ = admission.enqueue(2, id: ObjectIdentifier(keys[2]), cost: ByteCount(1))
    #expect(admission.next() == 0)
    #expect(admission.next() == nil)
    admission.finished(cost: ByteCount(60))
    #expect(admission.next() == 1)
    #expect(admission.next() == 2)
    #expect(admission.runningCost == ByteCount(51))
  }

  @Test(arguments: [(99, nil), (100, nil), (101, .tooLarge)] as [(Int, Admission<Int>.Refusal?)])
  func workLargerThanTheBudgetIsRefused(cost: Int, refusal: Admission<Int>.Refusal?) {
    var admission = admission(budget: 100)
    #expect(admission.enqueue(0, id: ObjectIdentifier(Key()), cost: ByteCount(cost)) == refusal)
  }

  @Test func theQueueEndsAtItsLimit() {
    var admission = admission(threads: 2, queue: 3)
    let keys = (0..<6).map { _ in Key() }
    let refusals = keys.map { admission.enqueue(0, id: ObjectIdentifier($0), cost: ByteCount(1)) }
    #expect(refusals == [nil, nil, nil, nil, nil, .full])
    // Starting work frees no place, finishing it does.
    _ = admission.next()
    #expect(admission.enqueue(0, id: ObjectIdentifier(keys[5]), cost: ByteCount(1)) == .full)
    admission.finished(cost: ByteCount(1))
    #expect(admission.enqueue(0, id: ObjectIdentifier(keys[5]), cost: ByteCount(1)) == nil)
  }

  @Test func withdrawnWorkNeverStarts() {
    var admission = admission()
    let (first, second) = (Key(), Key())
    _ = admission.enqueue(1, id: ObjectIdentifier(first), cost: ByteCount(1))
    _ = admission.enqueue(2, id: ObjectIdentifier(second), cost: ByteCount(1))
    #expect(admission.withdraw(ObjectIdentifier(first)) == 1)
    #expect(admission.withdraw(ObjectIdentifier(first)) == nil)
    #expect(admission.next() == 2)
    #expect(admission.withdraw(ObjectIdentifier(second)) == nil)
  }

  @Test func aClosedQueueGivesBackWhatWaitsAndTakesNothing() {
    var admission = admission()
    let key = Key()
    _ = admission.enqueue(1, id: ObjectIdentifier(key), cost: ByteCount(1))
    #expect(admission.close() == [1])
    #expect(admission.enqueue(2, id: ObjectIdentifier(key), cost: ByteCount(1)) == .closed)
    #expect(admission.next() == nil)
  }

  @Test func memoryIsGivenBackOnlyWhenIdleAndAfterMuchWork() {
    let half = ByteCount(Admission<Int>.breath.bytes / 2)
    var admission = admission(threads: 2, budget: Admission<Int>.breath.bytes)
    let keys = (0..<3).map { _ in Key() }
    for key in keys { _ = admission.enqueue(0, id: ObjectIdentifier(key), cost: half) }
    _ = (admission.next(), admission.next())
    var breaths: [Bool] = []
    admission.finished(cost: half)
    breaths.append(admission.takesBreath())  // another piece runs
    admission.finished(cost: half)
    breaths.append(admission.takesBreath())  // one waits
    _ = admission.next()
    admission.finished(cost: half)
    breaths.append(admission.takesBreath())
    breaths.append(admission.takesBreath())
    #expect(breaths == [false, false, true, false])
  }

  @Test func anySequenceKeepsTheBudget() {
    var noise = SampleNoise(seed: 3)
    var admission = admission(threads: 4, budget: 50, queue: 8)
    var keys: [Key] = []
    var running: [Int] = []
    for _ in 0..<5_000 {
      switch noise.next(below: 3) {
      case 0:
        keys.append(Key())
        let cost = noise.next(below: 60)
        _ = admission.enqueue(cost, id: ObjectIdentifier(keys[keys.count - 1]), cost: ByteCount(cost))
      case 1:
        if let cost = admission.next() { running.append(cost) }
      default:
        if let cost = running.popLast() { admission.finished(cost: ByteCount(cost)) }
      }
      #expect(admission.runningCost.bytes == running.reduce(0, +) && admission.runningCost.bytes <= 50)
      #expect(admission.running == running.count && admission.waitingCount <= 12)
    }
  }
}
