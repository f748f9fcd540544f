// SPDX-License-Identifier: Apache-2.0

/// Where the source goes when a frame is larger: a compass direction, as libvips' VipsCompassDirection.
public enum Gravity: String, Sendable, Hashable, Codable, CaseIterable {
  /// Centred, unless a side cuts an object: that side goes to the frame's edge, where a backend can tell.
  case auto
  case centre, north, east, south, west
  case northEast = "north-east"
  case southEast = "south-east"
  case southWest = "south-west"
  case northWest = "north-west"

  /// How far towards the far end of each axis: 0, 1 or 2 halves of the spare room.
  var halves: (x: Int, y: Int) {
    let x =
      switch self {
      case .west, .northWest, .southWest: 0
      case .auto, .centre, .north, .south: 1
      case .east, .northEast, .southEast: 2
      }
    let y =
      switch self {
      case .north, .northEast, .northWest: 0
      case .auto, .centre, .east, .west: 1
      case .south, .southEast, .southWest: 2
      }
    return (x, y)
  }
}

/// The whole source, scaled by one factor to fit a frame, and where it lies in it.
public struct Placement: Sendable, Hashable, Codable {
  public let source: PixelSize
  public let frame: PixelSize
  /// Where the scaled source lies; always inside the frame.
  public let rect: PixelRect

  /// Fits `source` into `frame`: scaled sides are rounded half up once, and a margin of fewer than `snap` pixels and
  /// less than a hundredth of the side is closed by taking the full side.
  public init(of source: PixelSize, in frame: PixelSize, gravity: Gravity = .centre, snap: Int = 4) {
    self.source = source
    self.frame = frame
    // In a small frame a few pixels are a distortion that shows.
    func isClosed(_ margin: Int, of side: Int) -> Bool { margin < snap && margin * 100 < side }
    // Sides are below 2³¹: the doubled products fit.
    let isWider = source.width * frame.height >= frame.width * source.height
    var width = isWider ? frame.width : scaled(source.width, by: frame.height, over: source.height)
    var height = isWider ? scaled(source.height, by: frame.width, over: source.width) : frame.height
    if isClosed(frame.width - width, of: frame.width) { width = frame.width }
    if isClosed(frame.height - height, of: frame.height) { height = frame.height }
    let size = PixelSize(clamping: min(width, frame.width), min(height, frame.height))
    let halves = gravity.halves
    rect = PixelRect(
      x: (frame.width - size.width) * halves.x / 2, y: (frame.height - size.height) * halves.y / 2, size: size)
  }

  /// Frame pixels per source pixel along the side that decides.
  public var scale: Double {
    min(Double(frame.width) / Double(source.width), Double(frame.height) / Double(source.height))
  }

  /// The share of the frame that is not the source, 0…1.
  public var newShare: Double { 1 - Double(rect.size.area) / Double(frame.area) }
  public var hasMargins: Bool { rect.size != frame }
}

/// `side × numerator ÷ denominator`, rounded half up, at least 1.
func scaled(_ side: Int, by numerator: Int, over denominator: Int) -> Int {
  max(1, (2 * side * numerator + denominator) / (2 * denominator))
}
