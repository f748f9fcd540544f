// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import Testing

struct SizeTableTests {
  /// The published tables once more, by hand: ratio, then 1K / 2K / 4K, "–" where there is no row.
  private static let published: [(table: String, rows: String)] = [
    (
      "gemini25flash",
      """
      1:1 1024x1024 – –
      3:2 1248x832 – –
      4:3 1184x864 – –
      5:4 1152x896 – –
      16:9 1344x768 – –
      21:9 1536x672 – –
      """
    ),
    (
      "gemini3pro",
      """
      1:1 1024x1024 2048x2048 4096x4096
      3:2 1264x848 2528x1696 5056x3392
      4:3 1200x896 2400x1792 4800x3584
      5:4 1152x928 2304x1856 4608x3712
      16:9 1376x768 2752x1536 5504x3072
      21:9 1584x672 3168x1344 6336x2688
      """
    ),
    (
      "seedream",
      """
      1:1 – 2048x2048 4096x4096
      3:2 – 2496x1664 4992x3328
      4:3 – 2304x1728 4704x3520
      5:4 – – –
      16:9 – 2848x1600,2560x1440 5504x3040
      21:9 – 3136x1344,3024x1296 6240x2656
      """
    ),
    (
      "gptimage2",
      """
      1:1 1024x1024 2048x2048 2880x2880
      3:2 1536x1024 2048x1360 3504x2336
      4:3 1152x864 2304x1728 3264x2448
      5:4 1120x896 2240x1792 3200x2560
      16:9 1280x720 2048x1152 3840x2160
      21:9 1456x624 2912x1248 3840x1648
      """
    ),
  ]

  @Test(arguments: published)
  func everyCellIsThePublishedOne(table: String, rows: String) throws {
    let shipped = try #require(SizeTable.named(table))
    var count = 0
    for line in rows.split(separator: "\n") {
      let cells = line.split(separator: " ")
      let ratio = try ratio(String(cells[0]))
      for (tier, cell) in zip(ResolutionTier.allCases, cells.dropFirst()) {
        let sizes = cell == "–" ? [] : try cell.split(separator: ",").map { try size(String($0)) }
        #expect(shipped.sizes(ratio, tier) == sizes, "\(ratio) at \(tier)")
        #expect(shipped.sizes(ratio.transposed, tier) == sizes.map(\.transposed), "\(ratio.transposed) at \(tier)")
        count += sizes.isEmpty ? 0 : 1
      }
    }
    #expect(shipped.rows.count == count)
  }

  @Test func thereAreNoOtherTables() {
    #expect(SizeTable.all.map(\.name) == Self.published.map(\.table))
    #expect(SizeTable.named("GEMINI3PRO") == nil)
    #expect(SizeTable.all.allSatisfy { !$0.title.isEmpty })
  }

  @Test(arguments: SizeTable.all)
  func rowsAreLandscapeOnceAndNeverEmpty(table: SizeTable) {
    #expect(table.rows.allSatisfy { $0.ratio.width >= $0.ratio.height && !$0.sizes.isEmpty })
    #expect(table.rows.allSatisfy { row in row.sizes.allSatisfy { $0.width >= $0.height } })
    #expect(Set(table.rows.map { "\($0.ratio.width):\($0.ratio.height) \($0.tier)" }).count == table.rows.count)
  }

  @Test(arguments: SizeTable.all)
  func tablesAreTheSameAfterJSON(table: SizeTable) throws {
    #expect(try rewritten(table) == table)
  }

  @Test(arguments: [
    #"{"ratio": "4:3", "tier": "1K", "sizes": ["0x5"]}"#, #"{"ratio": "4:3", "tier": "3K", "sizes": ["4x3"]}"#,
    #"{"ratio": "0:3", "tier": "1K", "sizes": ["4x3"]}"#, #"{"ratio": "4:3", "tier": "1K"}"#,
  ])
  func rowsWithBadValuesAreRefused(json: String) {
    #expect(throws: (any Error).self) { try read(SizeTable.Row.self, json) }
  }
}
