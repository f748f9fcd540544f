// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

extension Picture {
  /// The whole picture scaled to `rect` inside a frame, the margins filled.
  ///
  /// Inside `rect` every sample equals that of `resized(to: rect.size)`. Holds the scaled picture in memory; the frame
  /// itself is computed when it is written. Profile and metadata stay.
  /// - Throws: `.fault` where the rectangle leaves the frame, `.limit` for a huge frame, `.unsupported` for a colour
  ///   around samples such as Lab, what computing throws.
  package func placed(
    in frame: PixelSize, at rect: PixelRect, fill: Fill
  ) throws(ImgtoolError) -> Picture {
    guard rect.isInside(frame) else { throw ImgtoolError(.fault, "\(rect) is not inside \(frame).") }
    guard frame.longSide <= Self.sideLimit else {
      throw ImgtoolError(.limit, "No side may exceed \(Self.sideLimit) pixels.")
    }
    let scaled = try resized(to: rect.size).copiedToMemory()
    guard rect.size != frame else { return scaled }
    switch fill {
    case .edge: return try scaled.embedded(in: frame, at: rect, VIPS_EXTEND_COPY)
    case .colour(let colour): return try scaled.embedded(in: frame, at: rect, colour)
    case .mirror: return try scaled.surrounded(by: try scaled.mirrored(in: frame, at: rect), in: frame, at: rect)
    case .blur: return try scaled.surrounded(by: try scaled.spread(over: frame), in: frame, at: rect)
    }
  }

  private func embedded(
    in frame: PixelSize, at rect: PixelRect, _ extend: VipsExtend
  ) throws(ImgtoolError) -> Picture {
    try derived("A picture cannot be placed.") {
      cvips_embed($0, Int32(rect.x), Int32(rect.y), Int32(frame.width), Int32(frame.height), extend)
    }
  }

  private func embedded(
    in frame: PixelSize, at rect: PixelRect, _ colour: FillColour
  ) throws(ImgtoolError) -> Picture {
    var samples = interpretation == .cmyk ? colour.inks : colour.samples(bands: bands, full: fullAlpha)
    let hasPlainColours = [.grey, .grey16, .rgb, .rgb16, .cmyk].contains(interpretation)
    guard hasPlainColours, samples.count == bands else {
      throw ImgtoolError(
        .unsupported, "A picture of \(bands) \(interpretation.rawValue) samples a pixel takes no plain colour.")
    }
    return try derived("A picture cannot be placed.") {
      cvips_embed_in_colour(
        $0, Int32(rect.x), Int32(rect.y), Int32(frame.width), Int32(frame.height), &samples, Int32(samples.count))
    }
  }

  /// This picture in the frame, with the margins cut out of a background of the same kind.
  ///
  /// Only the margins of the background are computed.
  private func surrounded(
    by background: borrowing Picture, in frame: PixelSize, at rect: PixelRect
  ) throws(ImgtoolError) -> Picture {
    var result = try embedded(in: frame, at: rect, VIPS_EXTEND_BLACK)
    for margin in Self.margins(of: rect, in: frame) {
      let piece = try background.cropped(to: margin)
      result = try result.derived("A picture cannot be placed.") {
        cvips_insert($0, piece.image, Int32(margin.x), Int32(margin.y))
      }
    }
    return result
  }

  /// What a rectangle leaves of a frame: above and below over the whole width, left and right beside it.
  private static func margins(of rect: PixelRect, in frame: PixelSize) -> [PixelRect] {
    let (right, bottom) = (rect.x + rect.width, rect.y + rect.height)
    let parts = [
      (0, 0, frame.width, rect.y), (0, bottom, frame.width, frame.height - bottom),
      (0, rect.y, rect.x, rect.height), (right, rect.y, frame.width - right, rect.height),
    ]
    return parts.compactMap { x, y, width, height in
      PixelSize(width: width, height: height).map { PixelRect(x: x, y: y, size: $0) }
    }
  }
}

extension Picture {
  /// One step of the softening: at `distance` from the border, and beyond, blurred with `sigma`.
  private struct Softness {
    let distance: Double
    let sigma: Double
  }

  /// The mirrored surroundings of a picture in memory, sharp at its border and soft far from it.
  private func mirrored(in frame: PixelSize, at rect: PixelRect) throws(ImgtoolError) -> Picture {
    try softened { picture throws(ImgtoolError) in
      let sharp = try picture.embedded(in: frame, at: rect, VIPS_EXTEND_MIRROR)
      let side = Double(frame.longSide)
      let steps = [
        Softness(distance: side / 64, sigma: side / 640), Softness(distance: side / 20, sigma: side / 160),
        Softness(distance: side / 7, sigma: side / 56),
      ]
      var result = try sharp.shared()
      var small = try sharp.shared()
      var factor = 1
      var before = 0.0
      for step in steps {
        let next = factor * max(1, Int(step.sigma / 2) / factor)
        small = try small.shrunk(by: next / factor).copiedToMemory()
        factor = next
        let soft = try small.blurred(step.sigma / Double(factor)).copiedToMemory().resized(to: frame)
        let mask = try Picture.distanceMask(frame, rect, from: before, to: step.distance, watch)
        result = try result.mixed(with: soft, where: mask)
        before = step.distance
      }
      return result
    }
  }

