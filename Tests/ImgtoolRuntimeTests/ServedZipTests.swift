// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import RunflowBackend
import RunflowServer
import Synchronization
import Testing

@testable import ImgtoolRuntime

/// A zip of pictures as one paid order, from the file to the results, over loopback HTTP.
@Suite(.timeLimit(.minutes(10))) struct ServedZipTests {
  /// Three pictures that cannot be taken for each other, in another order than that of their names.
  static let good: KeyValuePairs<String, [UInt8]> = [
    "trip/sea.png": picture(3), "trip/beach.png": picture(1), "trip/dune.png": picture(2),
  ]

  static func picture(_ seed: UInt64) -> [UInt8] { SamplePictures.scene(size(160, 120), seed: seed * 31).png() }

  /// A described model that takes a zip and gives every picture back in its size, for the price of smart-resize.
  private static let tidy = """
    {"id": "acme/tidy", "verb": "tidy", "summary": "Tidies a picture.", "price": "0.55", "promise": "sameSize",
     "policy": "runflow-smart-resize",
     "inputs": [{"name": "image_url", "kind": "image", "zip": true, "summary": "The picture."}]}
    """

  /// Serves that model.
  ///
  /// - Parameter also: what is given back for the so many-th picture instead of itself.
  static func served(
    _ also: @escaping @Sendable (_ number: Int, _ path: String) -> [String] = { _, path in [path] },
    _ body: @escaping @Sendable (ServedRunflowTests.Counter) async throws -> Void
  ) async throws {
    let count = Mutex(0)
    let work = RunWork { order in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return OperationOutcome(images: also(number, order.input).map { .init(.file(path: $0)) })
    }
    try await ServedRunflowTests.served(
      work: work, models: "[\(tidy.replacing(#""promise": "sameSize","#, with: ""))]"
    ) { counter in
      var counter = counter
      counter.extra = try ModelDescriptor.read(Array(tidy.utf8), place: "tidy.json")
      try await body(counter)
    }
  }

  /// A client of the served Runflow with a zip and a folder for its results.
  struct Shop: Sendable {
    let counter: ServedRunflowTests.Counter

    init(_ counter: ServedRunflowTests.Counter, zip: [UInt8]? = nil) throws {
      self.counter = counter
      try counter.folder.write(zip ?? SampleZip(ServedZipTests.good).bytes, as: "photos.zip")
    }

    func plan(_ operation: OperationName = "runflow.tidy") throws -> ArchivePlan {
      let specs = try counter.catalog().operation(named: operation).parameters
      var order = Plan(
        operation: operation,
        parameters: try Parameters(
          [:], for: specs),
        input: counter.folder.path("photos.zip"), output: counter.folder.path("out"),
        encoding: EncodeOptions(format: .jpeg))
      order.policy = InputPolicy.named("permissive") ?? InputPolicy()
      return ArchivePlan(order, keepsFormats: true)
    }

    func runner(kill: KillSwitch = .none) async throws -> Runner {
      var runner = Runner(
        catalog: try counter.catalog(), pool: RuntimeTest.pool, conductor: try await counter.conductor(kill: kill))
      runner.kill = kill
      return runner
    }

    func jobs() async throws -> [JobRecord] {
      try await Journal.open(counter.folder.journal, timekeeper: counter.clock.timekeeper).jobs()
    }

    /// Another process that finishes a job of the journal.
    func resume(_ record: JobRecord, kill: KillSwitch = .none) async throws -> ArchiveReport {
      let outcome = try await counter.conductor(kill: kill).resume(record.id, in: try counter.catalog())
      let members = try #require(record.members)
      return try await runner(kill: kill).conclude(outcome, of: plan(), members: members)
    }

    var results: [String] { counter.folder.names.filter { $0.hasPrefix("out/") } }
  }

  @Test func aZipIsOrderedOnceAndEachResultIsThatOfItsPicture() async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.state == .done, "\(report.error?.message ?? "")")
      #expect(
        report.pictures.map(\.input) == [
          "photos.zip/trip/beach.png", "photos.zip/trip/dune.png", "photos.zip/trip/sea.png",
        ]
      )
      #expect(shop.results == ["out/beach.png", "out/dune.png", "out/sea.png"])
      #expect(report.price == .cents(165) && report.cost == .cents(55))
      #expect(report.pictures.map(\.cost).reduce(.zero, +) == report.cost)
      for (picture, (name, seed)) in zip(report.pictures, [("beach", UInt64(1)), ("dune", 2), ("sea", 3)]) {
        #expect(picture.outputs.map(\.path) == [counter.folder.path("out/\(name).png")])
        #expect(picture.outputs.first?.findings.contains { $0.rule == "whole.decoded" } == true)
        #expect(counter.folder.read("out/\(name).png") == Self.picture(seed), "\(name)")
      }
      let (runs, charged) = try await counter.books()
      #expect(runs == 1 && charged == .cents(55))

      var again = try shop.plan()
      again.order.replaces = true
      let reused = try await shop.runner().run(again)
      #expect(reused.state == .done && reused.cost == .zero && reused.pictures.first?.details["reused"] == "true")
      #expect(try await counter.books().runs == 1)
    }
  }

  @Test func nothingOfTheUsersIsInTheZipThatIsSent() async throws {
    try await Self.served { counter in
      let shop = try Shop(
        counter, zip: SampleZip(["secret-name.png": Self.picture(1) + Array("CANARY".utf8)]).bytes)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.state == .done && report.pictures.first?.passedThrough == false)
      let asset = try #require(
        FileManager.default.subpaths(atPath: counter.folder.path("server"))?.first {
          $0.contains("assets/")
        })
      let sent = try #require(counter.folder.read("server/\(asset)"))
      #expect(
        try ZipReader(maximumEntries: 1, maximumBytes: 1 << 24).entries(of: sent).map(\.path) == ["picture-001.png"])
      for word in ["secret-name", "CANARY"] { #expect(Data(sent).range(of: Data(word.utf8)) == nil, "\(word)") }
    }
  }

  /// What is wrong, and the error it is.
  static let bad: [(name: String, zip: [UInt8], kind: ImgtoolError.Kind, words: String)] = {
    let small = SamplePictures.marked(size(120, 90)).png()
    var secret = SampleZip.File("a.png", small)
    secret.flags = 1
    var liar = SampleZip.File("a.png", small)
    liar.claimedSize = 300 << 20
    var flipped = SampleZip(["a.png": small, "b.png": small]).bytes
    flipped[100] ^= 0xFF
    var damaged = small
    damaged[small.count / 2] ^= 0xFF
    return [
      ("empty", SampleZip().bytes, .input, "no picture"),
      ("folders alone", SampleZip(["a/": [], "__MACOSX/a": [1]]).bytes, .input, "no picture"),
      (
        "a text", SampleZip(["a.png": small, "notes.txt": Array("hello, this is no picture".utf8)]).bytes, .input,
        "notes.txt"
      ),
      ("one name twice", SampleZip(["a.png": small, "a.png": small]).bytes, .input, "a.png"),
      ("one damaged", SampleZip(["a.png": small, "b.png": damaged]).bytes, .preflight, "photos.zip/b.png"),
      (
        "one cut", SampleZip(["a.png": small, "b.png": Array(small.dropLast(400))]).bytes, .preflight,
        "photos.zip/b.png"
      ),
      (
        "one too small", SampleZip(["a.png": SamplePictures.marked(size(20, 20)).png()]).bytes, .preflight, "side.small"
      ),
      ("encrypted", SampleZip([secret]).bytes, .input, "encrypted"),
      ("a zip inside", SampleZip(["a.zip": SampleZip(["b.png": small]).bytes]).bytes, .input, "zip inside a zip"),
      ("leaving", SampleZip(["../a.png": small]).bytes, .input, "leaves its folder"),
      ("a bomb", SampleZip([liar]).bytes, .limit, "unpacks to more"),
      ("flipped", flipped, .input, "checksum of a.png"),
      ("too many", SampleZip((0...100).map { SampleZip.File("\($0).png", small) }).bytes, .limit, "100 files"),
      ("half", Array(SampleZip(["a.png": small]).bytes.dropLast(30)), .input, "photos.zip"),
    ]
  }()

  @Test(arguments: bad.map(\.name))
  func aBadZipIsRefusedInOneSentenceAndNothingIsOrdered(_ name: String) async throws {
    let bad = try #require(Self.bad.first { $0.name == name })
    try await Self.served { counter in
      let shop = try Shop(counter, zip: bad.zip)
      var error: ImgtoolError?
      do {
        let report = try await shop.runner().run(shop.plan())
        #expect(report.state == .refused)
        error = report.error
      } catch let thrown as ImgtoolError { error = thrown }
      #expect(
        error?.kind == bad.kind && error?.message.contains(bad.words) == true, "\(name): \(error?.message ?? "-")")
      #expect(error?.message.contains("\n") == false && error?.message.contains("/pictures/") == false)
      let (runs, charged) = try await counter.books()
      #expect(runs == 0 && charged == .zero && shop.results.isEmpty)
      #expect(try await shop.jobs().isEmpty)
    }
  }

  @Test func theCapIsHeldAgainstThePriceOfAllPictures() async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      var plan = try shop.plan()
      plan.order.maximumCost = .cents(164)
      await #expect { try await shop.runner().run(plan) } throws: { ($0 as? ImgtoolError)?.kind == .budget }
      #expect(try await counter.books().runs == 0)
      plan.order.maximumCost = .cents(165)
      #expect(try await shop.runner().preflight(plan).price == .cents(165))
      #expect(try await counter.books().runs == 0)
      #expect(try await shop.runner().run(plan).state == .done)
    }
  }

  @Test func aNameThatIsTakenAndAnOperationThatTakesNoZipCostNothing() async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      try counter.folder.write([1], as: "out/dune.png")
      await #expect { try await shop.runner().run(try shop.plan()) } throws: { ($0 as? ImgtoolError)?.kind == .storage }
      await #expect { try await shop.runner().run(try shop.plan("runflow.skin-fix")) } throws: {
        ($0 as? ImgtoolError)?.kind == .unsupported
      }
      #expect(try await counter.books().runs == 0)
      #expect(counter.folder.read("out/dune.png") == [1])
    }
  }

  /// All places to die where everything is asked for; else some, and those that only an order of several pictures has.
  private static let deaths =
    Trial.isFull ? KillPoint.allCases : Trial.part(KillPoint.allCases, 5) + [.placed, .finishing]

  @Test(arguments: deaths)
  func aProcessMayDieAnywhereAndTheRestIsSavedForOneCharge(_ point: KillPoint) async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      if [.lookingUp, .lookedUp, .unknownDurable].contains(point) {
        try await counter.faults(#"[{"on":"createRun","do":"drop_after","times":1}]"#)
      }
      let (kill, deaths) = KillPointTests.dies(at: point, times: 1)
      var report: ArchiveReport?
      var kept: [String: Date] = [:]
      for _ in 0..<4 where report == nil {
        do {
          let job = try await shop.jobs().first { $0.phase != .planned }
          let found: ArchiveReport =
            if let job { try await shop.resume(job, kill: kill) } else {
              try await shop.runner(kill: kill).run(shop.plan())
            }
          try kill.at(.finishing)
          report = found
        } catch is KillSwitch.Killed {
          kept = try Self.dates(of: shop)
          if point == .placed { #expect(kept.count == 1) }
        }
      }
      #expect(report?.state == .done, "\(report?.error?.message ?? "")")
      #expect(shop.results == ["out/beach.png", "out/dune.png", "out/sea.png"] && report?.pictures.count == 3)
      // What was there stays the very file.
      let dates = try Self.dates(of: shop)
      #expect(kept.allSatisfy { dates[$0.key] == $0.value })
      let (runs, charged) = try await counter.books()
      #expect(runs == 1 && charged == .cents(55) && deaths() == 1, "\(point): \(runs) \(charged) \(deaths())")
    }
  }

  private static func dates(of shop: Shop) throws -> [String: Date] {
    try Dictionary(
      uniqueKeysWithValues: shop.results.map { name in
        let found = try FileManager.default.attributesOfItem(atPath: shop.counter.folder.path(name))
        return (name, found[.modificationDate] as? Date ?? .distantPast)
      })
  }

  @Test func aResumedOrderIsJudgedWithoutItsZipAndKeepsItsNames() async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      let (kill, _) = KillPointTests.dies(at: .submittedDurable, times: 1)
      await #expect(throws: KillSwitch.Killed.self) { try await shop.runner(kill: kill).run(shop.plan()) }
      try FileManager.default.removeItem(atPath: counter.folder.path("photos.zip"))
      let report = try await shop.resume(try #require(try await shop.jobs().first))
      #expect(report.state == .done && shop.results == ["out/beach.png", "out/dune.png", "out/sea.png"])
    }
  }

  @Test func aMissingResultFailsItsPictureAlone() async throws {
    try await Self.served({ number, path in number == 2 ? [] : [path] }) { counter in
      let shop = try Shop(counter)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.pictures.map(\.state) == [.done, .rejected, .done], "\(report.error?.message ?? "")")
      #expect(report.error?.kind == .postflight && report.error?.message.contains("trip/dune.png") == true)
      #expect(shop.results == ["out/beach.png", "out/sea.png"] && report.cost == .cents(55))
      // By the numbers in the names of the results, not by their order.
      #expect(counter.folder.read("out/sea.png") == Self.picture(3))
    }
  }

  @Test func aResultTooManyIsKeptBeside() async throws {
    try await Self.served({ number, path in number == 2 ? [path, path] : [path] }) { counter in
      let shop = try Shop(counter)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.pictures.allSatisfy { $0.state == .done } && report.strays.count == 1)
      #expect(report.state == .rejected && report.error?.kind == .postflight)
      #expect(shop.results == ["out/beach.png", "out/dune.png", "out/result-3.rejected.png", "out/sea.png"])
    }
  }

  @Test func aResultThatIsNoImageFailsItsPictureAloneAndTheJobIsOver() async throws {
    try await Self.served { counter in
      let shop = try Shop(counter)
      try await counter.faults(#"[{"on":"download","do":"html","match":"picture-002","times":null}]"#)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.pictures.map(\.state) == [.done, .rejected, .done], "\(report.error?.message ?? "")")
      #expect(report.error?.kind == .postflight && report.error?.message.contains("whole.damaged") == true)
      #expect(shop.results == ["out/beach.png", "out/dune.rejected.png", "out/sea.png"])
      #expect(counter.folder.read("out/sea.png") == Self.picture(3))
      let job = try #require(try await shop.jobs().first)
      #expect(job.phase == .fetched && job.files.count == 3 && job.charge == .cents(55))
      // Given again, it is there: nothing is fetched or paid for.
      try await counter.faults(#"[{"on":"*","do":"status","times":null}]"#)
      let second = try await shop.resume(job)
      #expect(second.cost == .zero && second.pictures.map(\.state) == [.done, .rejected, .done])
    }
  }

  @Test func aWrongResultIsRejectedAndTheOthersAreWritten() async throws {
    let blank = try TestFolder()
    try blank.write(SamplePictures.plain(size(240, 180), [7, 8, 9]).png(), as: "blank.png")
    try await Self.served({ number, path in number == 1 ? [blank.path("blank.png")] : [path] }) { counter in
      let shop = try Shop(counter)
      let report = try await shop.runner().run(shop.plan())
      #expect(report.pictures.map(\.state) == [.rejected, .done, .done])
      #expect(shop.results == ["out/beach.rejected.png", "out/dune.png", "out/sea.png"])
      #expect(try await shop.jobs().first?.charge == .cents(55))
    }
  }
}
