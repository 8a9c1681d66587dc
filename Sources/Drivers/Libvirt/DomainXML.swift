internal import Hardware

/// Writes the description of a guest that libvirt starts it from. Pure: the same guest gives the same text.
struct DomainXML: Sendable {
  /// The namespace of Martlet's own element in a domain's metadata.
  static let namespace = "https://martlet.cloud/xml/guest/1"

  /// True where the CPU can run guests itself. /dev/kvm proves nothing: it can open and still hang every guest.
  var hardware: Bool
  /// The state directory of the cloud that the guest belongs to; two clouds on one host leave each other alone.
  var owner: String
  /// Where the guest's serial console is written to.
  var consoleLog: String
  /// The mandatory access control that libvirt uses here and which would deny it our files: `apparmor`, `selinux`.
  var confinement: [String] = []

  func text(_ guest: GuestSpec) -> String {
    let targets = Self.targets(guest.disks)
    let disks = zip(guest.disks, targets).enumerated().map { index, pair in
      Self.disk(pair.0, target: pair.1, bootOrder: pair.0.device == .disk ? index + 1 : nil)
    }
    return """
      <domain type='\(hardware ? "kvm" : "qemu")'>
      <name>mlt-\(escaped(guest.id))</name><uuid>\(escaped(guest.id))</uuid>
      <title>\(escaped(Self.oneLine(guest.title)))</title>
      <metadata><martlet:guest xmlns:martlet='\(Self.namespace)'><martlet:owner>\(escaped(owner))</martlet:owner>\
      </martlet:guest></metadata>
      <memory unit='MiB'>\(guest.memoryMiB)</memory><vcpu>\(guest.vcpus)</vcpu>
      <sysinfo type='smbios'><system><entry name='manufacturer'>OpenStack Foundation</entry>\
      <entry name='product'>OpenStack Nova</entry><entry name='serial'>\(escaped(guest.id))</entry>\
      <entry name='uuid'>\(escaped(guest.id))</entry><entry name='family'>Virtual Machine</entry></system></sysinfo>
      <os><type arch='x86_64' machine='pc'>hvm</type><smbios mode='sysinfo'/></os>
      <features><acpi/><apic/>\(hardware ? "" : Self.translationCache)</features>
      <cpu mode='\(hardware ? "host-model" : "maximum")'/>
      <clock offset='utc'/><on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
      <devices>
      \(disks.joined(separator: "\n"))
      \(guest.nics.map(Self.nic).joined(separator: "\n"))
      <controller type='usb' model='none'/>
      <serial type='pty'><log file='\(escaped(consoleLog))' append='on'/><target port='0'/></serial>
      <console type='pty'><target type='serial' port='0'/></console>
      <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
      <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
      <video><model type='vga'/></video>
      <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
      <memballoon model='virtio'/>
      </devices>
      <seclabel type='static' model='dac' relabel='no'><label>+0:+0</label></seclabel>
      \(confinement.map { "<seclabel type='none' model='\(escaped($0))'/>" }.joined())
      </domain>
      """
  }

  /// QEMU's own default is 1 GiB of translated code for each guest.
  private static let translationCache = "<tcg><tb-cache unit='MiB'>64</tb-cache></tcg>"

  static func disk(_ disk: GuestDisk, target: String, bootOrder: Int? = nil) -> String {
    let block = disk.path.hasPrefix("/dev/")
    // A CD-ROM on the virtio bus does not exist; a read-only disk there is the same to the guest.
    let device = disk.device == .cdrom && !target.hasPrefix("vd") ? "cdrom" : "disk"
    let bus = target.hasPrefix("vd") ? "virtio" : target.hasPrefix("hd") ? "ide" : "scsi"
    let discard = disk.readOnly ? "" : " discard='unmap'"
    return "<disk type='\(block ? "block" : "file")' device='\(device)'>"
      + "<driver name='qemu' type='\(disk.format.rawValue)'\(discard)/>"
      + "<source \(block ? "dev" : "file")='\(escaped(disk.path))'/><target dev='\(escaped(target))' bus='\(bus)'/>"
      + "<serial>\(escaped(disk.serial))</serial>" + (bootOrder.map { "<boot order='\($0)'/>" } ?? "")
      + (disk.readOnly || disk.device == .cdrom ? "<readonly/>" : "") + "</disk>"
  }

  static func nic(_ nic: GuestNIC) -> String {
    // The option ROM is off because its network boot costs every start two to three seconds.
    "<interface type='ethernet'><mac address='\(escaped(nic.mac))'/>"
      + "<target dev='\(escaped(nic.tap))' managed='no'/><model type='virtio'/><mtu size='\(nic.mtu)'/>"
      + "<rom enabled='no'/></interface>"
  }

  /// The target of each disk: its own, or the next free one of its bus.
  static func targets(_ disks: [GuestDisk], taken: [String] = []) -> [String] {
    var taken = Set(taken + disks.compactMap(\.target))
    return disks.map { disk in
      if let target = disk.target { return target }
      let target = nextTarget(disk.device == .cdrom ? "hd" : "vd", taken: taken)
      taken.insert(target)
      return target
    }
  }

  private static func nextTarget(_ prefix: String, taken: Set<String>) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    var number = 0
    while true {
      let first = number < 26 ? "" : String(letters[(number / 26 - 1) % 26])
      let target = prefix + first + String(letters[number % 26])
      if !taken.contains(target) { return target }
      number += 1
    }
  }

  private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}

/// Text as it may stand in an element or a quoted attribute; characters that XML cannot hold are dropped.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "'": result += "&apos;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result += " "
    case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: continue
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
