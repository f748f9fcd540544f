// SPDX-License-Identifier: Apache-2.0

import ImgtoolCore
import ImgtoolPixels

/// The frame that was ordered, and the one that came, drawn over the source in the source's own pixels.
struct PageFrame {
  let source: PagePicture
  /// The ordered frame around the source; nothing where none was ordered.
  let ordered: PagePlace?
  /// The frame of the result as it was found.
  let found: PagePlace?

  init?(source: PagePicture?, placement: Placement?, fit: PlacementFit?, result: PixelSize?) {
    guard let source else { return nil }
    self.source = source
    ordered = placement.map { placement in
      let (x, y) = (
        Double(placement.source.width) / Double(placement.rect.width),
        Double(placement.source.height) / Double(placement.rect.height)
      )
      return PagePlace(
        x: -Double(placement.rect.x) * x, y: -Double(placement.rect.y) * y, width: Double(placement.frame.width) * x,
        height: Double(placement.frame.height) * y)
    }
    found = fit.flatMap { fit in
      result.map { size in
        PagePlace(
          x: -fit.offsetX / fit.scaleX, y: -fit.offsetY / fit.scaleY, width: Double(size.width) / fit.scaleX,
          height: Double(size.height) / fit.scaleY)
      }
    }
    if ordered == nil, found == nil { return nil }
  }

  var markup: HTML {
    let (width, height) = (Double(source.fullSize.width), Double(source.fullSize.height))
    var (left, top, right, bottom) = (0.0, 0.0, width, height)
    for place in [ordered, found].compactMap(\.self) {
      (left, top) = (min(left, place.x), min(top, place.y))
      (right, bottom) = (max(right, place.x + place.width), max(bottom, place.y + place.height))
    }
    let rim = 0.02 * max(right - left, bottom - top)
    let key: [HTML] = [
      ordered == nil ? "" : "<span><i class=\"swatch ordered\"></i>ordered frame</span>",
      found == nil ? "" : "<span><i class=\"swatch found\"></i>frame as found in the result</span>",
    ]
    return """
      <figure class=frame>
      <svg viewBox="\(left - rim) \(top - rim) \(right - left + 2 * rim) \(bottom - top + 2 * rim)" role=img \
      aria-label="The target frame drawn over the source">
      <image href="\(source.uri)" width="\(width)" height="\(height)" preserveAspectRatio=none />
      \(found.map { Self.rectangle($0, "found") } ?? "")\(ordered.map { Self.rectangle($0, "ordered") } ?? "")
      </svg>
      <figcaption class=key>\(key)</figcaption>
      </figure>
      """
  }

  private static func rectangle(_ place: PagePlace, _ style: HTML) -> HTML {
    """
    <rect class=\(style) x="\(place.x)" y="\(place.y)" width="\(place.width)" height="\(place.height)" />
    """
  }
}
