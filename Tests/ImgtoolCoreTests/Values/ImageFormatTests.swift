// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct ImageFormatTests {
  @Test(arguments: ImageFormat.allCases)
  func everyExtensionLeadsBackInAnyCase(format: ImageFormat) {
    #expect(!format.extensions.isEmpty)
    for name in format.extensions {
      #expect(ImageFormat(extension: name) == format)
      #expect(ImageFormat(extension: name.uppercased()) == format)
      #expect(name == name.lowercased())
    }
  }

  @Test(arguments: ImageFormat.allCases)
  func everyMediaTypeLeadsBack(format: ImageFormat) {
    #expect(format.mediaType.hasPrefix("image/"))
    #expect(ImageFormat(mediaType: format.mediaType) == format)
    #expect(ImageFormat(mediaType: format.mediaType.uppercased()) == format)
    #expect(ImageFormat(mediaType: format.mediaType + "; charset=binary") == format)
  }

  @Test func noTwoFormatsShareAnExtensionOrAMediaType() {
    let extensions = ImageFormat.allCases.flatMap(\.extensions)
    #expect(Set(extensions).count == extensions.count)
    #expect(Set(ImageFormat.allCases.map(\.mediaType)).count == ImageFormat.allCases.count)
  }

  @Test(arguments: [
    ("image/jpg", ImageFormat.jpeg), ("image/pjpeg", .jpeg), ("image/apng", .png), ("image/heif", .heif),
    ("image/heic-sequence", .heif), ("image/x-ms-bmp", .bmp), ("image/jpx", .jp2),
  ])
  func commonAliasesAreKnown(text: String, format: ImageFormat) {
    #expect(ImageFormat(mediaType: text) == format)
  }

  @Test(arguments: ["", "image", "image/", "text/html", "jpeg", ";image/jpeg", "image/jpeg2000"])
  func otherMediaTypesAreUnknown(text: String) {
    #expect(ImageFormat(mediaType: text) == nil)
  }

  @Test(arguments: ["", ".jpg", "txt", "jpg ", "jpgg"])
  func otherExtensionsAreUnknown(text: String) {
    #expect(ImageFormat(extension: text) == nil)
  }
}

struct ImageFactsTests {
  @Test(arguments: Orientation.allCases)
  func theDisplaySizeIsTheStoredSizeTurned(orientation: Orientation) throws {
    var facts = try photograph()
    facts.orientation = orientation
    #expect(facts.displaySize == (orientation.isTurned ? facts.storedSize.transposed : facts.storedSize))
  }

  @Test func factsAreTheSameAfterJSON() throws {
    var facts = try photograph()
    facts.exif = ByteRange(offset: 20, length: 100)
    facts.xmp = ByteRange(offset: 120, length: 50)
    facts.loopCount = 0
    facts.frameCount = 3
    facts.xmpOrientation = 6
    facts.notes = [Finding("exif.loop", .note, "The EXIF directory leads back to itself.")]
    #expect(try rewritten(facts) == facts)
    #expect(facts.isAnimated)
    #expect(try !photograph().isAnimated)
  }
}
