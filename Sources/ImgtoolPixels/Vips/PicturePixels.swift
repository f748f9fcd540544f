// SPDX-License-Identifier: Apache-2.0
import CVips
package import ImgtoolCore

extension Picture {
  /// A picture of given 8-bit samples: rows from the top, pixels from the left, samples side by side.
  ///
  /// 1 band is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  /// - Throws: `.fault` where the number of samples does not fit.
  package init(
    samples: [UInt8], size: PixelSize, bands: Int, on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    let meaning = bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB
    try self.init(raw: samples, .u8, meaning, size, bands, thread)
  }

  /// A picture of given 16-bit samples, in the machine's byte order.
  ///
  /// - Throws: `.fault` where the number of samples does not fit.
  package init(
    samples: [UInt16], size: PixelSize, bands: Int, on thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    let meaning = bands < 3 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16
    try self.init(raw: samples, .u16, meaning, size, bands, thread)
  }

  private init<Sample>(
    raw samples: [Sample], _ format: SampleFormat, _ meaning: VipsInterpretation, _ size: PixelSize, _ bands: Int,
    _ thread: borrowing VipsThread
  ) throws(ImgtoolError) {
    try thread.check()
    try Vips.start()
    let (count, isTooMany) = size.area.multipliedReportingOverflow(by: bands)
    guard (1...4).contains(bands), !isTooMany, samples.count == count else {
      throw ImgtoolError(.fault, "\(samples.count) samples are not \(size) pixels of \(bands).")
    }
    let made: Image? = samples.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      return cvips_from_memory(
        base, bytes.count, Int32(size.width), Int32(size.height), Int32(bands), format.band)
    }
    guard let made else { throw Vips.failure(.fault, "A picture cannot be made of samples.") }
    defer { cvips_release(made) }
    guard let image = cvips_reinterpret(made, meaning) else {
      throw Vips.failure(.fault, "A picture cannot be made of samples.")
    }
    self.init(owning: image, watch: thread.watch, readsFile: false)
  }

  /// All samples of an 8-bit picture: rows from the top, pixels from the left, samples side by side.
  ///
  /// - Throws: `.fault` for another sample format; what computing throws.
  package func samples8() throws(ImgtoolError) -> [UInt8] { try samples(.u8, as: UInt8.self) }

  /// All samples of a 16-bit picture, in the machine's byte order.
  ///
  /// - Throws: `.fault` for another sample format; what computing throws.
  package func samples16() throws(ImgtoolError) -> [UInt16] { try samples(.u16, as: UInt16.self) }

  private func samples<Sample>(_ format: SampleFormat, as type: Sample.Type) throws(ImgtoolError) -> [Sample] {
    guard sample == format else {
      throw ImgtoolError(.fault, "The samples are \(sample.rawValue), not \(format.rawValue).")
    }
    let (count, isTooMany) = size.area.multipliedReportingOverflow(by: bands)
    guard !isTooMany else { throw ImgtoolError(.limit, "A picture of \(size) has too many samples.") }
    var failure: ImgtoolError?
    let samples = [Sample](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(ImgtoolError) {
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        _ = try computing("The pixels cannot be decoded.") { image in
          bytes.baseAddress.flatMap { cvips_write_into(image, $0, bytes.count) == 0 ? true : nil }
        }
        filled = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return samples
  }

  /// What the samples of one band are like.
  package struct BandStatistics: Sendable, Hashable {
    package var minimum: Double
    package var maximum: Double
    package var mean: Double
    /// The standard deviation, with n − 1.
    package var deviation: Double
  }

  /// Statistics of each band, in one pass over the pixels (libvips: vips_stats).
  ///
  /// - Throws: what computing throws.
  package func statistics() throws(ImgtoolError) -> [BandStatistics] {
    let table = try computing("The pixels cannot be decoded.") { cvips_stats($0) }
    defer { cvips_release(table) }
    cvips_forget_progress(table)
    var byteCount = 0
    guard let memory = cvips_to_memory(table, &byteCount) else {
      throw Vips.failure(.fault, "Statistics cannot be read.")
    }
    defer { cvips_free(memory) }
    let numbers = UnsafeRawBufferPointer(start: memory, count: byteCount).bindMemory(to: Double.self)
    let columns = Int(table.pointee.Xsize)
    guard columns >= 6, numbers.count >= columns * (bands + 1) else {
      throw ImgtoolError(.fault, "Statistics have an unknown layout.")
    }
    return (1...bands).map { row in
      let line = numbers[(row * columns)..<((row + 1) * columns)]
      let first = line.startIndex
      return BandStatistics(
        minimum: line[first], maximum: line[first + 1], mean: line[first + 4], deviation: line[first + 5])
    }
  }
}
