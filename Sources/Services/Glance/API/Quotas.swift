internal import API
internal import Core
internal import GlanceModel
internal import JSON
internal import Store

/// What a project's images come to, and how much they may: limits that identity keeps for the image service
/// (upstream's unified limits), asked for where they are switched on.
enum Quotas {
  /// Sizes are in MiB.
  enum Resource: String, CaseIterable {
    case sizeTotal = "image_size_total"
    case stageTotal = "image_stage_total"
    case countTotal = "image_count_total"
    case countUploading = "image_count_uploading"
  }

  static let routes = Routes(
    rules: "glance:", of: Glance.self, [.get("/info/usage", "info", usage, allow: .anyone)])

  static func usage(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    guard let limits = call.service.limits else { return ["usage": [:]] }
    let project = try call.project()
    let (allowed, used) = (try await limits(project), try await used(by: project, call))
    return [
      "usage": .object(
        JSONObject(
          Resource.allCases.map { resource in
            (
              key: resource.rawValue,
              value: ["limit": .int(allowed[resource.rawValue] ?? 0), "usage": .int(used[resource] ?? 0)]
            )
          }))
    ]
  }

  private static func used(by project: String, _ call: Call<Glance>) async throws -> [Resource: Int] {
    try await call.service.store.read { transaction in
      func sum(_ condition: SQL) async throws -> Int {
        let rows = try await transaction.run(
          "SELECT COALESCE(SUM(size), 0) FROM \(Image.table) WHERE owner = \(project) AND \(condition)")
        guard let text = rows.first?.first else { return 0 }
        // PostgreSQL adds integers up to a decimal.
        if case .text(let digits) = text { return (Int(digits.prefix { $0 != "." }) ?? 0) >> 20 }
        return try Int(columnValue: text) >> 20
      }
      return [
        .sizeTotal: try await sum("status NOT IN ('uploading', 'importing')"),
        .stageTotal: try await sum("status IN ('uploading', 'importing')"),
        .countTotal: try await transaction.count(Image.self, "WHERE owner = \(project)"),
        .countUploading: try await transaction.count(
          Image.self, "WHERE owner = \(project) AND status IN ('saving', 'uploading', 'importing')"),
      ]
    }
  }

  /// - Parameter adding: how much more of each there would be.
  /// - Throws: `overQuota` where the caller's project has more than it may.
  static func require(_ adding: [Resource: Int], _ call: Call<Glance>) async throws {
    guard let limits = call.service.limits, let project = call.caller.projectID else { return }
    let (allowed, used) = (try await limits(project), try await used(by: project, call))
    for resource in Resource.allCases {
      guard let more = adding[resource] else { continue }
      let (limit, now) = (allowed[resource.rawValue] ?? 0, used[resource] ?? 0)
      guard limit >= 0, now + more > limit else { continue }
      throw Fault(
        .overQuota,
        "Project \(project) is over a limit for \(resource.rawValue): it may have \(limit) and has \(now)"
          + (more > 0 ? ", with \(more) more asked for" : "") + ". Delete images, or ask an administrator for more.")
    }
  }
}
