internal import API
internal import Core
internal import JSON

/// What this cloud does not have: lists are empty, and whoever wants to make one hears so.
enum Absent {
  static let routes = Routes(
    rules: "volume:", of: Cinder.self,
    empty("backups", detail: true) + empty("consistencygroups", detail: true) + empty("cgsnapshots", detail: true)
      + empty("groups", detail: true, since: "3.13") + empty("group_types", since: "3.11")
      + empty("group_snapshots", detail: true, since: "3.14")
      + empty("qos-specs", key: "qos_specs") + empty("clusters", detail: true, since: "3.7")
      + empty("resource_filters", since: "3.33") + [
        .get("/default-types", "default_types", { _, _ in ["default_types": []] } as List, allow: .admin, since: "3.62")
      ])
  private typealias List = @Sendable (Call<Cinder>, Nothing) async throws -> JSON

  private static func empty(
    _ name: String, key: String? = nil, detail: Bool = false, since: Microversion? = nil
  ) -> [Route<Cinder>] {
    let key = key ?? name
    let list: List = { _, _ in .object([key: []]) }
    let one: List = { call, _ in throw Fault.notFound("\(call.id) could not be found: this cloud has no \(name).") }
    let refuse: @Sendable (Call<Cinder>, JSON) async throws -> JSON = { _, _ in
      throw Fault(.notImplemented, "This cloud offers no \(name). Use snapshots and images of volumes instead.")
    }
    var rows: [Route<Cinder>] = [
      .get("/\(name)", "\(name)_get_all", list, allow: .anyone, since: since),
      .post("/\(name)", "\(name)_create", refuse, allow: .anyone, since: since),
      .get("/\(name)/{id}", "\(name)_get", one, allow: .anyone, since: since),
    ]
    if detail { rows.append(.get("/\(name)/detail", "\(name)_get_all", list, allow: .anyone, since: since)) }
    return rows
  }
}
