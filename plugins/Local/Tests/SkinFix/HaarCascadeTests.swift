// SPDX-License-Identifier: Apache-2.0
import CKernels
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
    func accepts(_ upper: Int, _ lower: Int) -> Bool {
      let picture = Drawn.raster(20, 20) { _, y in
        let value = y < 10 ? upper : lower
        return (value, value, value)
      }
      return !CascadeTable(cascade).accepted(in: IntegralPicture(GreyPicture(equalising: picture), step: 1)).isEmpty
    }
    #expect(accepts(20, 220))
    #expect(!accepts(220, 20))
  }

  /// Trees of two and three nodes whose rectangles begin at odd and even columns, and stages that few windows pass.
  private let deep = """
    <opencv_storage><cascade><height>20</height><width>20</width><stages>
    <_><stageThreshold>-0.2</stageThreshold><weakClassifiers>
    <_><internalNodes>0 1 0 -0.01 -1 -2 1 0.02</internalNodes><leafValues>0.4 -0.7 0.3</leafValues></_>
    <_><internalNodes>1 2 2 0.01 0 -1 1 0. -2 -3 0 -0.02</internalNodes><leafValues>-0.3 0.5 -0.6 0.2</leafValues></_>
    </weakClassifiers></_>
    <_><stageThreshold>0.3</stageThreshold><weakClassifiers>
    <_><internalNodes>0 -1 2 0.03</internalNodes><leafValues>-0.5 0.6</leafValues></_>
    </weakClassifiers></_></stages>
    <features><_><rects><_>1 2 7 5 -2.0571</_><_>3 4 8 9 1.</_></rects><tilted>0</tilted></_>
    <_><rects><_>0 0 20 20 -1.</_><_>5 5 5 5 4.</_><_>12 11 8 9 4.1667</_></rects><tilted>0</tilted></_>
    <_><rects><_>7 1 6 18 -1.</_><_>9 1 2 18 3.</_></rects><tilted>0</tilted></_></features>
    </cascade></opencv_storage>
    """

  @Test(arguments: [1, 2]) func bothPathsAcceptTheSameWindowsWhereverTheyBegin(_ step: Int) throws {
    let cascade = try HaarCascade(xml: Array(deep.utf8))
    let picture = Drawn.raster(71, 46) { x, y in
      let value = Int(Noise.hash(7, x / 5, y / 4) % 200) + Int(Noise.hash(8, x, y) % 50)
      return (value, value, value)
    }
    func accepted(_ crop: Int, _ path: ck_path) -> [(x: Int, y: Int)] {
      let part = picture.cropped(PixelRect(x: 0, y: 0, size: PixelSize(clamping: 71 - crop, 46)))
      return CascadeTable(cascade, path: path).accepted(in: IntegralPicture(GreyPicture(luma: part), step: step))
    }
    let all = accepted(0, CK_BASELINE)
    #expect(all.count > 5 && all.count < 400)
    // A narrower picture ends its rows with other numbers of windows: eight at once and one by one agree.
    for crop in 0..<9 {
      let (plain, fast) = (accepted(crop, CK_BASELINE), accepted(crop, ck_best_path()))
      #expect(plain.map { [$0.x, $0.y] } == fast.map { [$0.x, $0.y] })
      #expect(plain.map { [$0.x, $0.y] } == all.filter { $0.x + 20 <= 71 - crop }.map { [$0.x, $0.y] })
    }
  }

  @Test func twoThreadsFindTheSameFacesAsOneAndStopWhenWithdrawn() throws {
    let finder = FaceFinder(try HaarCascade(xml: Array(xml.utf8)))
    // Dark above light is what this cascade takes for a face; its colour is that of skin.
    let picture = Drawn.raster(150, 110) { x, y in
      let light = (x / 30 + y / 30) % 2 == 0 ? 40 : 160
      return (light + 60, light + 20, light)
    }
    let one = try finder.faces(in: picture)
    #expect(!one.isEmpty)
    #expect(try finder.faces(in: picture, workers: .two) == one)
    #expect {
      try finder.faces(in: picture, workers: Workers(isCancelled: { true }))
    } throws: {
      ($0 as? ImgtoolError)?.kind == .cancelled
    }
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
