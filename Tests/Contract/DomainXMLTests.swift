import Hardware
import Testing

@testable import Libvirt

@Suite struct DomainXMLTests {
  private let disks = [
    GuestDisk(serial: "root", target: "vda", path: "/d/root.qcow2", format: .qcow2),
    GuestDisk(serial: "config", path: "/d/config.iso", format: .raw, device: .cdrom, readOnly: true),
    GuestDisk(serial: "data", path: "/d/data.raw", format: .raw),
  ]

  private func text(hardware: Bool = false) -> String {
    let guest = GuestSpec(
      id: "11111111-2222-4333-8444-555555555555", title: "</title><x a='\"&\n\u{1}", vcpus: 2, memoryMiB: 512,
      disks: disks, nics: [GuestNIC(mac: "fa:16:3e:00:00:01", tap: "tap0", mtu: 1450)])
    return DomainXML(hardware: hardware, owner: "/var/lib/martlet", consoleLog: "/c/console.log").text(guest)
  }

  @Test func whatUsersWriteStaysText() {
    #expect(text().contains("<title>&lt;/title&gt;&lt;x a=&apos;&quot;&amp; </title>"))
  }

  @Test func disksGetTheNextFreeTargets() {
    #expect(DomainXML.targets(disks) == ["vda", "hda", "vdb"])
    #expect(DomainXML.targets([disks[2]], taken: ["vda", "vdb"]) == ["vdc"])
    let many = (0..<28).map { GuestDisk(serial: "\($0)", path: "/d", format: .raw) }
    #expect(DomainXML.targets(many).suffix(3) == ["vdz", "vdaa", "vdab"])
  }

  @Test func emulationIsBoundedAndHardwareIsNotEmulated() {
    #expect(text().contains("<domain type='qemu'>") && text().contains("<tb-cache unit='MiB'>64</tb-cache>"))
    #expect(text(hardware: true).contains("<domain type='kvm'>") && !text(hardware: true).contains("tb-cache"))
  }

  @Test func theGuestCanTellThatItIsInACloud() {
    #expect(text().contains("<entry name='product'>OpenStack Nova</entry>"))
    #expect(text().contains("<entry name='uuid'>11111111-2222-4333-8444-555555555555</entry>"))
  }

  @Test func aDescriptionIsReadBack() {
    let description = DomainDescription(text())
    #expect(description.disks.map(\.serial) == ["root", "config", "data"])
    #expect(description.disks.map(\.target) == ["vda", "hda", "vdb"])
    #expect(description.disk("data")?.path == "/d/data.raw")
    #expect(description.disk("root")?.format == "qcow2")
    #expect(description.interface("FA:16:3E:00:00:01")?.contains("tap0") == true)
    #expect(description.vncPort == nil)
    #expect(DomainDescription("<graphics type='vnc' port='5901' autoport='yes'>").vncPort == 5901)
  }
}
