// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// Finds upright frontal faces with a Haar cascade.
package struct FaceFinder: Sendable {
  private let cascade: HaarCascade
  /// Stages flattened for evaluation: features with their corners, trees one after the other.
  private let table: CascadeTable

  package init(_ cascade: HaarCascade) {
    self.cascade = cascade
    table = CascadeTable(cascade)
  }

  /// Face boxes in the source's pixels, forehead to chin, largest first.
  ///
  /// A box may reach a little beyond the picture where the head is cut.
  ///
  /// - Parameters:
  ///   - source: Upright, three bands.
  ///   - longSide: To what it is reduced before looking, in pixels; 400 is quick, 800 finds small faces.
  ///   - neighbours: How many windows must agree on a face.
  package func faces(in source: Raster<UInt8>, longSide: Int = 800, neighbours: Int = 5) -> [PixelRect] {
    let scale = min(1, Double(longSide) / Double(source.size.longSide))
    let small = source.reduced(
      to: PixelSize(
        clamping: Int((Double(source.width) * scale).rounded()), Int((Double(source.height) * scale).rounded())))
    // A face that touches the border fits into no window of the picture itself.
    let rim = small.size.shortSide * 15 / 100
    let grey = GreyPicture(equalising: small).padded(rim)
    var found: [Window] = []
    let least = max(20.0, 0.05 * Double(small.size.shortSide))
    var factor = least / Double(cascade.window.width)
    while true {
      let width = Int((Double(grey.width) / factor).rounded())
      let height = Int((Double(grey.height) / factor).rounded())
      if width < cascade.window.width || height < cascade.window.height { break }
      let level = IntegralPicture(grey.resized(width, height))
      let step = factor > 2 ? 1 : 2
      for y in stride(from: 0, through: height - cascade.window.height, by: step) {
        for x in stride(from: 0, through: width - cascade.window.width, by: step) where table.accepts(level, x, y) {
          found.append(
            Window(
              x: Double(x) * factor - Double(rim), y: Double(y) * factor - Double(rim),
              side: Double(cascade.window.width) * factor))
        }
      }
      factor *= 1.1
    }
    return Window.grouped(found, atLeast: neighbours).compactMap { $0.rect(scale, in: source.size) }
      .filter { Self.isSkinColoured($0, in: source) }
  }

  /// Whether the middle of a face has the hue and at least a little of the chroma that all skin has.
  private static func isSkinColoured(_ face: PixelRect, in source: Raster<UInt8>) -> Bool {
    let lab = Lab.shared
    var sum = SIMD3<Float>(repeating: 0)
    var count: Float = 0
    let step = max(1, face.width / 40)
    let rows = max(0, face.y + face.height / 4)..<min(source.height, face.y + face.height * 3 / 4)
    let columns = max(0, face.x + face.width / 4)..<min(source.width, face.x + face.width * 3 / 4)
    for y in rows where (y - rows.lowerBound) % step == 0 {
      for x in columns where (x - columns.lowerBound) % step == 0 {
        let i = (y * source.width + x) * 3
        sum += lab(source.samples[i], source.samples[i + 1], source.samples[i + 2])
        count += 1
      }
    }
    let mean = sum / max(1, count)
    // Hue between 5 and 95 degrees of the a-b plane, by slopes; a grey picture has no chroma and is let through.
    if mean.y * mean.y + mean.z * mean.z < 1 { return true }
    return mean.y * mean.y + mean.z * mean.z >= 25 && mean.z > 0.087 * abs(mean.y) && mean.y > -0.087 * mean.z
  }
}

/// A square a cascade accepted, in pixels of the reduced picture.
private struct Window {
  var x: Double
  var y: Double
  var side: Double

  /// Means of windows that lie nearly on each other, where enough agree; none inside another, largest first.
  static func grouped(_ windows: [Window], atLeast count: Int) -> [Window] {
    var group = Array(windows.indices)
    func root(_ i: Int) -> Int {
      var i = i
      while group[i] != i { i = group[i] }
      return i
    }
    for i in windows.indices {
      for j in windows.indices.dropFirst(i + 1) where windows[i].isNear(windows[j]) {
        let (a, b) = (root(i), root(j))
        if a != b { group[max(a, b)] = min(a, b) }
      }
    }
    var means: [Window] = []
    let members = Dictionary(grouping: windows.indices, by: root)
    for key in members.keys.sorted() {
      guard let indices = members[key], indices.count >= count else { continue }
      let n = Double(indices.count)
      means.append(
        Window(
          x: indices.reduce(0) { $0 + windows[$1].x } / n, y: indices.reduce(0) { $0 + windows[$1].y } / n,
          side: indices.reduce(0) { $0 + windows[$1].side } / n))
    }
    means.sort { $0.side > $1.side }
    var kept: [Window] = []
    for mean in means where !kept.contains(where: { $0.overlaps(mean) }) { kept.append(mean) }
    return kept
  }

  private func isNear(_ other: Window) -> Bool {
    let slack = 0.2 * min(side, other.side)
    return abs(x - other.x) <= slack && abs(y - other.y) <= slack && abs(x + side - other.x - other.side) <= slack
      && abs(y + side - other.y - other.side) <= slack
  }

  /// Whether the other's middle lies in this one.
  private func overlaps(_ other: Window) -> Bool {
    let (middleX, middleY) = (other.x + other.side / 2, other.y + other.side / 2)
    return middleX > x && middleX < x + side && middleY > y && middleY < y + side
  }

  /// The square in the picture's pixels, if its middle lies in the picture.
  func rect(_ scale: Double, in size: PixelSize) -> PixelRect? {
    let left = Int((x / scale).rounded())
    let top = Int((y / scale).rounded())
    guard let box = PixelSize(width: Int((side / scale).rounded()), height: Int((side / scale).rounded())),
      (0..<size.width).contains(left + box.width / 2), (0..<size.height).contains(top + box.height / 2)
    else { return nil }
    return PixelRect(x: left, y: top, size: box)
  }
}
