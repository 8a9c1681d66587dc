/// Images that want something from whoever opens them, and the plain ones that they were made from; made here, so that
/// none lies in the repository.
public struct DraftImage: Sendable {
  public let name: String
  /// The disk format that its owner declares.
  public var declared: String
  public var bytes: [UInt8]

  init(_ name: String, _ declared: String, _ count: Int) {
    self.name = name
    self.declared = declared
    bytes = [UInt8](repeating: 0, count: count)
  }

  mutating func big(_ value: UInt64, _ count: Int, at offset: Int) {
    for i in 0..<count { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - i))) }
  }
  mutating func little(_ value: UInt64, _ count: Int, at offset: Int) {
    for i in 0..<count { bytes[offset + i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * i)) }
  }
  mutating func text(_ text: String, at offset: Int) {
    bytes.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
  }
  mutating func raw(_ list: [UInt8], at offset: Int) { bytes.replaceSubrange(offset..<(offset + list.count), with: list) }

  /// The same with another name and a change.
  func but(_ name: String, as declared: String? = nil, _ change: (inout DraftImage) -> Void = { _ in }) -> DraftImage {
    var copy = DraftImage(name, declared ?? self.declared, 0)
    copy.bytes = bytes
    change(&copy)
    return copy
  }
  func cut(_ name: String, to count: Int) -> DraftImage { but(name) { $0.bytes = Array($0.bytes.prefix(count)) } }
}

extension DraftImage {
  /// Plain images, one a format.
  public static let plain: [DraftImage] = [qcow2, vmdk, vdi, vhd, vhdx, ploop, iso, gpt, DraftImage("raw", "raw", 4096)]
  /// Each asks for something that it must not get.
  public static let hostile: [DraftImage] = qcow2s + vmdks + vdis + vhds + vhdxs + ploops + others

  static let qcow2: DraftImage = {
    var image = DraftImage("qcow2", "qcow2", 4 * 65_536)
    image.raw([0x51, 0x46, 0x49, 0xfb], at: 0)
    image.big(3, 4, at: 4)
    image.big(16, 4, at: 20)
    image.big(1 << 30, 8, at: 24)
    image.big(2, 4, at: 36)
    image.big(3 * 65_536, 8, at: 40)
    image.big(65_536, 8, at: 48)
    image.big(1, 4, at: 56)
    image.big(4, 4, at: 96)
    image.big(104, 4, at: 100)
    return image
  }()
  private static let qcow2s: [DraftImage] = [
    qcow2.but("a backing file") { $0.big(200, 8, at: 8) },
    qcow2.but("the name of a backing file alone") { $0.big(12, 4, at: 16) },
    qcow2.but("a data file") { $0.big(4, 8, at: 72) },
    qcow2.but("a data file by an extension") {
      $0.text("DATA", at: 104)
      $0.big(11, 4, at: 108)
      $0.text("/etc/passwd", at: 112)
    },
    qcow2.but("unknown features") { $0.big(1 << 40, 8, at: 72) },
    qcow2.but("2^63 bytes") { $0.big(1 << 63, 8, at: 24) },
    qcow2.but("2^61 bytes") { $0.big(1 << 61, 8, at: 24) },
    qcow2.but("version 1") { $0.big(1, 4, at: 4) },
    qcow2.but("version 4") { $0.big(4, 4, at: 4) },
    qcow2.cut("half a header", to: 50),
    qcow2.cut("a header of version 2 in version 3", to: 80),
    qcow2.but("clusters of one byte") { $0.big(0, 4, at: 20) },
    qcow2.but("clusters of 2^63 bytes") { $0.big(63, 4, at: 20) },
    qcow2.but("a table within the header") { $0.big(512, 8, at: 40) },
    qcow2.but("a table beyond the end") { $0.big(1 << 40, 8, at: 40) },
    qcow2.but("a table at the end of all") { $0.big(0xffff_ffff_ffff_0000, 8, at: 40) },
    qcow2.but("a table of 32 GiB") { $0.big(0xffff_ffff, 4, at: 36) },
    qcow2.but("reference counts within the header") { $0.big(1024, 8, at: 48) },
    qcow2.but("reference counts of 256 TiB") { $0.big(0xffff_ffff, 4, at: 56) },
    qcow2.but("four billion snapshots") { $0.big(0xffff_ffff, 4, at: 60) },
    qcow2.but("unknown encryption") { $0.big(99, 4, at: 32) },
    qcow2.but("a header of 2 GiB") { $0.big(1 << 31, 4, at: 100) },
    qcow2.but("an extension of 4 GiB") {
      $0.big(0x1234, 4, at: 104)
      $0.big(0xffff_fff0, 4, at: 108)
    },
    qcow2.but("extensions without end") { image in
      for at in stride(from: 104, to: 65_000, by: 8) { image.big(0x1234, 4, at: at) }
    },
    qcow2.but("a qcow2 said to be raw", as: "raw"), qcow2.but("a qcow2 said to be vmdk", as: "vmdk"),
    qcow2.but("a qcow2 said to be an iso", as: "iso"),
    qcow2.but("an iso that begins as qcow2", as: "iso") { $0.text("CD001", at: 0x8001) },
  ]

