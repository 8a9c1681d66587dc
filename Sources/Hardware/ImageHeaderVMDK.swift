/// VMware's "Virtual Disk Format 5.0", and what qemu's block/vmdk.c makes of it.
extension ImageHeader {
  /// Only the two kinds that hold everything in one file, judged by what qemu reads: the descriptor in the sectors that
  /// the header names (offset at 28, count at 36), and of several `createType` in it the first. With a capacity of
  /// nothing (at 12) qemu opens the files that the descriptor names, whatever its kind.
  static func vmdk(_ bytes: HeaderBytes) -> ImageHeader {
    func bad(_ why: String) -> ImageHeader { ImageHeader("vmdk", danger: why) }
    let other = "its kind of VMDK keeps its content in other files or cannot be told"
    guard bytes.has("KDMV"), let capacity = bytes.little(12, 8), let grain = bytes.little(20, 8),
      let at = bytes.little(28, 8), let count = bytes.little(36, 8)
    else { return bad(other) }
    guard capacity > 0, at > 0, at < 1 << 16, count > 0 else { return bad(other) }
    if capacity > most / 512 { return bad("its size is beyond reason") }
    if let version = bytes.little(4, 4), version > 3 { return bad("its version \(version) is unknown") }
    if grain > 1 << 18 { return bad("its grains are of a size that cannot be") }
    if let entries = bytes.little(44, 4), entries > 512 { return bad("its tables are larger than can be") }
    if let directory = bytes.little(56, 8), directory != .max, directory != 0, directory > 1 << 53 {
      return bad("its directory lies beyond every file")
    }
    let text = bytes.head.dropFirst(Int(at) * 512).prefix(Int(min(count, 128)) * 512).prefix { $0 != 0 }
    let mark = Array("createType".utf8)
    guard let place = text.indices.first(where: { text[$0...].starts(with: mark) }) else { return bad(other) }
    let value = text[(place + mark.count)...]
    guard ["=\"monolithicSparse\"", "=\"streamOptimized\""].contains(where: { value.starts(with: $0.utf8) }) else {
      return bad(other)
    }
    if let why = descriptorDanger(text) { return bad(why) }
    return ImageHeader("vmdk", virtualSize: capacity * 512)
  }

  /// One extent, which is the file itself, and no parent.
  private static func descriptorDanger(_ text: ArraySlice<UInt8>) -> String? {
    var extents = 0
    for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 }).prefix(4096) {
      let line = String(decoding: line, as: UTF8.self)
      let lower = line.lowercased()
      if lower.hasPrefix("parentfilenamehint") { return "it names a parent" }
      if lower.hasPrefix("parentcid"), !lower.hasSuffix("ffffffff") { return "it names a parent" }
      let words = line.split(separator: " ")
      guard let first = words.first, ["RW", "RDONLY", "NOACCESS"].contains(first) else { continue }
      extents += 1
      let name = line.drop { $0 != "\"" }.dropFirst().prefix { $0 != "\"" }
      guard words.count >= 4, words[2] == "SPARSE", !name.contains("/"), !name.contains("\\"), extents == 1 else {
        return "it keeps its content in other files"
      }
    }
    return nil
  }
}
