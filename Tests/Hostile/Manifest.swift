// SPDX-License-Identifier: Apache-2.0

import Foundation
import ImgtoolCore

/// A folder of hostile files and what is expected of each.
struct Manifest: Decodable {
  struct Entry: Decodable, Sendable {
    let path: String
    let group: String
    /// "accept", "reject" or "survive".
    let verdict: String
    let codes: [String]
  }

  let entries: [Entry]

  init(folder: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent("manifest.json"))
    self = try JSONDecoder().decode(Manifest.self, from: bytes)
  }
}

extension Hostile {
  /// What a rule is called in the manifest.
  static func code(of rule: String) -> String {
    switch rule {
    case "bytes.limit": "file_too_large"
    case "pixels.limit", "side.limit", "samples.limit": "too_many_pixels"
    case "animation.present": "too_many_frames"
    case "metadata.limit": "metadata_too_large"
    case "structure.truncated": "truncated"
    case "time.limit": "decode_timeout"
    case "memory.limit": "decode_memory"
    case "format.refused", "format.undecodable": "unsupported_format"
    default: "corrupt"
    }
  }

  /// Errors have kinds; which one of a kind it is, only the sentence tells.
  static func code(of error: ImgtoolError) -> String {
    if let rule = error.context["rule"] { return code(of: rule) }
    if error.kind == .unsupported { return "unsupported_format" }
    let sentences = [
      ("truncated", "truncated"), ("it is empty", "empty_file"), ("not an image", "not_an_image"),
      ("regular file", "not_a_regular_file"), ("a folder", "not_a_regular_file"), ("a pipe", "not_a_regular_file"),
      ("a device", "not_a_regular_file"), ("No such file", "not_found"), ("symbolic links", "not_found"),
      ("ermission denied", "unreadable"),
    ]
    return sentences.first { error.message.contains($0.0) }?.1 ?? "corrupt"
  }
}
