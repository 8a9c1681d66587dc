public import Core
public import Store

/// A size of servers (API reference: "Flavors").
public struct Flavor: Versioned {
  /// The id that an administrator chose, or a UUID.
  public var id = ""
  public var name = ""
  public var vcpus = 0
  public var memoryMiB = 0
  public var diskGiB = 0
  public var ephemeralGiB = 0
  public var swapMiB = 0
  /// Kept for clients that read it; it has no effect.
  public var rxtxFactor = 1.0
  /// Whether every project may use it; others need a `FlavorAccess`.
  public var isPublic = true
  public var disabled = false
  public var description: String?
  public var extraSpecs: [String: String] = [:]
  public var createdAt = Timestamp(seconds: 0)
  public var updatedAt: Timestamp?
  public var generation = 0
  public init() {}

  public static let table = Table<Flavor>(
    "nova_flavors",
    [
      .column("id", \.id, key: true), .column("name", \.name, unique: true), .column("vcpus", \.vcpus),
      .column("memory_mib", \.memoryMiB), .column("disk_gib", \.diskGiB), .column("ephemeral_gib", \.ephemeralGiB),
      .column("swap_mib", \.swapMiB), .column("rxtx_factor", \.rxtxFactor), .column("is_public", \.isPublic),
      .column("disabled", \.disabled), .column("description", \.description), .column("extra_specs", \.extraSpecs),
      .column("created_at", \.createdAt), .column("updated_at", \.updatedAt), .column("generation", \.generation),
    ])

  /// What a new server keeps of it.
  public var snapshot: FlavorSnapshot {
    var copy = FlavorSnapshot()
    copy.id = id
    copy.name = name
    copy.vcpus = vcpus
    copy.memoryMiB = memoryMiB
    copy.diskGiB = diskGiB
    copy.ephemeralGiB = ephemeralGiB
    copy.swapMiB = swapMiB
    copy.extraSpecs = extraSpecs
    return copy
  }

  /// The sizes that every new cloud has.
  public static let defaults: [Flavor] = [
    make("1", "m1.tiny", 512, 1, 1), make("2", "m1.small", 2048, 20, 1), make("3", "m1.medium", 4096, 40, 2),
    make("4", "m1.large", 8192, 80, 4), make("5", "m1.xlarge", 16384, 160, 8),
  ]

  private static func make(_ id: String, _ name: String, _ memory: Int, _ disk: Int, _ vcpus: Int) -> Flavor {
    var flavor = Flavor()
    flavor.id = id
    flavor.name = name
    flavor.memoryMiB = memory
    flavor.diskGiB = disk
    flavor.vcpus = vcpus
    return flavor
  }
}

/// A project that may use a flavor which is not public.
public struct FlavorAccess: Record {
  public var flavorID = ""
  public var projectID = ""
  public init() {}
  public init(flavorID: String, projectID: String) {
    self.flavorID = flavorID
    self.projectID = projectID
  }

  public static let table = Table<FlavorAccess>(
    "nova_flavor_accesses",
    [.column("flavor_id", \.flavorID, key: true), .column("project_id", \.projectID, key: true)],
    indexes: [.index("project_id")])
}
