// SPDX-License-Identifier: Apache-2.0
import Foundation
import ImgtoolCore

/// The private folder of one decoder: its TMPDIR, and the modules of libvips it may load.
///
/// Removed by the process that made it: as soon as the decoder has locked itself in and can open nothing by name, or
/// else with the decoder.
struct WorkerFolder: ~Copyable {
  let path: String
  private var isThere = true

  /// Makes the folder, readable by this user alone, with links to the modules of `formats`.
  ///
  /// - Throws: `.storage`.
  init(formats: Set<ImageFormat>) throws(ImgtoolError) {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/\(Self.prefix)\(getpid())-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw ImgtoolError(
        .storage, "A folder for a decoder cannot be made in \(base): \(String(cString: strerror(errno))).")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    linkModules(of: formats)
  }

  deinit { if isThere { Self.remove(path) } }

  /// Removes the folder with everything in it.
  mutating func remove() {
    if isThere { Self.remove(path) }
    isThere = false
  }

  /// Removes the folders of processes that ended without doing so themselves.
  static func sweep() {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
      guard let owner = pid_t(name.dropFirst(prefix.count).prefix { $0 != "-" }), owner != getpid(),
        kill(owner, 0) != 0, errno == ESRCH
      else { continue }
      remove("\(base)/\(name)")
    }
  }

  private static let prefix = "imgtool-decoder-"

  private static func remove(_ path: String) {
    // What cannot be removed is left to the system's own cleaning of temporary files.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Where libvips lies on this machine; without it in this process its usual places are looked through.
  private static func libraryFolder() -> String? {
    let machines = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
    let folders = ["/usr/local", "/usr"].flatMap { root in
      machines.map { "\(root)/lib/\($0)" } + ["\(root)/lib64", "\(root)/lib"]
    }
    return folders.first { FileManager.default.fileExists(atPath: "\($0)/libvips.so.42") }
  }

  /// libvips looks for modules below VIPSHOME only: what is not linked there is never loaded.
  private func linkModules(of formats: Set<ImageFormat>) {
    guard let folder = Self.libraryFolder() else { return }
    let parts = folder.split(separator: "/")
    guard let start = parts.lastIndex(where: { $0 == "lib" || $0 == "lib64" }) else { return }
    // Builds of libvips look for the folder of its library below VIPSHOME with and without the leading "lib".
    let places = [parts[start...], parts[(start + 1)...]].map { $0.joined(separator: "/") }
    let names = Set(formats.compactMap(\.moduleName))
    for modules in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where modules.hasPrefix("vips-modules-") {
      for place in places {
        let own = "\(path)/\(place)/\(modules)"
        // A module that is not there is a format that is not read, which the decoder says.
        try? FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        for name in names {
          try? FileManager.default.createSymbolicLink(
            atPath: "\(own)/\(name).so", withDestinationPath: "\(folder)/\(modules)/\(name).so")
        }
      }
    }
  }
}

extension ImageFormat {
  /// The module of libvips that reads the format, where it is not in the library itself.
  fileprivate var moduleName: String? {
    switch self {
    case .heif, .avif: "vips-heif"
    case .jxl: "vips-jxl"
    case .bmp: "vips-magick"
    default: nil
    }
  }
}
