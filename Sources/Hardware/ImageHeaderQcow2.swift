/// QEMU's docs/interop/qcow2.rst.
extension ImageHeader {
  static func qcow2(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("qcow2", danger: why) }
    guard let version = bytes.big(4, 4), bytes.head.count >= 72 else { return bad("its header is cut short") }
    guard version == 2 || version == 3 else { return bad("its version \(version) is unknown") }
    if version == 3, bytes.head.count < 104 { return bad("its header is cut short") }
    func field(_ offset: Int, _ count: Int) -> UInt64 { bytes.big(offset, count) ?? 0 }
    if field(8, 8) != 0 || field(16, 4) != 0 { return bad("it names a backing file") }
    let features = version == 3 ? field(72, 8) : 0
    if features & 4 != 0 { return bad("it names an external data file") }
    // Dirty, corrupt, data file, compression, extended L2.
    if features & ~0x1f != 0 { return bad("it uses features that are unknown") }
    let bits = field(20, 4)
    guard (9...21).contains(bits) else { return bad("its clusters are of a size that cannot be") }
    let cluster: UInt64 = 1 << bits
    let size = field(24, 8)
    if size > most { return bad("its size is beyond reason") }
    if field(32, 4) > 2 { return bad("its encryption is unknown") }
    if field(60, 4) > 65_536 { return bad("it has more snapshots than can be") }
    // Each table by its place, how many, and the bytes of one.
    let tables: [(name: String, at: UInt64, count: UInt64, width: UInt64)] = [
      ("table of clusters", field(40, 8), field(36, 4), 8),
      ("table of reference counts", field(48, 8), field(56, 4), cluster),
      ("list of snapshots", field(64, 8), field(60, 4), 40),
    ]
    if field(36, 4) > 4 << 20 || field(56, 4) * cluster > 8 << 20 { return bad("its tables are larger than can be") }
    for table in tables where table.at != 0 && table.count != 0 {
      if table.at % cluster != 0 || table.at < cluster { return bad("its \(table.name) lies over its header") }
      if !bytes.holds(table.at, table.count * table.width) { return bad("its \(table.name) is cut short") }
    }
    if let why = extensionDanger(bytes, version: version) { return bad(why) }
    return ImageHeader("qcow2", virtualSize: size)
  }

  /// What follows the header: a type, a length, and so many bytes, until the type is nothing.
  private static func extensionDanger(_ bytes: HeaderBytes, version: UInt64) -> String? {
    let start = version == 3 ? bytes.big(100, 4) ?? 0 : 72
    guard version == 2 || start >= 104 || start == 0, start <= 4096 else { return "its header has a length that cannot be" }
    var at = start == 0 ? 104 : Int(start)
    for _ in 0..<64 {
      guard let type = bytes.big(at, 4), let length = bytes.big(at + 4, 4), type != 0 else { return nil }
      if type == 0x4441_5441 { return "it names an external data file" }
      if length > 65_536 { return "its header has an extension that cannot be" }
      at += 8 + (Int(length) + 7) / 8 * 8
    }
    return "its header has more extensions than can be"
  }
}
