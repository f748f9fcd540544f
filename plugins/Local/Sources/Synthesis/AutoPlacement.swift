// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension Gravity {
  /// The source's rectangle in the frame; `auto` puts a side that cuts an object to the frame's edge, so that nothing
  /// has to be invented for it, and centres otherwise.
  ///
  /// - Parameter study: What `auto` decides by; without it `auto` is `centre`.
  /// - Throws: `.usage` when the source does not fit into the frame.
  package func place(_ source: PixelSize, in frame: PixelSize, study: SubjectStudy? = nil)
    throws(ImgtoolError) -> PixelRect
  {
    guard source.width <= frame.width, source.height <= frame.height else {
      throw ImgtoolError(.usage, "A source of \(source) does not fit into \(frame).")
    }
    let rooms = (frame.width - source.width, frame.height - source.height)
    let x = Self.start(rooms.0, pull: across, low: study?.cutRisk[.left], high: study?.cutRisk[.right])
    let y = Self.start(rooms.1, pull: down, low: study?.cutRisk[.top], high: study?.cutRisk[.bottom])
    return PixelRect(x: x, y: y, size: source)
  }

  /// Half of the room, rounded down, or none or all of it.
  private static func start(_ room: Int, pull: Pull, low: Double?, high: Double?) -> Int {
    switch pull {
    case .low: return 0
    case .high: return room
    case .middle: return room / 2
    case .risk:
      guard let low, let high else { return room / 2 }
      if low > 0.45, low > 2 * high { return 0 }
      if high > 0.45, high > 2 * low { return room }
      return room / 2
    }
  }

  private enum Pull { case low, middle, high, risk }

  private var across: Pull {
    switch self {
    case .auto: .risk
    case .centre, .north, .south: .middle
    case .west, .northWest, .southWest: .low
    case .east, .northEast, .southEast: .high
    }
  }

  private var down: Pull {
    switch self {
    case .auto: .risk
    case .centre, .east, .west: .middle
    case .north, .northEast, .northWest: .low
    case .south, .southEast, .southWest: .high
    }
  }
}
