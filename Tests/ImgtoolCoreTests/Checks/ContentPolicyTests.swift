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
}
