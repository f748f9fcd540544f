// SPDX-License-Identifier: Apache-2.0
import Dispatch
import ImgtoolCore

@testable import LocalBackend

/// Pictures for the engine's tests, all drawn by code; no sample of them is zero unless a test asks for it.
enum Drawn {
  static func raster(_ width: Int, _ height: Int, _ colour: (Int, Int) -> (Int, Int, Int)) -> Raster<UInt8> {
    var raster = Raster<UInt8>(size: PixelSize(clamping: width, height), bands: 3, filledWith: 0)
    for y in 0..<height {
      for x in 0..<width {
        let (r, g, b) = colour(x, y)
        let i = (y * width + x) * 3
        raster.samples[i] = UInt8(min(255, max(0, r)))
        raster.samples[i + 1] = UInt8(min(255, max(0, g)))
        raster.samples[i + 2] = UInt8(min(255, max(0, b)))
      }
    }
    return raster
  }

  static func flat(_ width: Int, _ height: Int) -> Raster<UInt8> { raster(width, height) { _, _ in (90, 120, 150) } }

  /// A sky that darkens upwards over rough ground, with a red square in the middle.
  static func scene(_ width: Int, _ height: Int, seed: UInt64 = 1) -> Raster<UInt8> {
    raster(width, height) { x, y in
      if abs(x - width / 2) < width / 10, abs(y - height / 2) < height / 10 { return (220, 30, 40) }
      let noise = Int(Noise.hash(seed, x, y) % 24)
      return y < height / 2 ? (90 + y, 130 + y / 2, 200) : (70 + noise, 100 + noise, 50 + noise / 2)
    }
  }

  /// Two grounds, each a little rough, on either side of a straight edge through the row `place` of the right border.
  static func edge(_ width: Int, _ height: Int, place: Double, slope: Double) -> Raster<UInt8> {
    raster(width, height) { x, y in
      let noise = Int(Noise.hash(21, x, y) % 17) - 8
      let below = min(1, max(0, Double(y) - (place + slope * Double(x - width + 1)) + 0.5))
      let level = Int(60 + 130 * below) + noise
      return (level, level, level - 20)
    }
  }

  /// A skin-coloured oval with eyes and mouth on a blue wall; the face box is `faceBox`.
  static func portrait(_ width: Int, _ height: Int, spots: [(Double, Double)] = []) -> Raster<UInt8> {
    let box = faceBox(width, height)
    return raster(width, height) { x, y in
      let u = (Double(x) - Double(box.x)) / Double(box.width)
      let v = (Double(y) - Double(box.y)) / Double(box.height)
      let noise = Int(Noise.hash(3, x, y) % 13) - 6
      let oval = (u - 0.5) * (u - 0.5) / 0.2 + (v - 0.55) * (v - 0.55) / 0.42
      guard oval < 1 else { return (60 + noise, 90 + noise, 160 + noise) }
      for eye in [0.31, 0.69] where (u - eye) * (u - eye) / 0.008 + (v - 0.4) * (v - 0.4) / 0.002 < 1 {
        return (40 + noise, 30 + noise, 30 + noise)
      }
      if (u - 0.5) * (u - 0.5) / 0.03 + (v - 0.79) * (v - 0.79) / 0.002 < 1 { return (150, 60, 70) }
      let blotch = Int(8 * (Double(Noise.hash(5, x / 9, y / 9) % 100) / 100 - 0.5))
      for (su, sv) in spots where (u - su) * (u - su) + (v - sv) * (v - sv) < 0.0003 {
        return (190 + noise, 110 + noise, 100 + noise)
      }
      return (215 + noise + blotch, 165 + noise + blotch, 140 + noise + blotch)
    }
  }

  static func faceBox(_ width: Int, _ height: Int) -> PixelRect {
    let side = min(width, height) / 2
    return PixelRect(x: (width - side) / 2, y: (height - side) / 2, size: PixelSize(clamping: side, side))
  }
}

extension Workers {
  /// Two real threads.
  static var two: Workers {
    Workers(pair: { first, second in
      DispatchQueue.concurrentPerform(iterations: 2) { $0 == 0 ? first() : second() }
    })
  }
}
