// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// A reduced picture and how its pixels lie on those of the whole one.
public struct ReducedPicture: Sendable, Hashable {
  public let picture: SmallPicture
  /// The size of the whole picture, upright.
  public let fullSize: PixelSize
  /// How many whole pixels the first column and the first row reach beyond the picture.
  ///
  /// Reducing completes the last blocks as stored; an orientation that turns an axis round puts them first.
  let originX: Double
  let originY: Double

  /// - Parameter orientation: that of the file the picture was reduced from and then turned by.
  public init(_ picture: SmallPicture, of fullSize: PixelSize, from orientation: Orientation = .up) {
    self.picture = picture
    self.fullSize = fullSize
    let pitch = Self.pitch(picture, fullSize)
    func spare(_ side: Int, _ full: Int) -> Double { max(0, Double(side) * pitch - Double(full)) }
    let turnsX: [Orientation] = [.upMirrored, .down, .right, .rightMirrored]
    let turnsY: [Orientation] = [.down, .downMirrored, .left, .rightMirrored]
    originX = turnsX.contains(orientation) ? spare(picture.size.width, fullSize.width) : 0
    originY = turnsY.contains(orientation) ? spare(picture.size.height, fullSize.height) : 0
  }

  /// A picture reduced from a file with these facts, as by `ReducedDecode`.
  package init(_ picture: SmallPicture, facts: ImageFacts) {
    let isUpright = facts.format == .heif || facts.format == .avif
    self.init(picture, of: facts.displaySize, from: isUpright ? .up : facts.orientation)
  }

  /// Whole pixels per reduced pixel: pictures are reduced by whole numbers.
  var pitch: Double { Self.pitch(picture, fullSize) }

  /// How many reduced pixels lie between each side and a source that was found in the picture; below zero where the
  /// source is cut.
  func margins(_ fit: PlacementFit, of source: PixelSize) -> [SmallPicture.Side: Double] {
    let (left, top) = ((fit.offsetX + originX) / pitch, (fit.offsetY + originY) / pitch)
    return [
      .left: left, .right: Double(picture.size.width) - left - Double(source.width) * fit.scaleX / pitch,
      .top: top, .bottom: Double(picture.size.height) - top - Double(source.height) * fit.scaleY / pitch,
    ]
  }

  private static func pitch(_ picture: SmallPicture, _ fullSize: PixelSize) -> Double {
    max(1, (Double(fullSize.longSide) / Double(picture.size.longSide)).rounded())
  }
}
