// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Looks for a source in a result.
struct PlacementSearch {
  /// Fewer patches decide nothing: with 8, flat drawings were found stretched that were not.
  static let leastPatches = 10
  /// The least side of the source in the reduced result: four patches, or they all show the same pixels.
  static let leastSide = 4 * PatchMatch.side

  /// A placement of which at least this share is confirmed is not looked for any further.
  private static let sure = 0.85

  private let result: GreyPlane
  private var patches: PatchMatch
  /// Reduced result pixels per reduced source pixel when the whole source is fitted into the frame.
  private let ordered: Double
  private let pair: (source: ReducedPicture, result: ReducedPicture)

  private var source: GreyPlane { patches.source }

  /// What became of the source.
  enum Found {
    case placed(PlacementFit)
    case mirrored(PlacementFit)
    /// With what came nearest.
    case nowhere(PlacementFit?)
  }

  init(source: ReducedPicture, result: ReducedPicture) {
    pair = (source, result)
    self.result = GreyPlane(result.picture)
    let scale = Placement(of: source.fullSize, in: result.fullSize).scale
    ordered = scale * source.pitch / result.pitch
    patches = PatchMatch(source: GreyPlane(source.picture), result: self.result, scale: ordered)
  }

  /// The same search for the source with left and right exchanged.
  private var flipped: PlacementSearch {
    var search = self
    search.patches = patches.flipped
    return search
  }

  /// The shorter side of the source in the reduced result when it is fitted into the frame.
  var side: Int { Int(Double(min(source.width, source.height)) * ordered) }

  /// How many patches of the source can be recognised at all.
  var textured: Int { patches.textured }

  /// The placement, or nothing where too few patches agree on one.
  ///
  /// The scale that was ordered is tried first, so that a picture that repeats itself is not found elsewhere; then the
  /// same with left and right exchanged; then other scales and shapes.
  /// - Parameter least: the confidence from which a placement counts.
  func found(atLeast least: Double) -> Found {
    guard side >= Self.leastSide, textured >= Self.leastPatches else { return .nowhere(nil) }
    let coarse = CoarseSearch(source, ordered, result, longSide: 128)
    var best = coarse.best(ordered, ordered).flatMap { refined($0) }
    if let best, best.confidence >= Self.sure { return .placed(best) }
    let mirrored = coarse.flipped.best(ordered, ordered).flatMap { flipped.refined($0) }
    if let mirrored, mirrored.confidence >= Self.sure, best?.confidence ?? 0 < least { return .mirrored(mirrored) }
    for candidate in wideCandidates(coarse) {
      guard let fit = refined(candidate) else { continue }
      if fit.confirmed > (best?.confirmed ?? 0) { best = fit }
      if fit.confidence >= Self.sure { break }
    }
    if let best, best.confidence >= least { return .placed(best) }
    if let mirrored, mirrored.confidence >= least { return .mirrored(mirrored) }
    return .nowhere(best)
  }

  /// Scales from 0.45 to 1.9 of the ordered one, looked over small; five shapes of the best of them; the best four of all,
  /// each looked at larger.
  private func wideCandidates(_ coarse: CoarseSearch) -> [CoarseSearch.Candidate] {
    let small = CoarseSearch(source, ordered, result, longSide: 64)
    var candidates: [CoarseSearch.Candidate] = []
    let (fullX, fullY) = (Double(result.width) / Double(source.width), Double(result.height) / Double(source.height))
    var plain: [(scale: Double, score: Double)] = []
    for scale in (0..<33).map({ ordered * 0.45 * power(1.045, $0) }) + [max(fullX, fullY)] {
      guard let candidate = small.best(scale, scale) else { continue }
      candidates.append(candidate)
      plain.append((scale, candidate.score))
    }
    plain.sort { $0.score > $1.score }
    // A stretched source is alike to an unstretched one of about its size: the other scales need no other shapes. What
    // is found as it is needs none.
    let isFound = plain.first.map { $0.score > 0.95 } ?? false
    for (scale, _) in plain.prefix(isFound ? 0 : 9) {
      for shape in [0.78, 0.88, 1.13, 1.28] {
        guard let candidate = small.best(scale * shape.squareRoot(), scale / shape.squareRoot()) else { continue }
        candidates.append(candidate)
      }
    }
    if let candidate = small.best(fullX, fullY) { candidates.append(candidate) }
    let chosen = candidates.sorted { $0.score > $1.score }.prefix(12)
      .compactMap { coarse.best($0.x.scale, $0.y.scale, near: $0) }
    return Array(chosen.sorted { $0.score > $1.score }.prefix(4))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }

  /// Three rounds of finding patches and fitting both axes to them, the first at half the size.
  private func refined(_ candidate: CoarseSearch.Candidate) -> PlacementFit? {
    var (x, y) = (candidate.x, candidate.y)
    var found: [PatchMatch.Pair] = []
    var agrees: [Bool] = []
    for (round, (reach, least, distance)) in [(14, 0.5, 6), (7, 0.55, 4), (4, 0.6, 2.5)].enumerated() {
      found = patches.pairs(x, y, reach: reach, atLeast: least, isSmall: round == 0)
      guard found.count >= 6, let across = AxisFit(found.map { ($0.from.x, $0.to.x) }, about: x),
        let down = AxisFit(found.map { ($0.from.y, $0.to.y) }, about: y)
      else { return nil }
      (x, y) = (across, down)
      agrees = found.map { abs(x($0.from.x) - $0.to.x) < distance && abs(y($0.from.y) - $0.to.y) < distance }
      // Where most disagree, those that agree do so by chance.
      if round == 0, agrees.count(where: { $0 }) * 5 < agrees.count * 2 { return nil }
    }
    let confirmed = agrees.count { $0 }
    guard confirmed >= Self.leastPatches, 0.3...3 ~= x.scale / y.scale else { return nil }
    var fit = fit(x, y, confirmed)
    fit.matches = zip(found, agrees).map { match($0, isConfirmed: $1) }
    return fit
  }

  /// A pair in pixels of the whole pictures.
  private func match(_ found: PatchMatch.Pair, isConfirmed: Bool) -> PlacementMatch {
    let (from, to) = (pair.source.pitch, pair.result.pitch)
    return PlacementMatch(
      sourceX: found.from.x * from - pair.source.originX, sourceY: found.from.y * from - pair.source.originY,
      resultX: found.to.x * to - pair.result.originX, resultY: found.to.y * to - pair.result.originY,
      isConfirmed: isConfirmed)
  }

  /// The same in pixels of the whole pictures.
  private func fit(_ x: AxisFit, _ y: AxisFit, _ confirmed: Int) -> PlacementFit {
    let (from, to) = (pair.source.pitch, pair.result.pitch)
    func whole(_ axis: AxisFit, _ source: Double, _ result: Double) -> AxisFit {
      let scale = axis.scale * to / from
      return AxisFit(scale: scale, offset: axis.offset * to + scale * source - result)
    }
    let wholeX = whole(x, pair.source.originX, pair.result.originX)
    let wholeY = whole(y, pair.source.originY, pair.result.originY)
    let (source, result) = (pair.source.fullSize, pair.result.fullSize)
    return PlacementFit(
      scaleX: wholeX.scale, scaleY: wholeY.scale, offsetX: wholeX.offset, offsetY: wholeY.offset,
      visibleX: min(1, wholeX.visible(Double(source.width), in: Double(result.width))),
      visibleY: min(1, wholeY.visible(Double(source.height), in: Double(result.height))),
      confidence: min(1, Double(confirmed) / Double(max(1, patches.visible(x, y)))), patches: textured,
      confirmed: confirmed)
  }
}
