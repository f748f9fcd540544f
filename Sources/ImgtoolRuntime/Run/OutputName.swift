// SPDX-License-Identifier: Apache-2.0

import Foundation
package import ImgtoolCore

/// The names results are kept under.
package enum OutputName {
  /// "photo-21x9-4K.jpg" beside "photo.png": the input's name, the order in words, the format's extension.
  package static func suggested(for input: String, order: String, format: ImageFormat) -> String {
    "\(folder(for: input, order: order)).\(format.extensions[0])"
  }

  /// "photos-21x9-4K" beside "photos.zip".
  package static func folder(for input: String, order: String) -> String {
    let words = order.replacing(":", with: "x").replacing("/", with: "x").replacing(" at ", with: "-")
      .replacing("×", with: "x")
    return "\(stem(of: input))-\(words)"
  }

  /// "out-2.png" for further results, "out.rejected.png" for what postflight refused; a rejected name that is taken
  /// gets a number, so that no earlier evidence is lost.
  package static func variant(of output: String, index: Int, isRejected: Bool) -> String {
    let suffix = fileExtension(of: output).map { ".\($0)" } ?? ""
    var base = stem(of: output)
    if index > 0 { base += "-\(index + 1)" }
    guard isRejected else { return base + suffix }
    var path = "\(base).rejected\(suffix)"
    var number = 2
    while access(path, F_OK) == 0 {
      path = "\(base).rejected-\(number)\(suffix)"
      number += 1
    }
    return path
  }

  /// Whether a name may stand over bytes of a format: no extension, one of no image format, or one of this format.
  ///
  /// HEIF and AVIF share a container, and files of either are seen under both names.
  package static func fits(_ path: String, _ format: ImageFormat) -> Bool {
    guard let named = fileExtension(of: path).flatMap({ ImageFormat(extension: $0) }) else { return true }
    return named == format || Set([named, format]) == [.heif, .avif]
  }

  /// The name without its folders.
  package static func lastComponent(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func stem(of path: String) -> String {
    guard let suffix = fileExtension(of: path) else { return path }
    return String(path.dropLast(suffix.count + 1))
  }
}
