internal import Core
public import Store

/// A project's own limits; what it does not say is the service's default.
public struct Quota: Record {
  public var projectID = ""
  public var limits: [String: Int] = [:]
  public init() {}

  public static let table = Table<Quota>(
    "cinder_quotas", [.column("project_id", \.projectID, key: true), .column("limits", \.limits)])

  /// The limits in force for a project, by cinder's names.
  public static func limits(
    of project: String, _ options: CinderOptions, in tx: some ReadTransaction
  ) async throws -> [String: Int] {
    let own = try await tx.get(Quota.self, project)?.limits ?? [:]
    return defaults(options).merging(own) { $1 }
  }

  public static func defaults(_ options: CinderOptions) -> [String: Int] {
    [
      "volumes": options.quotaVolumes, "gigabytes": options.quotaGigabytes, "snapshots": options.quotaSnapshots,
      "per_volume_gigabytes": options.quotaPerVolumeGigabytes, "backups": 10, "backup_gigabytes": 1000, "groups": 10,
    ]
  }

  /// What a project has, counted from its rows.
  public static func usage(of project: String, in tx: some ReadTransaction) async throws -> [String: Int] {
    // PostgreSQL sums into a type without bounds, which is no integer of ours.
    let volumes = try await tx.run(
      """
      SELECT COUNT(*), CAST(COALESCE(SUM(COALESCE(extending_to, size)), 0) AS BIGINT) FROM \(Volume.table) \
      WHERE project_id = \(project)
      """)
    let snapshots = try await tx.run(
      """
      SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM \(Snapshot.table) WHERE project_id = \(project)
      """)
    func number(_ rows: [[Value]], _ column: Int) throws -> Int { try Int(columnValue: rows.first?[column] ?? .int(0)) }
    return [
      "volumes": try number(volumes, 0), "snapshots": try number(snapshots, 0),
      "gigabytes": try number(volumes, 1) + number(snapshots, 1),
    ]
  }

  /// Refuses what would not fit; called in the transaction that adds it.
  /// - Throws: `overQuota` with cinder's words.
  public static func check(
    _ project: String, volumes: Int = 0, snapshots: Int = 0, gigabytes: Int, _ options: CinderOptions,
    in tx: Transaction
  ) async throws {
    let limits = try await limits(of: project, options, in: tx)
    let usage = try await usage(of: project, in: tx)
    func exceeds(_ name: String, _ more: Int) -> Int? {
      guard let limit = limits[name], limit >= 0, (usage[name] ?? 0) + more > limit, more > 0 else { return nil }
      return limit
    }
    if let limit = exceeds("gigabytes", gigabytes) {
      throw Fault.overQuota(
        """
        Requested volume or snapshot exceeds allowed gigabytes quota. Requested \(gigabytes)G, quota is \(limit)G and \
        \(usage["gigabytes"] ?? 0)G has been consumed.
        """)
    }
    if let limit = exceeds("volumes", volumes) {
      throw Fault.overQuota("Maximum number of volumes allowed (\(limit)) exceeded for quota 'volumes'.")
    }
    if let limit = exceeds("snapshots", snapshots) {
      throw Fault.overQuota("Maximum number of snapshots allowed (\(limit)) exceeded")
    }
  }

  /// - Throws: `overQuota` for a volume larger than any may be.
  public static func checkSize(
    _ sizeGiB: Int, of project: String, _ options: CinderOptions, in tx: Transaction
  ) async throws {
    let limit = try await limits(of: project, options, in: tx)["per_volume_gigabytes"] ?? -1
    if limit >= 0, sizeGiB > limit {
      throw Fault.overQuota("Requested volume size \(sizeGiB)G is larger than maximum allowed limit \(limit)G.")
    }
  }
}
