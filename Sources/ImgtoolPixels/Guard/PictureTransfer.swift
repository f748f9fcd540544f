// SPDX-License-Identifier: Apache-2.0
import CVips
import ImgtoolCore

/// A picture from one process to another: libvips computes right into shared memory, and reads it there.
extension Picture {
  /// Computes all pixels into shared memory and puts the fields of the header behind them.
  ///
  /// - Throws: `.limit` where there is not enough room, and what computing throws.
  func transferred(into room: SharedRegion) throws(ImgtoolError) -> TransferredPicture {
    let (row, isTooWide) = (width * bands).multipliedReportingOverflow(by: sample.bytes)
    let (count, isTooMuch) = row.multipliedReportingOverflow(by: height)
    guard sample.bytes > 0, !isTooWide, !isTooMuch, count > 0, count <= room.count, let base = room.writable.baseAddress
    else { throw ImgtoolError(.limit, "The decoded picture is larger than its header said: \(size).") }
    _ = try computing("The pixels cannot be decoded.") { cvips_write_into($0, base, count) == 0 ? true : nil }
    var place = count
    var fields: [TransferredPicture.Field] = []
    for name in fieldNames() {
      guard let value = try fieldValue(name, room, &place) else { continue }
      fields.append(TransferredPicture.Field(name: name, value: value))
    }
    return TransferredPicture(
      width: width, height: height, bands: bands, format: Int32(image.pointee.BandFmt.rawValue),
      interpretation: Int32(image.pointee.Type.rawValue), resolution: [image.pointee.Xres, image.pointee.Yres],
      fields: fields)
  }

  private func fieldNames() -> [String] {
    guard let names = cvips_fields(image) else { return [] }
    defer { cvips_free_names(names) }
    var (list, next): ([String], _) = ([], names)
    while let name = next.pointee {
      list.append(String(cString: name))
      next += 1
    }
    // Those of every picture are no fields of the file's.
    return list.filter { !Self.ownFields.contains($0) }
  }

  private static let ownFields: Set<String> = [
    "width", "height", "bands", "format", "coding", "interpretation", "xoffset", "yoffset", "xres", "yres", "filename",
    "vips-sequential", "history",
  ]

  private func fieldValue(
    _ name: String, _ room: SharedRegion, _ place: inout Int
  ) throws(ImgtoolError) -> TransferredPicture.Field.Value? {
    switch cvips_field_kind(image, name) {
    case CVIPS_INT: return .number(Int(cvips_int_field(image, name, 0)))
    case CVIPS_DOUBLE: return .real(cvips_double_field(image, name))
    case CVIPS_TEXT: return cvips_text_field(image, name).map { .text(String(cString: $0)) }
    case CVIPS_INTS:
      var count: Int32 = 0
      guard let numbers = cvips_ints_field(image, name, &count) else { return nil }
      return .numbers(UnsafeBufferPointer(start: numbers, count: Int(count)).map(Int.init))
    case CVIPS_BLOB:
      var count = 0
      guard let bytes = cvips_blob_field(image, name, &count) else { return nil }
      guard count <= room.count - place else {
        throw ImgtoolError(.limit, "The picture carries more beside its pixels than there is room for.")
      }
      room.writable.baseAddress?.advanced(by: place).copyMemory(from: bytes, byteCount: count)
      defer { place += count }
      return .block(offset: place, length: count)
    default: return nil
    }
  }

  /// A picture whose pixels lie in shared memory, where they stay.
  ///
  /// - Throws: `.fault` for a description that does not fit the memory: the decoder is not to be trusted.
  static func shared(
    _ description: TransferredPicture, in region: SharedRegion, _ watch: Watch
  ) throws(ImgtoolError) -> Picture {
    let format = SampleFormat(VipsBandFormat(rawValue: description.format))
    guard let size = PixelSize(width: description.width, height: description.height),
      (1...64).contains(description.bands),
      size.longSide <= sideLimit, format.bytes > 0, description.resolution.count == 2,
      description.resolution.allSatisfy({ $0.isFinite && $0 > 0 })
    else { throw unbelievable }
    let (pixels, isTooMany) = size.area.multipliedReportingOverflow(by: description.bands * format.bytes)
    guard !isTooMany, pixels <= region.count, let base = region.bytes.baseAddress else { throw unbelievable }
    let holder = Unmanaged.passRetained(region)
    let made = cvips_from_shared(
      base, pixels, Int32(size.width), Int32(size.height), Int32(description.bands), format.band,
      VipsInterpretation(rawValue: description.interpretation), description.resolution[0], description.resolution[1],
      { Unmanaged<SharedRegion>.fromOpaque($0).release() }, holder.toOpaque())
    guard let made else {
      holder.release()
      throw Vips.failure(.fault, "A picture cannot be made of shared memory.")
    }
    let picture = Picture(owning: made, watch: watch, readsFile: false)
    for field in description.fields { try picture.set(field, in: region) }
    return picture
  }

  private func set(_ field: TransferredPicture.Field, in region: SharedRegion) throws(ImgtoolError) {
    switch field.value {
    case .number(let number): cvips_set_int_field(image, field.name, Int32(clamping: number))
    case .real(let number): cvips_set_double_field(image, field.name, number)
    case .text(let text): cvips_set_text_field(image, field.name, text)
    case .numbers(let numbers):
      let list = numbers.map { Int32(clamping: $0) }
      cvips_set_ints_field(image, field.name, list, Int32(list.count))
    case .block(let offset, let length):
      guard let bytes = region.copy(at: offset, length) else { throw Self.unbelievable }
      bytes.withUnsafeBytes { buffer in
        if let base = buffer.baseAddress { cvips_set_blob_field(image, field.name, base, buffer.count) }
      }
    }
  }

  private static var unbelievable: ImgtoolError {
    ImgtoolError(.fault, "The decoder described a picture that cannot be.", context: ["rule": GuardRule.crashed])
  }
}

extension AdmittedImage {
  /// The room the decoded pixels of `pages` frames and the metadata can take, as the header says.
  ///
  /// Libraries may make RGB of a palette, alpha of a colour key and floating point of rare samples.
  func room(pages: Int?) -> Int {
    let frames = pages ?? facts.frameCount
    let bytes = facts.bitsPerSample <= 8 ? 1 : facts.bitsPerSample <= 16 ? 2 : 4
    let channels = max(facts.channels, 4)
    var total = facts.storedSize.area
    for factor in [max(frames, 1), channels, bytes] {
      let (product, isTooMuch) = total.multipliedReportingOverflow(by: factor)
      total = isTooMuch ? .max / 2 : product
    }
    return total + limits.maximumMetadata.bytes + (1 << 20)
  }
}
