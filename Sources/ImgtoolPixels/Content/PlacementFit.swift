// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Where the source lies in a result, found by comparing reduced copies of both.
public struct PlacementFit: Sendable, Hashable {
  /// Pixels of the result per pixel of the source along each axis.
  public var scaleX: Double
  public var scaleY: Double
  /// Where the source's top left corner lies, in pixels of the result.
  public var offsetX: Double
  public var offsetY: Double
  /// The share of the source's width and height that is inside the result.
  public var visibleX: Double
  public var visibleY: Double
  /// The share of the textured patches that were found where this placement puts them, 0…1.
  public var confidence: Double
  /// Patches of the source that could be found, and those that were.
  public var patches: Int
  public var confirmed: Int
  /// The patches that were found, in pixels of the whole pictures.
  public var matches: [PlacementMatch] = []

  /// The share of the source's area that is inside the result.
  public var visible: Double { visibleX * visibleY }
  /// scaleX ÷ scaleY − 1: 0.05 is 5 % too wide.
  public var distortion: Double { scaleX / scaleY - 1 }
}

/// A patch of the source that was found again.
public struct PlacementMatch: Sendable, Hashable {
  /// The patch's middle in the source, in pixels.
  public var sourceX: Double
  public var sourceY: Double
  /// Where its middle was found in the result, in pixels.
  public var resultX: Double
  public var resultY: Double
  /// Whether that is where the placement puts it.
  public var isConfirmed: Bool
}

/// Looks for a source in a result.
struct PlacementSearch {
  /// Fewer patches decide nothing: with 8, flat drawings were found stretched that were not.
  static let leastPatches = 10
  /// The least side of the source in the reduced result: four patches, or they all show the same pixels.
  static let leastSide = 4 * PatchMatch.side

  let source: GreyPlane
  let result: GreyPlane
  private let matchable: MatchPlane
  private let patches: PatchMatch
  /// Reduced result pixels per reduced source pixel when the whole source is fitted into the frame.
  private let ordered: Double
  private let pair: (source: ReducedPicture, result: ReducedPicture)

  private struct Candidate {
    var x: AxisFit
    var y: AxisFit
    var score: Double
  }

  init(source: ReducedPicture, result: ReducedPicture) {
    self.init(GreyPlane(source.picture), source, GreyPlane(result.picture), result, nil)
  }

  private init(
    _ grey: GreyPlane, _ source: ReducedPicture, _ other: GreyPlane, _ result: ReducedPicture, _ matchable: MatchPlane?
  ) {
    self.source = grey
    self.result = other
    pair = (source, result)
    let scale = Placement(of: source.fullSize, in: result.fullSize).scale
    ordered = scale * source.pitch / result.pitch
    self.matchable = matchable ?? MatchPlane(other, radius: 9)
    patches = PatchMatch(source: grey, result: self.matchable, scale: ordered)
  }

  /// The same search for the source with left and right exchanged.
  var flipped: PlacementSearch {
    PlacementSearch(source.flipped, pair.source, result, pair.result, matchable)
  }

  /// The shorter side of the source in the reduced result when it is fitted into the frame.
  var side: Int { Int(Double(min(source.width, source.height)) * ordered) }

  /// How many patches of the source can be recognised at all.
  var textured: Int { patches.textured }

  /// The placement, or nothing where too few patches agree on one.
  ///
  /// The scale that was ordered is tried first, so that a picture that repeats itself is not found elsewhere.
  /// - Parameter isWide: whether other scales and shapes are tried where the ordered one does not convince.
  func found(isWide: Bool = true) -> PlacementFit? {
    guard side >= Self.leastSide, textured >= Self.leastPatches else { return nil }
    let coarse = Coarse(self, longSide: 128)
    let first = coarse.best(ordered, ordered).flatMap { refined($0) }
    if let first, first.confidence >= 0.85 || !isWide { return first }
    guard isWide else { return nil }
    var best = first
    for candidate in wideCandidates(coarse) {
      guard let fit = refined(candidate) else { continue }
      if fit.confirmed > (best?.confirmed ?? 0) { best = fit }
      if fit.confidence >= 0.85 { break }
    }
    return best
  }

