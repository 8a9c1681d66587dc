public import Bus
public import Hardware

// What the conductor says to a compute agent, on the topic `nova.agent.HOST`. Every verb can be repeated.

public enum ComputeTopic {
  public static func agent(_ host: String) -> String { "nova.agent.\(host)" }
  /// Where agents say what they have noticed.
  public static let conductor = "nova.conductor"
}

/// Makes the server's root disk, from an image that the agent fetches if it is not cached, and its config drive.
public struct PrepareDisks: Verb {
  public static let name = "prepare-disks"
  public struct Reply: Codable, Sendable {
    public var disks: [GuestDisk]; public init(disks: [GuestDisk]) { self.disks = disks }
  }
  public var server: String
  /// nil when it boots from a volume.
  public var image: String?
  public var rootGiB: Int
  public var ephemeralGiB: Int
  public var swapMiB: Int
  /// Names below the root of the config drive to their content; nil for none.
  public var configDrive: [String: [UInt8]]?
  public init(
    server: String, image: String?, rootGiB: Int, ephemeralGiB: Int, swapMiB: Int, configDrive: [String: [UInt8]]?
  ) {
    self.server = server
    self.image = image
    self.rootGiB = rootGiB
    self.ephemeralGiB = ephemeralGiB
    self.swapMiB = swapMiB
    self.configDrive = configDrive
  }
}
/// Plugs the ports and runs the guest.
public struct RunGuest: Verb {
  public static let name = "run-guest"
  public typealias Reply = Done
  public struct NIC: Codable, Sendable {
    public var port: String
    public var mac: String
    public var mtu: Int
    public init(port: String, mac: String, mtu: Int) {
      self.port = port
      self.mac = mac
      self.mtu = mtu
    }
  }
  public var server: String
  public var title: String
  public var vcpus: Int
  public var memoryMiB: Int
  public var disks: [GuestDisk]
  public var nics: [NIC]
  public init(server: String, title: String, vcpus: Int, memoryMiB: Int, disks: [GuestDisk], nics: [NIC]) {
    self.server = server
    self.title = title
    self.vcpus = vcpus
    self.memoryMiB = memoryMiB
    self.disks = disks
    self.nics = nics
  }
}
public struct StopGuest: Verb {
  public static let name = "stop-guest"
  public typealias Reply = Done
  public var server: String
  /// Seconds until the plug is pulled; zero at once.
  public var graceSeconds: Int
  public init(server: String, graceSeconds: Int) {
    self.server = server
    self.graceSeconds = graceSeconds
  }
}
public struct PauseGuest: Verb {
  public static let name = "pause-guest"
  public typealias Reply = Done
  public var server: String
  public init(server: String) { self.server = server }
}
public struct ResumeGuest: Verb {
  public static let name = "resume-guest"
  public typealias Reply = Done
  public var server: String
  public init(server: String) { self.server = server }
}
/// Asks the guest's system to restart; the reply says whether it did.
public struct RebootGuest: Verb {
  public static let name = "reboot-guest"
  public typealias Reply = Bool
  public var server: String
  public var graceSeconds: Int
  public init(server: String, graceSeconds: Int) {
    self.server = server
    self.graceSeconds = graceSeconds
  }
}
/// Removes the guest, unplugs its ports, and removes its disks unless they are kept (a rebuild keeps nothing).
public struct RemoveGuest: Verb {
  public static let name = "remove-guest"
  public typealias Reply = Done
  public var server: String
  public var ports: [String]
  public init(server: String, ports: [String]) {
    self.server = server
    self.ports = ports
  }
}
public struct AttachDisk: Verb {
  public static let name = "attach-disk"
  public typealias Reply = Done
  public var server: String
  public var disk: GuestDisk
  public init(server: String, disk: GuestDisk) {
    self.server = server
    self.disk = disk
  }
}
public struct DetachDisk: Verb {
  public static let name = "detach-disk"
  public typealias Reply = Done
  public var server: String
  public var serial: String
  public init(server: String, serial: String) {
    self.server = server
    self.serial = serial
  }
}
public struct AttachNIC: Verb {
  public static let name = "attach-nic"
  public typealias Reply = Done
  public var server: String
  public var nic: RunGuest.NIC
  public init(server: String, nic: RunGuest.NIC) {
    self.server = server
    self.nic = nic
  }
}
public struct DetachNIC: Verb {
  public static let name = "detach-nic"
  public typealias Reply = Done
  public var server: String
  public var port: String
  public var mac: String
  public init(server: String, port: String, mac: String) {
    self.server = server
    self.port = port
    self.mac = mac
  }
}
public struct ReadConsole: Verb {
  public static let name = "read-console"
  public typealias Reply = String
  public var server: String
  /// At most this many of the last lines; nil for all that is kept.
  public var lines: Int?
  public init(server: String, lines: Int?) {
    self.server = server
    self.lines = lines
  }
}
public struct FindVNC: Verb {
  public static let name = "find-vnc"
  public typealias Reply = ConsoleAddress
  public var server: String
  public init(server: String) { self.server = server }
}
/// Copies the root disk as it is at one instant and uploads it as the image's bytes.
public struct UploadSnapshot: Verb {
  public static let name = "upload-snapshot"
  public typealias Reply = Done
  public var server: String
  public var image: String
  public init(server: String, image: String) {
    self.server = server
    self.image = image
  }
}
public struct ListGuests: Verb {
  public static let name = "list-guests"
  public struct Reply: Codable, Sendable {
    public var guests: [GuestStatus]
    /// Servers that have disks here, with or without a guest.
    public var disks: [String]
    public init(guests: [GuestStatus], disks: [String]) {
      self.guests = guests
      self.disks = disks
    }
  }
  public init() {}
}
public struct DescribeHost: Verb {
  public static let name = "describe-host"
  public typealias Reply = HostCapabilities
  public init() {}
}
