// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe

/// libFuzzer over everything that reads bytes of strangers; built by `make fuzz` alone.
///
/// The first argument names the target, the others are libFuzzer's.
@main
enum Fuzz {
  private static let targets: [String: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt] = [
    "probe": { start, count in
      _ = try? Probe.facts(of: UnsafeRawBufferPointer(start: start, count: count))
      return 0
    },
    "structure": { start, count in
      _ = try? Structure.check(UnsafeRawBufferPointer(start: start, count: count), limits: DecodeLimits())
      return 0
    },
    "exif": { start, count in
      let block = Array(UnsafeBufferPointer(start: start, count: count))
      for strip in MetadataStrip.allCases {
        _ = try? ExifEditor.edited(block, Fuzz.edit(strip), byteLimit: 65_527)
      }
      return 0
    },
    "xmp": { start, count in
      let packet = Array(UnsafeBufferPointer(start: start, count: count))
      for strip in MetadataStrip.allCases { _ = XMPEditor.edited(packet, Fuzz.edit(strip), byteLimit: 65_502) }
      return 0
    },
    "containers": { start, count in
      let bytes = Array(UnsafeBufferPointer(start: start, count: count))
      for strip in MetadataStrip.allCases {
        _ = try? JPEGSegments.edited(bytes, Fuzz.edit(strip))
        _ = try? PNGChunks.edited(bytes, Fuzz.edit(strip))
        _ = try? WebPChunks.edited(bytes, Fuzz.edit(strip))
      }
      return 0
    },
    "policy": { start, count in
      _ = try? InputPolicy(json: UnsafeBufferPointer(start: start, count: count))
      return 0
    },
  ]

  private static func edit(_ strip: MetadataStrip) -> MetadataEdit {
    MetadataEdit(turn: .right, size: PixelSize(clamping: 640, 480), strip: strip)
  }

  static func main() {
    guard CommandLine.arguments.count > 1, let target = targets[CommandLine.arguments[1]] else {
      print("usage: Fuzz \(targets.keys.sorted().joined(separator: "|")) [libFuzzer's arguments]")
      exit(64)
    }
    var arguments: [UnsafeMutablePointer<CChar>?] =
      ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) }
    var count = CInt(arguments.count)
    arguments.append(nil)
    arguments.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      exit(runDriver(&count, &start, target))
    }
  }
}

/// libFuzzer's entry; SwiftPM renames `main`, so libFuzzer's own cannot be used.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ target: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
