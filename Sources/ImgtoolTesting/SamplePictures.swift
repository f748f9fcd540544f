// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// A picture drawn by a formula: 8-bit samples, rows from the top, side by side.
public struct SamplePicture: Sendable, Hashable {
  public let size: PixelSize
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  public let bands: Int
  public private(set) var samples: [UInt8]

  /// Draws every pixel by asking for its samples, as many as there are bands.
  public init(_ size: PixelSize, bands: Int = 3, _ pixel: (_ x: Int, _ y: Int) -> [UInt8]) {
    self.size = size
    self.bands = bands
    samples = []
    samples.reserveCapacity(size.area * bands)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let values = pixel(x, y)
        for band in 0..<bands { samples.append(values[band]) }
      }
    }
  }

  /// The samples of one pixel; the place has to be inside.
  public subscript(x: Int, y: Int) -> [UInt8] {
    let start = (y * size.width + x) * bands
    return Array(samples[start..<(start + bands)])
  }

  /// The pixels as display turns them for an orientation (EXIF 2.32 §4.6.4), by moving each one.
  ///
  /// The slow and plain truth that faster code is compared with.
  public func turned(by orientation: Orientation) -> SamplePicture {
    let (width, height) = (size.width, size.height)
    return SamplePicture(orientation.applied(to: size), bands: bands) { x, y in
      switch orientation {
      case .up: self[x, y]
      case .upMirrored: self[width - 1 - x, y]
      case .down: self[width - 1 - x, height - 1 - y]
      case .downMirrored: self[x, height - 1 - y]
      case .leftMirrored: self[y, x]
      case .right: self[y, height - 1 - x]
      case .rightMirrored: self[width - 1 - y, height - 1 - x]
      case .left: self[width - 1 - y, x]
      }
    }
  }

  /// The same picture inside a larger frame of one colour.
  public func padded(left: Int = 0, right: Int = 0, top: Int = 0, bottom: Int = 0, with colour: [UInt8])
    -> SamplePicture
  {
    let frame = PixelSize(clamping: size.width + left + right, size.height + top + bottom)
    return SamplePicture(frame, bands: bands) { x, y in
      let (sourceX, sourceY) = (x - left, y - top)
      let isInside = (0..<size.width).contains(sourceX) && (0..<size.height).contains(sourceY)
      return isInside ? self[sourceX, sourceY] : colour
    }
  }

  /// The samples with 16 bits: each value times 257, so that 255 becomes 65535.
  public var wideSamples: [UInt16] { samples.map { UInt16($0) * 257 } }
}

/// Pictures for tests, drawn by code, the same on every machine.
public enum SamplePictures {
  /// One colour everywhere.
  public static func plain(_ size: PixelSize, _ colour: [UInt8]) -> SamplePicture {
    SamplePicture(size, bands: colour.count) { _, _ in colour }
  }

  /// Red grows to the right, green downwards, blue along the diagonal; alpha, if asked for, to the right.
  public static func gradient(_ size: PixelSize, bands: Int = 3) -> SamplePicture {
    SamplePicture(size, bands: bands) { x, y in
      let across = UInt8(x * 255 / max(1, size.width - 1))
      let down = UInt8(y * 255 / max(1, size.height - 1))
      let both = UInt8((Int(across) + Int(down)) / 2)
      return bands < 3 ? [both, across] : [across, down, both, across]
    }
  }

  /// Squares of `cell` pixels in two colours.
  public static func checker(
    _ size: PixelSize, cell: Int = 8, _ first: [UInt8] = [20, 20, 20], _ second: [UInt8] = [230, 230, 230]
  ) -> SamplePicture {
    SamplePicture(size, bands: first.count) { x, y in (x / cell + y / cell) % 2 == 0 ? first : second }
  }

