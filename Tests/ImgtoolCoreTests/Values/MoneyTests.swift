// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct MoneyTests {
  @Test(arguments: [
    ("0.55", 550_000), ("$0.55", 550_000), ("3", 3_000_000), ("0", 0), ("0.000001", 1), ("0.5", 500_000),
    ("999999999.999999", 999_999_999_999_999), ("00.10", 100_000),
  ])
  func amountsAreReadExactly(text: String, microdollars: Int) {
    #expect(Money(text) == Money(microdollars: microdollars))
  }

  @Test(arguments: [
    "", "$", ".", ".5", "5.", "0.0000001", "1000000000", "-1", "+1", "1,5", "1.2.3", " 1", "1 ", "$$1", "1$", "1e2",
    "nan", "０",
  ])
  func anythingElseIsNoAmount(text: String) {
    #expect(Money(text) == nil)
  }

  @Test(arguments: [
    (550_000, "$0.55"), (120_000, "$0.12"), (0, "$0.00"), (1, "$0.000001"), (1_500_000, "$1.50"), (-550_000, "-$0.55"),
    (123_456_789, "$123.456789"), (1_010_100, "$1.0101"), (Int.max, "$9223372036854.775807"),
    (Int.min, "-$9223372036854.775808"),
  ])
  func amountsAreShownWithTwoDecimalsOrMore(microdollars: Int, text: String) {
    #expect(Money(microdollars: microdollars).description == text)
  }

  @Test func whatIsShownIsReadAgain() throws {
    var numbers = DrawnNumbers(seed: 1)
    for _ in 0..<500 {
      let money = Money(microdollars: Int.random(in: 0..<1_000_000_000_000_000, using: &numbers))
      #expect(Money(money.description) == money)
      #expect(try rewritten(money) == money)
    }
  }

  @Test func amountsAreWrittenAsDecimalText() throws {
    #expect(try written(Money.cents(55)) == #""0.55""#)
    #expect(throws: (any Error).self) { try read(Money.self, "0.55") }
    #expect(throws: (any Error).self) { try read(Money.self, #""a lot""#) }
  }

  @Test func amountsAddAndCompareAsNumbers() {
    #expect(Money.cents(55) + .cents(12) == .cents(67))
    #expect(Money.cents(55) - .cents(55) == .zero)
    #expect(Money.cents(12) < .cents(55))
    #expect(Money.zero - .cents(1) < .zero)
  }

  @Test(arguments: [-1, -550_000, -999_999_999_999_999])
  func aDebtIsWrittenAndReadWithItsSign(microdollars: Int) throws {
    let debt = Money(microdollars: microdollars)
    #expect(try rewritten(debt) == debt)
  }

  @Test(arguments: [#""--1""#, #""-""#, #""-$-1""#, #""- 1""#])
  func oneSignIsTheMost(json: String) {
    #expect(throws: (any Error).self) { try read(Money.self, json) }
  }
}
