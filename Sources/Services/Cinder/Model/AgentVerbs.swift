public import Bus
public import Hardware
public import JSON

// What is said to a volume agent, on the topic `cinder.agent.HOST`. Every verb can be repeated.

public enum VolumeTopic {
  public static func agent(_ host: String) -> String { "cinder.agent.\(host)" }
  /// Where agents report.
  public static let work = "cinder.work"
}

/// What a new volume begins with.
public enum VolumeSource: Codable, Sendable, Equatable {
  case blank
  case image(String)
  case snapshot(String)
  case volume(String)
}

public struct MakeVolume: Verb {
  public static let name = "make-volume"
  public typealias Reply = Done
  public var volume: String
  public var sizeGiB: Int
  public var source: VolumeSource
  public init(volume: String, sizeGiB: Int, source: VolumeSource) {
    self.volume = volume
    self.sizeGiB = sizeGiB
    self.source = source
  }
}
public struct RemoveVolume: Verb {
  public static let name = "remove-volume"
  public typealias Reply = Done
  public var volume: String
  public init(volume: String) { self.volume = volume }
}
public struct ResizeVolume: Verb {
  public static let name = "resize-volume"
  public typealias Reply = Done
  public var volume: String
  public var sizeGiB: Int
  public init(volume: String, sizeGiB: Int) {
    self.volume = volume
    self.sizeGiB = sizeGiB
  }
}
public struct MakeSnapshot: Verb {
  public static let name = "make-snapshot"
  public typealias Reply = Done
  public var snapshot: String
  public var volume: String
  public init(snapshot: String, volume: String) {
    self.snapshot = snapshot
    self.volume = volume
  }
}
public struct RemoveSnapshot: Verb {
  public static let name = "remove-snapshot"
  public typealias Reply = Done
  public var snapshot: String
  public init(snapshot: String) { self.snapshot = snapshot }
}
/// Writes the volume's content as the bytes of an image that waits for them.
public struct SendToImage: Verb {
  public static let name = "send-to-image"
  public typealias Reply = Done
  public var volume: String
  public var image: String
  /// `raw` or `qcow2`.
  public var format: GuestDisk.Format
  public init(volume: String, image: String, format: GuestDisk.Format) {
    self.volume = volume
    self.image = image
    self.format = format
  }
}
/// Asks how a host reaches the volume.
public struct ConnectVolume: Verb {
  public static let name = "connect-volume"
  public typealias Reply = VolumeConnection
  public var volume: String
  public init(volume: String) { self.volume = volume }
}
public struct ListVolumes: Verb {
  public static let name = "list-volumes"
  public typealias Reply = [String]
  public init() {}
}

extension VolumeConnection {
  /// As cinder's `connection_info` says it.
  public func info(readOnly: Bool) -> JSON {
    [
      "driver_volume_type": .string(type),
      "data": [
        "path": .string(path), "device_path": .string(path), "format": .string(format.rawValue),
        "access_mode": readOnly ? "ro" : "rw", "encrypted": false, "qos_specs": nil, "discard": false,
      ],
    ]
  }
}
