// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// Retouches the skin of faces and nothing else, on this machine.
struct SkinFix: ImageOperation {
  let pool: SharedPool
  let faces: Faces

  let name: OperationName = "local.skin-fix"
  let summary = "Retouch a portrait: cover blemishes and even out skin, keeping its texture, on this machine."
  let price = Money.zero
  let parameters = [
    ParameterSpec("strength", .real(0...1), "How much to even out; 0 changes nothing.", fallback: "0.5"),
    ParameterSpec(
      "face", .text(maximumBytes: 64), "The box of a face as x,y,w,h in pixels, instead of looking for one."),
  ]

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    let named = try PixelRect(faceIn: parameters, of: input.displaySize)
    var policy = LocalBackend.policy
    policy.rules[.colourCMYK] = .fail
    policy.rules[.routeAlreadyFramed] = .ignore
    policy.rules[.routeSmallSource] = .ignore
    var expects = Expectation(frame: .sameAsInput, frames: .exact, allowsBars: true)
    if let named { expects.faces = [named] }
    return OperationContract(policy: policy, price: price, sends: SendForm(), expects: expects)
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    let named = try PixelRect(faceIn: parameters, of: input.facts.displaySize)
    let retouch = SkinRetouch(strength: parameters.real("strength") ?? 0.5)
    guard named != nil || faces.isInstalled else {
      throw ImgtoolError(
        .unsupported, "No table to find faces with is installed (Debian: opencv-data); name one as face=x,y,w,h.")
    }
    let cost = ByteCount(
      PixelCost.estimate(facts: input.facts, holdsPixels: true).bytes + input.facts.storedSize.area * 24)
    return try await pool.pool().run(cost: cost, deadline: context.deadline) { thread in
      context.progress(0.05, "decode")
      let image = try thread.gate.admit(input.bytes, probedAs: input.facts)
      // Coded like the input, what was not retouched comes out of a JPEG as it went in.
      let encoding = context.encoding.filled(from: try SourceCoding(image))
      let upright = try Picture(opening: image, on: thread).upright(as: input.facts).inEngineColours()
      let source = try SourcePixels(upright)
      let workers = Workers.pair(
        isCancelled: thread.isWithdrawn, progress: { context.progress(0.2 + 0.6 * $0, "retouch") })
      let boxes: [PixelRect]
      let result: SkinResult
      do {
        boxes = try found(named, in: source, like: upright, on: thread, workers.silent)
        context.progress(0.2, "retouch")
        result = try retouch.run(source.view, faces: boxes, workers: workers)
      } catch {
        try thread.check()
        throw error
      }
      guard result.hasFoundSkin, result.changedShare > 0 else {
        let words =
          result.hasFoundSkin ? "Nothing was changed." : "No skin of a face was found; the input is untouched."
        return OperationOutcome(
          images: [OperationOutcome.Image(input.bytes)],
          findings: [Finding("skin.none", .note, words, measured: .count(boxes.count))])
      }
      let bytes = try Picture.made(of: source.applying(result.picture), like: upright, on: thread)
        .encoded(encoding)
      return OperationOutcome(
        images: [OperationOutcome.Image(.memory(bytes))], details: result.details, faces: result.faces.map(\.box))
    }
  }
}

extension SkinFix {
  /// Faces, told among other things by the colours an sRGB screen shows, whatever profile the samples are in.
  private func found(
    _ named: PixelRect?, in source: SourcePixels, like upright: borrowing Picture, on thread: borrowing VipsThread,
    _ workers: Workers
  ) throws(ImgtoolError) -> [PixelRect] {
    // Grey has no colour to tell skin by.
    guard upright.bands >= 3 else { return [] }
    if let named { return [named] }
    guard upright.has(.icc) else { return try faces.found(in: source.view, workers: workers) }
    let size = source.view.size
    let scale = min(1, 800 / Double(size.longSide))
    let target = PixelSize(
      clamping: Int((Double(size.width) * scale).rounded()), Int((Double(size.height) * scale).rounded()))
    let small = source.view.reduced(to: target, workers)
    let shown = try Picture.made(of: .eight(small), like: upright, on: thread).inSRGB()
    let boxes = try faces.found(
      in: try Raster(size: target, bands: 3, samples: try shown.samples8()), workers: workers)
    func back(_ place: Int) -> Int { Int((Double(place) / scale).rounded()) }
    return boxes.map { box in
      PixelRect(
        x: back(box.x), y: back(box.y), size: PixelSize(clamping: max(1, back(box.width)), max(1, back(box.height))))
    }
  }
}

extension SourcePixels {
  /// The source's samples with what a retouch changed in the view; whatever it left alone keeps its bits.
  fileprivate func applying(_ changed: Raster<UInt8>) -> Samples {
    switch samples {
    case .eight(let raster): .eight(raster.bands == 3 ? changed : shifted(raster, changed, step: 1))
    case .sixteen(let raster): .sixteen(shifted(raster, changed, step: 257))
    }
  }

  private func shifted<Sample>(_ raster: Raster<Sample>, _ changed: Raster<UInt8>, step: Int) -> Raster<Sample> {
    guard raster.bands >= 3 else { return raster }
    var raster = raster
    for pixel in 0..<raster.size.area {
      for part in 0..<3 {
        let change = Int(changed.samples[pixel * 3 + part]) - Int(view.samples[pixel * 3 + part])
        guard change != 0 else { continue }
        let index = pixel * raster.bands + part
        raster.samples[index] = Sample(clamping: Int(raster.samples[index]) + change * step)
      }
    }
    return raster
  }
}

extension SkinResult {
  /// Faces, spots and the amount of change, for the report.
  fileprivate var details: [String: String] {
    [
      "faces": "\(faces.count)", "spots": "\(faces.reduce(0) { $0 + $1.healedSpots }) covered",
      "changed":
        "\((changedShare * 1000).rounded() / 10) % of the pixels, by \((meanChange * 10).rounded() / 10) levels",
    ]
  }
}

extension PixelRect {
  /// The box that the parameter `face` names, inside a picture.
  fileprivate init?(faceIn parameters: Parameters, of picture: PixelSize) throws(ImgtoolError) {
    guard let text = parameters.text("face") else { return nil }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2], let height = numbers[3],
      let size = PixelSize(width: width, height: height)
    else { throw ImgtoolError(.usage, "The face \(text) is not x,y,w,h in pixels.") }
    let rect = PixelRect(x: x, y: y, size: size)
    guard rect.isInside(picture) else { throw ImgtoolError(.usage, "The face \(text) is not inside \(picture).") }
    self = rect
  }
}
