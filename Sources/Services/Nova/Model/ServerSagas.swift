public import Hardware
public import Work

// The long work on servers, as values: what the API hands to the conductor. The steps stand in NovaWork.

/// What a new server is to be connected to.
public struct RequestedNetwork: Codable, Sendable, Equatable {
  public var network: String?
  public var port: String?
  public var fixedIP: String?
  public var tag: String?
  public init(network: String? = nil, port: String? = nil, fixedIP: String? = nil, tag: String? = nil) {
    self.network = network
    self.port = port
    self.fixedIP = fixedIP
    self.tag = tag
  }
}

/// A volume that a new server is to have (`block_device_mapping_v2`).
public struct RequestedVolume: Codable, Sendable, Equatable {
  /// What the volume is made from: nil means `volume` names an existing one.
  public enum Source: String, Codable, Sendable { case image, snapshot, blank }
  public var source: Source?
  public var sourceID: String?
  public var volume: String?
  public var sizeGiB: Int?
  public var bootIndex: Int?
  public var deleteOnTermination: Bool
  public init(
    source: Source? = nil, sourceID: String? = nil, volume: String? = nil, sizeGiB: Int? = nil, bootIndex: Int? = nil,
    deleteOnTermination: Bool = false
  ) {
    self.source = source
    self.sourceID = sourceID
    self.volume = volume
    self.sizeGiB = sizeGiB
    self.bootIndex = bootIndex
    self.deleteOnTermination = deleteOnTermination
  }
}

/// Where the scheduler may put a server.
public struct SchedulingHints: Codable, Sendable, Equatable {
  public var availabilityZone: String?
  /// A host that an administrator asked for.
  public var host: String?
  /// Never on these: they have failed.
  public var avoid: [String] = []
  public init(availabilityZone: String? = nil, host: String? = nil) {
    self.availabilityZone = availabilityZone
    self.host = host
  }
}

public struct CreateServer: SagaValue {
  public static let name = "server.create"
  public var server: String
  public var networks: [RequestedNetwork]
  /// Names or ids of security groups for ports that are made for the server.
  public var securityGroups: [String]
  public var volumes: [RequestedVolume]
  public var hints: SchedulingHints
  /// Found out on the way, and kept so that the second time is like the first.
  public var host: String?
  public var madePorts: [String] = []
  public var boundPorts: [String] = []
  public var attachments: [String] = []
  public var subject: String { server }
  public init(
    server: String, networks: [RequestedNetwork], securityGroups: [String], volumes: [RequestedVolume],
    hints: SchedulingHints
  ) {
    self.server = server
    self.networks = networks
    self.securityGroups = securityGroups
    self.volumes = volumes
    self.hints = hints
  }
}

/// Sagas that need to know nothing but the server.
public protocol PlainServerSaga: SagaValue {
  var server: String { get set }
}
extension PlainServerSaga { public var subject: String { server } }

/// Sagas that move a guest between states of power. There is no undoing a guest's shutdown: after a failure the record
/// follows the guest, wherever that has come to.
public protocol GuestSaga: PlainServerSaga {
  /// What the guest was found doing after a failure; nil while there was none, or nobody could say.
  var found: GuestPower? { get set }
}

public struct StartServer: GuestSaga {
  public static let name = "server.start"
  public var server: String
  public var found: GuestPower?
  public init(server: String) { self.server = server }
}
public struct StopServer: GuestSaga {
  public static let name = "server.stop"
  public var server: String
  public var found: GuestPower?
  public init(server: String) { self.server = server }
}
public struct RebootServer: GuestSaga {
  public static let name = "server.reboot"
  public var server: String
  public var found: GuestPower?
  public var hard: Bool
  public init(server: String, hard: Bool) {
    self.server = server
    self.hard = hard
  }
}
/// Pauses a server, or suspends it, which keeps its memory likewise.
public struct PauseServer: GuestSaga {
  public static let name = "server.pause"
  public var server: String
  public var found: GuestPower?
  public var move: String
  public init(server: String, move: Server.MoveName) {
    self.server = server
    self.move = move.rawValue
  }
}
public struct ResumeServer: GuestSaga {
  public static let name = "server.resume"
  public var server: String
  public var found: GuestPower?
  public var move: String
  public init(server: String, move: Server.MoveName) {
    self.server = server
    self.move = move.rawValue
  }
}
public struct DeleteServer: PlainServerSaga {
  public static let name = "server.delete"
  public var server: String
  public init(server: String) { self.server = server }
}
/// Makes an image of the server's root disk; the image exists already and waits for its bytes.
public struct SnapshotServer: PlainServerSaga {
  public static let name = "server.snapshot"
  public var server: String
  public var image: String
  public init(server: String, image: String) {
    self.server = server
    self.image = image
  }
}
public struct RebuildServer: PlainServerSaga {
  public static let name = "server.rebuild"
  public var server: String
  public var image: String
  public init(server: String, image: String) {
    self.server = server
    self.image = image
  }
}

/// Attaches a volume to a server that exists; the record of the attachment is there already.
public struct AttachVolume: SagaValue {
  public static let name = "server.attach-volume"
  public var server: String
  public var attachment: String
  public var subject: String { server }
  public init(server: String, attachment: String) {
    self.server = server
    self.attachment = attachment
  }
}
public struct DetachVolume: SagaValue {
  public static let name = "server.detach-volume"
  public var server: String
  public var attachment: String
  public var subject: String { server }
  public init(server: String, attachment: String) {
    self.server = server
    self.attachment = attachment
  }
}
/// Plugs a port into a running server; made for it, or the user's own.
public struct AttachInterface: SagaValue {
  public static let name = "server.attach-interface"
  public var server: String
  public var port: String
  public var made: Bool
  public var subject: String { server }
  public init(server: String, port: String, made: Bool) {
    self.server = server
    self.port = port
    self.made = made
  }
}
public struct DetachInterface: SagaValue {
  public static let name = "server.detach-interface"
  public var server: String
  public var port: String
  public var subject: String { server }
  public init(server: String, port: String) {
    self.server = server
    self.port = port
  }
}
