// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Smooths a plane and keeps the edges of its guide, each square by a straight line of it (He, Sun, Tang 2010).
///
/// - Note: Written only while it is made, so that threads may share it, which the compiler cannot see.
final class GuidedFilter: @unchecked Sendable {
  private let guide: Plane
  private let mean: Plane
  private let square: Plane
  private let radius: Int
  private let epsilon: Float

  /// - Parameters:
  ///   - radius: Half the side of the squares, in pixels, at least 1.
  ///   - epsilon: The variance below which a square counts as flat.
  init(_ guide: consuming Plane, radius: Int, epsilon: Float) {
    mean = guide.boxMean(radius)
    square = guide.mapped { $0 * $0 }.boxMean(radius)
    self.guide = guide
    self.radius = radius
    self.epsilon = epsilon
  }

  /// Another plane of its size, smoothed.
  ///
  /// - Throws: `.cancelled`.
  func smoothed(_ plane: SharedPlane, _ workers: Workers) throws(ImgtoolError) -> Plane {
    let (own, cross) = try workers.both(
      { SharedPlane(plane.plane.boxMean(self.radius)) },
      { SharedPlane(plane.plane.mapped(with: self.guide) { $0 * $1 }.boxMean(self.radius)) })
    let (slope, offset) = lines(own.plane, cross.plane)
    let (steep, high) = try workers.both(
      { SharedPlane(slope.plane.boxMean(self.radius)) }, { SharedPlane(offset.plane.boxMean(self.radius)) })
    return along(steep.plane, high.plane)
  }

  /// The guide itself, smoothed.
  func smoothed() -> Plane {
    let (slope, offset) = lines(mean, square)
    return along(slope.plane.boxMean(radius), offset.plane.boxMean(radius))
  }

  /// The straight line of each square: how steep it is, and how high at a guide of zero.
  private func lines(_ own: borrowing Plane, _ cross: borrowing Plane) -> (slope: SharedPlane, offset: SharedPlane) {
    let slope = Plane(like: own)
    let offset = Plane(like: own)
    for i in 0..<own.count {
      let steep = (cross[i] - mean[i] * own[i]) / (max(0, square[i] - mean[i] * mean[i]) + epsilon)
      slope[i] = steep
      offset[i] = own[i] - steep * mean[i]
    }
    return (SharedPlane(slope), SharedPlane(offset))
  }

  private func along(_ slope: borrowing Plane, _ offset: borrowing Plane) -> Plane {
    let result = Plane(like: guide)
    for i in 0..<result.count { result[i] = slope[i] * guide[i] + offset[i] }
    return result
  }
}
