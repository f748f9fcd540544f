// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolProbe
import Testing

/// Names and kinds of files: a name is a name, and only regular files are read.
@Suite struct FileTests {
  @Test(arguments: ["a[b].png", "-rf", "two words", "line\nbreak.jpg", "x.png[access=random]", "ä ö.webp", "%d.tif"])
  func anyNameIsJustAName(name: String) throws {
    let file = try TemporaryFile(RasterSamples.png(), named: name)
    #expect(try Probe.facts(ofFile: file.path).storedSize == PixelSize(width: 40, height: 30))
  }

  @Test func whatIsNoRegularFileIsAnInputError() throws {
    let file = try TemporaryFile([])
    let folder = URL(fileURLWithPath: file.path).deletingLastPathComponent().path
    let pipe = folder + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let secret = folder + "/secret"
    #expect(
      FileManager.default.createFile(
        atPath: secret, contents: Data(RasterSamples.png()), attributes: [.posixPermissions: 0]))
    var paths = [file.path, folder, pipe, "/dev/zero", "/dev/null", folder + "/missing", "", folder + "/a\0b"]
    if getuid() != 0 { paths.append(secret) }
    for path in paths {
      #expect("\(path)") {
        try Probe.facts(ofFile: path)
      } throws: { error in
        guard let error = error as? ImgtoolError else { return false }
        return error.kind == .input && !error.message.contains("\n")
      }
    }
  }

  @Test func anEmptyBufferAndATextAreInputErrors() {
    for bytes in [[], Array("hello, world, this is a text".utf8), [0xFF], [0x89]] as [[UInt8]] {
      #expect { try Probe.facts(of: bytes) } throws: { ($0 as? ImgtoolError)?.kind == .input }
    }
  }

  @Test func aHeaderFarBehindTheFirstReadIsFound() throws {
    let filler = (0..<20).flatMap { _ in RasterSamples.segment(0xE5, [UInt8](repeating: 0xFF, count: 65_000)) }
    let exif = RasterSamples.exifSegment(MetadataSamples.exif(orientation: 3))
    let bytes = RasterSamples.jpeg(segments: filler + exif)
    let file = try TemporaryFile(bytes)
    #expect(try Probe.facts(ofFile: file.path) == Probe.facts(of: bytes))
    #expect(try Probe.facts(ofFile: file.path).orientation == .down)
  }

  @Test func aDescriptorKeepsItsPosition() throws {
    let file = try TemporaryFile(RasterSamples.gif(frames: 3))
    let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file.path))
    try handle.seek(toOffset: 5)
    #expect(try Probe.facts(ofDescriptor: handle.fileDescriptor).frameCount == 3)
    #expect(try handle.offset() == 5)
  }
}