  /// Scales from 0.45 to 1.9 of the ordered one, looked over small; five shapes of the best of them; the best four of all,
  /// each looked at larger.
  private func wideCandidates(_ coarse: Coarse) -> [Candidate] {
    let small = Coarse(self, longSide: 64)
    var candidates: [Candidate] = []
    let filling =
      ordered
      * max(
        Double(result.width) / (Double(source.width) * ordered),
        Double(result.height) / (Double(source.height) * ordered))
    var scales = (0..<33).map { step in ordered * 0.45 * power(1.045, step) }
    scales.append(filling)
    var plain: [(scale: Double, score: Double)] = []
    for scale in scales {
      guard let candidate = small.best(scale, scale) else { continue }
      candidates.append(candidate)
      plain.append((scale, candidate.score))
    }
    // A stretched source is alike to an unstretched one of about its size: the other scales need no other shapes.
    for (scale, _) in plain.sorted(by: { $0.score > $1.score }).prefix(9) {
      for shape in [0.78, 0.88, 1.13, 1.28] {
        guard let candidate = small.best(scale * shape.squareRoot(), scale / shape.squareRoot()) else { continue }
        candidates.append(candidate)
      }
    }
    let (fullX, fullY) = (Double(result.width) / Double(source.width), Double(result.height) / Double(source.height))
    if let candidate = small.best(fullX, fullY) { candidates.append(candidate) }
    let chosen = candidates.sorted { $0.score > $1.score }.prefix(12)
      .compactMap { coarse.best($0.x.scale, $0.y.scale, near: $0) }
    return Array(chosen.sorted { $0.score > $1.score }.prefix(4))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }

  /// Three rounds of finding patches and fitting both axes to them.
  private func refined(_ candidate: Candidate) -> PlacementFit? {
    var (x, y) = (candidate.x, candidate.y)
    var found: [PatchMatch.Pair] = []
    for (reach, least) in [(14, 0.5), (7, 0.55), (4, 0.6)] {
      found = patches.pairs(x, y, reach: reach, atLeast: least)
      guard found.count >= 6, let across = AxisFit(found.map { ($0.from.x, $0.to.x) }, about: x),
        let down = AxisFit(found.map { ($0.from.y, $0.to.y) }, about: y)
      else { return nil }
      (x, y) = (across, down)
    }
    let agrees = found.map { pair in
      abs(x(pair.from.x) - pair.to.x) < 2.5 && abs(y(pair.from.y) - pair.to.y) < 2.5
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

  /// The result at a small size, in which the middle of the source is looked for as one piece.
  private struct Coarse {
    let source: GreyPlane
    /// How much smaller that source is than the search's.
    let shrink: Double
    let plane: MatchPlane
    /// Reduced further by this.
    let factor: Double
    let padding: Int
    let radius: Int

    init(_ search: PlacementSearch, longSide: Int) {
      factor = Double(longSide) / Double(max(search.result.width, search.result.height))
      // Once to about the largest size that is asked for: every scale is then made from few pixels.
      shrink = min(1, search.ordered * factor * 2.2)
      source = search.source.scaled(shrink, shrink, limit: 1200)
      padding = longSide / 8
      radius = longSide > 64 ? 7 : 4
      plane = MatchPlane(search.result.scaled(factor, factor, limit: longSide), radius: radius, padding: padding)
    }

    /// Where a source of that scale fits best, everywhere or near a candidate.
    func best(_ scaleX: Double, _ scaleY: Double, near candidate: Candidate? = nil) -> Candidate? {
      let scaled = MatchPlane(
        source.scaled(scaleX * factor / shrink, scaleY * factor / shrink, limit: 400), radius: radius)
      let (left, top) = (scaled.width / 4, scaled.height / 4)
      guard let piece = scaled.piece(left, top, scaled.width / 2, scaled.height / 2), piece.width >= 6,
        piece.height >= 6
      else { return nil }
      var (columns, rows) = (0...plane.width, 0...plane.height)
      if let candidate {
        let x = Int((candidate.x.offset * factor).rounded()) + left + padding
        let y = Int((candidate.y.offset * factor).rounded()) + top + padding
        (columns, rows) = (x - 4...x + 4, y - 4...y + 4)
      }
      guard let match = plane.best(piece, x: columns, y: rows) else { return nil }
      return Candidate(
        x: AxisFit(scale: scaleX, offset: (match.x - Double(left + padding)) / factor),
        y: AxisFit(scale: scaleY, offset: (match.y - Double(top + padding)) / factor), score: match.score)
    }
  }
}
