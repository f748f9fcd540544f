// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// Before and after under one slider, with what was found drawn over them.
struct PageStage {
  let before: PagePicture?
  let after: PagePicture
  /// Where the source lies in the result, in its pixels: as found, otherwise as ordered.
  let place: PagePlace
  let matches: [PlacementMatch]
  /// Pictures laid over the whole frame: a name, a class, a picture.
  let overlays: [(name: String, style: String, picture: PagePicture)]
  /// Whether the frame is larger than the source, so that there are new pixels to tint.
  let hasNewPixels: Bool

  private var size: PixelSize { after.fullSize }

  var markup: HTML {
    guard let before else { return "<figure class=stage>\(picture(after, "after", "The result."))</figure>" }
    let ratio = Double(size.width) / Double(size.height)
    return """
      <figure class=stage style="--ratio:\(ratio);--most:\(size.width)px">
      \(switches)
      <div class=pair style="aspect-ratio:\(size.width)/\(size.height)">
      \(picture(after, "after", "After: the result."))
      <div class=before>\(source(before))</div>
      \(overlays.map { layer in
        "<img class=\"layer \(layer.style)\" src=\"\(layer.picture.uri)\" alt=\"\(layer.name)\">"
      } as [HTML])
      \(drawing)
      <div class=bar aria-hidden=true><i></i></div>
      <span class="tag left" aria-hidden=true>before</span><span class="tag right" aria-hidden=true>after</span>
      <input type=range min=0 max=1000 value=500 step=5 aria-label="How much of the picture is shown as it was before">
      </div>
      <figcaption>Drag the bar, or focus it and use the arrow keys. \(caption)</figcaption>
      </figure>
      """
  }

  private var caption: HTML {
    hasNewPixels ? "On the left the source lies where it was found in the result; hatched is what it did not have." : ""
  }

  /// One box to tick for each thing that can be drawn over the pictures.
  private var switches: HTML {
    var boxes: [(name: String, style: String, isOn: Bool)] = []
    if hasNewPixels { boxes.append(("New pixels", "new", true)) }
    if !matches.isEmpty { boxes.append(("Matched points", "points", false)) }
    boxes += overlays.map { ($0.name, $0.style, false) }
    guard !boxes.isEmpty else { return "" }
    return """
      <div class=switches role=group aria-label="Drawn over the pictures">\(boxes.map { box in
        """
        <label><input type=checkbox data-layer=\(box.style)\(box.isOn ? " checked" : "")>\
        <i class="swatch \(box.style)"></i>\(box.name)</label>
        """
      } as [HTML])</div>
      """
  }

  private func picture(_ picture: PagePicture, _ style: HTML, _ text: HTML) -> HTML {
    "<img class=\"\(style)\" src=\"\(picture.uri)\" alt=\"\(text)\" width=\(size.width) height=\(size.height)>"
  }

  /// The source where it lies in the frame, in hundredths of the frame's sides.
  private func source(_ picture: PagePicture) -> HTML {
    let (width, height) = (Double(size.width) / 100, Double(size.height) / 100)
    return """
      <img src="\(picture.uri)" alt="Before: the source." style="left:\(place.x / width)%;top:\(place.y / height)%;\
      width:\(place.width / width)%;height:\(place.height / height)%">
      """
  }

  /// The tint of new pixels and the matched points, in the result's own pixels.
  private var drawing: HTML {
    var parts: HTML = ""
    if hasNewPixels {
      let frame: HTML = "M0 0H\(size.width)V\(size.height)H0Z"
      let (right, bottom) = (place.x + place.width, place.y + place.height)
      parts += """
        <path class="layer new" fill-rule=evenodd d="\(frame)M\(place.x) \(place.y)V\(bottom)H\(right)V\(place.y)Z"/>
        """
    }
    if !matches.isEmpty {
      parts += "<g class=\"layer points\">"
      for match in matches {
        // A line of no length with round ends is a dot of the same size on every screen.
        parts += """
          <path class=\(match.isConfirmed ? "hit" : "miss") d="M\(match.resultX) \(match.resultY)h0"/>
          """
      }
      parts += "</g>"
    }
    return """
      <svg viewBox="0 0 \(size.width) \(size.height)" preserveAspectRatio=none aria-hidden=true>\(parts)</svg>
      """
  }
}

/// A rectangle that need not lie on whole pixels.
struct PagePlace {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  init(_ rect: PixelRect) {
    self.init(x: Double(rect.x), y: Double(rect.y), width: Double(rect.width), height: Double(rect.height))
  }

  /// Where a source lies in the result.
  init(_ fit: PlacementFit, of source: PixelSize) {
    self.init(
      x: fit.offsetX, y: fit.offsetY, width: fit.scaleX * Double(source.width),
      height: fit.scaleY * Double(source.height))
  }

  /// Whether a frame reaches beyond this place by more than a hundredth of its side.
  func leavesRoom(in frame: PixelSize) -> Bool {
    let (width, height) = (Double(frame.width), Double(frame.height))
    let (spareX, spareY) = (max(x, width - x - self.width), max(y, height - y - self.height))
    return spareX > width / 100 || spareY > height / 100
  }
}
