internal import Core

/// What an image file is by its own first bytes, read by us because tools that open an image follow what it names.
///
/// Pure and without a file: whoever has the beginning of an image (64 KiB suffice) can ask.
public struct ImageHeader: Sendable, Equatable {
  /// Glance's name of the format: `raw` where nothing else is recognised.
  public var format: String
  /// The size of the disk inside, in bytes; nil where the header does not say.
  public var virtualSize: Int?
  /// Why nobody should open it: it points outside itself or is not understood; nil when it is fine.
  public var danger: String?

  /// Whether the bytes are the disk itself.
  public var isPlain: Bool { format == "raw" || format == "iso" }

  /// The bytes that `init` wants.
  public static let length = 65536

  public init(_ head: [UInt8]) {
    func has(_ text: String, at offset: Int = 0) -> Bool { head.dropFirst(offset).starts(with: text.utf8) }
    if head.starts(with: [0x51, 0x46, 0x49, 0xfb]) {
      self.init(qcow2: head)
    } else if has("KDMV") {
      self.init(format: "vmdk", danger: Self.vmdkDanger(head))
    } else if has("# Disk Descriptor") || has("# Disk DescriptorFile") {
      self.init(format: "vmdk", danger: "it is a descriptor that names other files")
    } else if head.count > 0x44, Array(head[0x40..<0x44]) == [0x7f, 0x10, 0xda, 0xbe] {
      self.init(format: "vdi")
    } else if has("vhdxfile") {
      self.init(format: "vhdx")
    } else if has("conectix") {
      self.init(format: "vhd")
    } else if has("QED\0") {
      self.init(format: "qed", danger: "the format is not supported")
    } else if has("CD001", at: 0x8001) {
      self.init(format: "iso")
    } else {
      self.init(format: "raw")
    }
  }

  private init(format: String, virtualSize: Int? = nil, danger: String? = nil) {
    self.format = format
    self.virtualSize = virtualSize
    self.danger = danger
  }

  /// QEMU's docs/interop/qcow2.rst: version at 4, backing file's offset at 8, size at 24, in version 3 the
  /// incompatible features at 72, of which bit 2 is an external data file.
  private init(qcow2 head: [UInt8]) {
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      head.dropFirst(offset).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
    var danger: String?
    let version = number(4, 4)
    let features = version >= 3 ? number(72, 8) : 0
    if head.count < 104 && !(version == 2 && head.count >= 72) {
      danger = "its header is cut short"
    } else if version != 2 && version != 3 {
      danger = "its version \(version) is unknown"
    } else if number(8, 8) != 0 {
      danger = "it names a backing file"
    } else if features & 4 != 0 {
      danger = "it names an external data file"
    } else if features & ~0x1f != 0 {
      danger = "it uses features that are unknown"
    } else if number(24, 8) > 1 << 60 {
      danger = "its size is beyond reason"
    }
    self.init(format: "qcow2", virtualSize: danger == nil ? Int(number(24, 8)) : nil, danger: danger)
  }

  /// Only the two kinds that hold everything in one file, judged by what qemu's block/vmdk.c reads: the descriptor in
  /// the sectors that the header names (offset at 28, count at 36), and of several `createType` in it the first. With a
  /// capacity of nothing (at 12) qemu opens the files that the descriptor names, whatever its kind.
  private static func vmdkDanger(_ head: [UInt8]) -> String? {
    func number(_ offset: Int) -> UInt64 {
      head.dropFirst(offset).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let other = "its kind of VMDK keeps its content in other files or cannot be told"
    let most = UInt64(ImageHeader.length)
    guard head.count >= 44, number(12) > 0, number(28) > 0, number(28) < most, number(36) > 0 else { return other }
    let count = Int(min(number(36), most)) * 512
    let descriptor = head.dropFirst(Int(number(28)) * 512).prefix(count).prefix { $0 != 0 }
    let mark = Array("createType".utf8)
    guard let at = descriptor.indices.first(where: { descriptor[$0...].starts(with: mark) }) else { return other }
    let value = descriptor[(at + mark.count)...]
    let kinds = ["=\"monolithicSparse\"", "=\"streamOptimized\""]
    return kinds.contains { value.starts(with: $0.utf8) } ? nil : other
  }

  /// - Throws: a `badRequest` fault when the file is dangerous or not of the format its owner declared.
  public func check(declared: String) throws {
    // The Amazon kinds are plain bytes, and an ISO file declared raw is written to a disk as it is.
    let bytes = ["raw", "ami", "aki", "ari"].contains(declared)
    guard format == declared || (bytes && (format == "raw" || format == "iso")) else {
      throw Fault.badRequest(
        "The image's content is \(format) but its disk_format says \(declared). Upload it again with the right "
          + "disk_format.")
    }
    if let danger {
      throw Fault.badRequest(
        "The image is refused because \(danger). Convert it to a stand-alone file (qemu-img convert) and upload that.")
    }
  }
}
