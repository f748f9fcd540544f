// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime

struct Sheet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put many pictures on one: a contact sheet with captions.",
    discussion: """
      Example: imgtool sheet -o sheet.jpg photos/
               imgtool sheet --pairs -o sheet.jpg before.jpg after.jpg other.jpg other-21x9-4K.jpg

      A picture that cannot be read gets a marked cell; the sheet is written all the same, and the exit code tells.
      """)

  @Argument(help: ArgumentHelp("Files and folders; - reads a list of paths from standard input.", valueName: "path"))
  var paths: [String] = []

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The file to write; its extension names the format.", valueName: "file"))
  var output: String

  @Flag(help: "Take the pictures two by two, what was sent and what came back, and give the verdict on each pair.")
  var pairs = false

  @Option(help: ArgumentHelp("Cells in a row.", valueName: "n"))
  var columns: Int?

  @Option(help: ArgumentHelp("The room for one picture, or for a pair.", valueName: "WxH"))
  var cell = PixelSize(clamping: 320, 240)

  @Option(help: "Captions: full, name, none.")
  var caption: ContactSheet.Caption = .full

  @Flag(name: .shortAndLong, help: "Walk folders into their subfolders.")
  var recursive = false

  @Option(help: ArgumentHelp("Read paths from a file, one a line; - is standard input.", valueName: "file"))
  var filesFrom: String?

  @Flag(name: [.customLong("null"), .customShort("0")], help: "Paths in a list end in NUL instead of a line feed.")
  var nullSeparated = false

  @Option(name: [.customLong("quality"), .customShort("Q")], help: "Quality of the sheet, 1 to 100.")
  var quality: Int?

  @OptionGroup(title: "Decoding") var decoding: DecodingOptions

  @Flag(name: .shortAndLong, help: "Replace the sheet if it exists.")
  var force = false

  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false

  func validate() throws {
    if paths.isEmpty, filesFrom == nil { throw ValidationError("Name files or folders, or give --files-from.") }
    if let columns, !(1...1000).contains(columns) { throw ValidationError("--columns goes from 1 to 1000.") }
    guard 32...4096 ~= cell.width, 32...4096 ~= cell.height else {
      throw ValidationError("--cell goes from 32x32 to 4096x4096.")
    }
  }

  func run() async throws {
    guard let format = fileExtension(of: output).flatMap({ ImageFormat(extension: $0) }) else {
      throw ImgtoolError(.usage, "\(output.escaped) names no image format.")
    }
    let encoding = EncodeOptions(format: format, quality: quality)
    try encoding.validate()
    try decoding.arrange(isExposed: true)
    let items = try items()
    let layout = try SheetLayout(
      count: items.count, cell: cell, columns: columns,
      captionLines: caption == .full ? 2 : caption == .name ? 1 : 0)
    let file = try AtomicFile(output, replaces: force)
    let progress = ProgressLine(isQuiet: quiet)
    let caption = caption
    let sheet = try await Interruption.cancelling {
      try await ContactSheet(pool: Backends.pool, skin: Backends.skinFinder, caption: caption)
        .draw(items, layout: layout, encoding: encoding) { progress.show(Double($0) / Double(items.count), "sheet") }
    }
    progress.end()
    try file.write(sheet.bytes)
    try file.commit()
    if !quiet {
      Console.note("wrote \(output.escaped)  \(sheet.size) \(format.rawValue), \(ByteCount(sheet.bytes.count))")
    }
    for (path, error) in sheet.failures { Console.complain("\(path): \(error)") }
    let kinds = Set(sheet.failures.map(\.error.kind))
    // One kind has its own exit code; a mixture is a fault of the inputs.
    if let kind = kinds.first { Foundation.exit((kinds.count == 1 ? kind : .input).exitCode) }
  }

  /// The cells, as named; a list too long for any sheet is refused before it is read to its end.
  private func items() throws -> [ContactSheet.Item] {
    var walk = try FileList(
      paths: paths, isRecursive: recursive, listFile: filesFrom, isNullSeparated: nullSeparated
    ).makeWalk(stop: Interruption.flag)
    var found: [String] = []
    while let path = walk.next() {
      found.append(path)
      guard found.count <= 20_000 else { throw ImgtoolError(.limit, "A sheet takes at most 20,000 pictures.") }
    }
    if Interruption.flag.isSet { throw CancellationError() }
    guard !found.isEmpty else { throw ImgtoolError(.input, "There are no pictures to show.") }
    guard pairs else { return found.map { ContactSheet.Item([$0]) } }
    guard found.count % 2 == 0 else {
      throw ImgtoolError(.usage, "\(found.count) pictures are no pairs: name what was sent before each result.")
    }
    return stride(from: 0, to: found.count, by: 2).map { ContactSheet.Item([found[$0], found[$0 + 1]]) }
  }
}

extension ContactSheet.Caption: ExpressibleByArgument {}
