/// VirtualBox's, Microsoft's two, and Parallels' formats.
extension ImageHeader {
  /// VirtualBox, `VDIHEADER1PLUS`, and qemu's block/vdi.c.
  static func vdi(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("vdi", danger: why) }
    guard bytes.head.count >= 0x1c8, let version = bytes.little(0x44, 4), let kind = bytes.little(0x4c, 4),
      let map = bytes.little(0x154, 4), let data = bytes.little(0x158, 4), let size = bytes.little(0x170, 8),
      let block = bytes.little(0x178, 4), let blocks = bytes.little(0x180, 4)
    else { return bad("its header is cut short") }
    if version != 0x10001 { return bad("its version is unknown") }
    if kind != 1 && kind != 2 { return bad("it is a difference to another file") }
    if !bytes.isZero(0x1a8, 32) { return bad("it names a parent") }
    if size > most { return bad("its size is beyond reason") }
    if block != 1 << 20 { return bad("its blocks are of a size that cannot be") }
    if blocks * block < size { return bad("its blocks do not make up its size") }
    if map < 0x1c8 || data < map || UInt64(data) < UInt64(map) + blocks * 4 { return bad("its tables lie over one another") }
    if !bytes.holds(map, blocks * 4) { return bad("its table of blocks is cut short") }
    return ImageHeader("vdi", virtualSize: size)
  }

  /// Microsoft's "Virtual Hard Disk Image Format Specification": a copy of the footer, and for dynamic disks a header
  /// at the place it names.
  static func vhd(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("vhd", danger: why) }
    guard bytes.head.count >= 512, let at = bytes.big(16, 8), let size = bytes.big(48, 8), let kind = bytes.big(60, 4)
    else { return bad("its header is cut short") }
    if kind == 4 { return bad("it is a difference to another file") }
    if kind != 2 && kind != 3 { return bad("its kind is unknown") }
    if size > most { return bad("its size is beyond reason") }
    guard kind == 3 else { return ImageHeader("vhd", virtualSize: size) }
    guard at >= 512, at <= 1 << 15 else { return bad("its second header lies where none can be") }
    let second = Int(at)
    guard bytes.has("cxsparse", at: second), bytes.head.count >= second + 1024,
      let table = bytes.big(second + 16, 8), let entries = bytes.big(second + 28, 4),
      let block = bytes.big(second + 32, 4)
    else { return bad("its second header is cut short") }
    if !bytes.isZero(second + 40, 16) || !bytes.isZero(second + 64, 512) { return bad("it names a parent") }
    if block == 0 || block & (block - 1) != 0 || block > 1 << 28 { return bad("its blocks are of a size that cannot be") }
    if entries * block < size { return bad("its blocks do not make up its size") }
    if table < at + 1024 { return bad("its table of blocks lies over its header") }
    if !bytes.holds(table, entries * 4) { return bad("its table of blocks is cut short") }
    return ImageHeader("vhd", virtualSize: size)
  }

  /// Microsoft's MS-VHDX: the region table at 192 KiB names the metadata, which names the size and whether there is a
  /// parent.
  static func vhdx(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("vhdx", danger: why) }
    let regions = 192 << 10
    guard bytes.has("regi", at: regions), let count = bytes.little(regions + 8, 4), count <= 16 else {
      return bad("its table of regions is cut short or cannot be")
    }
    var place: UInt64?
    for entry in 0..<Int(count) {
      let at = regions + 16 + 32 * entry
      guard bytes.has(metadataRegion, at: at) else { continue }
      place = bytes.little(at + 16, 8)
    }
    guard let place, place >= 1 << 20, place < UInt64(length), bytes.has("metadata", at: Int(place)),
      let items = bytes.little(Int(place) + 10, 2), items <= 64
    else { return bad("its metadata are not where they can be looked at") }
    var size: UInt64?
    for item in 0..<Int(items) {
      let at = Int(place) + 32 + 32 * item
      guard let offset = bytes.little(at + 16, 4), offset < 1 << 20 else { return bad("its metadata are cut short") }
      let value = Int(place) + Int(offset)
      if bytes.has(parentLocator, at: at) { return bad("it names a parent") }
      if bytes.has(fileParameters, at: at), (bytes.little(value + 4, 4) ?? 2) & 2 != 0 { return bad("it names a parent") }
      if bytes.has(diskSize, at: at) { size = bytes.little(value, 8) }
    }
    guard let size else { return bad("its metadata do not tell its size") }
    return ImageHeader("vhdx", virtualSize: size)
  }
  /// 8B7CA206-4790-4B9A-B8FE-575F050F886E and so on, the first three groups with the lowest byte first.
  private static let metadataRegion: [UInt8] = [
    0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e,
  ]
  private static let fileParameters: [UInt8] = [
    0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b,
  ]
  private static let diskSize: [UInt8] = [
    0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8,
  ]
  private static let parentLocator: [UInt8] = [
    0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c,
  ]

  /// QEMU's docs/interop/parallels.rst.
  static func ploop(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("ploop", danger: why) }
    guard let version = bytes.little(16, 4), let block = bytes.little(28, 4), let entries = bytes.little(32, 4),
      let sectors = bytes.little(36, 8), let data = bytes.little(48, 4), bytes.head.count >= 64
    else { return bad("its header is cut short") }
    if version != 2 { return bad("its version is unknown") }
    // The older kind counts in four bytes.
    let size = bytes.has("WithoutFreeSpace") ? sectors & 0xffff_ffff : sectors
    if size > most / 512 { return bad("its size is beyond reason") }
    if block == 0 || block > 1 << 21 { return bad("its blocks are of a size that cannot be") }
    if entries > 1 << 29 || entries * block < size { return bad("its blocks do not make up its size") }
    if !bytes.holds(64, entries * 4) { return bad("its table of blocks is cut short") }
    if data != 0, UInt64(data) * 512 < 64 + entries * 4 { return bad("its data lie over its table") }
    return ImageHeader("ploop", virtualSize: size * 512)
  }
}
