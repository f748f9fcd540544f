// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@Suite struct MetadataExifTests {
  private static let stored = PixelSize(clamping: 640, 480)
  private static let upright = PixelSize(clamping: 480, 640)
  private static let turn = MetadataEdit(turn: .right, size: upright)
  private static let clean = MetadataEdit(size: stored, strip: .private)

  private func sample(isBigEndian: Bool = true, thumbnail: (Int, Int, TurboJPEG.Subsampling)? = (160, 120, .quarter))
    throws -> [UInt8]
  {
    let picture = try thumbnail.map { try MetadataSamples.jpeg($0.0, $0.1, $0.2, quality: 75) }
    return ExifSample.camera(size: Self.stored, isBigEndian: isBigEndian, thumbnail: picture).block()
  }

  @Test(arguments: [true, false])
  func theIndependentReaderUnderstandsTheSample(isBigEndian: Bool) throws {
    let summary = try #require(ExifSummary(try sample(isBigEndian: isBigEndian)))
    #expect(summary.isBigEndian == isBigEndian)
    #expect(summary.entry(0x0110, in: .image)?.text == "Model One")
    #expect(summary.entry(0x0112, in: .image)?.name == "Orientation")
    #expect(summary.number(0xA002, in: .exif) == 640)
    #expect(summary.entries[.gps]?.count == 5)
    #expect(summary.thumbnail.starts(with: [0xFF, 0xD8]))
  }

  @Test(arguments: [true, false])
  func ourReaderAgreesWithTheIndependentOne(isBigEndian: Bool) throws {
    let block = try sample(isBigEndian: isBigEndian)
    let summary = try #require(ExifSummary(block))
    let editor = try ExifEditor(block)
    #expect(editor.structure.flaws.isEmpty)
    for directory in [ExifStructure.Directory.image, .exif, .gps] {
      for entry in summary.entries[directory] ?? [] {
        let own = try #require(editor.structure.entries(entry.tag, in: directory).first)
        let value = try #require(own.value)
        #expect(Array(editor.block[value]) == entry.bytes, "\(entry.name)")
      }
    }
    #expect(editor.structure.thumbnailRange(editor.data).map { Array(block[$0]) } == summary.thumbnail)
  }

  @Test(arguments: [true, false])
  func uprightingChangesTheTwoOrientationsAndNothingElse(isBigEndian: Bool) throws {
    let block = try sample(isBigEndian: isBigEndian)
    var editor = try ExifEditor(block)
    editor.setUpright()
    let changed = block.indices.filter { block[$0] != editor.block[$0] }
    #expect(changed.count == 2)
    #expect(editor.orientation == 1)
    #expect(ExifSummary(editor.block)?.number(0x0112, in: .thumbnail) == 1)
  }

  @Test(arguments: [true, false])
  func theStatedSizeFollowsTheTurn(isBigEndian: Bool) throws {
    let edited = try ExifEditor.edited(try sample(isBigEndian: isBigEndian), Self.turn, byteLimit: 65_527)
    let summary = try #require(edited.bytes.flatMap { ExifSummary($0) })
    #expect(summary.number(0xA002, in: .exif) == 480)
    #expect(summary.number(0xA003, in: .exif) == 640)
    #expect(summary.entry(0x011A, in: .image)?.text == "96")
    #expect(summary.entry(0x011B, in: .image)?.text == "72")
  }

  @Test func aSideTooLongForAShortBecomesALong() throws {
    var editor = try ExifEditor(try sample())
    editor.setSize(PixelSize(clamping: 70_000, 9))
    #expect(ExifSummary(editor.block)?.number(0xA002, in: .exif) == 70_000)
    #expect(ExifSummary(editor.block)?.number(0xA003, in: .exif) == 9)
  }

  @Test func theMakerNoteAndEverythingElseStaysAtItsOffset() throws {
    let block = try sample()
    let edited = try #require(try ExifEditor.edited(block, Self.turn, byteLimit: 65_527).bytes)
    let note = try #require(ExifEditor(block).structure.entries(0x927C, in: .exif).first?.value)
    #expect(Array(edited[note]) == ExifSample.makerNote)
    let (before, after) = (try #require(ExifSummary(block)), try #require(ExifSummary(edited)))
    let touched: Set<Int> = [0x0112, 0x011A, 0x011B, 0xA002, 0xA003]
    for directory in [ExifStructure.Directory.image, .exif, .gps] {
      let rest = { (summary: ExifSummary) in summary.entries[directory]?.filter { !touched.contains($0.tag) } }
      #expect(rest(before) == rest(after))
    }
  }

  @Test(
    arguments: Orientation.allCases,
    [(160, 128, TurboJPEG.Subsampling.quarter), (160, 120, .quarter), (160, 120, .half), (128, 160, .grey)])
  func theThumbnailIsTurnedWithThePicture(orientation: Orientation, kind: (Int, Int, TurboJPEG.Subsampling)) throws {
    let block = try sample(thumbnail: kind)
    let stored = PixelSize(clamping: kind.0 * 4, kind.1 * 4)
    let edit = MetadataEdit(turn: orientation, size: orientation.applied(to: stored))
    let edited = try #require(try ExifEditor.edited(block, edit, byteLimit: 65_527).bytes)
    let before = try TurboJPEG.decoded(try #require(ExifSummary(block)).thumbnail, pixelLimit: 1 << 20)
    let after = try TurboJPEG.decoded(try #require(ExifSummary(edited)).thumbnail, pixelLimit: 1 << 20)
    let difference = try #require(MetadataSamples.difference(after, before.turned(by: orientation)))
    #expect(difference <= 32)
  }

  @Test func aThumbnailThatIsUprightAlreadyStays() throws {
    let block = try sample(thumbnail: (120, 160, .quarter))
    let edited = try #require(try ExifEditor.edited(block, Self.turn, byteLimit: 65_527).bytes)
    #expect(ExifSummary(edited)?.thumbnail == ExifSummary(block)?.thumbnail)
  }

  @Test func aThumbnailThatGrowsIsAppendedOrLeftOut() throws {
    let picture = try MetadataSamples.jpeg(160, 120, .quarter, quality: 30)
    let block = ExifSample.camera(size: Self.stored, thumbnail: picture).block()
    let roomy = try ExifEditor.edited(block, Self.turn, byteLimit: 65_527)
    #expect(try #require(roomy.bytes).count > block.count)
    #expect(roomy.findings.map(\.rule) == ["exif.thumbnail.reencoded"])
    let tight = try ExifEditor.edited(block, Self.turn, byteLimit: block.count)
    #expect(tight.findings.map(\.rule) == ["exif.thumbnail.removed"])
    #expect(ExifSummary(try #require(tight.bytes))?.thumbnail == [])
    #expect(!(try #require(tight.bytes)).contains(run: Array(picture.prefix(200))))
  }

  @Test func aThumbnailThatIsNoPictureIsRemoved() throws {
    let block = ExifSample.camera(size: Self.stored, thumbnail: Array("not a picture".utf8)).block()
    let edited = try ExifEditor.edited(block, Self.turn, byteLimit: 65_527)
    #expect(edited.findings.map(\.rule) == ["exif.thumbnail.removed"])
    #expect(!(try #require(edited.bytes)).contains(run: Array("not a picture".utf8)))
  }

  @Test(arguments: [true, false])
  func cleaningLeavesNoPrivateByte(isBigEndian: Bool) throws {
    let block = try sample(isBigEndian: isBigEndian)
    let secrets = ExifSample.secrets(isBigEndian: isBigEndian)
    for secret in secrets { #expect(block.contains(run: secret)) }
    let edited = try ExifEditor.edited(block, Self.clean, byteLimit: 65_527)
    let bytes = try #require(edited.bytes)
    for secret in secrets { #expect(!bytes.contains(run: secret)) }
    #expect(!bytes.contains(run: [0xFF, 0xD8, 0xFF]))
    #expect(bytes.count < block.count)
  }

  @Test func cleaningKeepsCreditAndCameraSettings() throws {
    let block = try sample()
    let edited = try #require(try ExifEditor.edited(block, Self.clean, byteLimit: 65_527).bytes)
    let (before, after) = (try #require(ExifSummary(block)), try #require(ExifSummary(edited)))
    for (tag, directory) in [
      (0x010F, ExifStructure.Directory.image), (0x0110, .image), (0x011A, .image), (0x013B, .image), (0x8298, .image),
      (0x829A, .exif), (0x9000, .exif), (0xA434, .exif), (0xA002, .exif),
    ] {
      #expect(after.entry(tag, in: directory) != nil)
      #expect(after.entry(tag, in: directory) == before.entry(tag, in: directory))
    }
    #expect(after.entries[.gps]?.isEmpty ?? true)
    #expect(try ExifEditor(edited).structure.flaws.isEmpty)
  }

  @Test func cleaningTwiceIsCleaningOnce() throws {
    let once = try #require(try ExifEditor.edited(try sample(), Self.clean, byteLimit: 65_527).bytes)
    #expect(try ExifEditor.edited(once, Self.clean, byteLimit: 65_527).bytes == once)
  }

  @Test func aPrivateValueSharedWithAnotherTagMeansTheBlockGoes() throws {
    var sample = ExifSample(image: [(0x010F, .ascii("Maker of long name")), (0xC62F, .ascii(ExifSample.serial))])
    sample.exif = []
    var block = sample.block()
    // The serial number's offset now leads to the maker's name.
    block.replaceSubrange(8 + 2 + 12 + 8..<8 + 2 + 24, with: block[8 + 2 + 8..<8 + 2 + 12])
    let edited = try ExifEditor.edited(block, Self.clean, byteLimit: 65_527)
    #expect(edited.bytes == nil)
    #expect(edited.findings.map(\.rule) == ["exif.dropped"])
  }

  @Test(arguments: [true, false])
  func everyPrefixIsHandledWithoutALeak(isBigEndian: Bool) throws {
    let block = try sample(isBigEndian: isBigEndian)
    let secrets = ExifSample.secrets(isBigEndian: isBigEndian)
    for length in 0..<min(block.count, 980) {
      let prefix = Array(block.prefix(length))
      _ = try? ExifEditor.edited(prefix, Self.turn, byteLimit: 65_527)  // an error is in order, a trap is not
      let cleaned = try ExifEditor.edited(prefix, Self.clean, byteLimit: 65_527)
      for secret in secrets { #expect(!(cleaned.bytes ?? []).contains(run: secret), "\(length)") }
    }
  }

  @Test func randomDamageNeverTrapsAndKeepsTheLength() throws {
    let block = try sample(thumbnail: (32, 32, .full))
    var random = SeededRandom(state: 7)
    for _ in 0..<300 {
      var damaged = block
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let place = Int.random(in: 0..<min(700, block.count), using: &random)
        damaged[place] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      _ = try? ExifEditor.edited(damaged, Self.clean, byteLimit: 65_527)  // an error is in order, a trap is not
      let turned = try? ExifEditor.edited(damaged, Self.turn, byteLimit: 65_527)  // likewise
      #expect((turned?.bytes?.count ?? 0) <= 65_527)
    }
  }

  @Test(arguments: [true, false])
  func aTIFFTakesOverADescriptionInItsOwnByteOrder(isBigEndian: Bool) throws {
    let plain = ExifSample(isBigEndian: false, image: [(0x0100, .short(640)), (0x0112, .short(1))]).block()
    let grafted = TIFFGraft.grafted(
      from: try sample(isBigEndian: isBigEndian), onto: plain, MetadataEdit(size: Self.stored))
    let summary = try #require(ExifSummary(grafted.bytes))
    let before = try #require(ExifSummary(try sample(isBigEndian: isBigEndian)))
    for (tag, directory) in [(0x0110, ExifStructure.Directory.image), (0x829A, .exif), (0xA431, .exif), (0x0002, .gps)]
    {
      #expect(summary.entry(tag, in: directory)?.text == before.entry(tag, in: directory)?.text)
    }
    #expect(summary.number(0x0100, in: .image) == 640)
    #expect(summary.entry(0x927C, in: .exif)?.bytes == ExifSample.makerNote)
    let tags = try ExifEditor(grafted.bytes).structure.table(.image)?.entries.map(\.tag) ?? []
    #expect(tags == tags.sorted())
  }

  @Test func randomDamageNeverTrapsTheGraft() throws {
    let plain = ExifSample(isBigEndian: false, image: [(0x0100, .short(640)), (0x0112, .short(1))]).block()
    let block = try sample(thumbnail: nil)
    var random = SeededRandom(state: 5)
    for round in 0..<400 {
      var damaged = block
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        damaged[Int.random(in: 0..<block.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if round % 3 == 0 { damaged.removeLast(Int.random(in: 0..<block.count, using: &random)) }
      let edit = round % 2 == 0 ? Self.turn : Self.clean
      let grafted = TIFFGraft.grafted(from: damaged, onto: plain, edit).bytes
      #expect(try ExifEditor(grafted).orientation == 1)
      _ = TIFFGraft.grafted(from: block, onto: damaged, edit)
    }
  }

  @Test func aLoopOfTablesIsAFlaw() throws {
    var sample = ExifSample(isBigEndian: false, image: [(0x0112, .short(6)), (0x8769, .long(8))])
    let looped = try ExifEditor(sample.block())
    #expect(looped.structure.flaws.map(\.rule) == ["exif.structure.loop"])
    sample.image[1] = (0x8769, .long(10))
    #expect(!(try ExifEditor(sample.block())).structure.flaws.isEmpty)
    sample.image[1] = (0x8769, .long(0xFFFF_FFF0))
    #expect(try ExifEditor(sample.block()).structure.flaws.map(\.rule) == ["exif.structure.outside"])
  }

  @Test func whatIsNoExifStaysUnlessItMustBeClean() throws {
    let noise = Array("nothing at all".utf8)
    let kept = try ExifEditor.edited(noise, Self.turn, byteLimit: 65_527)
    #expect(kept.bytes == noise)
    #expect(kept.findings.map(\.rule) == ["exif.unreadable"])
    #expect(try ExifEditor.edited(noise, Self.clean, byteLimit: 65_527).bytes == nil)
  }
}
