// SPDX-License-Identifier: Apache-2.0

/// Which result belongs to which picture of a zip.
enum ArchivePairing {
  /// The name a picture has in the zip that is sent, without its extension: "picture-007".
  ///
  /// The order of such names is the order of their numbers, however the service sorts, and nothing of the user's.
  static func stem(_ index: Int) -> String {
    let digits = String(index + 1)
    return "picture-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
  }

  /// For each picture the index of its result; nothing for a picture that has none.
  ///
  /// By name where every result carries that of a picture, as the service says of its zips, the first where there are
  /// several; otherwise in order, which tells something only where there are as many results as pictures.
  /// - Parameter names: the file names the service gave its results.
  static func results(named names: [String?], for pictures: Int) -> [Int?] {
    let unpaired = [Int?](repeating: nil, count: pictures)
    var byName = unpaired
    for (index, name) in names.enumerated() {
      let bare = name.map { name in name.lastIndex(of: ".").map { name[..<$0] } ?? name[...] }
      guard let bare, let picture = byName.indices.first(where: { bare.hasSuffix(stem($0)) }) else {
        return names.count == pictures ? names.indices.map { $0 } : unpaired
      }
      byName[picture] = byName[picture] ?? index
    }
    return byName
  }
}
