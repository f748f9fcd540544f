// SPDX-License-Identifier: Apache-2.0
package import ImgtoolCore

extension ExifEditor {
  /// A block after an edit, checked against libexif's reading.
  ///
  /// A block that cannot be read stays as it is, unless something private may be in it: then it is left out.
  ///
  /// - Parameter byteLimit: how long the block may become.
  /// - Throws: `.input` when libexif does not read the result as it should, so that nothing contradictory is written.
  package static func edited(
    _ block: [UInt8], _ edit: MetadataEdit, byteLimit: Int
  ) throws(ImgtoolError) -> EditedMetadata {
    guard edit.strip != .all else { return EditedMetadata(nil) }
    var editor: ExifEditor
    do {
      editor = try ExifEditor(block)
    } catch {
      guard edit.strip == .none else { return dropped(error) }
      return EditedMetadata(block, [Finding("exif.unreadable", .warn, "\(error.message) It was left as it is.")])
    }
    editor.setUpright()
    if edit.turn != .up { editor.follow(edit, byteLimit: byteLimit) }
    if edit.strip == .private {
      do {
        try editor.removePrivate()
      } catch {
        return dropped(error)
      }
    } else {
      editor.findings += editor.structure.flaws
    }
    if editor.block != block { try check(editor.block, against: block, edit) }
    return EditedMetadata(editor.block, editor.findings)
  }

  private mutating func follow(_ edit: MetadataEdit, byteLimit: Int) {
    setSize(edit.size)
    if edit.turn.isTurned { exchangeResolutions() }
    if edit.strip == .private { return }  // the thumbnail goes
    switch turnThumbnail(by: edit.turn, upright: edit.size, limit: edit.limit, byteLimit: byteLimit) {
    case .absent, .turnedLosslessly, .alreadyUpright: break
    case .reencoded:
      findings.append(
        Finding("exif.thumbnail.reencoded", .note, "The thumbnail was encoded again, for its blocks do not turn."))
    case .removed:
      findings.append(Finding("exif.thumbnail.removed", .note, "The thumbnail could not be turned and was removed."))
    }
  }

  private static func dropped(_ cause: ImgtoolError) -> EditedMetadata {
    EditedMetadata(nil, [Finding("exif.dropped", .warn, "\(cause.message) It was left out.")])
  }

  /// Holds an edited block against what libexif reads of it and of the one before.
  private static func check(
    _ edited: [UInt8], against before: [UInt8], _ edit: MetadataEdit
  ) throws(ImgtoolError) {
    guard let old = ExifSummary(before) else { return }
    let new = ExifSummary(edited)
    var wanted: [(tag: Int, directory: ExifStructure.Directory, value: Int)] = [(Tag.orientation, .image, 1)]
    if edit.turn != .up {
      wanted += [
        (Tag.pixelXDimension, .exif, edit.size.width), (Tag.pixelYDimension, .exif, edit.size.height),
        (Tag.imageWidth, .image, edit.size.width), (Tag.imageLength, .image, edit.size.height),
      ]
    }
    let isRight = wanted.allSatisfy { want in
      old.number(want.tag, in: want.directory) == nil || new?.number(want.tag, in: want.directory) == want.value
    }
    let isClean =
      edit.strip == .none
      || privateTags.allSatisfy { directory, tags in
        (new?.entries[directory] ?? []).allSatisfy { !tags.contains($0.tag) }
      } && new?.entries[.gps]?.isEmpty ?? true && new?.thumbnail.isEmpty ?? true
    guard isRight, isClean else {
      throw ImgtoolError(.input, "The EXIF block is damaged so that an edit of it cannot be read back.")
    }
  }
}
