// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolPixels
import ImgtoolTesting
import Testing

/// A drawn scene of 512 × 288 whose middle, 288 × 288, was sent; what comes back has its middle replaced.
@Suite struct PlacementTests {
  private static let frame = size(512, 288)
  private static let whole = SamplePictures.patchwork(frame)
  private static let sent = whole.pixels(x: 112, y: 0, size(288, 288))
  private let checks = PlacementChecks()

  enum Damage: String, CaseIterable, Sendable {
    case untouched, coloured, half, barred, stretched3, stretched5, stretched10, stretched20, cropped5, cropped10
    case cropped20, flipped, unlike

    var rules: [String] {
      switch self {
      case .untouched, .coloured, .half, .barred: ["place.whole"]
      case .stretched3, .stretched5, .stretched10, .stretched20: ["place.stretched"]
      case .cropped5, .cropped10, .cropped20: ["place.cropped"]
      case .flipped: ["place.mirrored"]
      case .unlike: ["place.undecided"]
      }
    }

    var severity: Finding.Severity {
      switch self {
      case .untouched, .coloured, .half, .barred: .pass
      case .unlike: .note
      default: .fail
      }
    }
  }

  private func result(_ damage: Damage) throws -> ReducedPicture {
    let whole = Self.whole
    let sample: SamplePicture
    switch damage {
    case .untouched: sample = whole
    case .coloured:
      sample = SamplePicture(whole.size) { x, y in whole[x, y].map { UInt8(30 + Int($0) * 7 / 10) } }
    case .half: sample = whole.sized(to: size(256, 144))
    case .barred: sample = Self.sent.padded(left: 112, right: 112, with: [0, 0, 0])
    case .stretched3: sample = whole.covered(by: Self.sent.sized(to: size(297, 288)))
    case .stretched5: sample = whole.covered(by: Self.sent.sized(to: size(302, 288)))
    case .stretched10: sample = whole.covered(by: Self.sent.sized(to: size(317, 288)))
    case .stretched20: sample = whole.covered(by: Self.sent.sized(to: size(346, 288)))
    case .cropped5: sample = whole.covered(by: Self.sent.sized(to: size(303, 303)))
    case .cropped10: sample = whole.covered(by: Self.sent.sized(to: size(320, 320)))
    case .cropped20: sample = whole.covered(by: Self.sent.sized(to: size(360, 360)))
    case .flipped: sample = SamplePicture(whole.size) { x, y in whole[whole.size.width - 1 - x, y] }
    case .unlike: sample = SamplePictures.patchwork(Self.frame, seed: 99)
    }
    return try reduced(sample)
  }

