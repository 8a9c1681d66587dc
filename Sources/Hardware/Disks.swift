/// The disks of servers on this host: overlays on cached base images, and config drives.
public protocol ServerDisks: Sendable {
  /// Whether the base image is already cached here.
  func hasBase(_ image: String) async throws -> Bool
  /// Puts an image into the cache as a base, taking the file at `path` over (it is moved or removed). Whoever is
  /// second finds it done.
  func ensureBase(_ image: String, from path: String) async throws
  /// A root disk of `sizeGiB` on the base (the image's own size when zero); an existing one is left as it is.
  func ensureRoot(_ server: String, on image: String, sizeGiB: Int) async throws -> GuestDisk
  /// An empty disk, for a flavor's ephemeral or swap space.
  func ensureBlank(_ server: String, serial: String, sizeMiB: Int) async throws -> GuestDisk
  /// A read-only ISO 9660 drive labelled `config-2` with these files (name below the root to content).
  func ensureConfigDrive(_ server: String, files: [String: [UInt8]]) async throws -> GuestDisk
  /// Removes everything of the server.
  func ensureAbsent(_ server: String) async throws
  /// The servers that have something here.
  func servers() async throws -> [String]
  /// Copies the disk of a server that is not running into a qcow2 file of its own at `path`.
  func copyDisk(_ serial: String, of server: String, to path: String) async throws
  /// A fresh path for a temporary file, removed at the next start if it is still there.
  func scratchPath() async throws -> String
  /// Free and total space in GiB.
  func space() async throws -> (freeGiB: Int, totalGiB: Int)
}

/// Where volumes live.
public protocol VolumeBackend: Sendable {
  /// Makes an empty volume; one that exists with that size is left as it is.
  func ensureVolume(_ id: String, sizeGiB: Int) async throws
  /// Makes a volume that begins as a copy of another one.
  func ensureVolume(_ id: String, sizeGiB: Int, copyOf source: String) async throws
  /// Makes a volume that begins with the content of an image file.
  func ensureVolume(_ id: String, sizeGiB: Int, fromImage path: String) async throws
  func ensureSize(_ id: String, sizeGiB: Int) async throws
  func ensureAbsent(_ id: String) async throws
  func ensureSnapshot(_ snapshot: String, of id: String) async throws
  func ensureSnapshotAbsent(_ snapshot: String) async throws
  func ensureVolume(_ id: String, sizeGiB: Int, fromSnapshot snapshot: String) async throws
  /// Writes the volume's content as an image of `format` to `path`.
  func copyOut(_ id: String, to path: String, format: GuestDisk.Format) async throws
  /// How a host reaches the volume; as cinder's `connection_info`, the type and its data.
  func connection(_ id: String) async throws -> VolumeConnection
  func volumes() async throws -> [String]
  func space() async throws -> (freeGiB: Int, totalGiB: Int)
  func scratchPath() async throws -> String
}

public struct VolumeConnection: Sendable, Codable, Equatable {
  /// Cinder's `driver_volume_type`: `local` for a file on this host.
  public var type: String
  public var path: String
  public var format: GuestDisk.Format
  public init(type: String, path: String, format: GuestDisk.Format) {
    self.type = type
    self.path = path
    self.format = format
  }
}

/// Looks into image files before anyone trusts them.
public protocol ImageInspector: Sendable {
  /// - Throws: a `badRequest` fault when the file is not what `format` says, or names a backing or data file.
  func inspect(_ path: String, declared format: String) async throws -> ImageFacts
}

public struct ImageFacts: Sendable, Codable, Equatable {
  public var format: String
  public var virtualSize: Int
  public init(format: String, virtualSize: Int) {
    self.format = format
    self.virtualSize = virtualSize
  }
}
