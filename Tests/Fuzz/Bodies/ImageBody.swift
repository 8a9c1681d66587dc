import Core
import Hardware

extension FuzzTarget {
  /// What an image's first bytes say. The rules are written a second time, from the formats' documents: nothing that
  /// leads qemu to another file is let through under any declared name.
  static let image = FuzzTarget("image", length: 4096) { bytes in
    let header = ImageHeader(bytes)
    let formats = ["raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx", "qed", "iso", "ploop", "luks", "gpt"]
    try hold(formats.contains(header.format), "an unknown format \(header.format)")
    try hold((0...(1 << 60)).contains(header.virtualSize ?? 0), "a size of \(header.virtualSize ?? 0)")
    try hold(header.danger == nil || header.virtualSize == nil, "a size taken from a dangerous header")
    for declared in formats + ["ami", "aki", "ari", ""] {
      let taken = try accepted { try header.check(declared: declared) } != nil
      guard taken else { continue }
      try hold(header.danger == nil, "a dangerous image was let through as \(declared)")
      try checkQcow2(bytes, declared)
      try checkVMDK(bytes, declared)
    }
  }

  private static func checkQcow2(_ bytes: [UInt8], _ declared: String) throws {
    guard bytes.starts(with: [0x51, 0x46, 0x49, 0xfb]) else {
      return try hold(declared != "qcow2", "no qcow2 but let through as one")
    }
    try hold(declared == "qcow2", "qcow2 let through as \(declared)")
    guard bytes.count >= 72 else { throw Broken(description: "a qcow2 of \(bytes.count) bytes was let through") }
    try hold(bytes[8..<16].allSatisfy { $0 == 0 }, "a qcow2 with a backing file was let through")
    if bytes[7] == 3 { try hold(bytes[79] & 4 == 0, "a qcow2 with a data file was let through") }
  }

  /// The first `createType` of the descriptor, where the header says that is, is the one that qemu obeys.
  private static func checkVMDK(_ bytes: [UInt8], _ declared: String) throws {
    guard bytes.starts(with: "KDMV".utf8) || bytes.starts(with: "# Disk Descriptor".utf8) else { return }
    try hold(declared == "vmdk", "VMDK let through as \(declared)")
    try hold(bytes.count >= 44 && bytes[12..<20].contains { $0 != 0 }, "a VMDK without a capacity was let through")
    let sector = bytes[28..<36].reversed().reduce(0) { $0 << 8 | Int($1) }
    let word = Array("createType".utf8)
    let at = bytes.indices.dropFirst(sector * 512).first { bytes[$0...].starts(with: word) }
    let value = at.map { bytes[($0 + word.count)...].dropFirst(2).prefix { $0 != UInt8(ascii: "\"") } }
    let kinds = ["monolithicSparse", "streamOptimized"]
    try hold(
      value.map { kinds.contains(String(mending: Array($0))) } ?? false, "a VMDK that names other files was let through"
    )
  }
}
