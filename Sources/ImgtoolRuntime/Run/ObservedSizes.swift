// SPDX-License-Identifier: Apache-2.0

import Foundation
public import ImgtoolCore
import Synchronization

/// The sizes each backend has returned for a ratio at a tier, kept in a small JSON file.
///
/// A size that was never seen before for a known order is a note, `frame.drift`: back ends change their models without
/// saying so. Losing the file loses nothing but that memory.
public final class ObservedSizes: Sendable {
  private let path: String
  private let sizes: Mutex<[String: Set<PixelSize>]>
  /// Sizes kept for one order; beyond it a back end snaps to nothing and drift says nothing.
  private static let most = 16

  private struct File: Codable {
    var schemaVersion = 1
    var sizes: [String: [String]]
  }

  /// Reads the file, if there is one that can be read.
  public init(path: String) {
    self.path = path
    var known: [String: Set<PixelSize>] = [:]
    if let bytes = FileManager.default.contents(atPath: path), bytes.count < 1 << 20,
      let file = try? JSONDecoder().decode(File.self, from: bytes)  // a damaged memory is an empty one
    {
      known = file.sizes.mapValues { Set($0.compactMap { PixelSize($0) }) }
    }
    sizes = Mutex(known)
  }

  /// What was returned before for an order; empty for sizes in pixels.
  public func sizes(for backend: String, _ request: FrameRequest) -> Set<PixelSize> {
    guard let key = Self.key(backend, request) else { return [] }
    return sizes.withLock { $0[key] ?? [] }
  }

  /// Remembers a returned size; a file that cannot be written is left as it is.
  public func note(_ size: PixelSize, for backend: String, _ request: FrameRequest) {
    guard let key = Self.key(backend, request) else { return }
    let changed = sizes.withLock { sizes -> [String: Set<PixelSize>]? in
      guard sizes[key, default: []].count < Self.most, sizes[key, default: []].insert(size).inserted else { return nil }
      return sizes
    }
    if let changed { write(changed) }
  }

  private func write(_ sizes: [String: Set<PixelSize>]) {
    let file = File(sizes: sizes.mapValues { $0.map { "\($0.width)x\($0.height)" }.sorted() })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // Only a memory for notes: a job never fails for it.
    guard let bytes = try? encoder.encode(file), let atomic = try? AtomicFile(path, replaces: true),
      (try? atomic.write(Array(bytes))) != nil
    else { return }
    try? atomic.commit()
  }

  private static func key(_ backend: String, _ request: FrameRequest) -> String? {
    guard case .tier(let ratio, let tier) = request else { return nil }
    return "\(backend) \(ratio.width):\(ratio.height) \(tier)"
  }
}
