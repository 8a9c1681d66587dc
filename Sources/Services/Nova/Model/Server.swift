// NovaModel: what compute keeps: servers with their lifecycle, flavors, key pairs, hosts, actions; and what it says to
// its agents.
//
// The API begins moves, the conductor (NovaWork) carries them out as sagas, agents (NovaAgent) do as they are told over
// the bus. All three import this module and none another.
//
//              create                 stop                 pause/suspend
//   (new) ──▶ BUILD ──▶ ACTIVE ◀──────────────▶ SHUTOFF   ACTIVE ◀──▶ PAUSED, SUSPENDED
//                │         │         start
//                ▼         ▼
//              ERROR    (every state) ── delete ──▶ gone

public import Core
public import JSON
public import Store
public import Work

/// A server (API reference: compute, "Servers").
public struct Server: Stateful {
  /// Nova's `vm_state`.
  public enum State: String, ColumnValue, Sendable, CaseIterable {
    case building, active, paused, suspended, stopped, error
  }
  /// Nova's `task_state`: what is being done just now.
  public enum Doing: String, ColumnValue, Sendable, CaseIterable {
    case scheduling, spawning, pausing, unpausing, suspending, resuming, deleting, rebuilding
    case poweringOff = "powering-off"
    case poweringOn = "powering-on"
    case rebooting
    case rebootingHard = "rebooting_hard"
    case imageSnapshot = "image_snapshot"
  }
  public enum MoveName: String, Sendable, CaseIterable {
    case create, start, stop, reboot, rebootHard, pause, unpause, suspend, resume, snapshot, rebuild, delete
  }

  public var id = ""
  public var projectID = ""
  public var userID = ""
  public var name = ""
  public var hostname = ""
  public var description: String?
  public var state = State.building
  public var doing: Doing?
  public var saga: String?
  /// Nova's numbers: 0 unknown, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended.
  public var power = 0
  /// The compute host; nil until it is scheduled.
  public var host: String?
  public var availabilityZone: String?
  /// The zone that the user asked for; nil when any would do.
  public var pinnedZone: String?
  /// The flavor as it was when the server was made: a later change of it does not change the server.
  public var flavor = FlavorSnapshot()
  /// nil when it boots from a volume.
  public var imageID: String?
  public var keyName: String?
  public var keyPublic: String?
  /// Base64, as it was sent.
  public var userData: String?
  public var metadata: [String: String] = [:]
  public var tags: [String] = []
  /// Its network cards in order, each with its port.
  public var nics: [ServerNIC] = []
  public var configDrive = false
  public var rootDevice = "/dev/vda"
  public var accessIPv4: String?
  public var accessIPv6: String?
  public var reservationID = ""
  public var launchIndex = 0
  public var locked = false
  public var lockedReason: String?
  /// `owner` for members of its project, `admin` for others, whose lock they cannot undo.
  public var lockedBy: String?
  public var fault: ServerFault?
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt = Timestamp(seconds: 0)
  public var launchedAt: Timestamp?
  public var generation = 0
  public init() {}

  public static let table = Table<Server>(
    "nova_servers",
    [
      .column("id", \.id, key: true), .column("project_id", \.projectID), .column("user_id", \.userID),
      .column("name", \.name), .column("hostname", \.hostname), .column("description", \.description),
      .column("state", \.state), .column("doing", \.doing), .column("saga", \.saga), .column("power", \.power),
      .column("host", \.host), .column("availability_zone", \.availabilityZone),
      .column("pinned_zone", \.pinnedZone), .column("flavor", \.flavor), .column("flavor_id", \.flavor.id),
      .column("vcpus", \.flavor.vcpus), .column("memory_mib", \.flavor.memoryMiB),
      .column("image_id", \.imageID), .column("key_name", \.keyName), .column("key_public", \.keyPublic),
      .column("user_data", \.userData, secret: true), .column("metadata", \.metadata), .column("tags", \.tags),
      .column("nics", \.nics), .column("config_drive", \.configDrive), .column("root_device", \.rootDevice),
      .column("access_ipv4", \.accessIPv4), .column("access_ipv6", \.accessIPv6),
      .column("reservation_id", \.reservationID), .column("launch_index", \.launchIndex),
      .column("locked", \.locked), .column("locked_reason", \.lockedReason), .column("locked_by", \.lockedBy),
      .column("fault", \.fault),
      .column("created_at", \.createdAt), .column("updated_at", \.updatedAt), .column("launched_at", \.launchedAt),
      .column("generation", \.generation),
    ], indexes: [.index("project_id"), .index("host"), .index("reservation_id")])

