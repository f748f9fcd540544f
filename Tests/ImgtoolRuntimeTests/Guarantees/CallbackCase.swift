// SPDX-License-Identifier: Apache-2.0

import Foundation
import RunflowServer

/// What somebody posts to the callback address while one order waits for its run, and what may come of it.
struct CallbackCase: Sendable, CustomStringConvertible {
  /// Where the receiver dies while it takes a callback in.
  enum Death: Sendable { case none, beforeItIsStored, beforeItIsAnswered }

  let description: String
  var deliveries: [RawDelivery]
  /// What is answered, in order; the last one for all further ones.
  var answers: [Int]
  /// How many are news to the journal.
  var news = 0
  /// Whether the order is delivered by them: the run has ended well, and only a callback can tell before the next poll.
  var delivers = false
  /// Whether the service still says that the run is at work.
  var isAtWork = false
  /// Whether the run of the order is asked for at all.
  var asks = true
  var secrets = [current]
  var death = Death.none

  static let current = "whsec_TESTONLY_7f3c2a9b5d1e4086"
  static let other = "whsec_TESTONLY_older_0123456789"
  /// The run of the one order.
  static let run = "01995f3a-run-0"

  // MARK: making one

  static func event(_ status: String, run: String = run, more: String = "") -> [UInt8] {
    Array(#"{"event":"run.\#(status)","run_id":"\#(run)","status":"\#(status)"\#(more)}"#.utf8)
  }

  static func digest(_ body: [UInt8], _ secret: String = current) -> String {
    HMACDigest.hex(body, key: Array(secret.utf8))
  }

  static func signed(_ body: [UInt8], _ secret: String = current) -> RawDelivery {
    RawDelivery(fields: ["Runflow-Signature: \(digest(body, secret))"], body: body)
  }

  /// A genuine body that is refused for what stands in its header.
  private static func header(_ name: String, _ signatures: [String]) -> CallbackCase {
    CallbackCase(
      description: name,
      deliveries: [
        RawDelivery(fields: signatures.map { "Runflow-Signature: \($0)" }, body: event("succeeded"))
      ], answers: [401])
  }

  private static func refused(_ name: String, _ deliveries: [RawDelivery], _ status: Int) -> CallbackCase {
    CallbackCase(description: name, deliveries: deliveries, answers: [status])
  }

  private static func delivered(_ name: String, _ deliveries: [RawDelivery], news: Int = 1) -> CallbackCase {
    CallbackCase(description: name, deliveries: deliveries, answers: [200], news: news, delivers: true)
  }

  /// Genuine, and not what the service says when it is asked.
  private static func untrue(_ name: String, _ deliveries: [RawDelivery], news: Int = 1) -> CallbackCase {
    CallbackCase(description: name, deliveries: deliveries, answers: [200], news: news, isAtWork: true)
  }

  // MARK: the table

  /// - Parameters:
  ///   - flips: at how many places of a body a bit is changed.
  ///   - replays: how often one callback comes.
  static func all(flips: Int, replays: Int) -> [CallbackCase] {
    headers + bodies(flips: flips) + saysNothing + elsewhere + meanings + repeated(replays) + deaths
  }

  private static var headers: [CallbackCase] {
    let (good, zeros) = (digest(event("succeeded")), String(repeating: "0", count: 64))
    var other = header("in another header", [])
    other.deliveries[0].fields = ["X-Runflow-Signature: \(good)"]
    var rotating = delivered("signed with the older of two secrets", [signed(event("succeeded"), Self.other)])
    rotating.secrets = [current, Self.other]
    var rotated = delivered("signed with the newer of two secrets", [signed(event("succeeded"))])
    rotated.secrets = [Self.other, current]
    return [
      header("no signature", []), header("an empty signature", [""]), header("the signature twice", [good, good]),
      header("a good signature and a wrong one", [good, zeros]),
      header("a wrong signature and a good one", [zeros, good]),
      header("two signatures in one field", ["\(good), \(good)"]), header("upper case", [good.uppercased()]),
      header("63 digits", [String(good.dropLast())]), header("65 digits", [good + "0"]),
      header("no hexadecimal", [good.replacing(/[0-9]/, with: "g", maxReplacements: 1)]),
      header("zeros", [zeros]), header("backwards", [String(good.reversed())]), header("a prefix", ["sha256=" + good]),
      header("base64", [Data(good.utf8).base64EncodedString()]),
      header("of another body", [digest(event("failed"))]),
      header("with a secret that was replaced", [digest(event("succeeded"), Self.other)]),
      header("with an empty secret", [digest(event("succeeded"), "")]), other, rotating, rotated,
      // White space around a value is no part of it (RFC 9110 §5.5).
      delivered(
        "spaces around the field",
        [RawDelivery(fields: ["Runflow-Signature:   \(good) \t"], body: event("succeeded"))]),
    ]
  }

  private static func bodies(flips: Int) -> [CallbackCase] {
    // Some 2,000 bytes, as a real one with its addresses.
    let url = "https://files.example.test/" + String(repeating: "a7", count: 900)
    let long = event("succeeded", more: #","output":{"outputs":[{"url":"\#(url)","type":"image"}]}"#)
    let body = event("succeeded")
    func instead(_ other: [UInt8]) -> RawDelivery {
      RawDelivery(fields: ["Runflow-Signature: \(digest(body))"], body: other)
    }
    let flipped = (0..<min(flips, long.count)).map { place in
      let at = place * long.count / min(flips, long.count)
      var other = signed(long)
      other.body[at] ^= 1 << UInt8(at % 8)
      return other
    }
    func filled(_ count: Int) -> [UInt8] { body + [UInt8](repeating: 32, count: count - body.count) }
    var (slow, broken) = (signed(body), signed(body))
    (slow.step, broken.breaksAfter) = (1, body.count / 2)
    return [
      refused("a bit changed in \(flipped.count) places", flipped, 401),
      refused("cut", [instead(body.dropLast())], 401), refused("a line feed more", [instead(body + [10])], 401),
      refused("a byte order mark", [instead([0xef, 0xbb, 0xbf] + body)], 401),
      refused(
        "the same JSON in other bytes",
        [instead(Array(String(decoding: body, as: UTF8.self).replacing(":", with: ": ").utf8))], 401),
      refused("empty", [instead([])], 401),
      refused("6 MB", [signed(filled(6_000_000))], 413), refused("a byte too long", [signed(filled(5_000_001))], 413),
      delivered("as long as may be", [signed(filled(5_000_000))]), delivered("byte by byte", [slow]),
      refused("broken off", [broken], 400),
    ]
  }

  private static var saysNothing: [CallbackCase] {
    let deep = String(repeating: "[", count: 20_000)
    let bodies: [(String, [UInt8])] = [
      ("no JSON", Array("succeeded".utf8)), ("nothing at all", []), ("a list", Array("[]".utf8)),
      ("no run", Array(#"{"event":"run.completed","status":"succeeded"}"#.utf8)),
      ("a path for a run", event("succeeded", run: "../../runs")),
      ("a number for a run", Array(#"{"run_id":7,"status":"succeeded"}"#.utf8)),
      ("no UTF-8", Array(#"{"run_id":""#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)),
      ("20,000 levels", Array(deep.utf8)),
    ]
    return bodies.map { refused("signed, but \($0.0)", [signed($0.1)], 400) } + [
      // What nobody vouches for is not even read.
      refused("not signed, and no JSON", [RawDelivery(body: Array("<html>".utf8))], 401)
    ]
  }

  private static var elsewhere: [CallbackCase] {
    var (beside, got) = (signed(event("succeeded")), signed(event("succeeded")))
    (beside.path, got.method) = ("/callbacks/runflow/more", "GET")
    return [refused("another path", [beside], 404), refused("another method", [got], 404)]
  }

  private static var meanings: [CallbackCase] {
    var stranger = untrue("succeeded, for somebody else's run", [signed(event("succeeded", run: "01995f3a-run-9"))])
    stranger.asks = false
    var batch = untrue("the end of a batch", [signed(Array(#"{"batch_id":"b-1","status":"succeeded"}"#.utf8))])
    batch.asks = false
    return [
      untrue("succeeded, while it is at work", [signed(event("succeeded"))]),
      untrue("failed, while it is at work", [signed(event("failed"))]),
      untrue("cancelled in both spellings, while it is at work", ["cancelled", "canceled"].map { signed(event($0)) }),
      untrue("a state nobody knows", [signed(event("exploded"))]),
      untrue("no state", [signed(Array(#"{"run_id":"\#(run)"}"#.utf8))]), stranger, batch,
      delivered("failed, while it succeeded", [signed(event("failed"))]),
      delivered("failed, then succeeded", ["failed", "succeeded"].map { signed(event($0)) }, news: 2),
      delivered("succeeded, then running", ["succeeded", "running"].map { signed(event($0)) }, news: 2),
    ]
  }

  private static func repeated(_ replays: Int) -> [CallbackCase] {
    let again = signed(event("succeeded", more: #","duration_ms":8123"#))
    return [
      delivered("\(replays) times", Array(repeating: signed(event("succeeded")), count: replays)),
      delivered("twice in different bytes", [signed(event("succeeded")), again]),
    ]
  }

  private static var deaths: [CallbackCase] {
    let twice = Array(repeating: signed(event("succeeded")), count: 2)
    return [("before it is stored", Death.beforeItIsStored), ("before it is answered", .beforeItIsAnswered)].map {
      var one = delivered("a death \($0.0)", twice)
      (one.answers, one.death) = ([503, 200], $0.1)
      return one
    }
  }
}
