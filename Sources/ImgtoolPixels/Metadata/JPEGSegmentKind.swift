// SPDX-License-Identifier: Apache-2.0

/// What an application segment of a JPEG holds, told from its first bytes.
package enum JPEGSegmentKind: Sendable, Hashable {
  /// JFIF header (ITU-T T.871 §10.1).
  case jfif
  /// JFIF extension: a thumbnail in one of three codings (T.871 §10.2).
  case jfifExtension
  /// EXIF: a TIFF structure after six bytes (EXIF 2.32 §4.7.2).
  case exif
  /// The main XMP packet (XMP Specification Part 3 §1.1.3).
  case xmp
  /// A piece of Extended XMP (XMP Specification Part 3 §1.1.3.1).
  case extendedXMP
  /// A piece of an ICC profile (ICC.1:2022 §B.4).
  case icc
  /// The index of a multi-picture file (CIPA DC-007).
  case multiPicture
  /// Adobe's colour transform flag (T.872 §6.5.3).
  case adobe
  /// Photoshop image resources, IPTC among them.
  case photoshop
  /// Any other APPn.
  case otherApplication
  case comment
  /// Tables, frame and scan headers: the picture itself.
  case coding
}

extension JPEGSegments.Segment {
  package static let exifPrefix = Array("Exif\0\0".utf8)
  package static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
  package static let extendedXMPPrefix = Array("http://ns.adobe.com/xmp/extension/\0".utf8)

  package var kind: JPEGSegmentKind {
    switch marker {
    case JPEGSegments.Marker.app0:
      starts("JFIF\0") ? .jfif : starts("JFXX\0") ? .jfifExtension : .otherApplication
    case JPEGSegments.Marker.app1:
      if isExif {
        .exif
      } else if payload.starts(with: Self.xmpPrefix) {
        .xmp
      } else {
        payload.starts(with: Self.extendedXMPPrefix) ? .extendedXMP : .otherApplication
      }
    case JPEGSegments.Marker.app2:
      starts("ICC_PROFILE\0") ? .icc : starts("MPF\0") ? .multiPicture : .otherApplication
    case JPEGSegments.Marker.app13: starts("Photoshop 3.0\0") ? .photoshop : .otherApplication
    case JPEGSegments.Marker.app14: starts("Adobe") ? .adobe : .otherApplication
    case JPEGSegments.Marker.app0...JPEGSegments.Marker.app15: .otherApplication
    case JPEGSegments.Marker.comment: .comment
    default: .coding
    }
  }

  /// Readers ask for "Exif" and a zero; the sixth byte is padding and some writers put 0xFF there.
  private var isExif: Bool { payload.count >= 6 && starts("Exif\0") }

  private func starts(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { payload.starts(with: $0) }
  }
}
