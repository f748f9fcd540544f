// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
  import ImgtoolCore
  import ImgtoolTesting
  import Testing

  @testable import ImgtoolPixels

  /// Errors are of the file they are told of, however many fail at once.
  @Suite(.enabled(if: BuiltProgram.imgtool != nil, "the program that decodes is not built"))
  struct OwnErrorsTests {
    /// Files past the gate, cut or garbled at places of their own, so that decoders find many words for them.
    private static func broken() async throws -> [AdmittedImage] {
      let scene = SamplePictures.marked(size(24, 16))
      var images: [AdmittedImage] = []
      for format in [ImageFormat.png, .tiff, .gif, .webp, .jpeg] {
        let whole = try await scene.encoded(EncodeOptions(format: format, tiffCompression: .none))
        for share in [20, 60, 85] {
          let cut = Array(whole.prefix(whole.count * share / 100))
          images.append(.unseen(.bytes(cut), facts(format, scene.size, bytes: cut.count)))
        }
      }
      return images
    }

    @Test func twoThousandFailuresAtOnceAreEachOfTheirOwnFile() async throws {
      let program = WorkerProgram(path: BuiltProgram.imgtool ?? "")
      let pool = try VipsPool(
        VipsPool.Limits(threads: 4, memory: .mebibytes(4_096), queue: 10_000, isolation: .process(program)),
        name: "test-errors")
      let images = try await Self.broken()
      var alone: [Finding] = []
      for image in images {
        // A decoder of its own for each.
        let pool = try VipsPool(VipsPool.Limits(threads: 1, isolation: .process(program)), name: "test-alone")
        alone.append(
          try await pool.run(cost: ByteCount(0)) { try ReducedDecode.of(image, longSide: 16, on: $0) }.integrity)
        await pool.shutdown()
      }
      #expect(alone.allSatisfy { $0.severity == .fail })
      #expect(Set(alone.map(\.message)).count > 5, "the files have too few words of their own")
      let told = await withTaskGroup(of: (Int, Finding?).self) { group in
        for number in 0..<2_000 {
          let place = number % images.count
          let image = images[place]
          group.addTask {
            let reduced = try? await pool.run(cost: ByteCount(0)) { try ReducedDecode.of(image, longSide: 16, on: $0) }
            return (place, reduced?.integrity)
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(told.count == 2_000)
      let foreign = told.filter { $0.1 != alone[$0.0] }
      #expect(foreign.isEmpty, "\(foreign.count) of 2,000, first \(String(describing: foreign.first))")
      await pool.shutdown()
    }
  }
#endif
