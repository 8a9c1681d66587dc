internal import Core

/// What an image file is by its own first bytes, read by us because tools that open an image follow what it names.
///
/// Pure, bounded and without a file: whoever has the beginning of an image can ask. What points outside itself, claims
/// what cannot be, or is cut short, is dangerous, and no tool sees it.
public struct ImageHeader: Sendable, Equatable {
  /// Glance's name of the format: `raw` where nothing else is recognised.
  public var format: String
  /// The size of the disk inside, in bytes; nil where the header does not say.
  public var virtualSize: Int?
  /// Why nobody should open it: it points outside itself or is not understood; nil when it is fine.
  public var danger: String?

  /// The most bytes that `init` looks at.
  public static let length = 4 << 20
  /// The bytes that it looks at of most formats.
  private static let short = 65_536

  /// How many bytes tell everything about an image that begins like this.
  public static func length(_ head: some Collection<UInt8>) -> Int {
    head.prefix(8).elementsEqual("vhdxfile".utf8) ? length : short
  }
  /// Disks of more bytes are a mistake, or an attempt to make somebody count too far.
  static let most: UInt64 = 1 << 60

  /// Whether the bytes are the disk itself.
  public var isPlain: Bool { Self.plain.contains(format) }
  private static let plain: Set<String> = ["raw", "iso", "gpt", "luks"]

  /// - Parameters:
  ///   - head: the first `length(_:)` bytes, fewer where the file is shorter.
  ///   - size: of the whole file; nil while it is not known.
  public init(_ head: [UInt8], size: Int? = nil) {
    let bytes = HeaderBytes(head, size: size)
    if bytes.has([0x51, 0x46, 0x49, 0xfb]) {
      self = Self.qcow2(bytes)
    } else if bytes.has("KDMV") || bytes.has("COWD") {
      self = Self.vmdk(bytes)
    } else if bytes.has("# Disk Descriptor") {
      self.init("vmdk", danger: "it is a descriptor that names other files")
    } else if bytes.has([0x7f, 0x10, 0xda, 0xbe], at: 0x40) {
      self = Self.vdi(bytes)
    } else if bytes.has("vhdxfile") {
      self = Self.vhdx(bytes)
    } else if bytes.has("conectix") {
      self = Self.vhd(bytes)
    } else if bytes.has("WithoutFreeSpace") || bytes.has("WithouFreSpacExt") {
      self = Self.ploop(bytes)
    } else if bytes.has("QED\0") {
      self.init("qed", danger: "the format is not supported")
    } else if bytes.has([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe]) {
      self.init("luks", danger: bytes.big(6, 2) == 1 ? nil : "its version of LUKS is not supported")
    } else if bytes.has("CD001", at: 0x8001) {
      self.init("iso", danger: Self.isoDanger(bytes))
    } else if Self.isPartitioned(bytes) {
      self.init("gpt")
    } else {
      self.init("raw")
    }
  }

  init(_ format: String, virtualSize: UInt64? = nil, danger: String? = nil) {
    self.format = format
    var danger = danger
    if danger == nil, let virtualSize, virtualSize > Self.most { danger = "its size is beyond reason" }
    self.danger = danger
    self.virtualSize = danger == nil ? virtualSize.map { Int($0) } : nil
  }

  /// ECMA-119, 8.4: a primary descriptor whose blocks are 2048 bytes, as both byte orders say.
  private static func isoDanger(_ bytes: HeaderBytes) -> String? {
    guard let block = bytes.little(0x8080, 2), let other = bytes.big(0x8082, 2) else {
      return "its header is cut short"
    }
    return block == other && block == 2048 ? nil : "its blocks are of a size that cannot be"
  }

  /// A table of partitions in the first sector whose entries can be, or the head of one in the second (UEFI 5.3).
  private static func isPartitioned(_ bytes: HeaderBytes) -> Bool {
    guard bytes.has([0x55, 0xaa], at: 510) else { return false }
    if bytes.has("EFI PART", at: 512) { return true }
    let entries = (0..<4).map { 446 + 16 * $0 }
    return entries.allSatisfy { [0, 0x80].contains(bytes.byte($0)) } && entries.contains { bytes.byte($0 + 4) != 0 }
  }

  /// Whether the file is what its owner declared.
  public func isOf(_ declared: String) -> Bool {
    // The Amazon kinds are plain bytes, and what is plain is written to a disk as it is.
    format == declared || (["raw", "ami", "aki", "ari"].contains(declared) && isPlain)
  }

  /// - Parameter mustMatch: false where an operator lets images be declared as something else.
  /// - Throws: a `badRequest` fault when the file is dangerous or not of the format its owner declared.
  public func check(declared: String, mustMatch: Bool = true) throws {
    guard isOf(declared) || !mustMatch else {
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

/// The first bytes of a file, read without ever leaving them.
struct HeaderBytes {
  let head: [UInt8]
  let size: Int?

  init(_ head: [UInt8], size: Int?) {
    self.head = head
    self.size = size
  }

  internal func has(_ text: String, at offset: Int = 0) -> Bool { has(Array(text.utf8), at: offset) }
  internal func has(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
    offset >= 0 && head.count - bytes.count >= offset && head[offset..<(offset + bytes.count)].elementsEqual(bytes)
  }
  internal func byte(_ offset: Int) -> UInt8? { head.indices.contains(offset) ? head[offset] : nil }

  /// A number of `count` bytes, the first the highest; nil where there are not so many.
  internal func big(_ offset: Int, _ count: Int) -> UInt64? {
    guard offset >= 0, head.count - count >= offset else { return nil }
    return head[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) }
  }
  /// A number of `count` bytes, the first the lowest.
  internal func little(_ offset: Int, _ count: Int) -> UInt64? {
    guard offset >= 0, head.count - count >= offset else { return nil }
    return head[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  internal func isZero(_ offset: Int, _ count: Int) -> Bool {
    offset >= 0 && head.count - count >= offset && head[offset..<(offset + count)].allSatisfy { $0 == 0 }
  }

  /// Whether something of `length` bytes at `offset` can be in the file; yes while its size is not known.
  internal func holds(_ offset: UInt64, _ length: UInt64) -> Bool {
    let (end, isOver) = offset.addingReportingOverflow(length)
    if isOver || end > 1 << 62 { return false }
    return size.map { end <= UInt64($0) } ?? true
  }
}
