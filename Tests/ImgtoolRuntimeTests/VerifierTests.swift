// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Synchronization
import Testing

/// What postflight says about one file.
@Suite struct VerifierTests {
  private func verify(
    _ bytes: [UInt8], as name: String = "out.png", _ frame: ImgtoolCore.Expectation.Frame = .any,
    allowsBars: Bool = false, source: [UInt8]? = nil, observed: Set<PixelSize> = []
  ) async throws -> Verification {
    let folder = try TestFolder()
    let path = try folder.write(bytes, as: name)
    let sourcePath = try source.map { try folder.write($0, as: "source") }
    let input = try source.map { (bytes) throws in try Probe.facts(of: bytes) }
    return try await Verifier(pool: RuntimeTest.pool).verify(
      path, name: name, against: ImgtoolCore.Expectation(frame: frame, allowsBars: allowsBars), input: input,
      source: sourcePath, observed: observed)
  }

  private func rules(_ verification: Verification, _ severity: Finding.Severity) -> [String] {
    verification.findings.filter { $0.severity == severity }.map(\.rule)
  }

  static let scene = SamplePictures.scene(size(160, 120))

  @Test func aGoodResultPassesEverything() async throws {
    let verification = try await verify(Self.scene.png(), .request(.exactly(size(160, 120))))
    #expect(rules(verification, .fail).isEmpty)
    #expect(
      rules(verification, .pass) == ["size.exact", "whole.decoded", "content.present", "content.noBars"])
    #expect(verification.frame?.contract == "exact")
  }

  @Test func theSizeIsHeldAgainstTheOrder() async throws {
    let ratio = try #require(AspectRatio("4:3"))
    let cases: [(ImgtoolCore.Expectation.Frame, String)] = [
      (.request(.exactly(size(161, 120))), "size.wrong"), (.request(.tier(ratio, .k4)), "tier.wrong"),
      (.request(.tier(ratio.transposed, .k1)), "ratio.swapped"),
    ]
    for (frame, rule) in cases {
      #expect(rules(try await verify(Self.scene.png(), frame), .fail).contains(rule), "\(rule)")
    }
  }

  @Test func anOperationThatMustNotChangeTheSizeIsHeldToIt() async throws {
    let source = SamplePictures.scene(size(200, 120)).png()
    let changed = try await verify(Self.scene.png(), .sameAsInput, source: source)
    #expect(rules(changed, .fail) == ["frame.changed"])
    let same = try await verify(source, .sameAsInput, source: source)
    #expect(rules(same, .fail).isEmpty)
    // Without a source there is nothing to hold it to.
    #expect(try await verify(Self.scene.png(), .sameAsInput).frame == nil)
  }

  /// A comparison takes a tenth of a second, and a few at once would hold up everything that Swift's threads do.
  @Test(.enabled(if: FileManager.default.isReadableFile(atPath: "/proc/thread-self/comm")))
  func whatIsComputedFromPixelsRunsOnTheThreadsOfThePool() async throws {
    let folder = try TestFolder()
    let path = try folder.write(Self.scene.png(), as: "out.png")
    let seenOn = Seen()
    let verifier = Verifier(pool: RuntimeTest.pool) { _, _ -> SkinMap? in
      let name = (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
      seenOn.name.withLock { $0 = name }
      return nil
    }
    _ = try await verifier.verify(
      path, name: nil, against: ImgtoolCore.Expectation(frame: .sameAsInput), input: try Probe.facts(ofFile: path),
      source: path)
    #expect(seenOn.name.withLock { $0 }.hasPrefix("imgtool-vips"))
  }

  /// The name of the thread that something ran on.
  private final class Seen: Sendable {
    let name = Mutex("")
  }

  @Test func theNameIsHeldAgainstTheBytes() async throws {
    #expect(rules(try await verify(Self.scene.png(), as: "out.jpg"), .fail) == ["name.extension"])
    #expect(rules(try await verify(Self.scene.png(), as: "out"), .fail).isEmpty)
  }

  @Test(arguments: stride(from: 0.1, through: 0.95, by: 0.17).map { $0 }, [ImageFormat.png, .jpeg, .webp])
  func aTruncatedResultIsDamaged(_ share: Double, _ format: ImageFormat) async throws {
    let whole = try await RuntimeTest.file(Self.scene, EncodeOptions(format: format))
    let cut = Array(whole.prefix(Int(Double(whole.count) * share)))
    do {
      let verification = try await verify(cut, as: "out")
      #expect(rules(verification, .fail).contains { $0.hasPrefix("whole.") || $0.hasPrefix("structure.") })
    } catch let error as ImgtoolError {
      #expect(error.kind == .input)
    }
  }

  @Test func emptyContentIsFound() async throws {
    #expect(rules(try await verify(SamplePictures.plain(size(90, 60), [3, 3, 3]).png()), .fail) == ["content.blank"])
    let flat = SamplePicture(size(90, 60)) { x, _ in x % 2 == 0 ? [100, 100, 100] : [103, 103, 103] }
    #expect(rules(try await verify(flat.png()), .warn) == ["content.flat"])
  }

  @Test func barsAreFoundUnlessOrderedOrTheSourcesOwn() async throws {
    let barred = Self.scene.padded(left: 30, right: 30, with: [0, 0, 0]).png()
    #expect(rules(try await verify(barred), .fail) == ["content.bars"])
    #expect(rules(try await verify(barred, allowsBars: true), .fail).isEmpty)
    #expect(rules(try await verify(barred, source: barred), .fail).isEmpty)
    #expect(rules(try await verify(barred, source: Self.scene.png()), .fail) == ["content.bars"])
  }

  @Test func aSizeNeverSeenBeforeIsNoted() async throws {
    let seen = try await verify(Self.scene.png(), .request(.exactly(size(160, 120))), observed: [size(160, 120)])
    #expect(!rules(seen, .note).contains("frame.drift"))
    let new = try await verify(Self.scene.png(), .request(.exactly(size(160, 120))), observed: [size(150, 120)])
    #expect(rules(new, .note).contains("frame.drift"))
  }

  @Test func hugeResultsAreNeverDecoded() async throws {
    var bytes = Self.scene.png()
    bytes.replaceSubrange(16..<24, with: [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30])
    let verification = try await verify(bytes)
    #expect(verification.facts.displaySize == size(30_000, 30_000))
    #expect(rules(verification, .fail) == ["whole.damaged"])
  }

  @Test(arguments: [[], Array("no image".utf8)])
  func whatIsNoImageCannotBeJudged(_ bytes: [UInt8]) async {
    #expect(await kind { _ = try await verify(bytes) } == .input)
  }

  @Test func aVerificationIsALineOfJSON() async throws {
    let verification = try await verify(Self.scene.png(), .request(.exactly(size(160, 120))))
    let object = try json { verification.write(to: &$0, path: "out.png") }
    #expect(object["schemaVersion"] as? Int == 1)
    #expect(object["ok"] as? Bool == true)
    #expect(object["width"] as? Int == 160)
    #expect((object["verdict"] as? [String: Any])?["targetWidth"] as? Int == 160)
    #expect((object["findings"] as? [Any])?.count == verification.findings.count)
  }
}