  /// A soft gradient with a patch of another colour in each corner, so that no two orientations look alike.
  ///
  /// Red is top left, green top right, blue bottom left, white bottom right; patches are a quarter of the short side.
  public static func marked(_ size: PixelSize, bands: Int = 3) -> SamplePicture {
    let patch = max(1, size.shortSide / 4)
    let base = gradient(size, bands: bands)
    return SamplePicture(size, bands: bands) { x, y in
      let isLeft = x < patch
      let isRight = x >= size.width - patch
      let isTop = y < patch
      let isBottom = y >= size.height - patch
      guard isLeft || isRight, isTop || isBottom else { return base[x, y] }
      let colour: [UInt8] =
        isTop ? (isLeft ? [220, 30, 30] : [30, 200, 30]) : (isLeft ? [30, 30, 220] : [250, 250, 250])
      return bands < 3 ? [colour[isLeft ? 0 : 1], 255] : colour + [255]
    }
  }

  /// Something like a photograph: a sky, hills with texture, a sun, and the noise of a sensor.
  public static func scene(_ size: PixelSize, seed: UInt64 = 1) -> SamplePicture {
    var noise = SampleNoise(seed: seed)
    let (width, height) = (size.width, size.height)
    // Hills are sums of triangle waves: no library function whose last bit differs between machines.
    let horizon = (0..<width).map { x in
      height * 5 / 10 + triangle(x * 3 + Int(seed % 97), max(8, width)) * height / 800
        + triangle(x * 11, max(8, width)) * height / 2500
    }
    let (sunX, sunY, sunRadius) = (width * 7 / 10, height / 4, max(1, size.shortSide / 12))
    return SamplePicture(size) { x, y in
      let grain = noise.next(below: 13) - 6
      let (dx, dy) = (x - sunX, y - sunY)
      let colour: [Int]
      if dx * dx + dy * dy < sunRadius * sunRadius {
        colour = [250, 235, 180]
      } else if y < horizon[x] {
        colour = [90 + y * 110 / height, 140 + y * 80 / height, 225 - y * 30 / height]
      } else {
        let depth = y - horizon[x]
        let texture = triangle(x * 37 + y * 23, 61) / 3 + triangle(x * 5 - y * 41, 97) / 4
        colour = [60 + texture + depth * 40 / height, 95 + texture, 45 + texture / 2]
      }
      return colour.map { UInt8(clamping: $0 + grain) }
    }
  }

  /// A wave between −100 and 100 that repeats every `period` steps.
  private static func triangle(_ place: Int, _ period: Int) -> Int {
    let phase = ((place % period) + period) % period
    let ramp = phase * 400 / period
    return ramp < 200 ? ramp - 100 : 300 - ramp
  }
}

/// Even noise from a seed (the SplitMix64 generator of Steele, Lea and Flood, 2014).
public struct SampleNoise: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number from 0 up to `bound`, not included.
  public mutating func next(below bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}

extension SamplePictures {
  /// Discs of many sizes and colours on a slope, no two places alike.
  public static func patchwork(_ size: PixelSize, seed: UInt64 = 7) -> SamplePicture {
    var noise = SampleNoise(seed: seed)
    var samples = gradient(size).samples
    for _ in 0..<260 {
      let (middleX, middleY) = (noise.next(below: size.width), noise.next(below: size.height))
      let radius = 3 + noise.next(below: 22)
      let colour = (0..<3).map { _ in UInt8(noise.next(below: 256)) }
      for y in max(0, middleY - radius)..<min(size.height, middleY + radius) {
        for x in max(0, middleX - radius)..<min(size.width, middleX + radius) {
          guard (x - middleX) * (x - middleX) + (y - middleY) * (y - middleY) < radius * radius else { continue }
          for part in 0..<3 { samples[(y * size.width + x) * 3 + part] = colour[part] }
        }
      }
    }
    return SamplePicture(size) { x, y in Array(samples[(y * size.width + x) * 3..<(y * size.width + x) * 3 + 3]) }
  }
}
