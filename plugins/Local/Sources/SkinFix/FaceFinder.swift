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
  /// - Throws: `.cancelled`.
  package func faces(
    in source: Raster<UInt8>, longSide: Int = 800, neighbours: Int = 5, workers: Workers = Workers()
  ) throws(ImgtoolError) -> [PixelRect] {
    let scale = min(1, Double(longSide) / Double(source.size.longSide))
    let small = source.reduced(
      to: PixelSize(
        clamping: Int((Double(source.width) * scale).rounded()), Int((Double(source.height) * scale).rounded())),
      workers)
    // A face that touches the border fits into no window of the picture itself.
    let rim = small.size.shortSide * 15 / 100
    let grey = GreyPicture(equalising: small).padded(rim)
    // Every size of window is looked for on its own; each of the pair takes every other one.
    let factors = factors(for: small.size, in: PixelSize(clamping: grey.width, grey.height))
    let (even, odd) = try workers.both(
      { () throws(ImgtoolError) in try self.windows(in: grey, factors, from: 0, workers) },
      { () throws(ImgtoolError) in try self.windows(in: grey, factors, from: 1, workers) })
    let found: [Window] = factors.indices.flatMap { $0 % 2 == 0 ? even[$0 / 2] : odd[$0 / 2] }
      .map { Window(x: $0.x - Double(rim), y: $0.y - Double(rim), side: $0.side) }
    return Window.grouped(found, atLeast: neighbours).compactMap { $0.rect(scale, in: source.size) }
      .filter { Self.isSkinColoured($0, in: source) }
  }

  /// By how much the picture is reduced for each size of window, smallest faces first.
  private func factors(for picture: PixelSize, in padded: PixelSize) -> [Double] {
    var factors: [Double] = []
    var factor = max(20.0, 0.05 * Double(picture.shortSide)) / Double(cascade.window.width)
    while Int((Double(padded.width) / factor).rounded()) >= cascade.window.width,
      Int((Double(padded.height) / factor).rounded()) >= cascade.window.height
    {
      factors.append(factor)
      factor *= 1.1
    }
    return factors
  }

  /// The windows that the cascade accepts at every other size, in pixels of the grey picture.
  private func windows(in grey: GreyPicture, _ factors: [Double], from first: Int, _ workers: Workers)
    throws(ImgtoolError) -> [[Window]]
  {
    var found: [[Window]] = []
    for number in stride(from: first, to: factors.count, by: 2) {
      try workers.check()
      found.append(windows(in: grey, factors[number]))
    }
    return found
  }

  private func windows(in grey: GreyPicture, _ factor: Double) -> [Window] {
    let width = Int((Double(grey.width) / factor).rounded())
    let height = Int((Double(grey.height) / factor).rounded())
    let level = IntegralPicture(grey.resized(width, height), step: factor > 2 ? 1 : 2)
    return table.accepted(in: level).map {
      Window(x: Double($0.x) * factor, y: Double($0.y) * factor, side: Double(cascade.window.width) * factor)
    }
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
private struct Window: Sendable {
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
