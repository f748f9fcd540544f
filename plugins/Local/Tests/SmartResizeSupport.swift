// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import LocalBackend
import Testing

/// The operation under test, one pool, and the plain ways to see what it did.
enum SmartResizeTest {
  static let pool = SharedPool(VipsPool.Limits(threads: 2, memory: .mebibytes(4096), queue: 10_000))

  static func operation() throws -> any ImageOperation {
    try #require(LocalBackend.operations(pool: pool).first { $0.name == "local.smart-resize" })
  }

  /// What the operation makes of the bytes of a file, as a PNG unless said otherwise; centred and mirrored unless
  /// said otherwise.
  static func result(
    _ bytes: [UInt8], _ values: [String: String],
    as encoding: EncodeOptions = EncodeOptions(format: .png, compression: 1)
  ) async throws -> [UInt8] {
    let operation = try operation()
    let input = PreparedImage(bytes: .memory(bytes), facts: try Probe.facts(of: bytes), isOriginal: true)
    let plain = ["fill": "mirror", "gravity": "centre"]
    let parameters = try Parameters(values.merging(plain) { given, _ in given }, for: operation.parameters)
    let outcome = try await operation.perform(
      input, parameters, in: OperationContext(encoding: encoding, scratch: "/nowhere"))
    guard case .memory(let result) = try #require(outcome.images.first).bytes else {
      throw ImgtoolError(.fault, "The result is not in memory.")
    }
    return result
  }

  /// The samples of a file, or of the part of it inside `rect`, with 8 or 16 bits.
  static func samples(_ bytes: [UInt8], in rect: PixelRect? = nil) async throws -> Samples {
    let facts = try Probe.facts(of: bytes)
    return try await pool.pool().run(cost: .mebibytes(64)) { thread in
      var picture = try Picture(opening: .memory(bytes), facts: facts, on: thread).copiedToMemory()
      if let rect { picture = try picture.cropped(to: rect) }
      return picture.sample == .u16
        ? Samples(bands: picture.bands, values: try picture.samples16().map { Int($0) })
        : Samples(bands: picture.bands, values: try picture.samples8().map { Int($0) })
    }
  }

  /// The colour profile a file carries.
  static func profile(of bytes: [UInt8]) async throws -> [UInt8]? {
    let facts = try Probe.facts(of: bytes)
    return try await pool.pool().run(cost: .mebibytes(64)) { thread in
      try Picture(opening: .memory(bytes), facts: facts, on: thread).metadata(.icc)
    }
  }

  /// The whole upright picture scaled to a size and nothing else, as a PNG.
  static func scaled(_ bytes: [UInt8], to size: PixelSize) async throws -> [UInt8] {
    let facts = try Probe.facts(of: bytes)
    return try await pool.pool().run(cost: .mebibytes(64)) { thread in
      try Picture(opening: .memory(bytes), facts: facts, on: thread).upright(as: facts).resized(to: size)
        .encoded(EncodeOptions(format: .png, compression: 1))
    }
  }

  /// A drawn picture as a file of another format.
  static func file(_ picture: SamplePicture, _ encoding: EncodeOptions) async throws -> [UInt8] {
    try await pool.pool().run(cost: .mebibytes(64)) { thread in
      try Picture(samples: picture.samples, size: picture.size, bands: picture.bands, on: thread).encoded(encoding)
    }
  }
}

struct Samples: Equatable {
  var bands: Int
  var values: [Int]

  /// The largest difference of two samples; nothing where the pictures have different shapes.
  func difference(from other: Samples) -> Int? {
    guard bands == other.bands, values.count == other.values.count else { return nil }
    return zip(values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }

  /// The samples of pixel `index`.
  subscript(pixel index: Int) -> [Int] { Array(values[(index * bands)..<((index + 1) * bands)]) }
}

func size(_ width: Int, _ height: Int) -> PixelSize { PixelSize(clamping: width, height) }
