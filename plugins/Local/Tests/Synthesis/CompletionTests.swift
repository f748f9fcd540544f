// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Synchronization
import Testing

@testable import LocalBackend

struct CompletionTests {
  /// A source, a frame and where the one lies in the other.
  struct Case: Sendable, CustomTestStringConvertible {
    let width: Int
    let height: Int
    let frame: (Int, Int)
    let at: (Int, Int)
    var testDescription: String { "\(width)×\(height) at \(at) in \(frame)" }

    var placement: PixelRect { PixelRect(x: at.0, y: at.1, size: PixelSize(clamping: width, height)) }
    var frameSize: PixelSize { PixelSize(clamping: frame.0, frame.1) }

    func completion(_ source: Raster<UInt8>, _ options: Completion.Options = .init(), rounds: Int = 2) throws
      -> Completion
    {
      var options = options
      // The kernels are slow without optimisation; what is tested here shows after two rounds.
      options.rounds = rounds
      return try Completion(source: source, frame: frameSize, placement: placement, options: options)
    }
  }

  static let cases = [
    Case(width: 48, height: 36, frame: (72, 36), at: (13, 0)),
    Case(width: 48, height: 36, frame: (62, 36), at: (0, 0)),
    Case(width: 36, height: 30, frame: (36, 52), at: (0, 15)),
    Case(width: 38, height: 30, frame: (52, 42), at: (6, 12)),
    Case(width: 40, height: 28, frame: (41, 28), at: (1, 0)),
    Case(width: 40, height: 28, frame: (40, 31), at: (0, 1)),
    Case(width: 40, height: 30, frame: (40, 30), at: (0, 0)),
    Case(width: 9, height: 7, frame: (30, 7), at: (4, 0)),
    Case(width: 1, height: 1, frame: (12, 9), at: (3, 5)),
    Case(width: 30, height: 24, frame: (30, 90), at: (0, 58)),
    Case(width: 24, height: 40, frame: (100, 40), at: (60, 0)),
  ]

  @Test(arguments: cases) func theSourceStaysAsItIsAndEveryPixelIsWritten(_ c: Case) throws {
    let source = Drawn.scene(c.width, c.height)
    let done = try c.completion(source).run(study: SubjectStudy(source: source))
    #expect(done.picture.size == c.frameSize)
    #expect(done.picture.cropped(c.placement) == source)
    // Nothing drawn is darker than 20 in any band; what was not written is zero.
    #expect(done.picture.samples.allSatisfy { $0 > 5 })
    let sides = Side.allCases.filter { $0.margin(of: c.placement, in: c.frameSize) > 0 }
    #expect(Set(done.report.map(\.side)) == Set(sides))
  }

  @Test(arguments: cases.prefix(4)) func oneThreadAndTwoGiveTheSameBytes(_ c: Case) throws {
    let source = Drawn.scene(c.width, c.height)
    let completion = try c.completion(source)
    #expect(try completion.run().picture == completion.run(workers: .two).picture)
  }

  @Test(arguments: cases.prefix(4)) func theBaselinePathGivesTheSameBytes(_ c: Case) throws {
    let source = Drawn.scene(c.width, c.height)
    var plain = Completion.Options()
    plain.usesBaselinePath = true
    #expect(try c.completion(source).run().picture == c.completion(source, plain).run().picture)
  }

  @Test func smallWorkingSizesGoThroughFineLevelsAndStayDeterministic() throws {
    let source = Drawn.scene(110, 80)
    var options = Completion.Options()
    options.workingArea = 3500
    let c = Case(width: 110, height: 80, frame: (160, 80), at: (30, 0))
    let first = try c.completion(source, options).run()
    options.usesBaselinePath = true
    let second = try c.completion(source, options).run(workers: .two)
    #expect(first.picture == second.picture)
    #expect(first.report == second.report)
    #expect(first.picture.cropped(c.placement) == source)
  }

  @Test func theSeedChangesTheMarginAndNotTheSource() throws {
    let source = Drawn.scene(48, 36)
    var options = Completion.Options()
    options.seed = 7
    let plain = try Self.cases[0].completion(source).run().picture
    let seeded = try Self.cases[0].completion(source, options).run().picture
    #expect(plain != seeded)
    #expect(seeded.cropped(Self.cases[0].placement) == source)
    #expect(try Self.cases[0].completion(source, options).run().picture == seeded)
  }

