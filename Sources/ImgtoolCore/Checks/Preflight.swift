// SPDX-License-Identifier: Apache-2.0

/// Judges an input from its header alone.
public struct Preflight: Sendable {
  public let policy: InputPolicy
  public let frames: FramePolicy

  public init(_ policy: InputPolicy, frames: FramePolicy = FramePolicy()) {
    self.policy = policy
    self.frames = frames
  }

  /// Everything the policy has to say about one input.
  ///
  /// - `name`: the file's name or path; its extension is compared with the bytes.
  /// - `mediaType`: a declared Content-Type.
  /// - `request`: the frame to be ordered; advice about frames needs it.
  public func judge(
    _ facts: ImageFacts, name: String? = nil, mediaType: String? = nil, request: FrameRequest? = nil
  ) -> [Finding] {
    var findings = facts.notes
    findings += limits(facts)
    findings += content(facts)
    findings += labels(facts, name: name, mediaType: mediaType)
    if let request { findings += routes(facts, request) }
    findings += reencoding(facts)
    return findings
  }

  /// A finding of a rule, unless the policy ignores it.
  package func finding(
    _ rule: PreflightRule, _ message: String, measured: Measure? = nil, allowed: Measure? = nil, saves: Money? = nil
  ) -> [Finding] {
    guard let severity = policy.severity(rule) else { return [] }
    return [
      Finding(rule.rawValue, severity, message, measured: measured, allowed: allowed, saves: saves)
    ]
  }

  private func limits(_ facts: ImageFacts) -> [Finding] {
    var findings: [Finding] = []
    let size = facts.storedSize
    if facts.fileBytes > policy.maximumBytes {
      findings += finding(
        .bytesLimit, "The file has \(facts.fileBytes); \(policy.maximumBytes) are allowed.",
        measured: .count(facts.fileBytes.bytes), allowed: .count(policy.maximumBytes.bytes))
    }
    if size.area > policy.maximumPixels {
      findings += finding(
        .pixelsLimit, "The picture has too many pixels.", measured: .count(size.area),
        allowed: .count(policy.maximumPixels))
    }
    if size.longSide > policy.maximumSide {
      findings += finding(
        .sideLimit, "A side is too long.", measured: .count(size.longSide), allowed: .count(policy.maximumSide))
    }
    if size.shortSide < policy.minimumSide {
      findings += finding(
        .sideSmall, "A side is too short.", measured: .count(size.shortSide), allowed: .count(policy.minimumSide))
    }
    if facts.frameCount > policy.maximumFrames {
      findings += finding(
        .animationPresent, "There are \(facts.frameCount) frames or pages.", measured: .count(facts.frameCount),
        allowed: .count(policy.maximumFrames))
    }
    let frames = size.area.multipliedReportingOverflow(by: max(facts.frameCount, 1))
    let samples = frames.partialValue.multipliedReportingOverflow(by: max(facts.channels, 1))
    if frames.overflow || samples.overflow || samples.partialValue > policy.maximumSamples {
      findings += finding(
        .samplesLimit, "Pixels × frames × channels are too many to decode.",
        measured: frames.overflow || samples.overflow ? .text("over 2⁶³") : .count(samples.partialValue),
        allowed: .count(policy.maximumSamples))
    }
    return findings
  }

  private func content(_ facts: ImageFacts) -> [Finding] {
    var findings: [Finding] = []
    if !policy.formats.contains(facts.format) {
      findings += finding(
        .formatRefused, "The format \(facts.format.rawValue) is not accepted.", measured: .text(facts.format.rawValue),
        allowed: .text(policy.formats.map(\.rawValue).joined(separator: " ")))
    }
    if !facts.isDecodable {
      findings += finding(
        .formatUndecodable, "The header is readable, but \(facts.coding) coding cannot be decoded here.",
        measured: .text(facts.coding))
    }
    if facts.colourModel == .cmyk || facts.colourModel == .ycck {
      findings += finding(
        .colourCMYK, "The colours are for print (CMYK).", measured: .text(facts.colourModel.rawValue),
        allowed: .text("rgb"))
    }
    if let icc = facts.icc {
      findings += oddProfile(icc, facts.colourModel)
    } else {
      findings += finding(.iccMissing, "There is no ICC profile; sRGB is assumed.")
    }
    if facts.bitsPerSample > policy.maximumBits {
      findings += finding(
        .depthHigh, "There are \(facts.bitsPerSample) bits a sample.", measured: .count(facts.bitsPerSample),
        allowed: .count(policy.maximumBits))
    }
    if facts.hasAlpha { findings += finding(.alphaPresent, "There is transparency.") }
    if facts.orientation != .up {
      findings += finding(
        .orientationPresent, "The pixels are stored turned (orientation \(facts.orientation.rawValue)).",
        measured: .count(facts.orientation.rawValue), allowed: .count(1))
    }
    if facts.hasLocation { findings += finding(.privateLocation, "EXIF tells where the picture was taken.") }
    return findings
  }

  private func oddProfile(_ icc: ICCFacts, _ model: ColourModel) -> [Finding] {
    guard let space = icc.colourSpace else { return [] }
    let expected: String? =
      switch model {
      case .grey: "GRAY"
      case .rgb, .palette: "RGB"
      case .cmyk, .ycck: "CMYK"
      case .lab: "Lab"
      case .other: nil
      }
    guard let expected, expected != space else { return [] }
    return finding(
      .iccOdd, "The ICC profile is for \(space), the samples are \(model.rawValue).", measured: .text(space),
      allowed: .text(expected))
  }

  private func labels(_ facts: ImageFacts, name: String?, mediaType: String?) -> [Finding] {
    var findings: [Finding] = []
    if let suffix = name.flatMap(fileExtension), let named = ImageFormat(extension: suffix),
      !named.sharesNames(with: facts.format)
    {
      findings += finding(
        .nameExtension, "The name says \(named.rawValue), the bytes are \(facts.format.rawValue).",
        measured: .text(suffix), allowed: .text(facts.format.extensions.joined(separator: " ")))
    }
    if let mediaType, !saysNothing(mediaType),
      ImageFormat(mediaType: mediaType)?.sharesNames(with: facts.format) != true
    {
      findings += finding(
        .nameMediaType, "The declared media type is not that of the bytes.", measured: .text(mediaType),
        allowed: .text(facts.format.mediaType))
    }
    return findings
  }
}

/// The part of a path after the last dot of its last component; nothing for none and for dot files.
package func fileExtension(of path: String) -> String? {
  let slash = UInt8(ascii: "/")
  var component = path.utf8[...]
  while component.last == slash { component.removeLast() }
  if let last = component.lastIndex(of: slash) { component = component[component.index(after: last)...] }
  guard let dot = component.lastIndex(of: UInt8(ascii: ".")), dot != component.startIndex else { return nil }
  let suffix = component[component.index(after: dot)...]
  return suffix.isEmpty ? nil : String(suffix)
}

/// Whether a media type is one for any bytes: RFC 2046 §4.5.1, and the word object stores use for it.
private func saysNothing(_ mediaType: String) -> Bool {
  ["", "application/octet-stream", "binary/octet-stream"].contains(mediaType.prefix { $0 != ";" }.lowercased())
}

extension ImageFormat {
  /// HEIF and AVIF share a container, and files of either are seen under both names.
  fileprivate func sharesNames(with other: ImageFormat) -> Bool {
    self == other || Set([self, other]) == [.heif, .avif]
  }
}