  /// Every transition of a server.
  public static let lifecycle = Lifecycle<Server>([
    .move(.create, from: [.building], doing: .scheduling, to: .active, onFailure: .error, by: CreateServer.self),
    .move(.start, from: [.stopped], doing: .poweringOn, to: .active, by: StartServer.self),
    .move(.stop, from: [.active, .error], doing: .poweringOff, to: .stopped, by: StopServer.self),
    .move(.reboot, from: [.active], doing: .rebooting, to: .active, by: RebootServer.self),
    .move(
      .rebootHard, from: [.active, .stopped, .paused, .suspended, .error], doing: .rebootingHard, to: .active,
      by: RebootServer.self),
    .move(.pause, from: [.active], doing: .pausing, to: .paused, by: PauseServer.self),
    .move(.unpause, from: [.paused], doing: .unpausing, to: .active, by: ResumeServer.self),
    .move(.suspend, from: [.active], doing: .suspending, to: .suspended, by: PauseServer.self),
    .move(.resume, from: [.suspended], doing: .resuming, to: .active, by: ResumeServer.self),
    .move(
      .snapshot, from: [.active, .stopped, .paused, .suspended], doing: .imageSnapshot, to: nil, by: SnapshotServer.self
    ),
    .move(
      .rebuild, from: [.active, .stopped, .error], doing: .rebuilding, to: .active, onFailure: .error,
      by: RebuildServer.self),
    .move(
      .delete, from: Set(State.allCases), doing: .deleting, to: nil, onFailure: .error, preempts: true,
      by: DeleteServer.self),
  ])
}

/// One network card of a server.
public struct ServerNIC: JSONColumn, Equatable {
  public var port: String
  public var network: String
  public var mac: String
  public var mtu: Int
  /// Whether nova made the port, and so removes it with the server.
  public var made: Bool
  public var tag: String?
  /// Whether it is being detached, so that a start does not bring it back.
  public var leaving = false
  public init(port: String, network: String, mac: String, mtu: Int, made: Bool, tag: String? = nil) {
    self.port = port
    self.network = network
    self.mac = mac
    self.mtu = mtu
    self.made = made
    self.tag = tag
  }
  public var json: JSON {
    [
      "port": .string(port), "network": .string(network), "mac": .string(mac), "mtu": .int(mtu), "made": .bool(made),
      "tag": tag.json, "leaving": .bool(leaving),
    ]
  }
  public init(json: JSON) throws {
    port = try String(json: json["port"] ?? .null)
    network = try String(json: json["network"] ?? .null)
    mac = try String(json: json["mac"] ?? .null)
    mtu = try Int(json: json["mtu"] ?? .null)
    made = try Bool(json: json["made"] ?? .null)
    leaving = json["leaving"]?.bool ?? false
    tag = json["tag"]?.string
  }
}

/// Why a server is in error, as its `fault` shows it.
public struct ServerFault: JSONColumn, Equatable {
  public var code: Int
  public var message: String
  /// For administrators.
  public var details: String?
  public var created: Timestamp
  public init(code: Int, message: String, details: String?, created: Timestamp) {
    self.code = code
    self.message = message
    self.details = details
    self.created = created
  }
  public var json: JSON {
    ["code": .int(code), "message": .string(message), "details": details.json, "created": created.json]
  }
  public init(json: JSON) throws {
    code = try Int(json: json["code"] ?? .null)
    message = try String(json: json["message"] ?? .null)
    details = json["details"]?.string
    created = try Timestamp(json: json["created"] ?? .null)
  }
}

/// A flavor as a server keeps it.
public struct FlavorSnapshot: JSONColumn, Codable, Equatable {
  public var id = ""
  public var name = ""
  public var vcpus = 0
  public var memoryMiB = 0
  public var diskGiB = 0
  public var ephemeralGiB = 0
  public var swapMiB = 0
  public var extraSpecs: [String: String] = [:]
  public init() {}
  public var json: JSON {
    [
      "id": .string(id), "name": .string(name), "vcpus": .int(vcpus), "ram": .int(memoryMiB), "disk": .int(diskGiB),
      "ephemeral": .int(ephemeralGiB), "swap": .int(swapMiB), "extra_specs": extraSpecs.json,
    ]
  }
  public init(json: JSON) throws {
    id = try String(json: json["id"] ?? .null)
    name = try String(json: json["name"] ?? .null)
    vcpus = try Int(json: json["vcpus"] ?? .null)
    memoryMiB = try Int(json: json["ram"] ?? .null)
    diskGiB = try Int(json: json["disk"] ?? .null)
    ephemeralGiB = try Int(json: json["ephemeral"] ?? .null)
    swapMiB = try Int(json: json["swap"] ?? .null)
    extraSpecs = try [String: String](json: json["extra_specs"] ?? [:])
  }
}
