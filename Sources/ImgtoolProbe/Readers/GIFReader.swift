// SPDX-License-Identifier: Apache-2.0
internal import ImgtoolCore

/// Reads GIF87a and GIF89a: canvas, loop count, and the frames, which have to be walked to be counted.
enum GIFReader {
  static func facts(through window: inout ByteWindow) throws(HeaderFault) -> ImageFacts {
    window.stride = Probe.windowBytes
    var walk = try GIFWalk(through: &window)
    do {
      while try walk.step(&window) {}
    } catch HeaderFault.truncated(let needed) {
      // A GIF cut short shows the frames it has.
      guard walk.frames > 0 else { throw HeaderFault.truncated(atLeast: needed) }
    }
    guard walk.frames > 0 else { throw .malformed("it has no picture") }
    var facts = ImageFacts(
      format: .gif, storedSize: try walk.canvas(), channels: 1, colourModel: .palette, coding: "lzw",
      fileBytes: ByteCount(window.length))
    facts.hasAlpha = walk.hasTransparency
    facts.frameCount = walk.frames
    facts.isInterlaced = walk.isInterlaced || walk.frames > 1
    facts.loopCount = walk.loopCount ?? (walk.frames > 1 ? 1 : nil)
    facts.icc = walk.icc
    facts.xmp = walk.xmp
    return facts
  }
}

/// The walk from block to block of a GIF (GIF89a specification §12–26).
struct GIFWalk {
  /// How the blocks ended.
  enum End {
    /// The trailer was found.
    case trailer
    /// The file ended between two blocks.
    case missing
    /// A byte that begins no block.
    case garbage
  }

  private(set) var frames = 0
  private(set) var hasTransparency = false
  private(set) var isInterlaced = false
  /// Plays of the animation, 0 for ever, from the NETSCAPE2.0 extension.
  private(set) var loopCount: Int?
  private(set) var icc: ICCFacts?
  private(set) var xmp: ByteRange?
  private(set) var end: End?
  /// Whether a frame has a code size and nothing behind it.
  private(set) var hasEmptyFrame = false
  /// The pixels of the frame stepped over last, and where its data begin; nothing after
  /// another block, or where it has none.
  private(set) var lastFrame: (pixels: Int, data: Int)?
  /// Offset of the next block.
  private(set) var at: Int
  /// The larger of the screen and all frames where they lie on it.
  private(set) var extent: (width: Int, height: Int)
  /// Bytes of comments, texts and application blocks, and of others beyond their fields.
  private(set) var extensionBytes = 0
  /// Whether the last of those blocks is a colour profile.
  private(set) var isLastExtensionColour = false
  private let screen: (width: Int, height: Int)
  private var firstFrame: (width: Int, height: Int) = (0, 0)
  private var isNextTransparent = false

  /// Reads the logical screen and steps over its colour table.
  init(through window: inout ByteWindow) throws(HeaderFault) {
    let head = try window.bytes(at: 0, 13)
    screen = ((head + 6).little16, (head + 8).little16)
    extent = screen
    at = 13 + Self.tableBytes(head.byte(10))
  }

  /// The size of the animation; a screen of 0 is taken from its first frame, as browsers do.
  func canvas() throws(HeaderFault) -> PixelSize {
    let isStated = screen.width > 0 && screen.height > 0
    return isStated
      ? try PixelSize(stated: screen.width, screen.height)
      : try PixelSize(stated: firstFrame.width, firstFrame.height)
  }

  /// Steps over one block; false at the end.
  mutating func step(_ window: inout ByteWindow) throws(HeaderFault) -> Bool {
    guard at < window.length else {
      end = .missing
      return false
    }
    lastFrame = nil
    switch try window.byte(at: at) {
    case 0x2C: try stepOverImage(&window)
    case 0x21: try stepOverExtension(&window)
    case 0x3B:
      at += 1
      end = .trailer
      return false
    default:
      end = .garbage
      return false
    }
    return true
  }

  private static func tableBytes(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << ((flags & 7) + 1) }

  private mutating func stepOverImage(_ window: inout ByteWindow) throws(HeaderFault) {
    let image = try window.bytes(at: at, 10)
    let flags = image.byte(9)
    let size = ((image + 5).little16, (image + 7).little16)
    extent = (
      max(extent.width, (image + 1).little16 + size.0), max(extent.height, (image + 3).little16 + size.1)
    )
    let data = at + 10 + Self.tableBytes(flags)
    // A frame counts when its data begins, even if it is cut off later: decoders show what there is.
    _ = try window.byte(at: data)
    if frames == 0 { firstFrame = size }
    frames += 1
    if flags & 0x40 != 0 { isInterlaced = true }
    if isNextTransparent { hasTransparency = true }
    isNextTransparent = false
    at = try Self.endOfSubBlocks(from: data + 1, &window)
    if at == data + 2 {
      hasEmptyFrame = true
    } else {
      lastFrame = (size.0 * size.1, data)
    }
  }

  private mutating func stepOverExtension(_ window: inout ByteWindow) throws(HeaderFault) {
    let head = try window.bytes(at: at, 3)
    let label = head.byte(1)
    let size = head.byte(2)
    if label == 0xF9, size >= 4 {
      isNextTransparent = try window.byte(at: at + 3) & 1 != 0
    } else if label == 0xFF, size == 11 {
      try readApplication(&window)
    }
    let start = at
    // What a control block or a loop count has by definition is no metadata (GIF89a §23; NETSCAPE2.0).
    var ordinaryBytes = label == 0xF9 ? 8 : 0
    isLastExtensionColour = false
    if label == 0xFF, size == 11 {
      let name = try window.bytes(at: at + 3, 11)
      isLastExtensionColour = name.matches("ICCRGBG1012")
      if name.matches("NETSCAPE2.0") || name.matches("ANIMEXTS1.0") { ordinaryBytes = 19 }
    }
    at = try Self.endOfSubBlocks(from: at + 2, &window)
    extensionBytes += max(0, at - start - ordinaryBytes)
  }

  /// The application extensions for looping, ICC and XMP.
  private mutating func readApplication(_ window: inout ByteWindow) throws(HeaderFault) {
    let name = try window.bytes(at: at + 3, 11)
    let data = at + 14
    if name.matches("NETSCAPE2.0") || name.matches("ANIMEXTS1.0") {
      let block = try window.bytes(at: data, 4)
      if block.byte(0) >= 3, block.byte(1) & 7 == 1 {
        // The extension counts repetitions: the first play comes before them.
        let repetitions = (block + 2).little16
        loopCount = repetitions == 0 ? 0 : repetitions + 1
      }
    } else if name.matches("ICCRGBG1012") {
      let end = try Self.endOfSubBlocks(from: data, &window)
      icc = ICCFacts(bytes: ByteRange(offset: data, length: end - data))
    } else if name.matches("XMP DataXMP") {
      // The packet stands bare, followed by a run of 258 bytes that leads every reader of sub-blocks to the end.
      let end = try Self.endOfSubBlocks(from: data, &window)
      if end - data > 258 { xmp = ByteRange(offset: data, length: end - data - 258) }
    }
  }

  /// The offset behind the empty block that ends a series.
  static func endOfSubBlocks(from start: Int, _ window: inout ByteWindow) throws(HeaderFault) -> Int {
    var at = start
    while true {
      let run = try window.run(at: at)
      guard let first = run.baseAddress else { throw .truncated(atLeast: at + 1) }
      var place = 0
      while place < run.count {
        let size = first.byte(place)
        place += size + 1
        if size == 0 { return at + place }
      }
      at += place
    }
  }
}
