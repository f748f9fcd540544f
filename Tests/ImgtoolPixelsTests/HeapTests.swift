// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
  import Foundation
  import Testing

  @testable import ImgtoolPixels

  /// How this process holds memory once libvips was started.
  @Suite struct HeapTests {
    /// Heaps glibc has made so far (glibc: malloc_info).
    private static func heaps() throws -> Int {
      var (text, count): (UnsafeMutablePointer<CChar>?, Int) = (nil, 0)
      let stream = try #require(open_memstream(&text, &count))
      defer { free(text) }
      typealias Info = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
      let symbol = try #require(dlsym(nil, "malloc_info"))
      // The Glibc module leaves this one out (glibc: malloc.h).
      _ = unsafeBitCast(symbol, to: Info.self)(0, stream)
      fclose(stream)
      return String(cString: try #require(text)).components(separatedBy: "<heap nr=").count - 1
    }

    /// Without the limit every further thread gets a heap of its own, up to eight for each core.
    @Test func noThreadGetsAHeapOfItsOwn() throws {
      try Vips.start()
      let before = try Self.heaps()
      let (all, held) = (DispatchGroup(), DispatchSemaphore(value: 0))
      let ready = DispatchSemaphore(value: 0)
      for _ in 0..<24 {
        all.enter()
        Thread {
          let block = malloc(1_000)
          ready.signal()
          held.wait()
          free(block)
          all.leave()
        }.start()
      }
      for _ in 0..<24 { ready.wait() }
      let after = try Self.heaps()
      for _ in 0..<24 { held.signal() }
      all.wait()
      #expect(after <= max(2, before), "\(after) heaps, \(before) before")
    }
  }
#endif
