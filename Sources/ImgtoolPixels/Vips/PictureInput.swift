// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore
import ImgtoolProbe

extension Picture {
  /// Opens an image that was probed, with the loader of the format its bytes have.
  ///
  /// - Throws: `.input` where the file is gone or broken, and what opening throws.
  package init(
    opening bytes: ImageBytes, facts: ImageFacts, _ options: OpenOptions = OpenOptions(),
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    switch bytes {
    case .memory(let bytes): try self.init(opening: .bytes(bytes), as: facts.format, options, on: thread)
    case .file(let path):
      // libvips keeps a descriptor of its own, so this one may be closed afterwards.
      let file = try OpenFile(path)
      try self.init(opening: .descriptor(file.descriptor), as: facts.format, options, on: thread)
    }
  }

  /// The pixels as display turns them; HEIF and AVIF come upright out of libheif.
  ///
  /// - Throws: what computing throws.
  package func upright(as facts: ImageFacts) throws(ImgtoolError) -> Picture {
    try upright(from: facts.orientationAfterLoading)
  }
}

extension ImageFacts {
  /// What is left to turn once libvips has loaded the pixels.
  package var orientationAfterLoading: Orientation { orientationSource == .itemProperties ? .up : orientation }
}
