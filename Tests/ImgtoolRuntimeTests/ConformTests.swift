// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// Bringing a passing result to the exact target, only where it is asked for.
@Suite struct ConformTests {
  private func run(_ answer: SamplePicture, _ mode: ConformPlan.Mode?, in folder: TestFolder) async throws -> JobReport
  {
    var operation = ScriptedOperation()
    // As a back end that snaps to sizes of its own: close is good enough.
    operation.expects = ImgtoolCore.Expectation(frame: .request(.tier(try #require(AspectRatio("4:3")), .k1)))
    operation.answer = { _, _ in [.memory(answer.png())] }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.conform = mode
    return try await RuntimeTest.runner(operation).run(plan)
  }

  static let close = SamplePictures.scene(size(1020, 770))

  @Test func aCloseResultStaysAsItIsUnlessAskedFor() async throws {
    let folder = try RuntimeTest.folder()
    let report = try await run(Self.close, nil, in: folder)
    #expect(report.state == .done)
    #expect(folder.read("out.png") == Self.close.png())
  }

  @Test(arguments: ConformPlan.Mode.allCases)
  func aCloseResultIsBroughtToTheTarget(_ mode: ConformPlan.Mode) async throws {
    let folder = try RuntimeTest.folder()
    let report = try await run(Self.close, mode, in: folder)
    #expect(report.state == .done, "\(report.error?.message ?? "")")
    let output = try #require(report.outputs.first)
    #expect(output.facts?.displaySize == size(1024, 768))
    #expect(output.findings.contains { $0.rule == "conform.\(mode.rawValue)" && $0.severity == .note })
    #expect(output.findings.contains { $0.rule == "size.exact" })
    #expect(try Probe.facts(ofFile: folder.path("out.png")).displaySize == size(1024, 768))
  }

  @Test func trimmingTooMuchIsRefusedAndTheResultKept() async throws {
    let folder = try RuntimeTest.folder()
    let wide = SamplePictures.scene(size(1024, 738))
    var operation = ScriptedOperation()
    var frames = FramePolicy()
    frames.closeRatio = 0.2
    frames.approximateRatio = 0.2
    frames.offeredRatios = []
    operation.expects = ImgtoolCore.Expectation(
      frame: .request(.tier(try #require(AspectRatio("4:3")), .k1)), frames: frames)
    operation.answer = { _, _ in [.memory(wide.png())] }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.conform = .exact
    let report = try await RuntimeTest.runner(operation).run(plan)
    #expect(report.state == .rejected)
    #expect(report.error?.context["rules"] == "conform.refused")
    #expect(folder.read("out.rejected.png") == wide.png())
  }

  @Test func anExactResultIsNotTouched() async throws {
    let folder = try RuntimeTest.folder()
    let exact = SamplePictures.scene(size(1024, 768))
    let report = try await run(exact, .exact, in: folder)
    #expect(folder.read("out.png") == exact.png())
    #expect(report.outputs.first?.findings.contains { $0.rule.hasPrefix("conform.") } == false)
  }
}

/// Handing an input over in the form a backend takes.
@Suite struct PreparingTests {
  private func sent(_ folder: TestFolder, _ form: SendForm) async throws -> (report: JobReport, bytes: [UInt8]) {
    var operation = ScriptedOperation()
    operation.sends = form
    let (seen, log) = AsyncStream.makeStream(of: [UInt8].self)
    operation.answer = { input, _ in
      guard case .file(let path) = input.bytes else { return [] }
      let bytes = try #require(FileBytes.read(path))
      #expect(try Probe.facts(of: bytes) == input.facts)
      log.yield(bytes)
      return [input.bytes]
    }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.replaces = true
    let report = try await RuntimeTest.runner(operation).run(plan)
    log.finish()
    var all: [[UInt8]] = []
    for await bytes in seen { all.append(bytes) }
    return (report, try #require(all.first))
  }

  @Test func aFormatNotTakenIsReencoded() async throws {
    let folder = try RuntimeTest.folder()
    let (report, bytes) = try await sent(folder, SendForm(formats: [.jpeg, .webp]))
    #expect(try Probe.facts(of: bytes).format == .jpeg)
    #expect(report.prepared?.contains("png") == true)
    #expect(try Probe.facts(of: bytes).displaySize == size(120, 90))
  }

  @Test func transparencyGoesIntoAFormatThatHasIt() async throws {
    let folder = try RuntimeTest.folder(SamplePictures.gradient(size(64, 48), bands: 4))
    let (_, bytes) = try await sent(folder, SendForm(formats: [.jpeg, .webp]))
    let facts = try Probe.facts(of: bytes)
    #expect(facts.format == .webp)
    #expect(facts.hasAlpha)
  }

  @Test func tooManyBytesAreReencoded() async throws {
    let folder = try RuntimeTest.folder()
    let (report, bytes) = try await sent(folder, SendForm(maximumBytes: ByteCount(20_000)))
    #expect(bytes.count <= 20_000)
    #expect(report.prepared?.contains("too many") == true)
  }

  @Test func bytesThatNeverFitAreALimit() async throws {
    let folder = try RuntimeTest.folder()
    #expect(await kind { _ = try await sent(folder, SendForm(maximumBytes: ByteCount(100))) } == .limit)
    #expect(folder.names == ["in.png"])
  }

  @Test(arguments: Orientation.allCases)
  func aTurnedInputIsMadeUprightWhereAsked(_ orientation: Orientation) async throws {
    let upright = SamplePictures.marked(size(60, 40))
    let folder = try TestFolder()
    let stored = upright.turned(by: orientation.inverse).png(orientation: orientation)
    try folder.write(stored, as: "in.png")
    let (report, bytes) = try await sent(folder, SendForm(isUpright: true))
    let facts = try Probe.facts(of: bytes)
    #expect(facts.orientation == .up)
    #expect(facts.storedSize == size(60, 40))
    #expect((report.prepared == nil) == (orientation == .up))
    let samples = try await RuntimeTest.pool.pool().run(cost: .mebibytes(8)) { thread in
      try Picture(opening: .memory(bytes), facts: Probe.facts(of: bytes), on: thread).samples8()
    }
    #expect(samples == upright.samples)
    let (plain, untouched) = try await sent(folder, SendForm())
    #expect(plain.prepared == nil)
    #expect(untouched == stored)
  }
}
