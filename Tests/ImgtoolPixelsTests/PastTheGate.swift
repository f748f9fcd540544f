// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import Testing

@testable import ImgtoolPixels

/// Loaders tried by themselves, on files no gate would let through: what a decoder's process does with orders.
extension AdmittedImage {
  static func unseen(_ source: PictureSource, _ facts: ImageFacts) -> AdmittedImage {
    var limits = DecodeLimits()
    limits.maximumPixels = 1_000_000_000
    limits.maximumSide = 1_000_000
    limits.maximumFrames = 100_000
    return AdmittedImage(admitted: source, keeping: nil, facts, limits)
  }
}

extension Picture {
  init(
    opening source: PictureSource, as format: ImageFormat, _ options: OpenOptions = OpenOptions(failOn: .error),
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    try self.init(opening: .unseen(source, facts(format, PixelSize(clamping: 1, 1))), options, on: thread)
  }
}

extension ReducedDecode {
  static func of(
    _ source: PictureSource, facts: ImageFacts, longSide: Int = 512, strictness: OpenOptions.Strictness = .warning,
    on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> ReducedDecode {
    try of(.unseen(source, facts), longSide: longSide, strictness: strictness, on: thread)
  }
}
