// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolProbe
import ImgtoolRuntime
import ImgtoolTesting
import Synchronization
import Testing

/// What is sent and kept is what was meant: nothing hidden in a file goes on unless somebody says so.
@Suite struct PrivacyTests {
  /// What reached a backend.
  private struct Passage {
    var sent: [[UInt8]]
    var isUnchanged: Bool?
  }

  /// Runs a file through an operation that gives back what it got.
  private func passed(
    _ file: [UInt8], _ form: SendForm = SendForm(), _ passThrough: InputPolicy.PassThrough = .conforming
  ) async throws -> Passage {
    let folder = try TestFolder()
    try folder.write(file, as: "in.png")
    let sent = Mutex<[[UInt8]]>([])
    var operation = ScriptedOperation()
    operation.sends = form
    operation.answer = { input, _ in
      guard case .file(let path) = input.bytes, let bytes = FileManager.default.contents(atPath: path) else {
        return []
      }
      sent.withLock { $0.append([UInt8](bytes)) }
      return [input.bytes]
    }
    var plan = try RuntimeTest.plan(folder, operation)
    plan.policy.passThrough = passThrough
    do {
      let report = try await RuntimeTest.runner(operation).run(plan)
      return Passage(sent: sent.withLock { $0 }, isUnchanged: report.passedThrough)
    } catch let error as ImgtoolError where error.kind == .input {
      // A file its decoder warns of is neither re-encoded nor sent.
      return Passage(sent: sent.withLock { $0 })
    }
  }

  private func expectNothingHidden(_ form: SendForm, _ policy: InputPolicy.PassThrough) async throws {
    var refused: [String] = []
    for file in try await MarkedFiles.polyglots() {
      let passage = try await passed(file.bytes, form, policy)
      if passage.sent.isEmpty {
        refused.append(file.name)
      } else {
        #expect(passage.isUnchanged == false, "\(file.name)")
      }
      #expect(passage.sent.flatMap { file.markers(in: $0) } == [], "\(file.name)")
    }
    #expect(refused == ["JPEG with bytes between segments", "JPEG with a long restart interval"])
  }

  @Test func noneOfFiftyMarkersIsSentWhereNothingPrivateIs() async throws {
    let files = try await MarkedFiles.privateFiles()
    #expect(files.reduce(0) { $0 + $1.markers.count } >= 50)
    for file in files {
      #expect(file.markers(in: file.bytes) == file.markers, "\(file.name)")
      let formats = ImageFormat.allCases.filter { $0 != .tiff }
      for form in [SendForm(isPrivate: true), SendForm(formats: formats, isUpright: true, isPrivate: true)] {
        let passage = try await passed(file.bytes, form)
        #expect(passage.sent.count == 1 && passage.isUnchanged == false, "\(file.name)")
        #expect(passage.sent.flatMap { file.markers(in: $0) } == [], "\(file.name)")
      }
    }
  }

  @Test(arguments: [InputPolicy.PassThrough.plain, .never])
  func noPolyglotGoesThroughUnencodedWhereThePolicySaysSo(policy: InputPolicy.PassThrough) async throws {
    try await expectNothingHidden(SendForm(), policy)
  }

  @Test func noPolyglotIsSentWhereNothingPrivateIs() async throws {
    try await expectNothingHidden(SendForm(isPrivate: true), .conforming)
  }

  @Test func everythingGoesThroughWhereThatIsThePolicyAndTheReportSaysSo() async throws {
    for file in try await MarkedFiles.polyglots() {
      let passage = try await passed(file.bytes)
      #expect(passage.sent == [file.bytes] && passage.isUnchanged == true, "\(file.name)")
    }
  }

  @Test func plainFilesGoThroughAsTheyAre() async throws {
    var files = [MarkedFiles.png([]), MarkedFiles.scene.png(profile: SamplePicture.profile), MarkedFiles.tiff()]
    for format in [ImageFormat.gif, .avif, .tiff] { files.append(try await MarkedFiles.encoded(format)) }
    for (number, file) in files.enumerated() {
      #expect(try await passed(file, SendForm(isPrivate: true), .plain).sent == [file], "number \(number)")
    }
  }

  @Test func theColourProfileIsKept() async throws {
    let file = MarkedFiles.scene.png(profile: SamplePicture.profile) + Array("CANARY".utf8)
    let passage = try await passed(file, SendForm(isPrivate: true))
    let sent = try #require(passage.sent.first)
    #expect(!sent.holds(Array("CANARY".utf8)))
    #expect(try Probe.facts(of: sent).icc != nil)
  }

  @Test(arguments: [EncodeOptions.Keep.icc, .none])
  func nothingABackendLeavesInItsAnswerIsKeptUnlessAskedFor(keep: EncodeOptions.Keep) async throws {
    for file in try await MarkedFiles.privateFiles() + MarkedFiles.polyglots() {
      let folder = try RuntimeTest.folder(MarkedFiles.scene)
      let operation = Answering(answer: file.bytes)
      var plan = try RuntimeTest.plan(folder, ScriptedOperation(), output: "out")
      plan.operation = operation.name
      plan.encoding = EncodeOptions(format: try Probe.facts(of: file.bytes).format, keep: keep)
      let runner = Runner(catalog: try OperationCatalog([operation]), pool: RuntimeTest.pool)
      let report = try await runner.run(plan)
      // An answer a decoder warns of is kept as evidence, under its own name.
      #expect(report.state == .done || file.name.hasPrefix("JPEG with"), "\(file.name): \(report.state)")
      #expect(folder.read("out").map { file.markers(in: $0) } ?? [] == [], "\(file.name)")
    }
  }
}

/// A remote operation that answers at once.
private struct Answering: RemoteOperation {
  let answer: [UInt8]
  let name: OperationName = "acme.remote"
  let summary = "Answers at once."
  let parameters: [ParameterSpec] = []
  let price = Money.zero
  let model = "remote"
  let service = "nowhere"

  func contract(for input: ImageFacts, _ parameters: Parameters) throws(ImgtoolError) -> OperationContract {
    OperationContract(policy: InputPolicy(), price: price, sends: SendForm(), expects: Expectation(frame: .any))
  }

  func perform(_ input: PreparedImage, _ parameters: Parameters, in context: OperationContext) async throws
    -> OperationOutcome
  {
    OperationOutcome(images: [.init(.memory(answer))])
  }

  func ready(
    _ input: PreparedImage, _ parameters: Parameters, reference: RunReference, over transport: any Transport
  ) async throws -> [UInt8] { [] }

  func submit(_ body: [UInt8], reference: RunReference, over transport: any Transport) async -> SubmitOutcome {
    .unknown("never sent")
  }

  func find(_ reference: RunReference, over transport: any Transport) async -> FindOutcome { .found([]) }

  func read(_ id: String, over transport: any Transport) async -> ReadOutcome { .missing }

  func fetch(_ result: RemoteRun.Result) throws(ImgtoolError) -> TransportRequest {
    throw ImgtoolError(.backend, "Nothing is there.")
  }
}
