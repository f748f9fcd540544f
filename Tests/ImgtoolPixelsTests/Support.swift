// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore
import ImgtoolPixels
import ImgtoolProbe
import ImgtoolTesting
import Testing

/// One pool for all tests of this target.
enum TestPool {
  static let limits = VipsPool.Limits(
    threads: 2, memory: .mebibytes(4096), queue: 10_000, alsoAllowed: [.jxl, .jp2, .svg, .bmp])
  private static let made = Result { try VipsPool(limits, name: "test-pixels") }

  static func pool() throws -> VipsPool { try made.get() }
}

/// Runs `body` on a thread of the pool.
func onPixels<R: Sendable>(_ body: @escaping @Sendable (borrowing VipsThread) throws -> R) async throws -> R {
  try await TestPool.pool().run(cost: ByteCount(0), body)
}

func size(_ width: Int, _ height: Int) -> PixelSize { PixelSize(clamping: width, height) }

extension SamplePicture {
  /// This picture on the pool.
  func picture(on thread: borrowing VipsThread) throws(ImgtoolError) -> Picture {
    try Picture(samples: samples, size: size, bands: bands, on: thread)
  }

  /// This picture with 16 bits on the pool.
  func widePicture(on thread: borrowing VipsThread) throws(ImgtoolError) -> Picture {
    try Picture(samples: wideSamples, size: size, bands: bands, on: thread)
  }

  /// This picture as a file.
  func encoded(_ options: EncodeOptions) async throws -> [UInt8] {
    try await onPixels { thread in try self.picture(on: thread).encoded(options) }
  }
}

/// Facts as a header reader would give them, for files the tests make themselves.
func facts(
  _ format: ImageFormat, _ size: PixelSize, orientation: Orientation = .up, frames: Int = 1, bytes: Int = 0
) -> ImageFacts {
  ImageFacts(
    format: format, storedSize: size, orientation: orientation, frameCount: frames, fileBytes: ByteCount(bytes))
}

/// The mean absolute difference of two rows of samples.
func meanDifference(_ a: [UInt8], _ b: [UInt8]) -> Double {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return Double(zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.count)
}

/// Expects an error of one kind.
func expectKind(
  _ kind: ImgtoolError.Kind, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as ImgtoolError {
    #expect(error.kind == kind, comment, sourceLocation: sourceLocation)
  } catch {
    Issue.record("\(error) is not ours", sourceLocation: sourceLocation)
  }
}

/// A file in a new folder of its own, removed afterwards.
func withFile<R>(
  named name: String, holding bytes: [UInt8], _ body: (String) async throws -> R
) async throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("imgtool-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }  // the system clears its temporary folder anyway
  let file = folder.appendingPathComponent(name)
  try Data(bytes).write(to: file)
  return try await body(file.path)
}

/// The folder of public test pictures beside the project, where there is one.
enum Corpus {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/corpus")
  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }
}
