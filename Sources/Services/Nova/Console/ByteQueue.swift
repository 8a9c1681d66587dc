/// Bytes on their way from one side to the other, taken in the order in which they were put.
struct ByteQueue {
  /// The other side is asked to wait from here on; what it has already sent still comes.
  static let high = 262_144
  /// And may send again from here on.
  static let low = 65_536

  private var bytes: [UInt8] = []
  private var taken = 0

  var count: Int { bytes.count - taken }
  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count >= Self.high }

  mutating func put(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  /// Moves the oldest bytes, as many as fit, and says how many.
  mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let moved = min(count, buffer.count)
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<(taken + moved)])) }
    taken += moved
    // What has been taken is dropped once it is most of the array, so that each byte is moved once on average.
    if taken * 2 > bytes.count {
      bytes.removeFirst(taken)
      taken = 0
    }
    return moved
  }
}
