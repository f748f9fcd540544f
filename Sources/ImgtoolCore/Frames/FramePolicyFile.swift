// SPDX-License-Identifier: Apache-2.0

extension FramePolicy: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case closeRatio, approximateRatio, tierLongSide, tierAreaLeast, tierAreaMost, tableTolerance, grid
    case sameAreaLeast, trimMost, snapMargin, offeredRatios, tables
  }

  public init(from decoder: any Decoder) throws {
    try decoder.refuseFields(besides: CodingKeys.allCases.map(\.rawValue), of: "a frame policy")
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func objection(_ key: CodingKeys, _ text: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: values, debugDescription: text)
    }
    func share(_ key: CodingKeys, _ fallback: Double, most: Double = 1_000) throws -> Double {
      let value = try values.decodeIfPresent(Double.self, forKey: key) ?? fallback
      guard (0...most).contains(value) else { throw objection(key, "must be between 0 and \(most)") }
      return value
    }
    func count(_ key: CodingKeys, _ fallback: Int, least: Int) throws -> Int {
      let value = try values.decodeIfPresent(Int.self, forKey: key) ?? fallback
      guard value >= least else { throw objection(key, "must be \(least) or more") }
      return value
    }
    self.init()
    closeRatio = try share(.closeRatio, closeRatio)
    approximateRatio = try share(.approximateRatio, approximateRatio)
    guard closeRatio <= approximateRatio else { throw objection(.closeRatio, "must not exceed approximateRatio") }
    tierLongSide = try share(.tierLongSide, tierLongSide)
    tierAreaLeast = try share(.tierAreaLeast, tierAreaLeast)
    tierAreaMost = try share(.tierAreaMost, tierAreaMost)
    guard tierAreaLeast <= tierAreaMost else { throw objection(.tierAreaLeast, "must not exceed tierAreaMost") }
    tableTolerance = try count(.tableTolerance, tableTolerance, least: 0)
    grid = try count(.grid, grid, least: 1)
    sameAreaLeast = try share(.sameAreaLeast, sameAreaLeast)
    trimMost = try share(.trimMost, trimMost, most: 1)
    snapMargin = try count(.snapMargin, snapMargin, least: 0)
    offeredRatios = try values.decodeIfPresent([AspectRatio].self, forKey: .offeredRatios) ?? offeredRatios
    tables = try values.decodeIfPresent([String].self, forKey: .tables) ?? tables
    if let unknown = tables.first(where: { SizeTable.named($0) == nil }) {
      throw objection(.tables, "\"\(unknown)\" is no size table")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(closeRatio, forKey: .closeRatio)
    try values.encode(approximateRatio, forKey: .approximateRatio)
    try values.encode(tierLongSide, forKey: .tierLongSide)
    try values.encode(tierAreaLeast, forKey: .tierAreaLeast)
    try values.encode(tierAreaMost, forKey: .tierAreaMost)
    try values.encode(tableTolerance, forKey: .tableTolerance)
    try values.encode(grid, forKey: .grid)
    try values.encode(sameAreaLeast, forKey: .sameAreaLeast)
    try values.encode(trimMost, forKey: .trimMost)
    try values.encode(snapMargin, forKey: .snapMargin)
    try values.encode(offeredRatios, forKey: .offeredRatios)
    try values.encode(tables, forKey: .tables)
  }
}
