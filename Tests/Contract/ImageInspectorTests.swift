import Core
import FakeHardware
import FileDisk
import Hardware
import Host
import Testing

@Suite struct ImageInspectorTests {
  static let inspectors: [any ImageInspector] =
    [FakeImageInspector()] + (Machine.hasQemuTools ? [QemuImageInspector()] : [])

  /// A qcow2 header of version 3 with these fields, 1 GiB large.
  private func qcow2(backing: UInt8 = 0, features: UInt8 = 0) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 65536)
    head.replaceSubrange(0..<8, with: [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3])
    head[15] = backing
    head[23] = 16
    head[28] = 0x40
    head[79] = features
    return head
  }

  @Test func headersAreReadAsTheyAre() {
    #expect(ImageHeader(qcow2()).virtualSize == 1 << 30)
    #expect(ImageHeader(qcow2()).danger == nil)
    #expect(ImageHeader(qcow2(backing: 200)).danger?.contains("backing") == true)
    #expect(ImageHeader(qcow2(features: 4)).danger?.contains("data file") == true)
    #expect(ImageHeader(qcow2(features: 64)).danger?.contains("unknown") == true)
    #expect(ImageHeader([0x51, 0x46, 0x49, 0xfb]).danger != nil)
    #expect(ImageHeader(Array("# Disk DescriptorFile\n".utf8)).danger != nil)
    #expect(ImageHeader(Array("vhdxfile".utf8)).format == "vhdx")
    #expect(ImageHeader([]).format == "raw")
  }

  /// A sparse VMDK with the descriptor in the sectors that its header names.
  private func vmdk(_ descriptor: String, capacity: UInt8 = 8, sector: UInt8 = 1, sectors: UInt8 = 4) -> [UInt8] {
    var head = Array("KDMV".utf8) + [UInt8](repeating: 0, count: 4092)
    head[4] = 1
    head[12] = capacity
    head[28] = sector
    head[36] = sectors
    head.replaceSubrange(512..<(512 + descriptor.utf8.count), with: descriptor.utf8)
    return head
  }

  /// qemu obeys the first `createType` of the descriptor, wherever the header says that is, and opens the files that a
  /// descriptor of another kind names (CVE-2022-47951).
  @Test func aVMDKIsJudgedByTheDescriptorThatQemuReads() {
    let sparse = "# Disk DescriptorFile\ncreateType=\"monolithicSparse\"\n"
    let flat = "createType=\"monolithicFlat\"\nRW 1 FLAT \"/etc/passwd\" 0\n"
    #expect(ImageHeader(vmdk(sparse)).danger == nil)
    #expect(ImageHeader(vmdk("# Disk DescriptorFile\ncreateType=\"streamOptimized\"\n")).danger == nil)
    #expect(ImageHeader(vmdk(flat)).danger != nil)
    #expect(ImageHeader(vmdk(flat + sparse)).danger != nil)
    #expect(ImageHeader(vmdk(sparse, capacity: 0)).danger != nil)
    #expect(ImageHeader(vmdk(sparse, sector: 200)).danger != nil)
    #expect(ImageHeader(vmdk(sparse, sector: 3)).danger != nil)
    #expect(ImageHeader(vmdk(sparse, sectors: 0)).danger != nil)
  }

  @Test(arguments: inspectors.indices) func goodImagesAreTold(which: Int) async throws {
    let inspector = Self.inspectors[which]
    let folder = try await Machine.folder()
    try await Host.real.allocate(folder + "/raw", size: 3 << 20)
    #expect(
      try await inspector.inspect(folder + "/raw", declared: "raw") == ImageFacts(format: "raw", virtualSize: 3 << 20))
    let volumes = FakeVolumes(scratch: folder)
    try await volumes.ensureVolume("v", sizeGiB: 5)
    try await volumes.copyOut("v", to: folder + "/qcow2", format: .qcow2)
    #expect(
      try await inspector.inspect(folder + "/qcow2", declared: "qcow2")
        == ImageFacts(format: "qcow2", virtualSize: 5 << 30))
    try await Host.real.remove(folder)
  }

  @Test(arguments: inspectors.indices) func badImagesAreRefusedAsTheUsersFault(which: Int) async throws {
    let inspector = Self.inspectors[which]
    let folder = try await Machine.folder()
    let cases: [(String, [UInt8], String)] = [
      ("backing", qcow2(backing: 200), "qcow2"), ("data", qcow2(features: 4), "qcow2"),
      ("disguised", qcow2(), "raw"), ("text", Array("hello".utf8), "qcow2"),
      ("vmdk", Array("# Disk DescriptorFile\n".utf8), "vmdk"),
    ]
    for (name, bytes, declared) in cases {
      try await Host.real.writeFile(folder + "/" + name, bytes)
      let fault = await #expect(throws: Fault.self, "\(name)") {
        try await inspector.inspect(folder + "/" + name, declared: declared)
      }
      #expect(fault?.kind == .badRequest, "\(name)")
    }
    try await Host.real.remove(folder)
  }
}