  private func reduced(_ sample: SamplePicture) throws -> ReducedPicture {
    ReducedPicture(try #require(SmallPicture(size: sample.size, samples: sample.samples)), of: sample.size)
  }

  @Test(arguments: Damage.allCases)
  func whatBecameOfTheSourceIsFound(damage: Damage) throws {
    let judgement = checks.judge(try result(damage), source: try reduced(Self.sent))
    #expect(judgement.findings.map(\.rule) == damage.rules)
    #expect(judgement.findings.worst == damage.severity)
  }

  @Test func numbersAreThoseOfThePlacement() throws {
    let source = try reduced(Self.sent)
    let stretched = try #require(checks.judge(try result(.stretched5), source: source).fit)
    #expect(abs(stretched.distortion - (302.0 / 288 - 1)) < 0.004)
    let cropped = try #require(checks.judge(try result(.cropped10), source: source).fit)
    #expect(abs(cropped.visible - 0.9) < 0.01)
    let whole = try #require(checks.judge(try result(.untouched), source: source).fit)
    #expect(abs(whole.offsetX - 112) < 1 && abs(whole.offsetY) < 1 && abs(whole.scaleX - 1) < 0.004)
  }

  @Test func aSourceWithoutTextureIsNotDecided() throws {
    let plain = try reduced(SamplePictures.plain(size(200, 200), [90, 140, 200]))
    #expect(checks.judge(plain, source: plain).findings.map(\.rule) == ["place.undecided"])
  }

  @Test(arguments: [1, 2, 7, 30])
  func tinyPicturesAreNotDecided(side: Int) throws {
    let tiny = try reduced(SamplePictures.patchwork(size(side, side)))
    #expect(checks.judge(tiny, source: tiny).findings.map(\.rule) == ["place.undecided"])
    #expect(checks.judge(try reduced(Self.whole), source: tiny).findings.worst == .note)
  }

  /// On 50 pixels all patches show the same hills, and a sound result was called stretched.
  @Test(arguments: [50, 90])
  func aSmallResultIsNotDecided(side: Int) throws {
    let scene = SamplePictures.scene(size(400, 300))
    let height = side * 3 / 4
    let small = scene.sized(to: size(side, height))
      .padded(top: (side - height) / 2, bottom: side - height - (side - height) / 2, with: [255, 255, 255])
    #expect(checks.judge(try reduced(small), source: try reduced(scene)).findings.map(\.rule) == ["place.undecided"])
  }

  @Test func aPictureThatHadToStayIsFoundMoved() throws {
    let whole = Self.whole
    let source = try reduced(whole)
    #expect(checks.judge(source, source: source, mayMove: false).findings.map(\.rule) == ["place.whole"])
    let shifted = SamplePicture(whole.size) { x, y in whole[max(0, x - 3), y] }
    #expect(checks.judge(try reduced(shifted), source: source, mayMove: false).findings.map(\.rule) == ["place.moved"])
    let grown = whole.covered(by: whole.sized(to: size(522, 294)))
    #expect(checks.judge(try reduced(grown), source: source, mayMove: false).findings.map(\.rule) == ["place.moved"])
  }

  @Test func mirroredMarginsAreFoundAndTrueOnesAreNot() throws {
    let source = try reduced(Self.sent)
    let sent = Self.sent
    let mirrored = try reduced(
      SamplePicture(Self.frame) { x, y in
        let place = x - 112
        return sent[place < 0 ? -place - 1 : place > 287 ? 575 - place : place, y]
      })
    for (picture, rule) in [
      (mirrored, "content.mirrorPadding"), (try result(.untouched), "content.noMirrorPadding"),
    ] {
      let fit = try #require(checks.judge(picture, source: source).fit)
      #expect(checks.mirrorPadding(in: picture, source: source.fullSize, fit: fit)?.rule == rule)
    }
  }

  @Test(arguments: [1, 6])
  func softenedMirrorImagesAreFoundAndSoftenedTrueMarginsAreNot(reach: Int) throws {
    let source = try reduced(Self.sent)
    let (sent, whole) = (Self.sent, Self.whole)
    for (isMirrored, rule) in [(true, "content.mirrorPadding"), (false, "content.noMirrorPadding")] {
      let margins = SamplePicture(Self.frame) { x, y in
        let place = x - 112
        return isMirrored ? sent[place < 0 ? -place - 1 : place > 287 ? 575 - place : place, y] : whole[x, y]
      }
      let picture = try reduced(margins.softened(reach).covered(by: sent))
      let fit = try #require(checks.judge(picture, source: source).fit)
      #expect(checks.mirrorPadding(in: picture, source: source.fullSize, fit: fit)?.rule == rule)
    }
  }

  /// A scene at night: its sides are dark, but not of one colour, and black bars have no border one can see.
  @Test func blackBarsBesideANightAreFound() throws {
    let sent = SamplePicture(Self.sent.size) { x, y in
      let light = min(1, max(0, Double(min(x, 287 - x)) / 90 - 0.05))
      let stars = (x * 7 + y * 13) % 97 == 0 ? 60 : 0
      return Self.sent[x, y].map { UInt8(min(255, Double($0) * light + Double(stars))) }
    }
    let barred = try reduced(sent.padded(left: 112, right: 112, with: [0, 0, 0]))
    let source = try reduced(sent)
    let fit = try #require(checks.judge(barred, source: source).fit)
    let content = ContentChecks()
    #expect(content.bars(in: barred, source: source, fit: fit).rule == "content.bars")
    #expect(content.bars(in: source, source: source, fit: checks.judge(source, source: source).fit).severity == .pass)
  }

  @Test func aRetouchOfNothingAndOfEverythingIsTold() throws {
    let sent = Self.sent
    let source = try #require(SmallPicture(size: sent.size, samples: sent.samples))
    func rule(_ change: (Int, Int, UInt8) -> UInt8) throws -> String? {
      let sample = SamplePicture(sent.size) { x, y in sent[x, y].map { change(x, y, $0) } }
      return SkinChange().judge(try #require(SmallPicture(size: sent.size, samples: sample.samples)), source: source)?
        .rule
    }
    #expect(try rule { _, _, level in level } == "change.none")
    #expect(try rule { x, _, level in x < 60 ? level / 8 * 8 : level } == "change.plausible")
    #expect(try rule { _, _, level in level > 128 ? level - 20 : level + 20 } == "change.implausible")
  }
}

extension SamplePicture {
  fileprivate func pixels(x: Int, y: Int, _ part: PixelSize) -> SamplePicture {
    SamplePicture(part) { column, row in self[x + column, y + row] }
  }

  /// Scaled by straight lines between pixels.
  fileprivate func sized(to target: PixelSize) -> SamplePicture {
    func place(_ index: Int, _ from: Int, _ to: Int) -> (Int, Int, Double) {
      let exact = min(Double(from - 1), max(0, (Double(index) + 0.5) * Double(from) / Double(to) - 0.5))
      return (Int(exact), min(from - 1, Int(exact) + 1), exact - exact.rounded(.down))
    }
    return SamplePicture(target) { x, y in
      let (left, right, across) = place(x, size.width, target.width)
      let (top, bottom, down) = place(y, size.height, target.height)
      let corners = (self[left, top], self[right, top], self[left, bottom], self[right, bottom])
      return (0..<3).map { part in
        let upper = Double(corners.0[part]) * (1 - across) + Double(corners.1[part]) * across
        let lower = Double(corners.2[part]) * (1 - across) + Double(corners.3[part]) * across
        return UInt8((upper * (1 - down) + lower * down).rounded())
      }
    }
  }

  /// The mean of the pixels around each one, twice over.
  fileprivate func softened(_ reach: Int) -> SamplePicture {
    func mean(_ picture: SamplePicture, across: Int, down: Int) -> SamplePicture {
      SamplePicture(size) { x, y in
        var sums = (0, 0, 0)
        for step in -reach...reach {
          let (column, row) = (
            min(max(0, x + across * step), size.width - 1), min(max(0, y + down * step), size.height - 1)
          )
          let start = (row * size.width + column) * 3
          sums.0 += Int(picture.samples[start])
          sums.1 += Int(picture.samples[start + 1])
          sums.2 += Int(picture.samples[start + 2])
        }
        return [sums.0, sums.1, sums.2].map { UInt8($0 / (2 * reach + 1)) }
      }
    }
    func once(_ picture: SamplePicture) -> SamplePicture {
      mean(mean(picture, across: 1, down: 0), across: 0, down: 1)
    }
    return once(once(self))
  }

  /// Another picture laid over the middle, cut off at the sides.
  fileprivate func covered(by other: SamplePicture) -> SamplePicture {
    let (left, top) = ((size.width - other.size.width) / 2, (size.height - other.size.height) / 2)
    return SamplePicture(size) { x, y in
      let (column, row) = (x - left, y - top)
      let isInside = (0..<other.size.width).contains(column) && (0..<other.size.height).contains(row)
      return isInside ? other[column, row] : self[x, y]
    }
  }
}
