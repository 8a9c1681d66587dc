// Hardware: what Martlet asks of machines, as small protocols with at most fifteen methods each.
//
// Every protocol has a real driver and a fake one, and one contract suite that both pass. Verbs are written so that
// they can be repeated (`ensureRunning`, `ensureAbsent`): a saga's step may run twice, and a host may already have
// done what it is asked. Values are Codable because agents receive them over the bus. No driver reads a store.

/// Runs guests on this host.
///
/// A guest outlives the process that started it. Each call may block for as long as the hypervisor takes, never on
/// the caller's executor. Faults: `notFound` for a guest that does not exist, `unavailable` when the hypervisor
/// cannot be reached, `internalError` with the hypervisor's own words as detail.
public protocol Hypervisor: Sendable {
  /// What this host offers to the scheduler.
  func capabilities() async throws -> HostCapabilities
  /// Every guest of this cloud that the hypervisor knows.
  func guests() async throws -> [GuestStatus]
  /// Defines the guest if it is unknown or differs, and starts it if it does not run.
  func ensureRunning(_ guest: GuestSpec) async throws
  /// Asks the guest to power off, and pulls the plug when `grace` has passed (at once if zero). Its definition stays.
  func ensureStopped(_ id: String, grace: Duration) async throws
  /// Stops and forgets the guest; an unknown guest is already absent.
  func ensureAbsent(_ id: String) async throws
  func ensurePaused(_ id: String) async throws
  func ensureResumed(_ id: String) async throws
  /// Asks the guest's system to restart; false when it did not within `grace`, so that the caller can go on hard.
  func reboot(_ id: String, grace: Duration) async throws -> Bool
  func ensureAttached(_ disk: GuestDisk, to id: String) async throws
  func ensureDetached(disk serial: String, from id: String) async throws
  func ensureAttached(_ nic: GuestNIC, to id: String) async throws
  func ensureDetached(nic mac: String, from id: String) async throws
  /// The last `limit` bytes of what the guest wrote to its serial console.
  func consoleLog(_ id: String, limit: Int) async throws -> [UInt8]
  /// Where the guest's VNC server listens.
  func vncAddress(_ id: String) async throws -> ConsoleAddress
  /// Copies the guest's disk with that serial, as it is at one instant, into a qcow2 file of its own at `path`.
  func copyDisk(_ serial: String, of id: String, to path: String) async throws
}

public struct HostCapabilities: Sendable, Codable, Equatable {
  public var hostname: String
  /// `QEMU` or `fake`, as the hypervisors API shows it.
  public var hypervisorType: String
  /// As one integer, major × 1,000,000 + minor × 1,000 + micro.
  public var hypervisorVersion: Int
  public var vcpus: Int
  public var memoryMiB: Int
  public var diskGiB: Int
  public var architecture: String
  public var cpuModel: String

  public init(
    hostname: String, hypervisorType: String, hypervisorVersion: Int, vcpus: Int, memoryMiB: Int, diskGiB: Int,
    architecture: String = "x86_64", cpuModel: String = ""
  ) {
    self.hostname = hostname
    self.hypervisorType = hypervisorType
    self.hypervisorVersion = hypervisorVersion
    self.vcpus = vcpus
    self.memoryMiB = memoryMiB
    self.diskGiB = diskGiB
    self.architecture = architecture
    self.cpuModel = cpuModel
  }
}

/// What a guest is doing, as the hypervisor sees it.
public enum GuestPower: String, Sendable, Codable { case running, paused, stopped, crashed }

public struct GuestStatus: Sendable, Codable, Equatable {
  public var id: String
  public var power: GuestPower
  public init(id: String, power: GuestPower) {
    self.id = id
    self.power = power
  }
}

public enum ConsoleAddress: Sendable, Codable, Equatable {
  case tcp(host: String, port: Int)
  case unix(path: String)
}

/// Everything a hypervisor must know to run a guest.
public struct GuestSpec: Sendable, Codable, Equatable {
  /// The server's UUID, also the guest's.
  public var id: String
  /// The server's display name, for operators who look with virsh.
  public var title: String
  public var vcpus: Int
  public var memoryMiB: Int
  /// In boot order.
  public var disks: [GuestDisk]
  public var nics: [GuestNIC]

  public init(id: String, title: String, vcpus: Int, memoryMiB: Int, disks: [GuestDisk], nics: [GuestNIC]) {
    self.id = id
    self.title = title
    self.vcpus = vcpus
    self.memoryMiB = memoryMiB
    self.disks = disks
    self.nics = nics
  }
}

public struct GuestDisk: Sendable, Codable, Equatable {
  public enum Format: String, Sendable, Codable { case qcow2, raw }
  public enum Device: String, Sendable, Codable { case disk, cdrom }
  /// The serial of every server's root disk that lives on its host.
  public static let rootSerial = "root"
  /// What the guest sees as the disk's serial and Martlet names it by; at most 20 characters reach the guest.
  public var serial: String
  /// The target name, `vda` and on; nil lets the driver take the next free one.
  public var target: String?
  public var path: String
  public var format: Format
  public var device: Device
  public var readOnly: Bool

  public init(
    serial: String, target: String? = nil, path: String, format: Format, device: Device = .disk, readOnly: Bool = false
  ) {
    self.serial = serial
    self.target = target
    self.path = path
    self.format = format
    self.device = device
    self.readOnly = readOnly
  }
}

public struct GuestNIC: Sendable, Codable, Equatable {
  public var mac: String
  /// The tap device on the host, made beforehand by the switch.
  public var tap: String
  public var mtu: Int
  public init(mac: String, tap: String, mtu: Int) {
    self.mac = mac
    self.tap = tap
    self.mtu = mtu
  }
}
