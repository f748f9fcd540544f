// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ContentPolicyTests {
  @Test func fieldsLeftOutAreTheDefaults() throws {
    #expect(try read(ContentPolicy.self, "{}") == ContentPolicy())
    var policy = ContentPolicy()
    policy.barShare = 0.05
    #expect(try read(ContentPolicy.self, #"{"barShare": 0.05}"#) == policy)
  }

  @Test func aPolicyIsTheSameAfterJSON() throws {
    var policy = ContentPolicy()
    policy.blankSpread = 7
    policy.innerRatio = 3
    #expect(try rewritten(policy) == policy)
  }

  @Test(arguments: [
    #"{"barShares": 0.1}"#, #"{"blankSpread": -1}"#, #"{"flatDeviation": -1}"#, #"{"flatShare": 1.1}"#,
    #"{"stretchPass": 0.1, "stretchFail": 0.05}"#, #"{"visibleFail": 0.99}"#, #"{"mirrorLikeness": 2}"#,
    #"{"moveShare": -1}"#, #"{"changeMedian": 300}"#, #"{"barShare": -0.1}"#, #"{"edgeShare": 2}"#,
    #"{"innerRatio": 0.5}"#, #"{"borderShare": "wide"}"#,
  ])
  func badValuesAreRefused(json: String) {
    #expect(throws: (any Error).self) { try read(ContentPolicy.self, json) }
  }
}
