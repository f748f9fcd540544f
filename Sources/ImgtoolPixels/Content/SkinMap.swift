// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Where a reduced picture shows the skin of faces, and what of them must stay as it is.
public struct SkinMap: Sendable, Hashable {
  public let size: PixelSize
  /// How much of each pixel is the skin of a face, 0…255, rows from the top.
  public let skin: [UInt8]
  /// How much of each pixel belongs to eyes, brows, mouth or nostrils, 0…255.
  public let features: [UInt8]
  /// Which pixels have the colour of that skin wherever they lie: hands, arms, necks.
  public let alike: [Bool]
  /// The boxes of the faces, in pixels of the reduced picture, largest first.
  public let faces: [PixelRect]

  /// - Returns: nothing where the numbers of values do not fit the size, or where there is no face.
  public init?(size: PixelSize, skin: [UInt8], features: [UInt8], alike: [Bool], faces: [PixelRect]) {
    guard skin.count == size.area, features.count == size.area, alike.count == size.area, !faces.isEmpty else {
      return nil
    }
    self.size = size
    self.skin = skin
    self.features = features
    self.alike = alike
    self.faces = faces
  }

  /// The smallest part that holds all skin and all features, with a rim around it; nothing where there are none.
  func closeUp(rim: Int) -> PixelRect? {
    var (left, top, right, bottom) = (size.width, size.height, -1, -1)
    for y in 0..<size.height {
      let row = y * size.width
      for x in 0..<size.width where skin[row + x] > 0 || features[row + x] > 0 {
        (left, right) = (min(left, x), max(right, x))
        (top, bottom) = (min(top, y), y)
      }
    }
    guard right >= left else { return nil }
    let (x, y) = (max(0, left - rim), max(0, top - rim))
    let end = (min(size.width, right + 1 + rim), min(size.height, bottom + 1 + rim))
    return PixelRect(x: x, y: y, size: PixelSize(clamping: end.0 - x, end.1 - y))
  }

  /// The pixels that a retouch has no business with: away from skin and features by a tenth of a face and more.
  var outside: [Bool] {
    let reach = max(2, (faces.first?.width ?? 0) / 11)
    var near = [Float](repeating: 0, count: size.area)
    for pixel in near.indices where skin[pixel] > 38 || features[pixel] > 38 || alike[pixel] { near[pixel] = 1 }
    // A pixel of skin within the square makes the mean rise above nothing.
    let spread = GreyPlane(width: size.width, height: size.height, values: near).blurredOnce(reach)
    let least = 0.5 / Float((2 * reach + 1) * (2 * reach + 1))
    return spread.values.map { $0 < least }
  }
}

/// Finds skin in a reduced picture; the boxes name faces in it, and where there are none it looks for some.
public typealias SkinFinder = @Sendable (_ picture: SmallPicture, _ faces: [PixelRect]) -> SkinMap?
