// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolTesting

/// Pictures made by code.
enum Pictures {
  /// A grey PNG with a slope in it.
  static func png(width: Int, height: Int) -> [UInt8] {
    SamplePictures.gradient(PixelSize(clamping: width, height), bands: 1).png()
  }
}
