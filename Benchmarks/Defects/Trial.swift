// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import LocalBackend

/// Writes a damaged result, has it verified, and times the checks alone.
struct Trial: Sendable {
  enum Outcome: Sendable, Hashable { case right, wrong, undecided }

  struct Report: Sendable {
    let outcome: Outcome
    /// Rules with a warning or a failure, or what was found instead.
    let rules: [String]
    /// Processor time of the checks without any decoding.
    let milliseconds: Double
  }

  private let pool = SharedPool()
  private let resize: any ImageOperation
  private let verifier: Verifier
  private let folder: String

  init(folder: String) throws {
    self.folder = folder
    verifier = Verifier(pool: pool)
    resize = try OperationCatalog(LocalBackend.operations(pool: pool)).operation(named: "local.smart-resize")
  }

  /// The pixels of a file, 800 to 1600 on the long side; nothing where it cannot be decoded.
  ///
  /// A retouch is looked at in that size, so its evidence has the pixels.
  func pixels(of path: String) async throws -> Canvas? {
    let seen = try await verifier.verify(path, name: nil, against: Expectation(frame: .sameAsInput))
    return seen.evidence.result.map(Canvas.init)
  }

  /// The source in a frame of its own backend's making, decoded again.
  func filled(_ source: Canvas, _ frame: PixelSize, _ fill: String, name: String) async throws -> Canvas {
    let bytes = try await encoded(source, into: frame, fill: fill, quality: 98)
    let path = try written(bytes, "\(name)-\(fill).jpg")
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard let canvas = try await pixels(of: path) else { throw CocoaError(.fileReadCorruptFile) }
    return canvas.resized(frame.width, frame.height)
  }

  /// Writes a source as a PNG and gives its path.
  func sent(_ source: Canvas, name: String) async throws -> String {
    let bytes = try await encoded(source, into: source.size, fill: "edge", format: .png)
    return try written(bytes, "\(name)-source.png")
  }

  /// What the checks say of a defect.
  func report(on defect: Defect, of scene: Scene, source: String, name: String) async throws -> Report? {
    guard let made = try await defect.make(scene) else { return nil }
    let scale = Double(defect.longSide) / Double(max(made.width, made.height))
    let size = PixelSize(
      ofCanvas: Int((Double(made.width) * scale).rounded()), Int((Double(made.height) * scale).rounded()))
    let bytes = try await encoded(made, into: size, fill: "edge", quality: defect.quality)
    let path = try written(bytes, "\(name)-result.jpg")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let input = try Probe.facts(ofFile: source)
    let expectation = Expectation(frame: .request(.exactly(size)))
    let seen = try await verifier.verify(path, name: nil, against: expectation, input: input, source: source)
    let findings = seen.findings.filter { $0.rule.hasPrefix("place.") || $0.rule.hasPrefix("content.") }
    return Report(
      outcome: Self.outcome(findings, defect.expectation),
      rules: findings.filter { $0.severity >= .warn || $0.rule.hasPrefix("place.") }.map(\.rule),
      milliseconds: Self.time(seen.evidence, size, input.displaySize))
  }

  private static func outcome(_ findings: [Finding], _ expectation: Defect.Expectation) -> Outcome {
    let alarms = Set(findings.filter { $0.severity >= .warn }.map(\.rule))
    let isUndecided = findings.contains { $0.rule == "place.undecided" }
    switch expectation {
    case .sound: return !alarms.isEmpty ? .wrong : isUndecided ? .undecided : .right
    case .rule(let rule): return alarms.contains(rule) ? .right : isUndecided ? .undecided : .wrong
    case .absent: return isUndecided ? .undecided : .wrong
    }
  }

  /// Does once more what verification does with the reduced pictures, on this thread alone.
  private static func time(_ evidence: Evidence, _ size: PixelSize, _ sourceSize: PixelSize) -> Double {
    guard let result = evidence.result, let source = evidence.source else { return 0 }
    let start = processorTime(CLOCK_THREAD_CPUTIME_ID)
    let (reduced, sent) = (ReducedPicture(result, of: size), ReducedPicture(source, of: sourceSize))
    let (content, checks) = (ContentChecks(), PlacementChecks())
    let presence = content.presence(of: result)
    let judgement = checks.judge(reduced, source: sent)
    let bars = content.bars(in: reduced, source: sent, fit: judgement.fit)
    let mirror = judgement.fit.flatMap { checks.mirrorPadding(in: reduced, source: sourceSize, fit: $0) }
    let end = processorTime(CLOCK_THREAD_CPUTIME_ID)
    // Used, so that nothing of it is left out.
    let said = [presence, bars, mirror].compactMap { $0?.rule }
    return said.isEmpty ? 0 : Double(end - start) / 1e6
  }

  private static func processorTime(_ clock: clockid_t) -> UInt64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  private func encoded(
    _ canvas: Canvas, into frame: PixelSize, fill: String, format: ImageFormat = .jpeg, quality: Int? = nil
  ) async throws -> [UInt8] {
    let tiff = canvas.tiff
    let input = PreparedImage(bytes: .memory(tiff), facts: try Probe.facts(of: tiff), isOriginal: true)
    let parameters = try Parameters(["size": "\(frame.width)x\(frame.height)", "fill": fill], for: resize.parameters)
    let context = OperationContext(
      encoding: EncodeOptions(format: format, quality: quality), scratch: folder, deadline: nil,
      progress: { _, _ in }, noteRemoteID: { _ in }, conductor: nil)
    let outcome = try await resize.perform(input, parameters, in: context)
    guard case .memory(let bytes)? = outcome.images.first?.bytes else { throw CocoaError(.fileWriteUnknown) }
    return bytes
  }

  private func written(_ bytes: [UInt8], _ name: String) throws -> String {
    let path = "\(folder)/\(name)"
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }
}
