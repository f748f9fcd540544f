// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct SubjectCopiesTests {
  private static let level = SidePlan.Level(scale: 1, width: 80, height: 64, margin: 32)

  /// A margin in which every patch of the rows above `rows` comes from one column and all others from another.
  private static func mapping(_ side: Side, rows: Int, from column: Int, others: Int) -> SideMapping {
    let anchors = AnchorGrid(level)
    for strip in 0..<anchors.strips {
      for row in 0..<anchors.rows {
        anchors.x[row, strip] = Int32(anchors.line(row) < rows ? column : others)
        anchors.y[row, strip] = Int32(anchors.line(row))
      }
    }
    return SideMapping(side, anchors, energy: nil)
  }

  /// The third of the source that lies farthest from a side stands out.
  private static func subjects(_ side: Side, salience: UInt8) -> SubjectMap {
    let size = side.isVertical ? PixelSize(clamping: 16, 20) : PixelSize(clamping: 20, 16)
    var map = SubjectMap(size: size)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let away =
          switch side {
          case .left: x
          case .right: size.width - 1 - x
          case .top: y
          case .bottom: size.height - 1 - y
          }
        if away >= 13 { map.salience[y * size.width + x] = salience }
      }
    }
    return map
  }

  @Test(arguments: Side.allCases)
  func theShareOfTheMarginThatComesFromASubjectIsCounted(side: Side) {
    let subjects = Self.subjects(side, salience: 200)
    #expect(Self.mapping(side, rows: 0, from: 4, others: 60).subjectCopies(subjects) == 0)
    #expect(Self.mapping(side, rows: 64, from: 4, others: 60).subjectCopies(subjects) == 1)
    #expect(abs(Self.mapping(side, rows: 32, from: 4, others: 60).subjectCopies(subjects) - 0.5) < 0.04)
  }

  @Test(arguments: Side.allCases)
  func whatStandsOutLittleIsNoSubject(side: Side) {
    let mapping = Self.mapping(side, rows: 64, from: 4, others: 60)
    #expect(mapping.subjectCopies(Self.subjects(side, salience: 127)) == 0)
    #expect(mapping.subjectCopies(Self.subjects(side, salience: 128)) == 1)
  }
}
