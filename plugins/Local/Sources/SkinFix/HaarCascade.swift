// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

/// A trained table of upright Haar features in stages, as OpenCV's "opencv-cascade-classifier" files hold it.
///
/// Read at run time where the table is installed (Debian's opencv-data); nothing of it is in this package.
package struct HaarCascade: Sendable {
  /// The window the table was trained on, in pixels.
  let window: (width: Int, height: Int)
  let stages: [Stage]
  let features: [Feature]

  struct Stage: Sendable {
    let threshold: Float
    let trees: [Tree]
  }

  /// Nodes of one weak classifier; `left` and `right` name a node when positive, else the leaf of that number negated.
  struct Tree: Sendable {
    var nodes: [Node]
    var leaves: [Float]
  }

  struct Node: Sendable {
    let left: Int
    let right: Int
    let feature: Int
    let threshold: Float
  }

  /// Up to three weighted rectangles in the window.
  struct Feature: Sendable {
    var rects: [Rect]
  }

  /// In the window's pixels.
  typealias Rect = (x: Int, y: Int, width: Int, height: Int, weight: Float)

  /// Where Debian's opencv-data puts the table for frontal faces.
  package static let installedPath = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml"

  /// Reads the text of a cascade file of at most 16 MiB.
  ///
  /// - Throws: `.input` when it is not such a file; `.unsupported` when it needs tilted features.
  package init(xml: [UInt8]) throws(ImgtoolError) {
    guard xml.count <= 16 << 20 else { throw ImgtoolError(.limit, "The cascade file is larger than 16 MiB.") }
    var reader = CascadeReader()
    try reader.read(xml)
    guard let width = reader.width, let height = reader.height, (4...200).contains(width), (4...200).contains(height),
      !reader.stages.isEmpty, !reader.features.isEmpty
    else { throw ImgtoolError(.input, "The file is not a cascade of Haar features.") }
    window = (width, height)
    stages = reader.stages.map { Stage(threshold: $0.threshold, trees: $0.trees) }
    features = reader.features
    try check()
  }

  /// Every index and rectangle lies where it must; evaluation relies on it.
  private func check() throws(ImgtoolError) {
    let areFeaturesInside = features.allSatisfy { feature in
      (1...3).contains(feature.rects.count)
        && feature.rects.allSatisfy {
          $0.x >= 0 && $0.y >= 0 && $0.width > 0 && $0.height > 0 && $0.x + $0.width <= window.width
            && $0.y + $0.height <= window.height
        }
    }
    let areTreesSound = stages.allSatisfy { stage in
      stage.trees.allSatisfy { tree in
        !tree.nodes.isEmpty
          && tree.nodes.enumerated().allSatisfy { number, node in
            features.indices.contains(node.feature)
              && [node.left, node.right].allSatisfy { next in
                // A positive index must lead on, so that every walk ends.
                next > 0 ? next > number && next < tree.nodes.count : -next < tree.leaves.count
              }
          }
      }
    }
    guard areFeaturesInside, areTreesSound else { throw ImgtoolError(.input, "The cascade file contradicts itself.") }
  }
}

/// Picks what a cascade needs out of the file's elements.
private struct CascadeReader {
  var width: Int?
  var height: Int?
  var stages: [(threshold: Float, trees: [HaarCascade.Tree])] = []
  var features: [HaarCascade.Feature] = []
  private var path: [String] = []
  private var nodes: [HaarCascade.Node] = []

