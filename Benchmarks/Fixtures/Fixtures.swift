// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
public import ImgtoolCore
public import ImgtoolPixels
public import ImgtoolRuntime
import ImgtoolTesting
import LocalBackend

/// Pictures for the suites, drawn by code the first time and kept in the temporary folder.
///
/// They are made before a measurement starts; what cannot be made ends the run with the reason.
public enum Fixtures {
  /// The formats that this machine writes in a form worth timing.
  public static let formats: [ImageFormat] = [.jpeg, .png, .webp, .gif, .tiff, .avif]

  public static let pool = SharedPool()

  public static let folder: String = {
    let path = FileManager.default.temporaryDirectory.appending(path: "imgtool-benchmarks-2").path
    made { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    return path
  }()

  public static let catalog: OperationCatalog = made { try OperationCatalog(LocalBackend.operations(pool: pool)) }
  public static let runner = Runner(catalog: catalog, pool: pool)

  /// A scene of 1,600 × 1,200 pixels as an uncompressed PNG.
  public static let scene: String = file("scene.png") {
    PlainPNG.bytes(of: SamplePictures.scene(size(1600, 1200)))
  }

  /// One pixel, so that nothing but the way to the decoder costs time.
  public static let pixel: String = file("pixel.png") {
    PlainPNG.bytes(of: SamplePictures.plain(size(1, 1), [90, 120, 200]))
  }

  /// The scene in a 16:9 frame of 2,048 pixels, in a format.
  public static func picture(_ format: ImageFormat) -> String {
    let path = "\(folder)/picture.\(format.extensions[0])"
    guard !FileManager.default.fileExists(atPath: path) else { return path }
    let order = plan(from: scene, to: path, resolution: "2K", format)
    _ = finished { try await runner.run(order) }
    return path
  }

  /// The JPEG picture with orientation 6 and a size that turns without loss.
  public static let turned: String = file("turned.jpg") {
    let upright = withoutEXIF(bytes(picture(.jpeg)))
    // TIFF, big endian, one entry: 0x0112, SHORT, one value, 6 (EXIF 2.32 §4.6.4).
    let exif: [UInt8] =
      Array("Exif".utf8) + [0, 0] + Array("MM".utf8)
      + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]
    return upright[0..<2] + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + upright[2...]
  }

  public static func size(_ width: Int, _ height: Int) -> PixelSize {
    made {
      guard let size = PixelSize(width: width, height: height) else { throw CocoaError(.formatting) }
      return size
    }
  }

  public static func bytes(_ path: String) -> [UInt8] {
    made { [UInt8](try Data(contentsOf: URL(filePath: path))) }
  }

  /// An order of the local backend for a 16:9 frame.
  public static func plan(
    from input: String, to output: String, resolution: String, _ format: ImageFormat = .jpeg
  ) -> Plan {
    made {
      let operation = try catalog.operation(named: "local.smart-resize")
      let values = ["aspect_ratio": "16:9", "resolution": resolution]
      return Plan(
        operation: operation.name, parameters: try Parameters(values, for: operation.parameters), input: input,
        output: output, encoding: EncodeOptions(format: format), replaces: true)
    }
  }

  /// The value, or the end of the program with the reason: without its picture a benchmark would time nothing.
  public static func made<Value>(_ body: () throws -> Value) -> Value {
    do {
      return try body()
    } catch {
      FileHandle.standardError.write(Data("A fixture could not be made: \(error)\n".utf8))
      exit(70)
    }
  }

  private static func file(_ name: String, _ draw: () -> some Sequence<UInt8>) -> String {
    let path = "\(folder)/\(name)"
    if !FileManager.default.fileExists(atPath: path) {
      made { try Data(draw()).write(to: URL(filePath: path), options: .atomic) }
    }
    return path
  }

  /// A JPEG without its APP1 segments, because one file has one block of EXIF.
  private static func withoutEXIF(_ jpeg: [UInt8]) -> [UInt8] {
    var (kept, place) = (Array(jpeg[0..<2]), 2)
    while place + 4 <= jpeg.count, jpeg[place + 1] & 0xF0 == 0xE0 {
      let end = place + 2 + Int(jpeg[place + 2]) << 8 + Int(jpeg[place + 3])
      if jpeg[place + 1] != 0xE1 { kept += jpeg[place..<end] }
      place = end
    }
    return kept + jpeg[place...]
  }

  /// Waits for asynchronous work, done on threads of its own because the caller may hold all of Swift's.
  ///
  /// Only before anything is measured.
  private static func finished<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) -> Value {
    let (box, done) = (Box<Value>(), DispatchSemaphore(value: 0))
    Task.detached(executorPreference: FileThreads.shared) {
      do { box.value = .success(try await body()) } catch { box.value = .failure(error) }
      done.signal()
    }
    done.wait()
    return made {
      guard let value = box.value else { throw CancellationError() }
      return try value.get()
    }
  }

  /// Written before the semaphore is signalled and read after.
  private final class Box<Value: Sendable>: @unchecked Sendable {
    var value: Result<Value, any Error>?
  }
}
