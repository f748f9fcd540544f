// SPDX-License-Identifier: Apache-2.0

extension Preflight {
  /// Advice that saves the price of a request: the order is unnecessary, or would disappoint.
  func routes(_ facts: ImageFacts, _ request: FrameRequest) -> [Finding] {
    var findings: [Finding] = []
    let verdict = FrameVerdict.judge(facts.displaySize, against: request, policy: frames)
    if verdict.findings.allSatisfy({ $0.severity <= .note }) {
      findings += finding(
        .routeAlreadyFramed, "The picture already has the frame \(request).",
        measured: .size(facts.displaySize), allowed: .text(request.description), saves: policy.price)
    }
    let scale = Placement(of: facts.displaySize, in: verdict.target).scale
    if scale > policy.maximumEnlargement {
      findings += finding(
        .routeSmallSource, "The source is much smaller than the target: most detail would be invented.",
        measured: .text("\((scale * 10).rounded() / 10)× enlargement"),
        allowed: .text("\(policy.maximumEnlargement)×"))
    }
    return findings
  }

  /// Advice about a file that is too large as it is, whatever is ordered.
  func reencoding(_ facts: ImageFacts) -> [Finding] {
    if facts.fileBytes > policy.maximumBytes, Self.reencodedBytes(facts) < policy.maximumBytes {
      return finding(
        .routeReencode, "Re-encoding as JPEG would fit the byte limit.",
        measured: .count(facts.fileBytes.bytes), allowed: .count(policy.maximumBytes.bytes))
    }
    return []
  }

  /// The finding for a uniform border all round, once pixels have been seen.
  package func uniformBorder(_ message: String, measured: Measure?) -> [Finding] {
    finding(.routeUniformBorder, message, measured: measured, saves: policy.price)
  }

  /// A careful estimate: four bits a pixel, twice what photographs take as JPEG at quality 90.
  static func reencodedBytes(_ facts: ImageFacts) -> ByteCount { ByteCount(facts.storedSize.area / 2) }
}
