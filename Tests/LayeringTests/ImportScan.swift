// SPDX-License-Identifier: Apache-2.0

import Foundation

/// One import statement of a Swift file.
struct ImportLine: Equatable {
  /// The line, counted from 0.
  let index: Int
  /// The module, without a submodule or the name of a single declaration.
  let module: String
  /// Whether the import is `@testable`.
  let isTestable: Bool
}

extension SourceFile {
  private static let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
  private static let kinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
  ]

  /// Every import of the file, also those under `#if`, after an attribute or behind a semicolon.
  var imports: [ImportLine] {
    lines.indices.flatMap { index in
      Self.code(of: lines[index]).split(separator: ";").compactMap { Self.parse($0, index) }
    }
  }

  /// A line without its comment.
  static func code(of line: String) -> Substring {
    guard let comment = line.range(of: "//") else { return line[...] }
    return line[..<comment.lowerBound]
  }

  private static func parse(_ statement: Substring, _ index: Int) -> ImportLine? {
    var words = statement.split { $0 == " " || $0 == "\t" }[...]
    var isTestable = false
    while let word = words.first, word.hasPrefix("@") || levels.contains(word) {
      isTestable = isTestable || word == "@testable"
      words = words.dropFirst()
    }
    guard words.first == "import", var name = words.dropFirst().first else { return nil }
    if kinds.contains(name), let next = words.dropFirst(2).first { name = next }
    return ImportLine(index: index, module: String(name.prefix { $0 != "." }), isTestable: isTestable)
  }
}
