// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import Testing

/// What the structure walks say of whole, cut, flipped and prolonged files.
@Suite struct StructureTests {
  /// Samples whose structure shows where they end.
  static let walkable = Sample.all.filter { $0.name != "JPEG XL" }

  @Test(arguments: Sample.all)
  func aWholeFileIsIntactToItsLastByte(sample: Sample) throws {
    let report = try Structure.check(sample.bytes)
    #expect(report.isIntact, "\(report.findings)")
    #expect(report.endOffset == sample.bytes.count)
    #expect(report.walkedBytes == ByteCount(sample.bytes.count))
    #expect(report.trailingBytes == ByteCount(0))
    #expect(report.frameCount == (try Probe.facts(of: sample.bytes).frameCount))
    let file = try TemporaryFile(sample.bytes)
    #expect(try Structure.check(file: file.path) == report)
  }

  @Test(arguments: walkable)
  func everyCutIsFound(sample: Sample) {
    for length in 0..<sample.bytes.count {
      do throws(ImgtoolError) {
        let report = try Structure.check(Array(sample.bytes[0..<length]))
        // Between two blocks a GIF that lost its trailer cannot be told from one that never had it.
        let isTold = report.findings.contains { $0.rule == StructureRule.unterminated }
        #expect(!report.isIntact || isTold, "\(length) of \(sample.bytes.count) bytes")
      } catch {
        #expect(error.kind == .input)
      }
    }
  }

  @Test(arguments: walkable)
  func bytesBehindTheEndAreANote(sample: Sample) throws {
    let report = try Structure.check(sample.bytes + [0, 1, 2, 3, 4])
    #expect(report.isIntact, "\(report.findings)")
    #expect(report.trailingBytes == ByteCount(5))
    #expect(report.endOffset == sample.bytes.count)
    #expect(report.findings.map(\.rule) == [StructureRule.trailing])
    #expect(report.findings.first?.measured == .count(5))
  }

  @Test(arguments: Sample.all)
  func flippedBytesNeverCrash(sample: Sample) {
    var generator = SeededGenerator(seed: UInt64(sample.bytes.count) &* 7)
    for _ in 0..<1500 {
      var bytes = sample.bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      do throws(ImgtoolError) {
        let report = try Structure.check(bytes)
        #expect(report.walkedBytes <= report.fileBytes)
      } catch {
        #expect(error.kind == .input || error.kind == .unsupported)
      }
    }
  }

  @Test(arguments: Sample.all.filter { $0.format == .png })
  func everyFlippedBitOfPNGIsFound(sample: Sample) {
    for place in sample.bytes.indices {
      var bytes = sample.bytes
      bytes[place] ^= 1 << UInt8(place % 8)
      let report = try? Structure.check(bytes)  // not recognised any more: found as well
      #expect(report?.isIntact != true, "byte \(place)")
    }
  }

  @Test func truncationTellsBothNumbers() throws {
    let bytes = RasterSamples.webp()
    let finding = try #require(try Structure.check(Array(bytes.dropLast(3))).findings.first)
    #expect(finding.rule == StructureRule.truncated)
    #expect(finding.message == "Truncated at byte \(bytes.count - 3) of \(bytes.count).")
    #expect(finding.measured == .count(bytes.count - 3))
    #expect(finding.allowed == .count(bytes.count))
  }

  @Test func aTextIsNoStructure() {
    #expect { try Structure.check(Array("a plain text, long enough".utf8)) } throws: {
      ($0 as? ImgtoolError)?.kind == .input
    }
  }
}
