// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
  import Foundation
  import ImgtoolCore
  import ImgtoolProbe
  import ImgtoolTesting
  import Testing

  @testable import ImgtoolPixels

  /// Decoding in another process: the same answers, and nothing that happens there reaches this one.
  @Suite(.enabled(if: BuiltProgram.imgtool != nil, "the program that decodes is not built"))
  struct IsolationTests {
    private static let program = WorkerProgram(path: BuiltProgram.imgtool ?? "")
    private static let scene = SamplePictures.marked(size(120, 80))
    private static let isolated = Result {
      try VipsPool(
        VipsPool.Limits(threads: 2, memory: .mebibytes(4096), queue: 10_000, isolation: .process(program)),
        name: "test-iso")
    }

    private func apart<R: Sendable>(
      _ body: @escaping @Sendable (borrowing VipsThread) throws -> R
    ) async throws -> R {
      try await Self.isolated.get().run(cost: ByteCount(0), body)
    }

    @Test(arguments: [ImageFormat.jpeg, .png, .webp, .gif, .tiff, .avif])
    func pixelsAndFieldsAreThoseOfThisProcess(format: ImageFormat) async throws {
      let file = try await Self.scene.encoded(EncodeOptions(format: format))
      let facts = try Probe.facts(of: file)
      for target in [ImageFormat.png, .jpeg, .tiff] {
        let here = try await onPixels { thread in
          try Picture(opening: .memory(file), facts: facts, on: thread).encoded(EncodeOptions(format: target))
        }
        let there = try await apart { thread in
          try Picture(opening: .memory(file), facts: facts, on: thread).encoded(EncodeOptions(format: target))
        }
        #expect(here == there, "\(format) to \(target)")
      }
    }

    @Test func aSmallPictureIsTheOneOfThisProcess() async throws {
      let file = try await Self.scene.encoded(EncodeOptions(format: .jpeg))
      let here = try await onPixels { try ReducedDecode.of(Gate().admit(.memory(file)), longSide: 64, on: $0) }
      let there = try await apart { try ReducedDecode.of(Gate().admit(.memory(file)), longSide: 64, on: $0) }
      #expect(here == there)
      #expect(there.picture != nil)
    }

    @Test func aDamagedFileIsAFindingThereToo() async throws {
      var file = try await SamplePictures.marked(size(640, 480)).encoded(EncodeOptions(format: .jpeg))
      let middle = file.count / 2
      file.replaceSubrange(middle..<middle + 200, with: [UInt8](repeating: 0, count: 200))
      let reduced = try await apart { [file] in try ReducedDecode.of(Gate().admit(.memory(file)), on: $0) }
      #expect(reduced.integrity.rule == "whole.damaged")
      #expect(reduced.picture == nil)
    }

    @Test func afileTurnedThereIsTheFileTurnedHere() async throws {
      let file = Self.scene.png(orientation: .right)
      let facts = try Probe.facts(of: file)
      let here = try await Normaliser(on: TestPool.pool()).normalised(file, facts)
      let there = try await Normaliser(on: Self.isolated.get()).normalised(file, facts)
      #expect(here == there)
      #expect(there.bytes != nil)
    }

    @Test func manyFailuresAtOnceKeepTheirOwnWords() async throws {
      let png = Self.scene.png()
      let cut = Array(try await Self.scene.encoded(EncodeOptions(format: .tiff, tiffCompression: .none)))
      try await withThrowingTaskGroup(of: (Bool, String).self) { group in
        for number in 0..<60 {
          let isPNG = number % 2 == 0
          // Past the gate, so that the decoder complains.
          let image =
            isPNG
            ? AdmittedImage.unseen(.bytes(Array(png.prefix(png.count / 2))), facts(.png, Self.scene.size))
            : AdmittedImage.unseen(.bytes(Array(cut.prefix(cut.count / 2))), facts(.tiff, Self.scene.size))
          group.addTask { (isPNG, try await apart { try ReducedDecode.of(image, on: $0) }.integrity.message) }
        }
        for try await (isPNG, message) in group {
          #expect(!message.localizedCaseInsensitiveContains(isPNG ? "tiff" : "png"), "\(message)")
        }
      }
    }

    /// Without the walk, so that only the decoder can tell; several threads in it would lose errors (libvips 8.14).
    @Test(arguments: [ImageFormat.png, .tiff])
    func aFileCutLateIsNeverTakenByTheDecoderAlone(format: ImageFormat) async throws {
      let drawn = SamplePictures.marked(size(320, 240))
      let whole = try await drawn.encoded(EncodeOptions(format: format, tiffCompression: .none))
      for share in [90, 99] {
        let cut = AdmittedImage.unseen(
          .bytes(Array(whole.prefix(whole.count * share / 100))), facts(format, drawn.size))
        for _ in 0..<(Self.repeats == 1 ? 5 : 200) {
          let reduced = try await apart { try ReducedDecode.of(cut, on: $0) }
          #expect(reduced.integrity.severity == .fail, "\(format) cut at \(share) %")
        }
      }
    }

    /// 300 files of drawn pictures with a few bytes changed, by a seed: any answer will do, and the decoders live.
    @Test func changedBytesEndNoDecoder() async throws {
      var bases: [[UInt8]] = []
      for format in [ImageFormat.jpeg, .png, .webp, .gif, .tiff] {
        bases.append(try await Self.scene.encoded(EncodeOptions(format: format)))
      }
      var state: UInt64 = 20_240_611
      func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33)
      }
      let pool = try VipsPool(VipsPool.Limits(threads: 2, isolation: .process(Self.program)), name: "test-flip")
      for number in 0..<300 {
        var file = bases[number % bases.count]
        for _ in 0..<(1 + next() % 4) { file[next() % file.count] = UInt8(next() & 255) }
        guard let image = try? Gate().look(at: .memory(file)).image else { continue }
        do {
          _ = try await pool.run(cost: .mebibytes(64)) { try ReducedDecode.of(image, longSide: 64, on: $0) }
        } catch let error as ImgtoolError {
          #expect(error.context["rule"] != GuardRule.crashed, "file \(number): \(error)")
        }
      }
      #expect(pool.decoders.started <= 2)
      await pool.shutdown()
    }

    @Test func workThatIsWithdrawnEndsItsDecoder() async throws {
      let worker = try Self.worker()
      let watch = Watch(deadline: ContinuousClock.now + .milliseconds(100))
      #expect(throws: ImgtoolError.self) { try Self.misbehave(.sleep, worker, watch) }
      #expect(Self.members(of: worker.child).isEmpty)
    }

    @Test func aProgramThatIsNotThereIsToldAtOnce() async {
      await expectKind(.unsupported) {
        _ = try VipsPool(VipsPool.Limits(isolation: .process(WorkerProgram(path: "/nonexistent/imgtool"))))
      }
    }

    @Test func aProgramThatIsNoDecoderIsTold() async {
      await expectKind(.unsupported) {
        let file = Self.scene.png()
        let pool = try VipsPool(VipsPool.Limits(threads: 1, isolation: .process(WorkerProgram(path: "/bin/true"))))
        _ = try await pool.run(cost: ByteCount(0)) { try ReducedDecode.of(Gate().admit(.memory(file)), on: $0) }
      }
    }

    @Test(arguments: Misbehaviour.allCases)
    func nothingADecoderDoesReachesThisProcess(_ misbehaviour: Misbehaviour) throws {
      setenv("IMGTOOL_TEST_SECRET", "canary", 1)
      for _ in 0..<Self.repeats {
        let worker = try Self.worker()
        let started = ContinuousClock.now
        let outcome = Result { () throws(ImgtoolError) in
          try Self.misbehave(misbehaviour, worker, Watch(deadline: nil))
        }
        #expect(ContinuousClock.now - started < .milliseconds(1_500))
        let rule = if case .failure(let error) = outcome { error.context["rule"] } else { String?.none }
        #expect(rule == Self.expected[misbehaviour])
        worker.end()
        #expect(Self.members(of: worker.child).isEmpty)
      }
    }

    /// What each comes to; nothing where the decoder was kept from it and goes on.
    private static let expected: [Misbehaviour: String] = [
      .abort: GuardRule.crashed, .spin: GuardRule.time, .sleep: GuardRule.time, .allocate: GuardRule.memory,
      .fork: GuardRule.time,
    ]
    private static let repeats = ProcessInfo.processInfo.environment["IMGTOOL_FULL"] == nil ? 1 : 50

    private static var limits: DecodeLimits {
      var limits = DecodeLimits()
      limits.maximumSeconds = 1
      limits.maximumMemory = .mebibytes(256)
      return limits
    }

    private static func worker() throws -> Worker {
      try Worker(program, formats: Set(DecodeLimits().formats), limits: limits)
    }

    @discardableResult
    private static func misbehave(
      _ misbehaviour: Misbehaviour, _ worker: Worker, _ watch: Watch
    ) throws(ImgtoolError) -> WorkerAnswer {
      let (input, room) = (try SharedRegion(copying: scene.png()), try SharedRegion(count: 4_096))
      let order = WorkerOrder(task: .misbehave(misbehaviour), facts: facts(.png, scene.size), limits: limits)
      return try worker.perform(order, on: input.descriptor, into: room.descriptor, watch)
    }

    /// The processes of a session, by their numbers (Linux: /proc/pid/stat).
    private static func members(of session: pid_t) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.filter { name in
        guard Int(name) != nil, let bytes = FileManager.default.contents(atPath: "/proc/\(name)/stat") else {
          return false
        }
        // The name of the program stands in parentheses and may hold anything.
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 3 && fields[3] == "\(session)" && fields[0] != "Z"
      }
    }
  }
#endif
