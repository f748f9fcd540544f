// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// One job from plan to report, with an operation that answers what the test says.
@Suite struct RunnerTests {
  /// Answers with drawn pictures.
  private func operation(_ pictures: [SamplePicture], frame: ImgtoolCore.Expectation.Frame = .any) -> ScriptedOperation
  {
    var operation = ScriptedOperation()
    operation.expects = ImgtoolCore.Expectation(frame: frame, frames: .exact)
    operation.answer = { _, _ in pictures.map { .memory($0.png()) } }
    return operation
  }

  /// What is paid for is decoded before it is sent, too.
  @Test(arguments: [Money.zero, .cents(55)])
  func inputsAndResultsWaitForAPlaceWhereMuchElseIsLookedAt(_ price: Money) async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.price = price
    // One thread and nobody waiting: all but one find it taken.
    let pool = SharedPool(VipsPool.Limits(threads: 1, memory: .mebibytes(2048), queue: 0))
    let (runner, order) = (Runner(catalog: try OperationCatalog([operation]), pool: pool), operation)
    let plans = try (0..<20).map { try RuntimeTest.plan(folder, order, output: "out-\($0).png") }
    let states = try await withThrowingTaskGroup(of: JobReport.State.self) { group in
      for plan in plans { group.addTask { try await runner.run(plan).state } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(states.count == 20 && states.allSatisfy { $0 == .done })
  }

  @Test func aGoodAnswerGetsTheName() async throws {
    let folder = try RuntimeTest.folder()
    let operation = operation([SamplePictures.scene(size(64, 48))], frame: .request(.exactly(size(64, 48))))
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .done)
    #expect(report.error == nil)
    #expect(report.outputs.map(\.path) == [folder.path("out.png")])
    #expect(report.outputs.first?.facts?.displaySize == size(64, 48))
    #expect(report.remoteID == "r-1")
    #expect(folder.read("out.png") == SamplePictures.scene(size(64, 48)).png())
    #expect(folder.names == ["in.png", "out.png"])
    #expect(report.times.map(\.step) == ["probe", "preflight", "prepare", "perform", "verify", "write"])
  }

