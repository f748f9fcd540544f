// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import Testing

@Suite struct MetadataXMPTests {
  private static let stored = PixelSize(clamping: 6400, 480)
  private static let turn = MetadataEdit(turn: .right, size: stored.transposed)
  private static let clean = MetadataEdit(size: stored, strip: .private)
  private static let tiff = "http://ns.adobe.com/tiff/1.0/"
  private static let exif = "http://ns.adobe.com/exif/1.0/"

  @Test(arguments: [true, false])
  func turningUpdatesOrientationAndSizes(asElements: Bool) throws {
    let packet = MetadataSamples.xmp(size: Self.stored, asElements: asElements)
    let bytes = try #require(XMPEditor.edited(packet, Self.turn, byteLimit: 65_000).bytes)
    let edited = try XMPEditor(bytes)
    #expect(edited.number("Orientation", in: Self.tiff) == 1)
    #expect(edited.number("ImageWidth", in: Self.tiff) == 480)
    #expect(edited.number("ImageLength", in: Self.tiff) == 6400)
    #expect(edited.number("PixelXDimension", in: Self.exif) == 480)
    #expect(edited.number("PixelYDimension", in: Self.exif) == 6400)
    #expect(bytes.count == packet.count)
  }

  @Test func onlyTheOrientationChangesInAnUprightPicture() throws {
    let packet = MetadataSamples.xmp(size: Self.stored, asElements: false)
    let bytes = try #require(XMPEditor.edited(packet, MetadataEdit(size: Self.stored), byteLimit: 65_000).bytes)
    #expect(packet.indices.filter { packet[$0] != bytes[$0] }.count == 1)
  }

  @Test func aPacketThatNeedsNoEditStaysByteForByte() throws {
    let packet = MetadataSamples.xmp(orientation: 1, size: Self.stored, asElements: true)
    #expect(XMPEditor.edited(packet, MetadataEdit(size: Self.stored), byteLimit: 65_000).bytes == packet)
  }

  @Test(arguments: [0, 1, 2, 40])
  func thePaddingTakesUpADifferenceInLength(padding: Int) throws {
    let packet = MetadataSamples.xmp(size: PixelSize(clamping: 999, 9), asElements: true, padding: padding)
    let edit = MetadataEdit(turn: .right, size: PixelSize(clamping: 1000, 9999))
    let bytes = try #require(XMPEditor.edited(packet, edit, byteLimit: 65_000).bytes)
    #expect(bytes.count == (padding == 40 ? packet.count : packet.count + 8))
    #expect(XMPScanner(bytes) != nil)
  }

  @Test func anotherPrefixForTheSameNamespaceIsFound() throws {
    let text =
      #"<a:b xmlns:a="x" xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation='8'><t:Orientation> 3 </t:Orientation></a:b>"#
    let bytes = try #require(XMPEditor.edited(Array(text.utf8), Self.turn, byteLimit: 999).bytes)
    #expect(String(decoding: bytes, as: UTF8.self).contains("t:Orientation='1'"))
    #expect(String(decoding: bytes, as: UTF8.self).contains("<t:Orientation> 1 </t:Orientation>"))
  }

  @Test func aForeignNamespaceIsLeftAlone() throws {
    let text = #"<a:b xmlns:a="x" xmlns:tiff="http://example.org/" tiff:Orientation="8"/>"#
    #expect(XMPEditor.edited(Array(text.utf8), Self.turn, byteLimit: 999).bytes == Array(text.utf8))
  }

  @Test(arguments: [true, false])
  func cleaningLeavesNoPrivateByte(asElements: Bool) throws {
    let packet = MetadataSamples.xmp(size: Self.stored, asElements: asElements)
    let bytes = try #require(XMPEditor.edited(packet, Self.clean, byteLimit: 65_000).bytes)
    for secret in [ExifSample.serial, ExifSample.owner, "8.654321", "SECRETPICTURE", "SECRETCITY"] {
      #expect(packet.contains(run: Array(secret.utf8)))
      #expect(!bytes.contains(run: Array(secret.utf8)), "\(secret)")
    }
    for kept in ["A &lt;kept&gt; title", "image/jpeg", "Rating"] {
      #expect(bytes.contains(run: Array(kept.utf8)), "\(kept)")
    }
    #expect(XMPScanner(bytes) != nil)
    #expect(bytes.count == packet.count)
  }

  @Test(arguments: [
    "", "no markup", "<a>", "<a></b>", "<!DOCTYPE a><a/>", "<a b='1/>", "<a b=1/>", "<a", "<a><![CDATA[</a>",
    "<!-- <a/>",
    "<a b='<'/>", "</a>", "<\u{0}", "<a x='1'y='2'/>", "<a><!ENTITY e 'x'></a>",
  ])
  func whatIsNotUnderstoodStaysUnlessItMustBeClean(text: String) {
    let packet = Array(text.utf8)
    let kept = XMPEditor.edited(packet, Self.turn, byteLimit: 999)
    #expect(kept.bytes == packet)
    #expect(kept.findings.map(\.rule) == ["xmp.unreadable"])
    let cleaned = XMPEditor.edited(packet, Self.clean, byteLimit: 999)
    #expect(cleaned.bytes == nil)
    #expect(cleaned.findings.map(\.rule) == ["xmp.dropped"])
  }

  @Test func twoByteCharactersAreNotUnderstood() {
    let packet: [UInt8] = "<a/>".utf8.flatMap { [$0, UInt8(0)] }
    #expect(XMPEditor.edited(packet, Self.clean, byteLimit: 999).bytes == nil)
  }

  @Test(arguments: [true, false])
  func everyPrefixIsHandledWithoutALeak(asElements: Bool) {
    let packet = MetadataSamples.xmp(size: Self.stored, asElements: asElements, padding: 4)
    for length in 0..<packet.count {
      let prefix = Array(packet.prefix(length))
      #expect(XMPEditor.edited(prefix, Self.turn, byteLimit: 65_000).bytes != nil)
      let cleaned = XMPEditor.edited(prefix, Self.clean, byteLimit: 65_000).bytes ?? []
      #expect(!cleaned.contains(run: Array(ExifSample.serial.utf8)), "\(length)")
    }
  }

  @Test func randomDamageNeverTraps() {
    let packet = MetadataSamples.xmp(size: Self.stored, asElements: true, padding: 4)
    var random = SeededRandom(state: 11)
    for _ in 0..<1500 {
      var damaged = packet
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<packet.count, using: &random)
        damaged[place] = Array("<>/\"'= !?-&:a\u{0}".utf8).randomElement(using: &random) ?? 0
      }
      _ = XMPEditor.edited(damaged, Self.turn, byteLimit: 65_000)
      if let cleaned = XMPEditor.edited(damaged, Self.clean, byteLimit: 65_000).bytes {
        #expect(XMPScanner(cleaned) != nil)
      }
    }
  }

  @Test func deepNestingIsRefused() {
    let text = String(repeating: "<a>", count: 5000) + String(repeating: "</a>", count: 5000)
    #expect(XMPScanner(Array(text.utf8)) == nil)
  }
}
