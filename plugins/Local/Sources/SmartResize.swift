// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// The whole upright source, scaled by one factor into the frame, and margins made around it.
struct SmartResize: ImageOperation {
  let pool: SharedPool

  let name: OperationName = "local.smart-resize"
  let summary = "Recompose to another aspect ratio and resolution without cropping or stretching, on this machine."
  let price = Money.zero
  let parameters = [
    ParameterSpec("aspect_ratio", .ratio, "Width to height of the result."),
    ParameterSpec("resolution", .tier, "Resolution tier: the long side is 1024, 2048 or 4096 pixels."),
    ParameterSpec("size", .size, "An exact size instead of ratio and tier."),
    ParameterSpec(
      "gravity", .choice(Gravity.allCases.map(\.rawValue)), "Where the source goes in the frame.", fallback: "centre"),
    ParameterSpec(
      "fill", .text(maximumBytes: 32), "What the margins are made of: \(Fill.spellings).", fallback: "mirror"),
  ]

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    let request = try FrameRequest(parameters)
    let fill = try Fill(parameters)
    _ = try request.target()
    return OperationContract(
      policy: LocalBackend.policy, price: price, sends: SendForm(),
      expects: Expectation(frame: .request(request), frames: .exact, allowsBars: fill.isPlain))
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    let target = try FrameRequest(parameters).target()
    let fill = try Fill(parameters)
    let gravity = parameters.text("gravity").flatMap { Gravity(rawValue: $0) } ?? .centre
    let placement = Placement(
      of: input.facts.displaySize, in: target, gravity: gravity, snap: FramePolicy.exact.snapMargin)
    let bytes = try await pool.pool().run(
      cost: PixelCost.estimate(facts: input.facts, holdsPixels: true, makes: target), deadline: context.deadline
    ) { thread in
      context.progress(0.1, "resize")
      let source = try Picture(opening: input.bytes, facts: input.facts, on: thread)
      let upright = try source.upright(as: input.facts)
      let placed = try upright.placed(in: target, at: placement.rect, fill: fill)
      context.progress(0.5, "encode")
      return try placed.encoded(context.encoding)
    }
    return OperationOutcome(
      images: [OperationOutcome.Image(.memory(bytes))],
      details: ["fill": parameters.text("fill") ?? "mirror", "gravity": gravity.rawValue])
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

extension Fill {
  /// Whether margins become bars of one colour.
  var isPlain: Bool {
    if case .colour = self { true } else { false }
  }

  static let spellings = "mirror, blur, edge, color=#rrggbb"

  /// The fill that the parameter `fill` names.
  init(_ parameters: Parameters) throws(ImgtoolError) {
    let text = parameters.text("fill") ?? "mirror"
    switch text {
    case "mirror": self = .mirror
    case "blur": self = .blur
    case "edge": self = .edge
    default:
      guard let colour = FillColour(fillText: text) else {
        throw ImgtoolError(.usage, "The fill \(text) is none of \(Fill.spellings).")
      }
      self = .colour(colour)
    }
  }
}

extension FillColour {
  /// Reads "color=#rrggbb", "colour=#rrggbbaa", "color=white", "color=black" or "color=transparent".
  fileprivate init?(fillText text: String) {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[0] == "color" || parts[0] == "colour" else { return nil }
    switch parts[1] {
    case "white": self = .white
    case "black": self = .black
    case "transparent": self.init(red: 0, green: 0, blue: 0, alpha: 0)
    default:
      let digits = parts[1].hasPrefix("#") ? parts[1].dropFirst() : parts[1]
      guard digits.count == 6 || digits.count == 8, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }),
        let value = UInt32(digits.count == 6 ? digits + "ff" : digits, radix: 16)
      else { return nil }
      self.init(
        red: UInt8(value >> 24), green: UInt8(value >> 16 & 255), blue: UInt8(value >> 8 & 255),
        alpha: UInt8(value & 255))
    }
  }
}
