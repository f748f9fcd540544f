// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore
import Synchronization

/// Finds faces with the cascade installed on this machine, read once at the first need.
final class Faces: Sendable {
  /// Those of this machine, read once for the process.
  static let installed = Faces()

  private let path: String
  private let finder = Mutex<FaceFinder??>(nil)

  init(path: String = HaarCascade.installedPath) { self.path = path }

  /// Whether there is a cascade to read.
  var isInstalled: Bool { FileManager.default.isReadableFile(atPath: path) }

  /// Face boxes, largest first; none where no cascade is installed or it cannot be used.
  ///
  /// - Throws: `.cancelled`.
  func found(in picture: Raster<UInt8>, workers: Workers = Workers()) throws(ImgtoolError) -> [PixelRect] {
    try loaded()?.faces(in: picture, workers: workers) ?? []
  }

  private func loaded() -> FaceFinder? {
    finder.withLock { finder in
      if let finder { return finder }
      // A table that cannot be read is as good as none; `doctor` tells.
      let made = FileManager.default.contents(atPath: path).flatMap { try? HaarCascade(xml: Array($0)) }
        .map { FaceFinder($0) }
      finder = .some(made)
      return made
    }
  }
}
