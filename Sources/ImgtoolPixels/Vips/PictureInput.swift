// SPDX-License-Identifier: Apache-2.0

package import ImgtoolCore

extension Picture {
  /// Opens an image that was probed: through the gate, with the loader of the format its bytes have.
  ///
  /// - Throws: `.input` where the file is gone, broken or another one than was probed, what the gate and opening throw.
  package init(
    opening bytes: ImageBytes, facts: ImageFacts, _ options: OpenOptions = OpenOptions(),
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    try self.init(opening: thread.gate.admit(bytes, probedAs: facts), options, on: thread)
  }

  /// The pixels as display turns them; HEIF and AVIF come upright out of libheif.
  ///
  /// - Throws: what computing throws.
  package func upright(as facts: ImageFacts) throws(ImgtoolError) -> Picture {
    try upright(from: facts.orientationAfterLoading)
  }
}

extension Gate {
  /// An image that was probed, let through again.
  ///
  /// - Throws: `.input` where the file is gone, broken or another one than was probed, what the gate throws.
  package func admit(_ bytes: ImageBytes, probedAs facts: ImageFacts) throws(ImgtoolError) -> AdmittedImage {
    let image = try admit(bytes)
    guard image.facts.format == facts.format, image.facts.storedSize == facts.storedSize else {
      throw Self.error(for: [])
    }
    return image
  }
}

extension ImageFacts {
  /// What is left to turn once libvips has loaded the pixels.
  package var orientationAfterLoading: Orientation { orientationSource == .itemProperties ? .up : orientation }
}