  /// A soft copy of a picture in memory that covers the frame, its surplus cut evenly.
  private func spread(over frame: PixelSize) throws(ImgtoolError) -> Picture {
    try softened { picture throws(ImgtoolError) in
      let factor = max(1, frame.longSide / 192)
      let small = PixelSize(clamping: (frame.width + factor - 1) / factor, (frame.height + factor - 1) / factor)
      let scale = max(
        Double(small.width) / Double(picture.width), Double(small.height) / Double(picture.height))
      let cover = PixelSize(
        clamping: max(small.width, Int((Double(picture.width) * scale).rounded())),
        max(small.height, Int((Double(picture.height) * scale).rounded())))
      let middle = PixelRect(
        x: (cover.width - small.width) / 2, y: (cover.height - small.height) / 2, size: small)
      let soft = try picture.resized(to: cover).cropped(to: middle).copiedToMemory()
      return try soft.blurred(Double(small.longSide) / 40).copiedToMemory().resized(to: frame)
    }
  }

  /// Does `work` in floating point, colour weighted by alpha, and rounds to this sample format only at the end.
  private func softened(
    _ work: (borrowing Picture) throws(ImgtoolError) -> Picture
  ) throws(ImgtoolError) -> Picture {
    let format = image.pointee.BandFmt
    if hasAlpha {
      // Weighted samples are kept in memory: they are visited several times.
      return try withPremultipliedAlpha { picture throws(ImgtoolError) in try work(picture.copiedToMemory()) }
    }
    return try work(self).derived("Samples cannot be rounded.") { cvips_round($0) }
      .derived("Samples cannot be rounded.") { cvips_cast($0, format, 0) }
  }

  func shrunk(by factor: Int) throws(ImgtoolError) -> Picture {
    let (across, down) = (Double(min(factor, width)), Double(min(factor, height)))
    return try derived("A picture cannot be shrunk.") { cvips_shrink($0, across, down) }
  }

  func blurred(_ sigma: Double) throws(ImgtoolError) -> Picture {
    let float = try derived("A picture cannot be blurred.") { cvips_cast($0, VIPS_FORMAT_FLOAT, 0) }
    guard sigma >= 0.2 else { return float }
    return try float.derived("A picture cannot be blurred.") { cvips_blur($0, sigma) }
  }

  private func mixed(
    with other: borrowing Picture, where mask: borrowing Picture
  ) throws(ImgtoolError) -> Picture {
    try derived("Pictures cannot be mixed.") { cvips_mix(mask.image, other.image, $0) }
  }

  /// A mask that is 0 up to `near` pixels from a rectangle and 255 from `far` on; both axes are added in corners.
  private static func distanceMask(
    _ frame: PixelSize, _ rect: PixelRect, from near: Double, to far: Double, _ watch: Watch
  ) throws(ImgtoolError) -> Picture {
    let across = ramp(frame.width, rect.x, rect.x + rect.width, near, far)
    let down = ramp(frame.height, rect.y, rect.y + rect.height, near, far)
    let row = try line(across, PixelSize(clamping: frame.width, 1), watch)
    let column = try line(down, PixelSize(clamping: 1, frame.height), watch)
    let complaint = "A mask cannot be made."
    let rows = try row.derived(complaint) { cvips_replicate($0, 1, Int32(frame.height)) }
    let columns = try column.derived(complaint) { cvips_replicate($0, Int32(frame.width), 1) }
    return try rows.derived(complaint) { cvips_add($0, columns.image) }
      .derived(complaint) { cvips_cast($0, VIPS_FORMAT_UCHAR, 0) }
  }

  /// 0…255 along one axis by the distance from start..<end, with no edge at either end of the ramp.
  private static func ramp(_ count: Int, _ start: Int, _ end: Int, _ near: Double, _ far: Double) -> [UInt8] {
    (0..<count).map { place in
      let distance = Double(max(0, start - place, place - end + 1))
      let part = min(max((distance - near) / max(far - near, 1), 0), 1)
      return UInt8((part * part * (3 - 2 * part) * 255).rounded())
    }
  }

  private static func line(_ values: [UInt8], _ size: PixelSize, _ watch: Watch) throws(ImgtoolError) -> Picture {
    let image: Image? = values.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap {
        cvips_from_memory($0, bytes.count, Int32(size.width), Int32(size.height), 1, VIPS_FORMAT_UCHAR)
      }
    }
    guard let image else { throw Vips.failure(.fault, "A mask cannot be made.") }
    return Picture(owning: image, watch: watch, readsFile: false)
  }
}
