// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import ImgtoolCore

extension OperationOutcome {
  /// The same outcome with its files copied into a folder, so that whoever gets them may do with them as they like.
  ///
  /// Real copies: the journal's own must not change when an output is edited in place.
  ///
  /// - Parameter size: how many bytes the files have together.
  /// - Throws: `.storage` when a copy cannot be made; the journal's files stay.
  func copied(into folder: String, _ size: ByteCount) async throws(ImgtoolError) -> OperationOutcome {
    let images = images
    let copies = try await fileWork(size) { () throws(ImgtoolError) in try Self.copies(of: images, in: folder) }
    return OperationOutcome(
      images: copies, cost: cost, remoteID: remoteID, findings: findings, details: details, faces: faces)
  }

  private static func copies(of images: [Image], in folder: String) throws(ImgtoolError) -> [Image] {
    var copies: [Image] = []
    for (index, image) in images.enumerated() {
      guard case .file(let path) = image.bytes else { continue }
      let target = "\(folder)/paid-\(index)"
      do {
        try FileManager.default.copyItem(atPath: path, toPath: target)
      } catch {
        throw ImgtoolError(
          .storage, "\(path) cannot be copied to \(target).", underlying: String(describing: error))
      }
      copies.append(Image(.file(path: target), name: image.name))
    }
    return copies
  }
}
