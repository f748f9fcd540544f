// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import RunflowServer

@Suite struct PlacesTests {
  @Test func whoComesBackGoesBeforeWhoIsNewInTheOrderOfComing() {
    var places = Places<String>(limit: 1, mostOut: 2)
    let went = (0..<2).map { _ in [places.begin(), places.leave()] }
    #expect(went == [[true, true], [true, true]])
    let working = places.begin()
    places.comeBack("first")
    places.comeBack("second")
    let early = places.returning()
    #expect(working && early == nil)
    places.end()
    let (first, new) = (places.returning(), places.begin())
    #expect(first == "first" && !new)
    places.end()
    let second = places.returning()
    #expect(second == "second" && places.out == 0)
  }

  @Test func whoIsBackAndHasNoPlaceYetCountsAsOut() {
    var places = Places<Int>(limit: 1, mostOut: 1)
    let went = [places.begin(), places.leave(), places.begin()]
    #expect(went == [true, true, true])
    places.comeBack(1)
    let second = places.leave()
    #expect(!second)
    places.end()
    let back = places.returning()
    let third = places.leave()
    #expect(back == 1 && third)
  }

  @Test(arguments: [0, -1])
  func oneCanAlwaysWork(limit: Int) {
    var places = Places<Int>(limit: limit, mostOut: limit)
    let went = [places.begin(), places.begin(), places.leave()]
    #expect(went == [true, false, false])
  }
}
