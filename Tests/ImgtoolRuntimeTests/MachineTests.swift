// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolRuntime
import ImgtoolTesting
import Testing

/// What the machine has, and where things are kept.
@Suite struct MachineTests {
  private func findings(_ environment: [String: String]) -> [String: Finding] {
    let findings = Doctor(pool: RuntimeTest.pool, environment: environment).examine()
    return Dictionary(uniqueKeysWithValues: findings.map { ($0.rule, $0) })
  }

  @Test func everythingLookedAtHasAFinding() throws {
    let folder = try TestFolder()
    let found = findings(["XDG_STATE_HOME": folder.path("state")])
    for rule in ["libvips", "libexif", "cores", "allocator", "state", "temporary"] {
      #expect(found["machine.\(rule)"] != nil, "\(rule)")
    }
    for format in ["jpeg", "png", "webp", "gif", "tiff"] {
      #expect(found["machine.format.\(format)"]?.severity == .pass, "\(format)")
    }
    for finding in found.values {
      #expect(finding.message.hasSuffix("."), "\(finding.message)")
      #expect(finding.message.first?.isLowercase == false || finding.message.hasPrefix("lib"), "\(finding.message)")
      #expect(finding.severity < .fail)
    }
    #expect(folder.names.contains("state/imgtool"))
  }

  @Test func theAllocatorIsAdvisedOnOnlyWhereItMatters() {
    #expect(findings([:])["machine.allocator"]?.severity == .note)
    #expect(findings(["MALLOC_ARENA_MAX": "2"])["machine.allocator"]?.severity == .pass)
    #expect(findings(["LD_PRELOAD": "/usr/lib/libjemalloc.so.2"])["machine.allocator"]?.severity == .pass)
    #expect(findings(["LD_PRELOAD": "/usr/lib/libother.so"])["machine.allocator"]?.severity == .note)
  }

  @Test func aJournalPlaceThatCannotBeMadeIsAFailure() throws {
    let folder = try TestFolder()
    try folder.write([1], as: "file")
    #expect(findings(["XDG_STATE_HOME": folder.path("file")])["machine.state"]?.severity == .fail)
  }

  @Test(arguments: [
    (["XDG_STATE_HOME": "/s", "HOME": "/h"], "/s/imgtool"), (["HOME": "/h"], "/h/.local/state/imgtool"),
    (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/imgtool"),
    (["XDG_STATE_HOME": "", "HOME": "/h"], "/h/.local/state/imgtool"), ([:], "/tmp/.local/state/imgtool"),
  ])
  func theStateFolderFollowsTheEnvironment(_ environment: [String: String], _ path: String) {
    #expect(StateFolder.path(environment) == path)
  }

  @Test func theStateFolderIsForItsUserAlone() throws {
    let folder = try TestFolder()
    try StateFolder.create(folder.path("a/b/imgtool"))
    try StateFolder.create(folder.path("a/b/imgtool"))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("a/b/imgtool"))
    #expect(attributes[.posixPermissions] as? Int == 0o700)
  }

  @Test func aScratchFolderIsPrivateAndGoes() throws {
    var path = ""
    do {
      let scratch = try Scratch()
      path = scratch.path
      try Data([1]).write(to: URL(fileURLWithPath: path + "/x"))
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o700)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: [
    ("plain ü 🏞", "plain ü 🏞"), ("a\nb\r\t", "a\\nb\\r\\t"), ("\u{1B}[31m", "\\u{1b}[31m"),
    ("\u{7F}\u{85}", "\\u{7f}\\u{85}"),
    ("a\u{202E}gpj.exe", "a\\u{202e}gpj.exe"), ("\u{2066}\u{FEFF}\u{200F}", "\\u{2066}\\u{feff}\\u{200f}"),
    ("\r\n", "\\r\\n"),
  ])
  func hostileCharactersAreMadeVisible(_ text: String, _ expected: String) { #expect(text.escaped == expected) }

  @Test(arguments: [
    ("a/photo.jpg", "21:9 at 4K", ImageFormat.jpeg, "a/photo-21x9-4K.jpg"),
    ("photo", "4:3 at 1K", .png, "photo-4x3-1K.png"), ("a.b/photo", "10×20", .webp, "a.b/photo-10x20.webp"),
    (".hidden", "1:1 at 1K", .tiff, ".hidden-1x1-1K.tif"), ("x.tar.gz", "16/9 at 2K", .avif, "x.tar-16x9-2K.avif"),
  ])
  func namesAreSuggestedFromInputAndOrder(_ input: String, _ order: String, _ format: ImageFormat, _ name: String) {
    #expect(OutputName.suggested(for: input, order: order, format: format) == name)
  }

  @Test func furtherAndRejectedNamesKeepTheExtension() {
    #expect(OutputName.variant(of: "/n/out.png", index: 0, isRejected: false) == "/n/out.png")
    #expect(OutputName.variant(of: "/n/out.png", index: 1, isRejected: false) == "/n/out-2.png")
    #expect(OutputName.variant(of: "/n/out.png", index: 0, isRejected: true) == "/n/out.rejected.png")
    #expect(OutputName.variant(of: "/n.d/out", index: 2, isRejected: true) == "/n.d/out-3.rejected")
  }
}
