// SPDX-License-Identifier: Apache-2.0

/// Photoshop image resources of an APP13 segment (Adobe Photoshop File Formats, "Image Resource Blocks").
package enum PhotoshopResources {
  /// Thumbnails, EXIF and XMP repeated here, and the digest that would no longer fit.
  private static let privateResources: Set<Int> = [0x0409, 0x040C, 0x0422, 0x0423, 0x0424, 0x0425]
  private static let iptc = 0x0404
  /// Content location, city, sublocation, state and country (IPTC IIM 4.2, record 2).
  private static let privateDatasets: Set<UInt8> = [26, 27, 90, 92, 95, 100, 101]

  /// The resources without those that tell a place or hold pictures; nothing when they cannot be read to the end.
  ///
  /// - Parameter resources: what follows "Photoshop 3.0" and its zero.
  package static func withoutPrivate(_ resources: ArraySlice<UInt8>) -> [UInt8]? {
    var kept: [UInt8] = []
    var position = resources.startIndex
    let end = resources.endIndex
    while end - position >= 12 {
      let start = position
      let name = Int(resources[position + 6])
      // Signature, number and name; the name with its length is padded to an even count.
      let dataStart = position + 6 + (name + 2) / 2 * 2 + 4
      guard dataStart <= end else { return nil }
      let length = number(resources[dataStart - 4..<dataStart])
      guard length <= end - dataStart else { return nil }
      let dataEnd = dataStart + length
      position = min(end, dataEnd + length % 2)
      let resource = number(resources[start + 4..<start + 6])
      guard resource != iptc else {
        guard let filtered = withoutPlaces(resources[dataStart..<dataEnd]) else { return nil }
        kept += resources[start..<dataStart - 4] + bigEndian(filtered.count) + filtered
        if filtered.count % 2 == 1 { kept.append(0) }
        continue
      }
      if !privateResources.contains(resource) { kept += resources[start..<position] }
    }
    return resources[position...].allSatisfy { $0 == 0 } ? kept : nil
  }

  /// IPTC datasets without those that tell a place; nothing for an extended dataset or one that does not fit.
  private static func withoutPlaces(_ datasets: ArraySlice<UInt8>) -> [UInt8]? {
    var kept: [UInt8] = []
    var position = datasets.startIndex
    while datasets.endIndex - position >= 5, datasets[position] == 0x1C {
      let length = number(datasets[position + 3..<position + 5])
      let end = position + 5 + length
      guard length < 0x8000, end <= datasets.endIndex else { return nil }
      let isPrivate = datasets[position + 1] == 2 && privateDatasets.contains(datasets[position + 2])
      if !isPrivate { kept += datasets[position..<end] }
      position = end
    }
    return datasets[position...].allSatisfy { $0 == 0 } ? kept : nil
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }
}