  private static func vmdk(_ descriptor: String) -> DraftImage {
    var image = DraftImage("vmdk", "vmdk", 65_536)
    image.text("KDMV", at: 0)
    image.little(1, 4, at: 4)
    image.little(2048, 8, at: 12)
    image.little(128, 8, at: 20)
    image.little(1, 8, at: 28)
    image.little(20, 8, at: 36)
    image.little(512, 4, at: 44)
    image.little(26, 8, at: 56)
    image.text(descriptor, at: 512)
    return image
  }
  private static let descriptor = "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n"
  private static let kind = "createType=\"monolithicSparse\"\n"
  static let vmdk = vmdk(descriptor + kind + "RW 2048 SPARSE \"disk.vmdk\"\n")
  private static let vmdks: [DraftImage] = [
    DraftImage("a descriptor alone", "vmdk", 0).but("a descriptor alone") {
      $0.bytes = Array((descriptor + "createType=\"monolithicFlat\"\nRW 1 FLAT \"/etc/passwd\" 0\n").utf8)
    },
    vmdk(descriptor + "createType=\"monolithicFlat\"\n").but("a flat file"),
    vmdk(descriptor + "createType=\"vmfs\"\n" + kind).but("two kinds"),
    vmdk(descriptor).but("no kind"),
    vmdk.but("no capacity") { $0.little(0, 8, at: 12) },
    vmdk.but("2^63 sectors") { $0.little(1 << 63, 8, at: 12) },
    vmdk(descriptor + kind + "RW 2048 FLAT \"/etc/shadow\" 0\n").but("a flat extent"),
    vmdk(descriptor + kind + "RW 2048 SPARSE \"/var/lib/other.vmdk\"\n").but("an extent elsewhere"),
    vmdk(descriptor + kind + "RW 1 SPARSE \"a.vmdk\"\nRW 1 SPARSE \"b.vmdk\"\n").but("two extents"),
    vmdk("# Disk DescriptorFile\nparentCID=12345678\n" + kind).but("a parent"),
    vmdk(descriptor + kind + "parentFileNameHint=\"/etc/passwd\"\n").but("the name of a parent"),
    vmdk.but("version 9") { $0.little(9, 4, at: 4) },
    vmdk.but("a descriptor beyond the end") { $0.little(1 << 40, 8, at: 28) },
    vmdk.but("grains of 2^40 sectors") { $0.little(1 << 40, 8, at: 20) },
    vmdk.but("tables of 2^31 entries") { $0.little(1 << 31, 4, at: 44) },
    vmdk.but("the old kind") { $0.text("COWD", at: 0) },
    vmdk.but("a vmdk said to be raw", as: "raw"),
  ]

  static let vdi: DraftImage = {
    var image = DraftImage("vdi", "vdi", 2 << 20)
    image.text("<<< Oracle VM VirtualBox Disk Image >>>\n", at: 0)
    image.raw([0x7f, 0x10, 0xda, 0xbe], at: 0x40)
    for (value, at) in [(0x10001, 0x44), (0x190, 0x48), (1, 0x4c), (512, 0x154), (1 << 20, 0x158)] as [(UInt64, Int)] {
      image.little(value, 4, at: at)
    }
    image.little(8 << 20, 8, at: 0x170)
    image.little(1 << 20, 4, at: 0x178)
    image.little(8, 4, at: 0x180)
    return image
  }()
  private static let vdis: [DraftImage] = [
    vdi.but("a difference") { $0.little(4, 4, at: 0x4c) },
    vdi.but("a parent's id") { $0.little(7, 8, at: 0x1b8) },
    vdi.but("2^63 bytes") { $0.little(1 << 63, 8, at: 0x170) },
    vdi.cut("a VDI cut short", to: 256),
    vdi.but("blocks of nothing") { $0.little(0, 4, at: 0x178) },
    vdi.but("too few blocks") { $0.little(1, 4, at: 0x180) },
    vdi.but("a table within the header") { $0.little(64, 4, at: 0x154) },
    vdi.but("data within the table") { $0.little(514, 4, at: 0x158) },
    vdi.but("version 0") { $0.little(0, 4, at: 0x44) },
    vdi.but("four billion blocks") {
      $0.little(0xffff_ffff, 4, at: 0x180)
      $0.little(0xffff_fff0, 4, at: 0x158)
    },
  ]

