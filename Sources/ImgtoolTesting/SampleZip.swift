// SPDX-License-Identifier: Apache-2.0

/// An archive written by code (PKWARE APPNOTE 6.3.10 §4.3), right or wrong as a test wants it.
public struct SampleZip: Sendable {
  /// One file of an archive.
  public struct File: Sendable {
    public var name: String
    /// The bytes as they lie in the archive.
    public var data: [UInt8]
    /// The unpacked bytes where `data` is deflated.
    public var unpacked: [UInt8]?
    public var flags = 0
    public var externalAttributes = 0
    /// A size to claim in place of the true one.
    public var claimedSize: Int?
    /// A method to claim in place of 0, stored, and 8, deflated.
    public var method: Int?

    public init(_ name: String, _ data: [UInt8], unpacked: [UInt8]? = nil) {
      self.name = name
      self.data = data
      self.unpacked = unpacked
    }
  }

  public var files: [File]

  public init(_ files: [File] = []) { self.files = files }

  /// Files that are stored, in the order given.
  public init(_ files: KeyValuePairs<String, [UInt8]>) { self.files = files.map { File($0.key, $0.value) } }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    var directory: [UInt8] = []
    for file in files {
      let content = file.unpacked ?? file.data
      let method = file.method ?? (file.unpacked == nil ? 0 : 8)
      let common =
        Self.little(file.flags, 2) + Self.little(method, 2) + Self.little(0, 4)
        + Self.little(Int(SamplePicture.checksum(content)), 4) + Self.little(file.data.count, 4)
        + Self.little(file.claimedSize ?? content.count, 4) + Self.little(file.name.utf8.count, 2) + Self.little(0, 2)
      directory += Self.little(0x0201_4B50, 4) + Self.little(20, 2) + Self.little(20, 2) + common + Self.little(0, 6)
      directory += Self.little(file.externalAttributes, 4) + Self.little(out.count, 4) + Array(file.name.utf8)
      out += Self.little(0x0403_4B50, 4) + Self.little(20, 2) + common + Array(file.name.utf8) + file.data
    }
    let end =
      Self.little(0x0605_4B50, 4) + Self.little(0, 4) + Self.little(files.count, 2) + Self.little(files.count, 2)
      + Self.little(directory.count, 4) + Self.little(out.count, 4) + Self.little(0, 2)
    return out + directory + end
  }

  private static func little(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
