// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Foundation
internal import ImgtoolCore

extension OperationOutcome {
  /// The same outcome with its files copied into a folder, so that whoever gets them may do with them as they like.
  ///
  /// Real copies: the journal's own must not change when an output is edited in place.
  ///
  /// - Throws: `.storage` when a copy cannot be made; the journal's files stay.
  func copied(into folder: String) async throws(ImgtoolError) -> OperationOutcome {
    let images = images
    let result: Result<[Image], ImgtoolError> = await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async {
        continuation.resume(returning: Self.copies(of: images, in: folder))
      }
    }
    return OperationOutcome(
      images: try result.get(), cost: cost, remoteID: remoteID, findings: findings, details: details,
      faces: faces)
  }

  private static func copies(of images: [Image], in folder: String) -> Result<[Image], ImgtoolError> {
    var copies: [Image] = []
    for (index, image) in images.enumerated() {
      guard case .file(let path) = image.bytes else { continue }
      let target = "\(folder)/paid-\(index)"
      do {
        try FileManager.default.copyItem(atPath: path, toPath: target)
      } catch {
        return .failure(
          ImgtoolError(.storage, "\(path) cannot be copied to \(target).", underlying: String(describing: error)))
      }
      copies.append(Image(.file(path: target), name: image.name))
    }
    return .success(copies)
  }
}