  static let vhd: DraftImage = {
    var image = DraftImage("vhd", "vhd", 4096)
    image.text("conectix", at: 0)
    image.big(512, 8, at: 16)
    image.big(4 << 20, 8, at: 48)
    image.big(3, 4, at: 60)
    image.text("cxsparse", at: 512)
    image.big(1536, 8, at: 528)
    image.big(2, 4, at: 540)
    image.big(2 << 20, 4, at: 544)
    return image
  }()
  private static let vhds: [DraftImage] = [
    vhd.but("a difference") { $0.big(4, 4, at: 60) },
    vhd.but("an unknown kind") { $0.big(77, 4, at: 60) },
    vhd.but("2^63 bytes") { $0.big(1 << 63, 8, at: 48) },
    vhd.cut("a VHD cut short", to: 100),
    vhd.cut("a VHD without its second header", to: 600),
    vhd.but("a second header beyond the end") { $0.big(1 << 40, 8, at: 16) },
    vhd.but("a parent's id") { $0.big(7, 8, at: 552) },
    vhd.but("a parent's name") { $0.text("/etc/passwd", at: 576) },
    vhd.but("blocks of nothing") { $0.big(0, 4, at: 544) },
    vhd.but("a table within the header") { $0.big(600, 8, at: 528) },
    vhd.but("too few blocks") { $0.big(1, 4, at: 540) },
  ]

  private static let metadata = 1 << 20
  static let vhdx: DraftImage = {
    var image = DraftImage("vhdx", "vhdx", 2 << 20)
    image.text("vhdxfile", at: 0)
    image.text("regi", at: 196_608)
    image.little(1, 4, at: 196_616)
    image.raw(
      [0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e], at: 196_624)
    image.little(UInt64(metadata), 8, at: 196_640)
    image.text("metadata", at: metadata)
    image.little(2, 2, at: metadata + 10)
    image.raw(
      [0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8],
      at: metadata + 32)
    image.little(65_536, 4, at: metadata + 48)
    image.raw(
      [0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b],
      at: metadata + 64)
    image.little(65_544, 4, at: metadata + 80)
    image.little(1 << 30, 8, at: metadata + 65_536)
    image.little(1 << 20, 4, at: metadata + 65_544)
    return image
  }()
  private static let vhdxs: [DraftImage] = [
    vhdx.cut("a VHDX cut short", to: 4096),
    vhdx.but("no metadata") { $0.little(0, 4, at: 196_616) },
    vhdx.but("four billion regions") { $0.little(0xffff_ffff, 4, at: 196_616) },
    vhdx.but("a parent's locator") {
      $0.raw(
        [0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c],
        at: metadata + 64)
    },
    vhdx.but("a parent") { $0.little(2, 4, at: metadata + 65_548) },
    vhdx.but("2^63 bytes") { $0.little(1 << 63, 8, at: metadata + 65_536) },
    vhdx.but("metadata beyond the end") { $0.little(1 << 50, 8, at: 196_640) },
    vhdx.but("65535 metadata") { $0.little(0xffff, 2, at: metadata + 10) },
  ]

  static let ploop: DraftImage = {
    var image = DraftImage("ploop", "ploop", 8192)
    image.text("WithouFreSpacExt", at: 0)
    image.little(2, 4, at: 16)
    image.little(2048, 4, at: 28)
    image.little(8, 4, at: 32)
    image.little(16_384, 8, at: 36)
    image.little(2, 4, at: 48)
    return image
  }()
  private static let ploops: [DraftImage] = [
    ploop.but("version 7") { $0.little(7, 4, at: 16) },
    ploop.but("2^63 sectors") { $0.little(1 << 63, 8, at: 36) },
    ploop.but("blocks of nothing") { $0.little(0, 4, at: 28) },
    ploop.but("too few blocks") { $0.little(1, 4, at: 32) },
    ploop.but("a table beyond the end") { $0.little(1 << 20, 4, at: 32) },
    ploop.cut("a ploop cut short", to: 40),
  ]

  static let iso: DraftImage = {
    var image = DraftImage("iso", "iso", 0x9000)
    image.bytes[0x8000] = 1
    image.text("CD001", at: 0x8001)
    image.little(2048, 2, at: 0x8080)
    image.big(2048, 2, at: 0x8082)
    return image
  }()
  static let gpt: DraftImage = {
    var image = DraftImage("gpt", "gpt", 4096)
    image.raw([0x55, 0xaa], at: 510)
    image.bytes[450] = 0xee
    image.text("EFI PART", at: 512)
    return image
  }()
  private static let others: [DraftImage] = [
    iso.but("blocks of nothing") { $0.little(0, 2, at: 0x8080) },
    iso.but("an iso said to be qcow2", as: "qcow2"),
    gpt.but("a partitioned disk said to be vhd", as: "vhd"),
    DraftImage("nothing said to be qcow2", "qcow2", 0),
    DraftImage("zeros said to be vmdk", "vmdk", 4096),
    DraftImage("QED", "raw", 4096).but("QED") { $0.text("QED\0", at: 0) },
    DraftImage("LUKS of another version", "raw", 4096).but("LUKS of another version") {
      $0.raw([0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe, 0, 2], at: 0)
    },
  ]
}
