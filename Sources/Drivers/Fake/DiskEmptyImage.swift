/// A qcow2 image without content, which every tool accepts.
enum EmptyImage {
  /// Version 2 with clusters of 64 KiB: header, reference count table, its one block, and a table of no clusters.
  static func qcow2(size: Int) -> [UInt8] {
    let cluster = 65536
    let tableEntries = max(1, (size + (cluster * 8192) - 1) / (cluster * 8192))
    let tableClusters = (tableEntries * 8 + cluster - 1) / cluster
    let used = 3 + tableClusters
    var image = [UInt8](repeating: 0, count: used * cluster)
    func put(_ value: UInt64, _ count: Int, at offset: Int) {
      for i in 0..<count { image[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - i))) }
    }
    put(0x5146_49fb, 4, at: 0)
    put(2, 4, at: 4)
    put(16, 4, at: 20)
    put(UInt64(size), 8, at: 24)
    put(UInt64(tableEntries), 4, at: 36)
    put(UInt64(3 * cluster), 8, at: 40)
    put(UInt64(cluster), 8, at: 48)
    put(1, 4, at: 56)
    put(UInt64(2 * cluster), 8, at: cluster)
    for i in 0..<used { put(1, 2, at: 2 * cluster + 2 * i) }
    return image
  }
}
