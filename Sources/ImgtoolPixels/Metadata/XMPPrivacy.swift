// SPDX-License-Identifier: Apache-2.0
import ImgtoolCore

/// Which XMP properties tell who, where or with which individual device.
package enum XMPPrivacy {
  /// Told by the local name in any namespace: makers repeat the same properties under prefixes of their own.
  package static func isPrivate(_ name: String) -> Bool {
    guard let colon = name.firstIndex(of: ":"), !name.hasPrefix("xmlns:") else { return false }
    let local = name[name.index(after: colon)...].lowercased()
    return names.contains(local) || local.hasPrefix("gps") || local.hasSuffix("serialnumber")
      || local.hasSuffix("ownername") || local.contains("latitude") || local.contains("longitude")
      || local.contains("longtitude")
  }

  /// In lower case: exif, exifEX, aux, xmp, photoshop, Iptc4xmpCore, Iptc4xmpExt, tiff.
  private static let names: Set<String> = [
    "city", "country", "countrycode", "countryname", "geotag", "hasextendedxmp", "hostcomputer", "imageuniqueid",
    "location", "locationcreated", "locationshown", "makernote", "provincestate", "state", "sublocation",
    "thumbnails", "usercomment", "worldregion",
  ]
}

extension XMPEditor {
  /// A packet after an edit; one that cannot be read stays, or is left out when something private may be in it.
  ///
  /// - Parameter byteLimit: how long the packet may become.
  package static func edited(_ packet: [UInt8], _ edit: MetadataEdit, byteLimit: Int) -> EditedMetadata {
    guard edit.strip != .all else { return EditedMetadata(nil) }
    var editor: XMPEditor
    do {
      editor = try XMPEditor(packet)
    } catch {
      guard edit.strip == .none else { return dropped(error.message) }
      return EditedMetadata(packet, [Finding("xmp.unreadable", .warn, "\(error.message) It was left as it is.")])
    }
    editor.set("Orientation", in: tiff, to: 1)
    if edit.turn != .up {
      for (name, namespace, value) in [
        ("PixelXDimension", exif, edit.size.width), ("PixelYDimension", exif, edit.size.height),
        ("ImageWidth", tiff, edit.size.width), ("ImageLength", tiff, edit.size.height),
      ] {
        editor.set(name, in: namespace, to: value)
      }
    }
    if edit.strip == .private { editor.removePrivate() }
    let result = editor.edited()
    guard edit.strip == .none || isClean(result) else { return dropped("The XMP packet could not be cleaned.") }
    guard result.count <= max(byteLimit, packet.count) else { return dropped("The XMP packet grew too long.") }
    return EditedMetadata(result)
  }

  /// Whether a packet is still well-formed and holds nothing private.
  private static func isClean(_ packet: [UInt8]) -> Bool {
    guard let scan = XMPScanner(packet) else { return false }
    return scan.elements.allSatisfy { element in
      !XMPPrivacy.isPrivate(element.name) && element.attributes.allSatisfy { !XMPPrivacy.isPrivate($0.name) }
    }
  }

  private static func dropped(_ reason: String) -> EditedMetadata {
    EditedMetadata(nil, [Finding("xmp.dropped", .warn, "\(reason) It was left out.")])
  }
}
