// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import ImgtoolCore
import ImgtoolRuntime

struct FrameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frame",
    abstract: "Compute the size in pixels of a ratio at a tier, and how a source would lie in it.",
    discussion: """
      Example: imgtool frame --ratio 4:3 --res 2K --source 4000x2250
      """)

  @OptionGroup var frame: FrameOptions

  @Option(
    help: ArgumentHelp(
      "How a tier becomes pixels: longSide, area, \(SizeTable.all.map(\.name).joined(separator: ", ")).",
      valueName: "contract"))
  var contract: FrameContract = .longSide

  @Option(help: ArgumentHelp("Round each side to a multiple, long side first.", valueName: "n"))
  var multipleOf = 1

  @Option(help: ArgumentHelp("The size of a source to place in the frame.", valueName: "WxH"))
  var source: PixelSize?

  @Option(help: "Where the source goes: \(Gravity.allCases.map(\.rawValue).joined(separator: ", ")).")
  var gravity: Gravity = .centre

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let request = try frame.required()
    let target = try request.target(contract, multipleOf: multipleOf)
    let placement = source.map { Placement(of: $0, in: target, gravity: gravity) }
    json ? printJSON(request, target, placement) : printText(request, target, placement)
  }

  private func printText(_ request: FrameRequest, _ target: PixelSize, _ placement: Placement?) {
    Console.say("\(target.width)x\(target.height)")
    guard let placement else { return }
    let share = (placement.newShare * 1000).rounded() / 10
    let scale = (placement.scale * 10_000).rounded() / 10_000
    Console.say(
      "source \(placement.source) → \(placement.rect.size) at \(placement.rect.x),\(placement.rect.y), "
        + "scale \(scale), \(share) % new pixels")
  }

  private func printJSON(_ request: FrameRequest, _ target: PixelSize, _ placement: Placement?) {
    var line = JSONLine()
    line.object { line in
      line.field("schemaVersion", 1)
      line.field("request", request.description)
      line.field("contract", contract.description)
      line.field("width", target.width)
      line.field("height", target.height)
      if let placement {
        line.object("placement") { line in
          line.field("scale", placement.scale)
          line.field("x", placement.rect.x)
          line.field("y", placement.rect.y)
          line.field("width", placement.rect.width)
          line.field("height", placement.rect.height)
          line.field("newShare", placement.newShare)
        }
      }
    }
    line.endLine()
    Console.write(line.bytes)
  }
}
