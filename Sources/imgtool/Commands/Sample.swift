// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ImgtoolCore
import ImgtoolPixels
import ImgtoolRuntime

struct Sample: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw a photograph-like scene to try things on.",
    discussion: """
      Example: imgtool sample -o sample.jpg --size 3000x2000
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output = "sample.jpg"

  @Option(help: ArgumentHelp("The size to draw.", valueName: "WxH"))
  var size = PixelSize(clamping: 1800, 1200)

  @Flag(name: .shortAndLong, help: "Replace the file if it exists.")
  var force = false

  func run() async throws {
    guard size.area <= 50_000_000 else { throw ImgtoolError(.limit, "A scene has at most 50,000,000 pixels.") }
    guard let format = fileExtension(of: output).flatMap({ ImageFormat(extension: $0) }) else {
      throw ImgtoolError(.usage, "\(output) names no image format.")
    }
    let encoding = EncodeOptions(format: format, quality: format == .jpeg ? 92 : nil)
    try encoding.validate()
    let file = try AtomicFile(output, replaces: force)
    let size = size
    let bytes = try await Interruption.cancelling {
      let scene = SampleScene(width: size.width, height: size.height)
      return try await Backends.pool.pool().run(cost: ByteCount(size.area * 8)) { thread in
        try Picture(samples: scene.samples(), size: size, bands: 3, on: thread).encoded(encoding)
      }
    }
    try file.write(bytes)
    try file.commit()
    Console.note("wrote \(output.escaped)  \(size) \(format.rawValue), \(ByteCount(bytes.count))")
  }
}
