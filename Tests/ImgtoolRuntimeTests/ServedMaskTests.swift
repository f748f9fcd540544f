// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPTypes
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import RunflowBackend
import RunflowServer
import Testing

@testable import ImgtoolRuntime

/// Files that go along with a picture, over loopback HTTP.
@Suite(.timeLimit(.minutes(5))) struct ServedMaskTests {
  private static let models = """
    [{"id": "runflow/object-removal", "verb": "object-removal", "summary": "Removes.", "price": "0.48", "inputs": [
       {"name": "image_url", "kind": "image"}, {"name": "mask_url", "kind": "mask", "isRequired": true}]},
     {"id": "runflow/reference-inpaint", "verb": "reference-inpaint", "summary": "Fills.", "price": "0.55", "inputs": [
       {"name": "image_url", "kind": "image"}, {"name": "mask_url", "kind": "mask", "isRequired": true},
       {"name": "reference_url", "kind": "reference", "isRequired": true}, {"name": "prompt", "kind": "text"}]}]
    """

  private static let photo = SamplePictures.scene(size(160, 120))

  /// Black, with a white square at a place.
  private static func mask(_ wanted: PixelSize = size(160, 120), at x: Int = 20, _ light: UInt8 = 255) -> SamplePicture
  {
    SamplePicture(wanted, bands: 1) { column, row in
      [(x..<x + 16).contains(column) && (20..<36).contains(row) ? light : 0]
    }
  }

  private struct Desk: Sendable {
    let counter: ServedRunflowTests.Counter

    func run(
      _ files: [String: String], _ verb: String = "object-removal", values: [String: String] = [:]
    ) async throws -> JobReport {
      let name = try #require(OperationName(backend: "runflow", verb: verb))
      let operation = try counter.catalog().operation(named: name)
      var plan = Plan(
        operation: name, parameters: try Parameters(values, attached: Set(files.keys), for: operation.parameters),
        input: counter.folder.path("photo.png"), output: counter.folder.path("out.png"),
        encoding: EncodeOptions(format: .png), replaces: true)
      plan.attachments = files.mapValues { counter.folder.path($0) }
      return try await Runner(
        catalog: try counter.catalog(), pool: RuntimeTest.pool, conductor: try await counter.conductor()
      ).run(plan)
    }

    /// The bytes behind an input of the newest run, as the service has them.
    func sent(_ input: String) async throws -> [UInt8]? {
      let list = try await counter.raw(.get, "/v1/runs?limit=1&sort_by=created_at:desc&fields=id,input")
      let object = try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [String: Any]
      let run = (object?["items"] as? [[String: Any]])?.first
      guard let url = (run?["input"] as? [String: Any])?[input] as? String, let address = WebAddress(url) else {
        return nil
      }
      return try await HTTPTransport(allowsLoopback: true).send(TransportRequest(.get, address)).body
    }
  }

  private func served(_ body: @escaping @Sendable (Desk) async throws -> Void) async throws {
    let echo = RunWork { OperationOutcome(images: [.init(.file(path: $0.input))]) }
    try await ServedRunflowTests.served(work: echo, models: Self.models) { counter in
      try counter.folder.write(Self.photo.png(), as: "photo.png")
      try counter.folder.write(Self.mask().png(), as: "mask.png")
      try await body(Desk(counter: counter))
    }
  }

  @Test func aMaskIsUploadedAsThePictureIsAndIsPartOfTheOrder() async throws {
    try await served { desk in
      let folder = desk.counter.folder
      let report = try await desk.run(["mask_url": "mask.png"])
      #expect(report.state == .done && report.cost == .cents(48), "\(report.error?.message ?? "")")
      #expect(report.attachments.map(\.parameter) == ["mask_url"])
      #expect(try await desk.sent("mask_url") == Self.mask().png())
      #expect(try await desk.sent("image_url") == Self.photo.png())

      // The same file elsewhere is the same order; another mask is another.
      try folder.write(Self.mask().png(), as: "copy/of.png")
      #expect(try await desk.run(["mask_url": "copy/of.png"]).details["reused"] == "true")
      try folder.write(Self.mask(at: 100).png(), as: "mask.png")
      let other = try await desk.run(["mask_url": "mask.png"])
      #expect(other.details["reused"] == nil && other.details["job"] != report.details["job"])
      let (runs, charged) = try await desk.counter.books()
      #expect(runs == 2 && charged == .cents(96))
    }
  }

  @Test func aMaskOfAnotherFormatIsSentAsPNGWithoutWhatLiesBeside() async throws {
    try await served { desk in
      let drawn = Self.mask()
      let jpeg = try await RuntimeTest.file(drawn, EncodeOptions(format: .jpeg, quality: 95))
      try desk.counter.folder.write(jpeg + Array("CANARY".utf8), as: "mask.jpg")
      #expect(try await desk.run(["mask_url": "mask.jpg"]).state == .done)
      let sent = try #require(try await desk.sent("mask_url"))
      #expect(try Probe.facts(of: sent).format == .png && Data(sent).range(of: Data("CANARY".utf8)) == nil)
    }
  }

  @Test func severalFilesGoAlongInOneRun() async throws {
    try await served { desk in
      try desk.counter.folder.write(SamplePictures.marked(size(90, 70)).png(), as: "like.png")
      let report = try await desk.run(
        ["mask_url": "mask.png", "reference_url": "like.png"], "reference-inpaint", values: ["prompt": "sand"])
      #expect(report.state == .done && report.attachments.count == 2)
      #expect(try await desk.sent("reference_url") == SamplePictures.marked(size(90, 70)).png())
      #expect(try await desk.counter.books().runs == 1)
    }
  }

  @Test func aBadMaskIsRefusedAndNothingIsOrdered() async throws {
    try await served { desk in
      let folder = desk.counter.folder
      let bad: [(String, [UInt8], ImgtoolError.Kind, String)] = [
        ("small.png", Self.mask(size(80, 60)).png(), .preflight, "mask.size"),
        ("turned.png", Self.mask(size(160, 120)).png(orientation: .right), .preflight, "mask.size"),
        ("black.png", Self.mask(size(160, 120), 0).png(), .preflight, "empty"),
        ("text.png", Array("hello, this is no picture".utf8), .input, "text.png"),
        ("cut.png", Array(Self.mask().png().dropLast(300)), .preflight, "structure"),
      ]
      for (name, bytes, kind, words) in bad {
        try folder.write(bytes, as: name)
        var error: ImgtoolError?
        do { error = try await desk.run(["mask_url": name]).error } catch let thrown as ImgtoolError { error = thrown }
        #expect(error?.kind == kind, "\(name): \(String(describing: error))")
        #expect(
          error?.message.contains(words) == true && error?.message.contains(name) == true, "\(error?.message ?? "")")
      }
      for (files, values) in [
        ([:], [:]), (["mask": "mask.png"], [:]), (["mask_url": "mask.png"], ["mask_url": "https://a.test/m.png"]),
      ] {
        await #expect { try await desk.run(files, values: values) } throws: { ($0 as? ImgtoolError)?.kind == .usage }
      }
      // A text can never name a file of this disk, nor stand for one that does not go along.
      for text in ["@\(folder.path("mask.png"))", "sha256:00"] {
        await #expect { try await desk.run([:], values: ["mask_url": text]) } throws: {
          ($0 as? ImgtoolError)?.kind == .usage
        }
      }
      let (runs, charged) = try await desk.counter.books()
      #expect(runs == 0 && charged == .zero)
    }
  }
}