  @Test(arguments: [
    ("size.wrong", SamplePictures.scene(size(63, 48))),
    ("content.blank", SamplePictures.plain(size(64, 48), [9, 9, 9])),
    ("content.bars", SamplePictures.scene(size(44, 48)).padded(left: 10, right: 10, with: [0, 0, 0])),
    ("size.wrong", SamplePictures.scene(size(48, 64))),
  ])
  func aBadAnswerIsKeptUnderARejectedName(_ rule: String, _ answer: SamplePicture) async throws {
    let folder = try RuntimeTest.folder()
    let operation = operation([answer], frame: .request(.exactly(size(64, 48))))
    let runner = try RuntimeTest.runner(operation)
    let report = try await runner.run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .rejected)
    #expect(report.error?.kind == .postflight)
    #expect(report.outputs.first?.findings.failures.map(\.rule) == [rule])
    #expect(report.error?.message.contains(rule) == true)
    #expect(report.error?.context["rules"] == rule)
    #expect(folder.names == ["in.png", "out.rejected.png"])
    #expect(folder.read("out.rejected.png") == answer.png())
    // Evidence of an earlier run is never replaced.
    _ = try await runner.run(RuntimeTest.plan(folder, operation))
    #expect(folder.names == ["in.png", "out.rejected-2.png", "out.rejected.png"])
  }

  @Test(arguments: [0.2, 0.6, 0.97])
  func aTruncatedAnswerIsRejected(_ share: Double) async throws {
    let whole = SamplePictures.scene(size(64, 48)).png()
    let cut = Array(whole.prefix(Int(Double(whole.count) * share)))
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.answer = { _, _ in [.memory(cut)] }
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .rejected)
    #expect(report.outputs.first?.findings.failures.contains { $0.rule == "whole.damaged" } == true)
    #expect(folder.read("out.rejected.png") == cut)
  }

  @Test(arguments: [
    [], Array("<html>Bad Gateway</html>".utf8), Array(SamplePictures.scene(size(9, 9)).png().prefix(20)),
  ])
  func anAnswerThatIsNoImageIsRejectedAndKept(_ bytes: [UInt8]) async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.answer = { _, _ in [.memory(bytes)] }
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .rejected)
    #expect(report.error?.kind == .postflight)
    #expect(report.outputs.first?.facts == nil)
    #expect(report.outputs.first?.findings.failures.map(\.rule) == ["whole.damaged"])
    #expect(folder.read("out.rejected.png") == bytes)
    #expect(folder.names == ["in.png", "out.rejected.png"])
    let object = try json { report.write(to: &$0) }
    #expect(object["state"] as? String == "rejected")
  }

  @Test func noAnswerIsABackendError() async throws {
    let folder = try RuntimeTest.folder()
    let operation = operation([])
    #expect(
      await kind { _ = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation)) } == .backend)
    #expect(folder.names == ["in.png"])
  }

  @Test func severalAnswersGetNumberedNames() async throws {
    let folder = try RuntimeTest.folder()
    let pictures = (1...3).map { SamplePictures.scene(size(40 + $0, 30), seed: UInt64($0)) }
    let good = operation(pictures)
    let report = try await RuntimeTest.runner(good).run(RuntimeTest.plan(folder, good))
    #expect(report.outputs.map(\.path) == ["out.png", "out-2.png", "out-3.png"].map(folder.path))
    #expect(report.outputs.map { $0.facts?.displaySize.width } == [41, 42, 43])
    #expect(folder.read("out-3.png") == pictures[2].png())
  }

  @Test func oneBadAnswerOfSeveralRejectsAllOfThem() async throws {
    let folder = try RuntimeTest.folder()
    let operation = operation([SamplePictures.scene(size(40, 30)), SamplePictures.plain(size(40, 30), [1, 2, 3])])
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .rejected)
    #expect(folder.names == ["in.png", "out-2.rejected.png", "out.rejected.png"])
    #expect(report.error?.message.hasPrefix(folder.path("out-2.rejected.png")) == true)
  }

  @Test(arguments: [ImageFormat.jpeg, .webp, .tiff])
  func anAnswerOfAnotherFormatIsConvertedAndSaid(_ format: ImageFormat) async throws {
    let folder = try RuntimeTest.folder()
    let bytes = try await RuntimeTest.file(SamplePictures.scene(size(64, 48)), EncodeOptions(format: format))
    var operation = ScriptedOperation()
    operation.answer = { _, _ in [.memory(bytes)] }
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .done)
    #expect(report.outputs.first?.facts?.format == .png)
    #expect(report.outputs.first?.findings.contains { $0.rule == "format.converted" } == true)
    #expect(try Probe.facts(ofFile: folder.path("out.png")).format == .png)
  }

  @Test func anAnswerInTheOrderedFormatIsNeverReencoded() async throws {
    let folder = try RuntimeTest.folder()
    let bytes = try await RuntimeTest.file(
      SamplePictures.scene(size(64, 48)), EncodeOptions(format: .jpeg, quality: 31))
    var operation = ScriptedOperation()
    operation.answer = { _, context in
      let path = context.scratch + "/answer.jpg"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      return [.file(path: path)]
    }
    _ = try await RuntimeTest.runner(operation).run(
      RuntimeTest.plan(folder, operation, output: "out.jpg", format: .jpeg))
    #expect(folder.read("out.jpg") == bytes)
  }

  @Test func theInputGoesThroughUntouched() async throws {
    let folder = try RuntimeTest.folder()
    let operation = ScriptedOperation()
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.prepared == nil)
    #expect(folder.read("out.png") == folder.read("in.png"))
  }
}

