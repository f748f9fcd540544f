// SPDX-License-Identifier: Apache-2.0

/// A rectangle of values at a fixed address, freed when it goes; what the kernels read and write.
///
/// It belongs to one thread at a time. Indices are not checked in release builds: they are ours, never a file's.
struct Grid<Element: BitwiseCopyable>: ~Copyable {
  let width: Int
  let height: Int
  let cells: UnsafeMutablePointer<Element>

  var count: Int { width * height }

  init(width: Int, height: Int, filledWith value: Element) {
    precondition(width >= 0 && height >= 0)
    self.width = width
    self.height = height
    cells = .allocate(capacity: max(1, width * height))
    cells.initialize(repeating: value, count: max(1, width * height))
  }

  deinit {
    cells.deallocate()
  }

  subscript(index: Int) -> Element {
    get { cells[index] }
    nonmutating set { cells[index] = newValue }
  }

  subscript(x: Int, y: Int) -> Element {
    get { cells[y &* width &+ x] }
    nonmutating set { cells[y &* width &+ x] = newValue }
  }

  func fill(with value: Element) {
    cells.update(repeating: value, count: count)
  }
}
