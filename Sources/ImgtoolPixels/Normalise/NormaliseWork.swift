// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe

/// One file on its way to being upright; everything here runs on a thread of the pool.
struct NormaliseWork: Sendable {
  let image: AdmittedImage
  /// All bytes of it.
  let bytes: [UInt8]
  let plan: NormalisePlan
  let options: NormaliseOptions
  let limit: ByteCount
  private var facts: ImageFacts { image.facts }

  init(image: AdmittedImage, bytes: [UInt8], plan: NormalisePlan, options: NormaliseOptions, limit: ByteCount) {
    (self.image, self.bytes, self.plan, self.options, self.limit) = (image, bytes, plan, options, limit)
  }

  /// The most memory the work takes.
  func cost() throws(ImgtoolError) -> ByteCount {
    switch plan {
    case .copy, .editMetadata: ByteCount(bytes.count * 4)
    case .turnLosslessly:
      try JPEGFrame(of: bytes).map { LosslessTurn.memory($0, facts.fileBytes) } ?? ByteCount(bytes.count * 4)
    case .reencode: PixelCost.estimate(facts: facts, holdsPixels: true, makes: facts.displaySize)
    }
  }

  func done(on thread: borrowing VipsThread) throws(ImgtoolError) -> NormaliseOutcome {
    try thread.check()
    if let workers = thread.workers { return try done(by: workers, thread.watch) }
    switch plan {
    case .copy: return NormaliseOutcome(.copy, facts, bytes: nil)
    case .editMetadata: return try metadataEdited()
    case .turnLosslessly: return try turnedLosslessly()
    case .reencode: return try reencoded(on: thread)
    }
  }

  /// The same, in a process of its own: EXIF libraries and coefficients are strangers' work as much as pixels are.
  private func done(by workers: WorkerPool, _ watch: Watch) throws(ImgtoolError) -> NormaliseOutcome {
    // A lossless format may grow to the size of its pixels.
    let (most, isTooMuch) = bytes.count.multipliedReportingOverflow(by: 2)
    let room = image.room(pages: nil).addingReportingOverflow(isTooMuch ? 0 : most)
    let (answer, region) = try workers.perform(
      .normalise(plan, options, limit: limit.bytes), on: image, room: room.overflow ? .max / 2 : room.partialValue,
      watch)
    guard case .normalised(var outcome, let length) = answer else {
      throw ImgtoolError(.fault, "The decoder answered another question.")
    }
    guard let length else { return outcome }
    guard let result = region.copy(at: 0, length) else {
      throw ImgtoolError(.fault, "The decoder described a file that cannot be.")
    }
    outcome.bytes = result
    return outcome
  }

  private var edit: MetadataEdit {
    MetadataEdit(turn: facts.orientation, size: facts.displaySize, strip: options.strip)
  }

  private func metadataEdited() throws(ImgtoolError) -> NormaliseOutcome {
    let edited: (bytes: [UInt8], findings: [Finding])
    switch facts.format {
    case .jpeg: edited = try JPEGSegments.edited(bytes, edit)
    case .png: edited = try PNGChunks.edited(bytes, edit)
    case .webp: edited = try WebPChunks.edited(bytes, edit)
    case .tiff: edited = try TIFFMetadata.edited(bytes, xmp: facts.xmp, edit)
    default: edited = try ItemMetadata.edited(bytes, exif: facts.exif, xmp: facts.xmp, edit)
    }
    let isSame = edited.bytes == bytes
    return NormaliseOutcome(
      isSame ? .copy : .editMetadata, facts, bytes: isSame ? nil : edited.bytes, findings: edited.findings)
  }

  private func turnedLosslessly() throws(ImgtoolError) -> NormaliseOutcome {
    var jpeg = try JPEGSegments(bytes)
    let findings = try jpeg.apply(edit)
    let turned = try LosslessTurn.turned(jpeg, by: facts.orientation, limit: limit)
    return NormaliseOutcome(plan, facts, bytes: try turned.encoded(), findings: findings)
  }

  private func reencoded(on thread: borrowing VipsThread) throws(ImgtoolError) -> NormaliseOutcome {
    let coding = try SourceCoding(bytes, facts, quality: options.quality)
    let result: (bytes: [UInt8], findings: [Finding])
    switch facts.format {
    case .jpeg: result = try carried(JPEGSegments.self, try turnedPixels(coding, keep: .icc, thread))
    case .png: result = try carried(PNGChunks.self, try turnedPixels(coding, keep: .icc, thread))
    case .webp: result = try carried(WebPChunks.self, try turnedPixels(coding, keep: .icc, thread))
    case .tiff: result = try carriedTIFF(coding, thread)
    default: result = try carriedItems(coding, thread)
    }
    return NormaliseOutcome(
      plan, facts, bytes: result.bytes, isLossless: facts.reencodesWithoutLoss,
      quality: facts.reencodesWithoutLoss ? nil : options.quality, findings: coding.findings + result.findings)
  }

  /// The pixels upright and encoded again; one warning of the decoder makes the file damaged.
  private func turnedPixels(
    _ coding: SourceCoding, keep: EncodeOptions.Keep, xmp: [UInt8]?? = nil, _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> [UInt8] {
    var encode = coding.options
    encode.keep = keep
    // libheif turns while it decodes: what item properties said is done.
    let orientation = facts.orientationSource == .itemProperties ? .up : facts.orientation
    var picture = try Picture(opening: image, .verifying, on: thread)
      .upright(from: orientation)
    // IPTC and Photoshop's resources may tell a place.
    if options.strip == .private { picture = try picture.keeping([.icc, .exif, .xmp]) }
    guard case .some(let packet) = xmp else { return try picture.encoded(encode) }
    return try picture.setting(.xmp, to: packet).encoded(encode)
  }

  /// The new file with the metadata of the old one, edited.
  private func carried<Container: MetadataContainer>(
    _ type: Container.Type, _ encoded: [UInt8]
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    var source = try Container(bytes)
    let findings = try source.apply(edit)
    var result = try Container(encoded)
    try result.adoptMetadata(of: source)
    return (try result.encoded(), findings)
  }

  private func carriedTIFF(
    _ coding: SourceCoding, _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    guard options.strip != .all else { return (try turnedPixels(coding, keep: .icc, thread), []) }
    let packet = editedPacket()
    let encoded = try turnedPixels(coding, keep: .all, xmp: .some(packet.bytes), thread)
    let grafted = TIFFGraft.grafted(from: bytes, onto: encoded, edit)
    return (grafted.bytes, packet.findings + grafted.findings)
  }

  private func carriedItems(
    _ coding: SourceCoding, _ thread: borrowing VipsThread
  ) throws(ImgtoolError) -> (bytes: [UInt8], findings: [Finding]) {
    let packet = editedPacket()
    let encoded = try turnedPixels(
      coding, keep: options.strip == .all ? .icc : .all, xmp: .some(packet.bytes), thread)
    let seen = try Probe.facts(of: encoded)
    let edited = try ItemMetadata.edited(encoded, exif: seen.exif, xmp: seen.xmp, edit)
    return (edited.bytes, packet.findings + edited.findings)
  }

  /// The XMP packet after the edit; taken from the file itself, since libvips overlooks some packets of HEIF.
  private func editedPacket() -> EditedMetadata {
    guard let range = facts.xmp, range.offset >= 0, range.length > 0, range.length <= bytes.count,
      range.offset <= bytes.count - range.length
    else { return EditedMetadata(nil) }
    let packet = Array(bytes[range.offset..<range.offset + range.length])
    return XMPEditor.edited(packet, edit, byteLimit: 1 << 24)
  }
}
