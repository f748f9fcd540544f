// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore
import ImgtoolProbe
import NIOPosix

/// Brings the image inputs of a run into files: from assets, from our own URLs, or from the network.
struct InputSource: Sendable {
  /// One image to work on.
  struct Image: Sendable, Hashable {
    let path: String
    let name: String
  }

  /// Carries out a fetch from somebody else's host.
  typealias Fetching = @Sendable (@Sendable () async throws -> [UInt8]) async throws -> [UInt8]

  let files: FileStore
  let signer: URLSigner
  let client: WebClient
  let limits: ServerConfiguration.Limits

  /// The images behind one value; several when it is a zip and the model takes zips.
  ///
  /// - Throws: `.input`, `.limit`, `.timeout`.
  func images(_ value: String, takesZip: Bool, scratch: String, fetching: Fetching) async throws -> [Image] {
    let stored = AssetReference(value).map { "assets/\($0.id)" } ?? ownFile(value)
    let head: [UInt8]
    if let stored {
      guard try await files.length(stored) != nil else { throw ImgtoolError(.input, "The asset is gone.") }
      head = try await files.head(stored, limit: 4)
      if !ZipReader.isZip(head) { return [Image(path: files.path(stored), name: Self.name(value))] }
    }
    let bytes: [UInt8] =
      if let stored {
        try await files.read(stored, limit: limits.inputBytes.bytes)
      } else {
        try await fetching { try await client.fetch(value, limit: limits.inputBytes, time: limits.inputTime) }
      }
    guard ZipReader.isZip(bytes) else {
      return [try await keep(bytes, name: Self.name(value), index: 0, scratch: scratch)]
    }
    guard takesZip else { throw ImgtoolError(.input, "The input is a zip; this model takes one image.") }
    let reader = ZipReader(maximumEntries: limits.zipEntries, maximumBytes: limits.zipBytes.bytes)
    // Unpacking takes seconds at its limit, which Swift's pool has no thread to spare for.
    let entries = try await NIOThreadPool.singleton.runIfActive { try reader.entries(of: bytes) }
    guard !entries.isEmpty else { throw ImgtoolError(.input, "The zip holds no files.") }
    var images: [Image] = []
    for (index, entry) in entries.enumerated() {
      images.append(try await keep(entry.bytes, name: entry.name, index: index, scratch: scratch))
    }
    return images
  }

  /// The stored file one of our own URLs names, while its signature is good.
  private func ownFile(_ value: String) -> String? {
    guard let path = signer.ownPath(value), path.hasPrefix("/storage/") else { return nil }
    let name = path.dropFirst("/storage/".count)
    return name.contains("..") ? nil : String(name)
  }

  private func keep(_ bytes: [UInt8], name: String, index: Int, scratch: String) async throws -> Image {
    let folder = scratch.dropFirst(files.root.count + 1)
    try await files.write(bytes, to: "\(folder)/input-\(index)")
    return Image(path: "\(scratch)/input-\(index)", name: name)
  }

  /// The last component of a URL's path.
  static func name(_ value: String) -> String {
    let path = value.prefix { $0 != "?" && $0 != "#" }
    let last = path.split(separator: "/").last.map(String.init) ?? "image"
    return Query.decode(last) ?? last
  }
}
