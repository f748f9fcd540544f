// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore

/// `Defects FOLDER [NAME…]`: damages the photographs below a folder in every way there is, or in those whose name
/// contains one of the words, has each verified, and prints how much of it was found.
@main
struct Main {
  static func main() async throws {
    guard CommandLine.arguments.count >= 2 else {
      print("Defects FOLDER [WORD…]")
      exit(64)
    }
    let words = CommandLine.arguments.dropFirst(2)
    let defects = Defect.all.filter { defect in words.isEmpty || words.contains { defect.name.contains($0) } }
    let scratch = FileManager.default.temporaryDirectory.appending(path: "imgtool-defects-\(getpid())").path
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let trial = try Trial(folder: scratch)
    var photographs: [(name: String, canvas: Canvas)] = []
    for path in paths(below: CommandLine.arguments[1]) {
      // What cannot be decoded, or is too small or too square to cut a source from, is no photograph here.
      guard let canvas = try? await trial.pixels(of: path), min(canvas.width, canvas.height) >= 300 else { continue }
      photographs.append((URL(filePath: path).deletingPathExtension().lastPathComponent, canvas))
    }
    var table = Table(defects.map(\.name), expectations: defects.map(\.expectation))
    for (number, photograph) in photographs.enumerated() {
      let other = photographs[(number + 1) % photographs.count].canvas
      let name = "\(number)"
      let scene = Scene(photograph.canvas, other: other) { source, frame, fill in
        try await trial.filled(source, frame, fill, name: name)
      }
      let source = try await trial.sent(scene.source, name: name)
      for defect in defects {
        guard let report = try await trial.report(on: defect, of: scene, source: source, name: name) else { continue }
        table.add(report, to: defect.name, photograph.name)
      }
      FileHandle.standardError.write(Data("\(number + 1) of \(photographs.count): \(photograph.name)\n".utf8))
    }
    print(table.text(photographs: photographs.count))
  }

  /// Files of raster formats, in the order of their paths.
  private static func paths(below folder: String) -> [String] {
    let names = FileManager.default.subpaths(atPath: folder) ?? []
    return names.filter {
      ["jpg", "jpeg", "png", "webp", "tif", "tiff"].contains(URL(filePath: $0).pathExtension.lowercased())
    }
    .sorted().map { "\(folder)/\($0)" }
  }
}

extension Scene {
  /// The photograph at 2048 pixels with a source of 62 % of its long side, at its own size, in the middle.
  init(
    _ photograph: Canvas, other: Canvas,
    fill: @escaping @Sendable (_ source: Canvas, _ frame: PixelSize, _ fill: String) async throws -> Canvas
  ) {
    let isWide = photograph.width > photograph.height
    func middle(_ canvas: Canvas) -> (x: Int, y: Int, width: Int, height: Int) {
      let width = isWide ? Int((Double(canvas.width) * 0.62).rounded()) : canvas.width
      let height = isWide ? canvas.height : Int((Double(canvas.height) * 0.62).rounded())
      return ((canvas.width - width) / 2, (canvas.height - height) / 2, width, height)
    }
    let sent = middle(photograph)
    let source = photograph.cropped(x: sent.x, y: sent.y, sent.width, sent.height)
    let scale = 2048 / Double(max(photograph.width, photograph.height))
    let frame = photograph.resized(
      Int((Double(photograph.width) * scale).rounded()), Int((Double(photograph.height) * scale).rounded()))
    self.init(
      source: source, frame: frame, place: middle(frame), other: other,
      fill: { try await fill(source, frame.size, $0) })
  }
}
