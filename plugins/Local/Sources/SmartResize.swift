// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// The whole upright source, scaled by one factor into the frame, and margins made around it.
struct SmartResize: ImageOperation {
  let pool: SharedPool
  let faces: Faces

  let name: OperationName = "local.smart-resize"
  let summary = "Recompose to another aspect ratio and resolution without cropping or stretching, on this machine."
  let price = Money.zero
  let parameters = [
    ParameterSpec("aspect_ratio", .ratio, "Width to height of the result."),
    ParameterSpec("resolution", .tier, "Resolution tier: the long side is 1024, 2048 or 4096 pixels."),
    ParameterSpec("size", .size, "An exact size instead of ratio and tier."),
    ParameterSpec(
      "gravity", .choice(Gravity.allCases.map(\.rawValue)),
      "Where the source goes in the frame; auto puts a side that cuts an object to the edge.", fallback: "auto"),
    ParameterSpec(
      "fill", .text(maximumBytes: 32), "What the margins are made of: \(SmartFill.spellings).",
      fallback: "synthesize"),
    ParameterSpec(
      "on_risk", .choice(SmartSynthesis.OnRisk.allCases.map(\.rawValue)),
      "What to do where a side cannot be continued convincingly.", fallback: "soft"),
    ParameterSpec("seed", .integer(0...Int.max), "Another layout where several are as good.", fallback: "0"),
  ]

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    let request = try FrameRequest(parameters)
    let fill = try SmartFill(parameters)
    _ = try request.target()
    return OperationContract(
      policy: LocalBackend.policy, price: price, sends: SendForm(),
      expects: Expectation(
        frame: .request(request), frames: .exact, allowsBars: fill.isPlainColour || input.hasAlpha,
        allowsMirror: fill == .plain(.mirror)))
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    let target = try FrameRequest(parameters).target()
    let fill = try SmartFill(parameters)
    let gravity = parameters.text("gravity").flatMap { Gravity(rawValue: $0) } ?? .auto
    let synthesis = SmartSynthesis(
      target: target, gravity: gravity, seed: UInt64(parameters.integer("seed") ?? 0),
      onRisk: parameters.text("on_risk").flatMap { SmartSynthesis.OnRisk(rawValue: $0) } ?? .soft, faces: faces,
      progress: { context.progress(0.1 + 0.8 * $0, "complete") })
    let made = try await pool.pool().run(
      cost: Self.cost(input.facts, target, fill), deadline: context.deadline
    ) { thread in
      context.progress(0.05, "resize")
      let upright = try Picture(opening: input.bytes, facts: input.facts, on: thread).upright(as: input.facts)
      switch fill {
      case .synthesize: return try synthesis.make(upright, context.encoding, on: thread)
      case .plain(let fill):
        let rect = Placement(
          of: upright.size, in: target, gravity: gravity, snap: FramePolicy.exact.snapMargin
        ).rect
        let bytes = try upright.placed(in: target, at: rect, fill: fill).encoded(context.encoding)
        return SmartSynthesis.Made(bytes: bytes, placement: rect, findings: [], details: [:])
      }
    }
    var details = made.details
    details["fill"] = parameters.text("fill")
    details["gravity"] = gravity.rawValue
    details["placed"] = "\(made.placement.size) at \(made.placement.x),\(made.placement.y)"
    return OperationOutcome(
      images: [OperationOutcome.Image(.memory(made.bytes))], findings: made.findings, details: details)
  }

  /// The decode, the frame, and what the engine holds for each pixel of the margins.
  private static func cost(_ facts: ImageFacts, _ target: PixelSize, _ fill: SmartFill) -> ByteCount {
    let plain = PixelCost.estimate(facts: facts, holdsPixels: true, makes: target)
    guard fill == .synthesize else { return plain }
    let (engine, isTooLarge) = target.area.multipliedReportingOverflow(by: 40)
    let (total, isOver) = plain.bytes.addingReportingOverflow(engine)
    return ByteCount(isTooLarge || isOver ? .max : total)
  }
}

extension FrameRequest {
  /// The frame that `aspect_ratio` with `resolution`, or `size`, ask for.
  init(_ parameters: Parameters) throws(ImgtoolError) {
    switch (parameters.ratio("aspect_ratio"), parameters.tier("resolution"), parameters.size("size")) {
    case (let ratio?, let tier?, nil): self = .tier(ratio, tier)
    case (nil, nil, let size?): self = .exactly(size)
    default: throw ImgtoolError(.usage, "Give aspect_ratio with resolution, or size.")
    }
  }
}