  mutating func read(_ bytes: [UInt8]) throws(ImgtoolError) {
    var index = 0
    var text = index..<index
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "<") else {
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "<") { index += 1 }
        text = start..<index
        continue
      }
      if bytes[index...].starts(with: Array("<!--".utf8)) {
        index = try Self.end(of: "-->", in: bytes, from: index)
        continue
      }
      let end = try Self.end(of: ">", in: bytes, from: index)
      let tag = bytes[(index + 1)..<max(index + 1, end - 1)]
      index = end
      if tag.first == UInt8(ascii: "?") || tag.first == UInt8(ascii: "!") { continue }
      if tag.first == UInt8(ascii: "/") {
        try close(String(decoding: bytes[text], as: UTF8.self))
      } else if tag.last != UInt8(ascii: "/") {
        guard path.count < 32 else { throw ImgtoolError(.input, "The cascade file nests too deeply.") }
        open(String(decoding: tag.prefix { $0 > 32 }, as: UTF8.self))
      }
      text = index..<index
    }
    guard path.isEmpty else { throw ImgtoolError(.input, "The cascade file ends before it is complete.") }
  }

  /// The index after the next occurrence of a mark.
  private static func end(of mark: String, in bytes: [UInt8], from start: Int) throws(ImgtoolError) -> Int {
    let wanted = Array(mark.utf8)
    var index = start
    while index + wanted.count <= bytes.count {
      if bytes[index] == wanted[0], bytes[index..<(index + wanted.count)].elementsEqual(wanted) {
        return index + wanted.count
      }
      index += 1
    }
    throw ImgtoolError(.input, "The cascade file ends before it is complete.")
  }

  private mutating func open(_ name: String) {
    path.append(name)
    if name == "rects" { features.append(HaarCascade.Feature(rects: [])) }
  }

  private mutating func close(_ text: String) throws(ImgtoolError) {
    guard let name = path.popLast() else { throw ImgtoolError(.input, "The cascade file closes what it never opened.") }
    switch (name, path.last) {
    case ("width", "cascade"): width = Int(text.trimmed)
    case ("height", "cascade"): height = Int(text.trimmed)
    case ("stageThreshold", _): stages.append((try Self.numbers(text, 1...1)[0], []))
    case ("internalNodes", _): nodes = try Self.nodes(text)
    case ("leafValues", _):
      guard !stages.isEmpty else { throw ImgtoolError(.input, "The cascade file has trees outside a stage.") }
      stages[stages.count - 1].trees.append(HaarCascade.Tree(nodes: nodes, leaves: try Self.numbers(text, 1...64)))
    case ("_", "rects"):
      let n = try Self.numbers(text, 5...5)
      features[features.count - 1].rects.append(
        (try Self.whole(n[0]), try Self.whole(n[1]), try Self.whole(n[2]), try Self.whole(n[3]), n[4]))
    case ("tilted", _):
      if text.trimmed != "0" { throw ImgtoolError(.unsupported, "The cascade file needs tilted features.") }
    default: break
    }
  }

  private static func nodes(_ text: String) throws(ImgtoolError) -> [HaarCascade.Node] {
    let values = try numbers(text, 4...256)
    guard values.count % 4 == 0 else { throw ImgtoolError(.input, "The cascade file has a broken tree.") }
    var nodes: [HaarCascade.Node] = []
    for start in stride(from: 0, to: values.count, by: 4) {
      nodes.append(
        HaarCascade.Node(
          left: try whole(values[start]), right: try whole(values[start + 1]), feature: try whole(values[start + 2]),
          threshold: values[start + 3]))
    }
    return nodes
  }

  private static func numbers(_ text: String, _ count: ClosedRange<Int>) throws(ImgtoolError) -> [Float] {
    let values = text.utf8.split { $0 <= 32 }.map { word in
      Float(Substring(word.last == UInt8(ascii: ".") ? word.dropLast() : word)) ?? .nan
    }
    guard count.contains(values.count), values.allSatisfy(\.isFinite) else {
      throw ImgtoolError(.input, "The cascade file has something that is not a number.")
    }
    return values
  }

  private static func whole(_ value: Float) throws(ImgtoolError) -> Int {
    guard abs(value) < 1e6, value == value.rounded() else {
      throw ImgtoolError(.input, "The cascade file has a fraction where a whole number belongs.")
    }
    return Int(value)
  }
}

extension String {
  fileprivate var trimmed: Substring {
    let head = self.drop { $0.isWhitespace }
    return head.prefix { !$0.isWhitespace }
  }
}