/// What stops a job, and that it costs and leaves nothing.
@Suite struct RunnerRefusalTests {
  @Test func aRefusedInputIsNeverSent() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.policy.minimumSide = 91
    let report = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation))
    #expect(report.state == .refused)
    #expect(report.error?.kind == .preflight)
    #expect(report.error?.context["rules"] == "side.small")
    #expect(report.cost == .zero)
    #expect(operation.calls.value == 0)
    #expect(folder.names == ["in.png"])
  }

  @Test func aPriceBeyondTheBudgetIsNeverPaid() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.price = .cents(55)
    var plan = try RuntimeTest.plan(folder, operation)
    let runner = try RuntimeTest.runner(operation)
    for (most, expected) in [(54, ImgtoolError.Kind.budget), (55, nil), (56, nil)] {
      plan.maximumCost = .cents(most)
      plan.output = folder.path("\(most).png")
      let planned = plan
      #expect(await kind { _ = try await runner.run(planned) } == expected)
    }
    #expect(operation.calls.value == 2)
    #expect(folder.names == ["55.png", "56.png", "in.png"])
  }

  @Test func aDryRunTellsThePriceAndDoesNothing() throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.price = .cents(55)
    operation.expects = ImgtoolCore.Expectation(frame: .request(.exactly(size(240, 90))))
    let report = try RuntimeTest.runner(operation).preflight(RuntimeTest.plan(folder, operation))
    #expect(report.state == .planned)
    #expect(report.price == .cents(55))
    #expect(report.cost == .zero)
    #expect(report.placement?.rect.size == size(120, 90))
    #expect(operation.calls.value == 0)
    #expect(folder.names == ["in.png"])
  }

  @Test(arguments: ["nowhere/out.png", "in.png/out.png", "exists.png"])
  func anOutputThatCannotBeWrittenCostsNothing(_ output: String) async throws {
    let folder = try RuntimeTest.folder()
    try folder.write([1], as: "exists.png")
    let operation = ScriptedOperation()
    let plan = try RuntimeTest.plan(folder, operation, output: output)
    #expect(await kind { _ = try await RuntimeTest.runner(operation).run(plan) } == .storage)
    #expect(operation.calls.value == 0)
    #expect(folder.read("exists.png") == [1])
  }

  @Test func aNameForAnotherFormatIsRefusedBeforehand() async throws {
    let folder = try RuntimeTest.folder()
    let operation = ScriptedOperation()
    for (name, format) in [("x.jpg", ImageFormat.png), ("x.png", .jpeg), ("x.heic", .webp)] {
      let plan = try RuntimeTest.plan(folder, operation, output: name, format: format)
      #expect(await kind { _ = try RuntimeTest.runner(operation).preflight(plan) } == .usage)
    }
    for (name, format) in [("x.avif", ImageFormat.heif), ("x", .png), ("x.backup", .png), ("x.JPEG", .jpeg)] {
      let plan = try RuntimeTest.plan(folder, operation, output: name, format: format)
      #expect(await kind { _ = try RuntimeTest.runner(operation).preflight(plan) } == nil)
    }
  }

  @Test func aBackendsErrorLeavesNothing() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    for expected in [ImgtoolError.Kind.backend, .credentials, .timeout, .input] {
      operation.answer = { _, _ in throw ImgtoolError(expected, "No.") }
      let (plan, runner) = (try RuntimeTest.plan(folder, operation), try RuntimeTest.runner(operation))
      #expect(await kind { _ = try await runner.run(plan) } == expected)
      #expect(folder.names == ["in.png"])
    }
  }

  @Test func aWithdrawnJobLeavesNothing() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    let (started, begins) = AsyncStream.makeStream(of: String.self)
    operation.answer = { _, context in
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: context.scratch + "/half"))
      begins.yield(context.scratch)
      while true {
        try Task.checkCancellation()
        await Task.yield()
      }
    }
    let (plan, runner) = (try RuntimeTest.plan(folder, operation), try RuntimeTest.runner(operation))
    let job = Task { try await runner.run(plan) }
    var scratch: String?
    for await path in started {
      scratch = path
      break
    }
    #expect(folder.names.count == 2, "the hidden file is there while the work goes on")
    job.cancel()
    await #expect(throws: CancellationError.self) { _ = try await job.value }
    #expect(folder.names == ["in.png"])
    #expect(!FileManager.default.fileExists(atPath: try #require(scratch)))
  }

  @Test func whatWasPaidForIsKeptWhenItCannotBeJudged() async throws {
    let folder = try RuntimeTest.folder()
    let answer = SamplePictures.scene(size(64, 48)).png()
    var operation = ScriptedOperation()
    operation.price = .cents(55)
    operation.answer = { _, context in
      // The deadline passes after the backend has delivered.
      while !Task.isCancelled, ContinuousClock.now < context.deadline ?? .now { await Task.yield() }
      return [.memory(answer)]
    }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.timeout = .seconds(2)
    let (paid, runner) = (plan, try RuntimeTest.runner(operation))
    await #expect {
      _ = try await runner.run(paid)
    } throws: { error in
      guard let error = error as? ImgtoolError else { return false }
      return error.kind == .timeout && error.message.contains("out.rejected.png") && error.context["kept"] != nil
    }
    #expect(folder.names == ["in.png", "out.rejected.png"])
    #expect(folder.read("out.rejected.png") == answer)
  }

  @Test func progressNeverGoesBackwards() async throws {
    let folder = try RuntimeTest.folder()
    var operation = ScriptedOperation()
    operation.answer = { input, context in
      for share in [-1, 0, 0.5, 1, 7] { context.progress(share, "work") }
      return [input.bytes]
    }
    let (shares, log) = AsyncStream.makeStream(of: Double.self)
    _ = try await RuntimeTest.runner(operation).run(RuntimeTest.plan(folder, operation)) { share, _ in log.yield(share)
    }
    log.finish()
    var all: [Double] = []
    for await share in shares { all.append(share) }
    #expect(all == all.sorted())
    #expect(all.first == 0 && all.last == 1)
  }
}