  @Test func aFlatPictureGrowsFlat() throws {
    let source = Drawn.flat(48, 36)
    let done = try Case(width: 48, height: 36, frame: (80, 36), at: (20, 0)).completion(source).run()
    for pixel in stride(from: 0, to: done.picture.samples.count, by: 3) {
      #expect(abs(Int(done.picture.samples[pixel]) - 90) <= 1)
    }
    #expect(done.report.allSatisfy { $0.energy == nil && !$0.isRisky })
  }

  @Test func aSubjectDoesNotTurnUpAgain() throws {
    let source = Drawn.scene(72, 48)
    let c = Case(width: 72, height: 48, frame: (112, 48), at: (20, 0))
    let done = try c.completion(source).run(study: SubjectStudy(source: source))
    for y in 0..<48 {
      for x in 0..<112 where x < 20 || x >= 92 {
        let i = (y * 112 + x) * 3
        #expect(done.picture.samples[i] < 190 || done.picture.samples[i + 1] > 60, "red at \(x),\(y)")
      }
    }
  }

  @Test(arguments: [0, 3, 20]) func withdrawnWorkStops(_ after: Int) throws {
    let asked = Mutex(0)
    let workers = Workers(isCancelled: {
      asked.withLock {
        $0 += 1
        return $0 > after
      }
    })
    let completion = try Self.cases[0].completion(Drawn.scene(48, 36))
    #expect { try completion.run(workers: workers) } throws: { ($0 as? ImgtoolError)?.kind == .cancelled }
    #expect(asked.withLock { $0 } <= after + 4)
  }

  @Test(arguments: [cases[0], cases[3], cases[9]]) func progressRisesToOne(_ c: Case) throws {
    let seen = Mutex<[Double]>([])
    let workers = Workers(progress: { share in seen.withLock { $0.append(share) } })
    _ = try c.completion(Drawn.scene(c.width, c.height)).run(workers: workers)
    let shares = seen.withLock { $0 }
    #expect(zip(shares, shares.dropFirst()).allSatisfy { $0 <= $1 + 1e-9 })
    #expect(shares.allSatisfy { (0...1.000_001).contains($0) })
    #expect(shares.last ?? 0 > 0.99)
  }

  @Test func sixteenBitsFollowTheSameMapping() throws {
    let source = Drawn.scene(48, 36)
    let c = Self.cases[0]
    let done = try c.completion(source).run()
    let deep = try Raster<UInt16>(size: source.size, bands: 3, samples: source.samples.map { UInt16($0) * 257 })
    let rendered = try done.recipe.render(deep)
    #expect(rendered.cropped(c.placement) == deep)
    for (eight, sixteen) in zip(done.picture.samples, rendered.samples) {
      #expect(abs(Int(eight) * 257 - Int(sixteen)) <= 4 * 257)
    }
    #expect(try done.recipe.render(source) == done.picture)
  }

  @Test(arguments: [1, 2, 4]) func otherBandsFollowTheSameMapping(_ bands: Int) throws {
    let source = Drawn.scene(48, 36)
    let c = Self.cases[0]
    let recipe = try c.completion(source).run().recipe
    let grey = Raster<UInt8>(size: source.size, bands: bands, filledWith: 77)
    let rendered = try recipe.render(grey)
    #expect(rendered == Raster<UInt8>(size: c.frameSize, bands: bands, filledWith: 77))
  }

  @Test func aRecipeRefusesAnotherSize() throws {
    let recipe = try Self.cases[0].completion(Drawn.scene(48, 36)).run().recipe
    #expect(throws: ImgtoolError.self) { try recipe.render(Drawn.flat(10, 10)) }
  }

  @Test func aPlacementThatDoesNotFitIsRefused() {
    let source = Drawn.flat(40, 30)
    #expect(throws: ImgtoolError.self) {
      try Completion(
        source: source, frame: PixelSize(clamping: 50, 30), placement: PixelRect(x: 11, y: 0, size: source.size))
    }
  }
}
