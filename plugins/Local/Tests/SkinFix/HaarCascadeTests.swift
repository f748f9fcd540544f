// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import LocalBackend

struct HaarCascadeTests {
  /// One stage that accepts windows whose upper half is darker than the lower.
  private let xml = """
    <?xml version="1.0"?><!-- a > comment -->
    <opencv_storage><cascade type_id="opencv-cascade-classifier"><height>20</height><width>20</width>
    <stages><_><maxWeakCount>1</maxWeakCount><stageThreshold>5.0e-01</stageThreshold><weakClassifiers><_>
    <internalNodes>0 -1 0 1.0e-01</internalNodes><leafValues>-1. 1.</leafValues></_></weakClassifiers></_></stages>
    <features><_><rects><_>0 0 20 20 -1.</_><_>0 10 20 10 2.</_></rects><tilted>0</tilted></_></features>
    </cascade></opencv_storage>
    """

  @Test func aCascadeIsReadAndEvaluated() throws {
    let cascade = try HaarCascade(xml: Array(xml.utf8))
    #expect(cascade.window == (20, 20))
    #expect(cascade.stages.count == 1 && cascade.features.count == 1)
    let table = CascadeTable(cascade)
    func accepts(_ upper: Int, _ lower: Int) -> Bool {
      let picture = Drawn.raster(20, 20) { _, y in
        let value = y < 10 ? upper : lower
        return (value, value, value)
      }
      return table.accepts(IntegralPicture(GreyPicture(equalising: picture)), 0, 0)
    }
    #expect(accepts(20, 220))
    #expect(!accepts(220, 20))
  }

  @Test func noPrefixOfAFileIsTakenForAWholeOne() {
    let bytes = Array(xml.utf8)
    for length in bytes.indices {
      #expect(throws: ImgtoolError.self) { try HaarCascade(xml: Array(bytes.prefix(length))) }
    }
  }

  @Test(arguments: [
    ("0 -1 0 1.0e-01", "0 -1 7 1.0e-01"), ("0 -1 0 1.0e-01", "0 -2 0 1.0e-01"), ("0 -1 0 1.0e-01", "0 0.5 0 1"),
    ("0 -1 0 1.0e-01", "0 -1 0 nan"), ("0 10 20 10 2.", "0 11 20 10 2."), ("0 10 20 10 2.", "-1 10 20 10 2."),
    ("<tilted>0", "<tilted>1"), ("<width>20", "<width>2000"), ("0 -1 0 1.0e-01", "1 -1 0 1.0e-01"),
    ("-1. 1.", "-1. x"),
  ]) func aCascadeThatContradictsItselfIsRefused(_ from: String, _ to: String) {
    let broken = xml.replacing(from, with: to)
    #expect(broken != xml)
    #expect(throws: ImgtoolError.self) { try HaarCascade(xml: Array(broken.utf8)) }
  }
}
