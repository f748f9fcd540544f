// SPDX-License-Identifier: Apache-2.0

/// A run's results as stored: paths of files, turned into signed URLs whenever they are read.
package struct StoredOutput: Sendable, Hashable {
  /// Names in the file store, "outputs/{run}/0-photo.webp".
  package var files: [String]
  /// The seed, where the operation told one.
  package var seed: String?

  package init(files: [String], seed: String? = nil) {
    self.files = files
    self.seed = seed
  }

  package init?(_ column: String?) {
    guard let column, let json = try? JSONReader.read(Array(column.utf8)) else { return nil }  // our own text
    files = json["files"]?.items?.compactMap(\.text) ?? []
    seed = json["seed"]?.text
  }

  package var column: String {
    JSON.object([
      JSON.Member("files", .array(files.map { name in JSON(name) })), JSON.Member("seed", JSON(seed)),
    ]).compact
  }

  /// The output member of a record, in the shape of its model, with fresh URLs.
  package func json(_ shape: ServedModel.OutputShape, _ signer: URLSigner) -> JSON {
    let urls = files.map { signer.url("GET", "/storage/" + $0, lifetime: URLSigner.Lifetime.output) }
    switch shape {
    case .imageURLs: return ["image_urls": .array(urls.map { url in JSON(url) })]
    case .outputs:
      let seed: JSON = seed.map { Int($0) == nil ? .string($0) : .number($0) } ?? .null
      return [
        "outputs": .array(urls.map { ["url": .string($0), "type": "image"] }), "seed": seed, "timing": .null,
        "nsfw_detected": .null,
      ]
    }
  }
}
