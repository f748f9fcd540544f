// SPDX-License-Identifier: Apache-2.0
import ImgtoolDigest
import Testing

/// Digests and codes against the published examples.
@Suite struct DigestTests {
  private static let letters: [UInt8] = (0..<300).map { UInt8(97 + $0 % 26) }

  private func text(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// FIPS 180-4, examples of SHA-256: nothing, one block, two blocks.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func theDigestIsThatOfTheStandard(message: String, digest: String) {
    #expect(text(SHA256.hash(message.utf8)) == digest)
  }

  @Test func piecesGiveTheDigestOfTheWhole() {
    let whole = SHA256.hash(Self.letters)
    for cut in Self.letters.indices {
      var hash = SHA256()
      Self.letters[..<cut].withUnsafeBytes { hash.update($0) }
      Self.letters[cut...].withUnsafeBytes { hash.update($0) }
      #expect(hash.finish() == whole)
    }
  }

  @Test func aFinishedDigestBeginsAnew() {
    var hash = SHA256()
    Self.letters.withUnsafeBytes { hash.update($0) }
    #expect(hash.finish() == SHA256.hash(Self.letters))
    #expect(hash.finish() == SHA256.hash([]))
  }

  @Test func bytesInNoPieceAreTheSame() {
    #expect(SHA256.hash(Self.letters.lazy.map { $0 }) == SHA256.hash(Self.letters))
  }

  /// RFC 4231 §4.2, §4.3 and §4.7: a key of 20 bytes, one shorter than a digest, one longer than a block.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0B, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (
      [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
  ])
  func theCodeIsThatOfTheStandard(key: [UInt8], message: String, code: String) {
    #expect(text(HMAC.code(of: message.utf8, key: key)) == code)
  }

  @Test func anEmptyKeyIsNotTheOneUsedBefore() {
    let code = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    #expect(text(HMAC.code(of: [], key: [1, 2, 3])) != code)
    #expect(text(HMAC.code(of: [], key: [])) == code)
  }

  @Test func oneBitOfDifferenceIsSeenWhereverItIs() {
    let code = SHA256.hash([])
    #expect(HMAC.isEqual(code, SHA256.hash([])))
    #expect(!HMAC.isEqual(code, Array(code.dropLast())))
    for place in code.indices {
      var other = code
      other[place] ^= 0x80
      #expect(!HMAC.isEqual(code, other))
    }
  }
}
