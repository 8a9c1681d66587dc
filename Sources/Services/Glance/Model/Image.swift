public import Core
internal import JSON
public import Store

/// An image: what it is called, whose it is, what its bytes are.
public struct Image: Versioned {
  public enum Status: String, ColumnValue, CaseIterable {
    case queued, saving, active, deactivated
    /// Bytes are being staged, or are staged, for an import.
    case uploading
    case importing
  }
  public enum Visibility: String, ColumnValue {
    case `public`, community, shared, `private`
  }

  public var id = ""
  public var generation = 0
  public var name: String?
  public var status = Status.queued
  public var visibility = Visibility.shared
  /// A project; nil for nobody's.
  public var owner: String?
  public var diskFormat: String?
  public var containerFormat: String?
  /// Bytes of the file; nil until it is active.
  public var size: Int?
  /// Bytes of the disk inside.
  public var virtualSize: Int?
  /// MD5, in hexadecimal digits.
  public var checksum: String?
  /// SHA-512, in hexadecimal digits.
  public var hashValue: String?
  /// By which algorithm, where that is not SHA-512: data that stays elsewhere may come with a hash of its own.
  public var hashAlgorithm: String?
  /// GB of disk a server needs at least.
  public var minDisk = 0
  /// MB of memory a server needs at least.
  public var minRAM = 0
  public var isProtected = false
  public var isHidden = false
  public var tags: [String] = []
  /// Whatever else clients said of it: `os_distro`, `hw_disk_bus`.
  public var properties: [String: String] = [:]
  /// The one place of images of before there were several stores; nil as soon as `locations` say where bytes are.
  public var storedHash: String?
  /// Where its bytes are, or are about to be.
  public var locations: [ImageLocation] = []
  /// The upload that alone may make it active.
  public var uploadID: String?
  /// Until when the upload is believed to be alive.
  public var uploadUntil: Timestamp?
  public var createdAt = Timestamp(microseconds: 0)
  public var updatedAt = Timestamp(microseconds: 0)
  public init() {}

  public static let table = Table<Image>(
    "glance_images",
    [
      .column("id", \.id, key: true),
      .column("generation", \.generation),
      .column("name", \.name, indexed: true),
      .column("status", \.status, indexed: true),
      .column("visibility", \.visibility, indexed: true),
      .column("owner", \.owner, indexed: true),
      .column("disk_format", \.diskFormat),
      .column("container_format", \.containerFormat),
      .column("size", \.size),
      .column("virtual_size", \.virtualSize),
      .column("checksum", \.checksum),
      .column("hash_value", \.hashValue),
      .column("hash_algorithm", \.hashAlgorithm, since: 2),
      .column("min_disk", \.minDisk),
      .column("min_ram", \.minRAM),
      .column("protected", \.isProtected),
      .column("hidden", \.isHidden),
      .column("tags", \.tags),
      .column("properties", \.properties),
      .column("stored_hash", \.storedHash, indexed: true),
      .column("locations", \.locations, since: 2),
      .column("upload_id", \.uploadID),
      .column("upload_until", \.uploadUntil),
      .column("created_at", \.createdAt, indexed: true),
      .column("updated_at", \.updatedAt),
    ], indexes: [.index("hash_value", since: 2)])

  public static let diskFormats = [
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop", "gpt",
    "luks",
  ]
  public static let containerFormats = ["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]

  /// What policy rules know of it.
  /// - Parameter member: the caller's project, where the image is shared with it.
  public func target(member: String?) -> [String: String] {
    ["project_id": owner ?? "", "owner": owner ?? "", "visibility": visibility.rawValue, "member_id": member ?? ""]
  }

  /// - Throws: upstream's words, which clients match on.
  public static func missing(_ id: String) -> Fault { .notFound("No image found with ID \(id)") }
}
