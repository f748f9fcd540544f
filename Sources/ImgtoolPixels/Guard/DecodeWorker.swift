// SPDX-License-Identifier: Apache-2.0
import CSandbox
import Foundation
import ImgtoolCore

/// What a decoder's process does: it takes one order after the other from its channel, and nothing from anywhere else.
public enum DecodeWorker {
  /// Becomes a decoder where the program was started as one; first thing in `main` of a service that embeds the
  /// library.
  ///
  /// Returns at once otherwise.
  public static func runIfAsked(_ arguments: [String] = CommandLine.arguments) {
    guard arguments.count == 2, arguments[1] == WorkerProgram.word else { return }
    run()
  }

  /// Serves decoding orders from descriptor 3 until it is closed.
  public static func run() -> Never {
    csandbox_bind_to_parent()
    Memory.limitHeaps()
    let memory = ProcessInfo.processInfo.environment["IMGTOOL_DECODER_MEMORY"].flatMap { Int($0) } ?? 1 << 30
    // Address space is more than memory: libraries, stacks and what is shared count, too.
    let space = max(memory.multipliedReportingOverflow(by: 2).partialValue, 2 << 30)
    guard csandbox_limit(UInt64(space), 16 << 20, 64) == 0 else { exit(70) }
    csandbox_allow_processor(60)
    var channel = WorkerChannel(owning: csandbox_channel)
    do {
      try Vips.start()
    } catch {
      _ = channel.send(WorkerAnswer(error))
      exit(69)
    }
    warmUp()
    guard channel.send(WorkerAnswer.ready(isLocked: csandbox_lock() == 0)) else { exit(70) }
    while true {
      guard let (order, descriptors) = try? channel.receive(WorkerOrder.self, within: nil), descriptors.count == 2
      else { exit(0) }
      guard channel.send(answer(order, descriptors)) else { exit(70) }
      // What a large picture took is given back before the next order.
      if order.facts.storedSize.area > 4_000_000 { csandbox_trim() }
    }
  }

  /// Loads what is loaded at first use, while files can still be opened.
  private static func warmUp() {
    let samples = [UInt8](repeating: 128, count: 16 * 16 * 3)
    let size = PixelSize(clamping: 16, 16)
    let thread = thread(DecodeLimits())
    for format in [ImageFormat.jpeg, .png, .webp, .tiff, .avif] {
      // A format this libvips does not write or read says so when it is asked for.
      guard let picture = try? Picture(samples: samples, size: size, bands: 3, on: thread),
        let bytes = try? picture.encoded(EncodeOptions(format: format, effort: format == .avif ? 0 : Int?.none)),
        let facts = try? Gate().look(at: .bytes(bytes)).admitted()
      else { continue }
      _ = try? ReducedDecode.decoded(facts, longSide: 16, on: thread)
    }
  }

  private static func thread(_ limits: DecodeLimits) -> VipsThread {
    VipsThread(watch: Watch(deadline: nil), gate: Gate(limits), workers: nil)
  }

  private static func answer(_ order: WorkerOrder, _ descriptors: [Int32]) -> WorkerAnswer {
    // What closing the last file added to libvips' words is not of this one.
    Vips.takeErrorText()
    do throws(ImgtoolError) {
      let input = try SharedRegion(mapping: descriptors[0], mayWrite: false)
      let room = try SharedRegion(mapping: descriptors[1], mayWrite: true)
      csandbox_allow_processor(Int32(clamping: order.limits.maximumSeconds))
      // It passed the gate of the process that sent it; the limits are held against the real header here.
      let image = AdmittedImage(admitted: .shared(input), keeping: nil, order.facts, order.limits)
      return try perform(order.task, image, room, on: thread(order.limits))
    } catch {
      return WorkerAnswer(error)
    }
  }

  private static func perform(
    _ task: WorkerOrder.Task, _ image: AdmittedImage, _ room: SharedRegion, on thread: borrowing VipsThread
  ) throws(ImgtoolError) -> WorkerAnswer {
    switch task {
    case .reduce(let longSide, let byHalves, let strictness):
      let reduced = try ReducedDecode.decoded(
        image, longSide: longSide, byHalves: byHalves, strictness: strictness, on: thread)
      guard let picture = reduced.picture else { return .reduced(reduced.integrity, nil) }
      try room.fill(picture.samples)
      return .reduced(reduced.integrity, picture.size)
    case .pixels(let options):
      let picture = try Picture(opening: image, options, on: thread)
      return .pixels(try picture.transferred(into: room))
    case .normalise(let plan, let options, let limit):
      let work = NormaliseWork(
        image: image, bytes: try image.source.allBytes(), plan: plan, options: options, limit: ByteCount(limit))
      var outcome = try work.done(on: thread)
      let length = outcome.bytes?.count
      if let bytes = outcome.bytes { try room.fill(bytes) }
      outcome.bytes = nil
      return .normalised(outcome, length: length)
    #if DEBUG
      case .misbehave(let misbehaviour):
        misbehaviour.perform()
        return .reduced(Finding("whole.decoded", .pass, "Nothing happened."), nil)
    #endif
    }
  }
}

extension SharedRegion {
  /// Puts bytes at the beginning.
  ///
  /// - Throws: `.limit` where there is not that much room.
  func fill(_ bytes: [UInt8]) throws(ImgtoolError) {
    guard bytes.count <= count else {
      throw ImgtoolError(.limit, "The result has \(ByteCount(bytes.count)); there is room for \(ByteCount(count)).")
    }
    writable.copyBytes(from: bytes)
  }
}
