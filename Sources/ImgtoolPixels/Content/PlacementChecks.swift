// SPDX-License-Identifier: Apache-2.0
public import ImgtoolCore

/// What became of a source in a result: whole, cropped, stretched, mirrored, moved.
public struct PlacementChecks: Sendable {
  public let policy: ContentPolicy

  public init(policy: ContentPolicy = ContentPolicy()) { self.policy = policy }

  /// What was found, and the placement it rests on.
  public struct Judgement: Sendable, Hashable {
    /// Nothing where the source was not found.
    public var fit: PlacementFit?
    public var findings: [Finding]
  }

  /// `place.whole`, `place.cropped`, `place.stretched`, `place.mirrored`, or `place.undecided` where neither can be told.
  ///
  /// With `mayMove` off, as for a retouch, also `place.moved`. Some 30 ms of one core for reduced sides of 512, and
  /// up to three times that where the source is not found at once.
  /// - Parameter mayMove: whether another size and place in the frame are in order.
  public func judge(_ result: ReducedPicture, source: ReducedPicture, mayMove: Bool = true) -> Judgement {
    let search = PlacementSearch(source: source, result: result)
    guard search.side >= PlacementSearch.leastSide else {
      return undecided("the source is too small in the result to be measured", search.side, PlacementSearch.leastSide)
    }
    guard search.textured >= PlacementSearch.leastPatches else {
      return undecided("the source has too little texture to be found again", search.textured)
    }
    switch search.found(atLeast: policy.placementConfidence) {
    case .placed(let fit):
      return Judgement(
        fit: fit, findings: mayMove ? findings(for: fit) : unmoved(fit, result.fullSize) ?? findings(for: fit))
    case .mirrored(let fit):
      return Judgement(
        fit: nil,
        findings: [
          Finding(
            "place.mirrored", .fail, "The source is found only with left and right exchanged.",
            measured: .real(ContentChecks.rounded(fit.confidence)), allowed: .real(policy.placementConfidence))
        ])
    case .nowhere(let fit):
      return undecided("the source cannot be found again with confidence", fit?.confirmed ?? 0)
    }
  }

  /// `content.mirrorPadding` (warn) or `content.noMirrorPadding`; nothing where there is no margin to look at.
  public func mirrorPadding(in result: ReducedPicture, source: PixelSize, fit: PlacementFit) -> Finding? {
    let found = MirrorCheck(picture: result, fit: fit, policy: policy).likenesses(source)
    guard let worst = found.max(by: { $0.value < $1.value }) else { return nil }
    let value = Measure.real(ContentChecks.rounded(worst.value))
    guard worst.value >= policy.mirrorLikeness else {
      return Finding(
        "content.noMirrorPadding", .pass, "No margin is a mirror image of the picture.", measured: value,
        allowed: .real(policy.mirrorLikeness))
    }
    return Finding(
      "content.mirrorPadding", .warn, "The \(worst.side.rawValue) margin is a mirror image of the picture beside it.",
      measured: value, allowed: .real(policy.mirrorLikeness))
  }

  private func undecided(_ reason: String, _ count: Int, _ least: Int = PlacementSearch.leastPatches) -> Judgement {
    Judgement(
      fit: nil,
      findings: [
        Finding(
          "place.undecided", .note, reason, measured: .count(count), allowed: .count(least))
      ])
  }

  private func findings(for fit: PlacementFit) -> [Finding] {
    var findings: [Finding] = []
    let distortion = abs(fit.distortion)
    if distortion > policy.stretchPass {
      let way = fit.distortion > 0 ? "wide" : "high"
      let percent = (max(fit.scaleX / fit.scaleY, fit.scaleY / fit.scaleX) - 1) * 100
      findings.append(
        Finding(
          "place.stretched", distortion > policy.stretchFail ? .fail : .warn,
          "the source is stretched: \((percent * 10).rounded() / 10) % too \(way)",
          measured: .real(ContentChecks.rounded(fit.scaleX / fit.scaleY)),
          allowed: .text("1 ± \(policy.stretchPass)")))
    }
    if fit.visible < policy.visiblePass {
      let lost = ((1 - fit.visible) * 1000).rounded() / 10
      findings.append(
        Finding(
          "place.cropped", fit.visible < policy.visibleFail ? .fail : .warn, "\(lost) % of the source is cut off",
          measured: .real(ContentChecks.rounded(fit.visible)), allowed: .real(policy.visiblePass)))
    }
    guard findings.isEmpty else { return findings }
    return [
      Finding(
        "place.whole", .pass, "The whole source is there, unstretched.",
        measured: .real(ContentChecks.rounded(fit.visible)), allowed: .real(policy.visiblePass))
    ]
  }

  /// `place.moved` (fail) where a picture that had to stay in its place did not; nothing where it did.
  private func unmoved(_ fit: PlacementFit, _ size: PixelSize) -> [Finding]? {
    // The middle is measured best: offsets at the corners carry the error of the scale.
    let (middleX, middleY) = (Double(size.width) / 2, Double(size.height) / 2)
    let shiftX = fit.offsetX + (fit.scaleX - 1) * middleX
    let shiftY = fit.offsetY + (fit.scaleY - 1) * middleY
    let shift = (shiftX * shiftX + shiftY * shiftY).squareRoot() / Double(size.longSide)
    let scale = max(abs(fit.scaleX - 1), abs(fit.scaleY - 1))
    if scale > policy.moveScale {
      return [
        Finding(
          "place.moved", .fail, "The picture was scaled where it had to stay as it was.",
          measured: .real(ContentChecks.rounded(1 + scale)), allowed: .text("1 ± \(policy.moveScale)"))
      ]
    }
    if shift > policy.moveShare {
      return [
        Finding(
          "place.moved", .fail, "The picture was shifted where it had to stay in its place.",
          measured: .real(ContentChecks.rounded(shift)), allowed: .real(policy.moveShare))
      ]
    }
    return nil
  }
}
