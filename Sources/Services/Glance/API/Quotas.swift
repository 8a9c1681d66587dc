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
    let allowed = try await limits(project)
    let used = used(try await call.service.store.read { try await ImageUsage(of: project, in: $0) })
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

  /// In the units in which limits are said.
  static func used(_ usage: ImageUsage) -> [Resource: Int] {
    [
      .sizeTotal: usage.kept >> 20, .stageTotal: usage.staged >> 20, .countTotal: usage.count,
      .countUploading: usage.uploading,
    ]
  }
}
