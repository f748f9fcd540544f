// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// Whether a retouch changed only skin, and kept its texture, its tone and the features of the face.
///
/// Both pictures are reduced alike; where faces are under 60 reduced pixels wide, nothing is decided.
public struct RetouchChecks: Sendable {
  public let policy: ContentPolicy
  /// A face narrower than this cannot be judged at all.
  static let leastFace = 60
  /// A face narrower than this shows unevenness where finer texture would be, and evening that out is the order.
  static let leastTexturedFace = 180

  public init(policy: ContentPolicy = ContentPolicy()) { self.policy = policy }

  /// Findings about a result, held against the picture that was sent and the skin in it.
  ///
  /// `change.confined` or `change.outside`; `tone.kept` or `tone.shifted`; `texture.kept` or `texture.lost`;
  /// `features.kept` or `features.changed`; `skin.undecided` (note) where the pictures cannot be compared.
  public func judge(_ result: SmallPicture, source: SmallPicture, skin: SkinMap) -> [Finding] {
    guard result.size == source.size, skin.size == source.size else { return [] }
    let width = skin.faces.map(\.width).max() ?? 0
    guard width >= Self.leastFace else {
      return [
        Finding(
          "skin.undecided", .note, "The face is too small in the picture to judge its skin.", measured: .count(width),
          allowed: .count(Self.leastFace))
      ]
    }
    return
      ([confinement(result, source, skin), tone(result, source, skin)]
      + close(result, source, skin, isTextured: width >= Self.leastTexturedFace)).compactMap(\.self)
  }

  /// The findings for which skin and features are enough, with a little around them.
  private func close(_ result: SmallPicture, _ source: SmallPicture, _ skin: SkinMap, isTextured: Bool) -> [Finding?] {
    // As far as the largest square reaches.
    guard let part = skin.closeUp(rim: 3) else { return [] }
    let (before, after) = (GreyPlane(source.cropped(part)), GreyPlane(result.cropped(part)))
    return [
      isTextured ? texture(before, after, skin.skin.part(part, ofRowsOf: skin.size.width)) : nil,
      features(before, after, skin.features.part(part, ofRowsOf: skin.size.width)),
    ]
  }

  private func confinement(_ result: SmallPicture, _ source: SmallPicture, _ skin: SkinMap) -> Finding? {
    var counts = [Int](repeating: 0, count: 256)
    for (pixel, isOutside) in skin.outside.enumerated() where isOutside {
      counts[SkinChange.change(result, source, pixel)] += 1
    }
    // In less than a fiftieth of the picture there is nothing to say about the rest of it.
    guard counts.reduce(0, +) * 50 > source.size.area else { return nil }
    let (middle, peak) = (SkinChange.level(counts, above: 0.5), SkinChange.level(counts, above: 0.99))
    let measured = Measure.text("half up to \(middle), 99 % up to \(peak) levels")
    let allowed = Measure.text("half up to \(policy.outsideMedian), 99 % up to \(policy.outsidePeak)")
    guard Double(middle) <= policy.outsideMedian, Double(peak) <= policy.outsidePeak else {
      return Finding(
        "change.outside", .fail, "The retouch changed what is not skin.", measured: measured, allowed: allowed)
    }
    return Finding(
      "change.confined", .pass, "The change is confined to skin.", measured: measured, allowed: allowed)
  }

  /// How much of what a small blur takes away is still there.
  private func texture(_ before: GreyPlane, _ after: GreyPlane, _ skin: [UInt8]) -> Finding? {
    func energy(_ plane: GreyPlane) -> Float {
      let smooth = plane.blurredOnce(1)
      let distances = skin.indices.filter { skin[$0] > 200 }
        .map { abs(plane.values[$0] - smooth.values[$0]) }.sorted()
      return distances.isEmpty ? 0 : distances[distances.count / 2] * 1.4826
    }
    let own = energy(before)
    // A third of a level is what rounding makes of a plain surface.
    guard own >= 0.35 else { return nil }
    let share = Double(energy(after) / own)
    let measured = Measure.real(ContentChecks.rounded(share))
    guard share >= policy.textureShare else {
      return Finding(
        "texture.lost", .fail, "The texture of the skin was smoothed away.", measured: measured,
        allowed: .real(policy.textureShare))
    }
    return Finding(
      "texture.kept", .pass, "The skin has kept its texture.", measured: measured, allowed: .real(policy.textureShare))
  }

  private func tone(_ result: SmallPicture, _ source: SmallPicture, _ skin: SkinMap) -> Finding? {
    var (sums, count) = (SIMD3<Int>(repeating: 0), 0)
    for pixel in skin.skin.indices where skin.skin[pixel] > 127 {
      for part in 0..<3 { sums[part] += Int(result.samples[pixel * 3 + part]) - Int(source.samples[pixel * 3 + part]) }
      count += 1
    }
    guard count > 0 else { return nil }
    let shift = (0..<3).map { abs(Double(sums[$0]) / Double(count)) }.max() ?? 0
    let (measured, allowed) = (Measure.real(ContentChecks.rounded(shift)), Measure.real(policy.toneShift))
    guard shift <= policy.toneShift else {
      return Finding("tone.shifted", .fail, "The skin has another tone.", measured: measured, allowed: allowed)
    }
    return Finding("tone.kept", .pass, "The skin has kept its tone.", measured: measured, allowed: allowed)
  }

  /// Structural similarity over the features (Wang, Bovik, Sheikh, Simoncelli 2004), in squares of 7 pixels.
  private func features(_ before: GreyPlane, _ after: GreyPlane, _ features: [UInt8]) -> Finding? {
    func product(_ one: GreyPlane, _ other: GreyPlane) -> GreyPlane {
      var plane = one
      for index in plane.values.indices { plane.values[index] *= other.values[index] }
      return plane.blurredOnce(3)
    }
    let (meanA, meanB) = (before.blurredOnce(3), after.blurredOnce(3))
    let (squareA, squareB, cross) = (product(before, before), product(after, after), product(before, after))
    var (sum, count) = (0.0, 0)
    for index in features.indices where features[index] > 127 {
      let (a, b) = (meanA.values[index], meanB.values[index])
      let (spreadA, spreadB) = (squareA.values[index] - a * a, squareB.values[index] - b * b)
      let light = (2 * a * b + 6.5) / (a * a + b * b + 6.5)
      let shape = (2 * (cross.values[index] - a * b) + 58.5) / (spreadA + spreadB + 58.5)
      sum += Double(light * shape)
      count += 1
    }
    guard count > 0 else { return nil }
    let likeness = sum / Double(count)
    let (measured, allowed) = (Measure.real(ContentChecks.rounded(likeness)), Measure.real(policy.featureLikeness))
    guard likeness >= policy.featureLikeness else {
      return Finding(
        "features.changed", .fail, "Eyes, brows or mouth were changed.", measured: measured, allowed: allowed)
    }
    return Finding(
      "features.kept", .pass, "Eyes, brows and mouth are as they were.", measured: measured, allowed: allowed)
  }
}
