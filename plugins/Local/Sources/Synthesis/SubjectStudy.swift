// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// What stands out in a source, and which of its sides cut something that stands out.
///
/// Made once, on a small copy, before the source is placed: `--gravity auto`, the search and the risk gate read it.
package struct SubjectStudy: Sendable {
  /// How surely an object is cut by each side, 0…1; absent for sides that were not studied.
  package let cutRisk: [Side: Double]
  /// What must not be copied beyond each side.
  package let subjects: [Side: SubjectMap]
  /// Whether faces were named; texture cannot complete a person.
  package let hasFaces: Bool

  /// The longest side of the copy that is studied.
  private static let longSide = 200

  /// Studies the sides along one axis, or all four.
  ///
  /// - Parameters:
  ///   - source: Three bands, any size; it is reduced first.
  ///   - faces: Face boxes in the source's pixels (forehead to chin), from `FaceFinder` or the user.
  ///   - forbidden: A map of what must never be copied, for example skin, covering the whole source.
  package init(
    source: Raster<UInt8>, sides: [Side] = Side.allCases, faces: [PixelRect] = [], forbidden: SubjectMap? = nil
  ) {
    let scale = min(1, Double(Self.longSide) / Double(source.size.longSide))
    let size = PixelSize(
      clamping: Int((Double(source.width) * scale).rounded()), Int((Double(source.height) * scale).rounded()))
    let picture = source.reduced(to: size)
    let distance = BarrierDistance(picture)
    let people = faces.map { FaceShare($0, in: source.size) }
    let fromAll = Self.salience(distance.distances(from: Set(Side.allCases)), size)
    var subjects: [Side: SubjectMap] = [:]
    var cutRisk: [Side: Double] = [:]
    for side in sides {
      let fromSide = Self.salience(distance.distances(from: [side]), size)
      var map = SubjectMap(size: size)
      map.salience = zip(fromAll, fromSide).map(max)
      for face in people { face.mark(&map) }
      if let forbidden { map.addForbidden(forbidden) }
      subjects[side] = map
      let others = Set(Side.allCases).subtracting([side])
      var risk = Self.bandMean(distance.distances(from: others), size, side)
      for face in people { risk = max(risk, face.cutRisk(side)) }
      cutRisk[side] = risk
    }
    self.subjects = subjects
    self.cutRisk = cutRisk
    hasFaces = !faces.isEmpty
  }

  private init(cutRisk: [Side: Double], subjects: [Side: SubjectMap], hasFaces: Bool) {
    self.cutRisk = cutRisk
    self.subjects = subjects
    self.hasFaces = hasFaces
  }

  /// The study of a larger picture in which the source lies; nothing stands out in what was added.
  func following(_ placement: PixelRect, in picture: PixelSize) -> SubjectStudy {
    if picture == placement.size { return self }
    return SubjectStudy(
      cutRisk: cutRisk, subjects: subjects.mapValues { $0.embedded(placement, in: picture) }, hasFaces: hasFaces)
  }

  /// 0…255 from distances: below a quarter of the largest nothing stands out, above three quarters everything.
  private static func salience(_ distances: [Float], _ size: PixelSize) -> [UInt8] {
    let sorted = distances.sorted()
    let high = max(60, sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
    let values = distances.map { min(1, max(0, ($0 / high - 0.25) / 0.5)) }
    // A mean over 3×3 twice: about a Gaussian of 1.2 pixels.
    return meanOver3(meanOver3(values, size), size).map { UInt8($0 * 255) }
  }

  private static func meanOver3(_ values: [Float], _ size: PixelSize) -> [Float] {
    var result = values
    for y in 0..<size.height {
      for x in 0..<size.width {
        var sum: Float = 0
        var count: Float = 0
        for row in max(0, y - 1)...min(size.height - 1, y + 1) {
          for column in max(0, x - 1)...min(size.width - 1, x + 1) {
            sum += values[row * size.width + column]
            count += 1
          }
        }
        result[y * size.width + x] = sum / count
      }
    }
    return result
  }

  /// How much of a band of 3 % along a side is far from all other sides: 0 below 20 units, 1 above 80.
  private static func bandMean(_ distances: [Float], _ size: PixelSize, _ side: Side) -> Double {
    let extent = side.isVertical ? size.height : size.width
    let length = side.isVertical ? size.width : size.height
    let depth = max(1, Int((0.03 * Double(extent)).rounded()))
    var sum: Float = 0
    for step in 0..<depth {
      for place in 0..<length {
        let inward = side == .right || side == .bottom ? extent - 1 - step : step
        let index = side.isVertical ? inward * size.width + place : place * size.width + inward
        sum += min(1, max(0, (distances[index] - 20) / 60))
      }
    }
    return Double(sum) / Double(depth * length)
  }
}

/// A face box in shares of the picture.
private struct FaceShare {
  let left, top, right, bottom: Double

  init(_ face: PixelRect, in size: PixelSize) {
    left = Double(face.x) / Double(size.width)
    top = Double(face.y) / Double(size.height)
    right = Double(face.x + face.width) / Double(size.width)
    bottom = Double(face.y + face.height) / Double(size.height)
  }

  private var width: Double { right - left }
  private var height: Double { bottom - top }

  /// Forbids the head and lets the body below it stand out somewhat: a shoulder that is cut may go on.
  func mark(_ map: inout SubjectMap) {
    map.forbid(
      left: left - 0.2 * width, top: top - 0.5 * height, right: right + 0.2 * width, bottom: bottom + 0.25 * height)
    let middle = (left + right) / 2
    let columns = SubjectMap.cells(middle - 1.3 * width, middle + 1.3 * width, map.size.width)
    for y in SubjectMap.cells(bottom, 1, map.size.height) {
      for x in columns { map.salience[y * map.size.width + x] = max(150, map.salience[y * map.size.width + x]) }
    }
  }

  /// The head crosses the side, or the body leaves through the bottom.
  func cutRisk(_ side: Side) -> Double {
    switch side {
    case .left: left - 0.15 * width < 0 ? 0.9 : 0
    case .right: right + 0.15 * width > 1 ? 0.9 : 0
    case .top: top - 0.45 * height < 0 ? 0.9 : 0
    case .bottom: bottom + 0.15 * height > 1 ? 0.9 : 0.6
    }
  }
}

extension SubjectMap {
  /// The map of a larger picture in which the source lies.
  func embedded(_ placement: PixelRect, in picture: PixelSize) -> SubjectMap {
    let across = Double(size.width) / Double(placement.width)
    let down = Double(size.height) / Double(placement.height)
    var map = SubjectMap(
      size: PixelSize(
        clamping: size.width + Int(Double(picture.width - placement.width) * across),
        size.height + Int(Double(picture.height - placement.height) * down)))
    let left = min(Int(Double(placement.x) * across), map.size.width - size.width)
    let top = min(Int(Double(placement.y) * down), map.size.height - size.height)
    for y in 0..<size.height {
      for x in 0..<size.width {
        map.salience[(top + y) * map.size.width + left + x] = salience[y * size.width + x]
        map.forbidden[(top + y) * map.size.width + left + x] = forbidden[y * size.width + x]
      }
    }
    return map
  }

  /// Forbids what another map of the same source forbids.
  mutating func addForbidden(_ other: SubjectMap) {
    for y in 0..<size.height {
      let rows = Self.cells(Double(y) / Double(size.height), Double(y + 1) / Double(size.height), other.size.height)
      for x in 0..<size.width {
        let columns = Self.cells(Double(x) / Double(size.width), Double(x + 1) / Double(size.width), other.size.width)
        let isForbidden = rows.contains { row in columns.contains { other.forbidden[row * other.size.width + $0] } }
        if isForbidden { forbidden[y * size.width + x] = true }
      }
    }
  }
}
