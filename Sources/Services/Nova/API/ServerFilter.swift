internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store
internal import Text

/// Which servers a list is about: every filter that clients send, as conditions of one query.
struct ServerFilter: Sendable {
  var conditions: [SQL] = []
  /// A pattern that SQL cannot match, for names.
  var name: NamePattern?
  /// An address, or a part of one, which only the network service can match.
  var address: String?
  /// Set when no server whatever can match.
  private var isEmpty = false

  static let sortable: [String: String] = [
    "id": "id", "uuid": "id", "name": "name", "display_name": "name", "created_at": "created_at",
    "updated_at": "updated_at", "vm_state": "state", "power_state": "power", "project_id": "project_id",
    "user_id": "user_id", "launch_index": "launch_index", "locked": "locked", "hostname": "hostname",
    "config_drive": "config_drive", "instance_type_id": "flavor_id", "root_device_name": "root_device",
  ]

  /// The parameters of the query that it reads.
  static let keys: [QueryKey] =
    .keys(plainKeys.keys.sorted()) + .sorted(by: sortable.keys)
    + .keys(
      "all_tenants", "all_projects", "project_id", "tenant_id", "deleted", "vm_state", "task_state", "power_state",
      "changes-since", "created_at", "launched_at", "config_drive", "launch_index", "host", "node", "root_device_name",
      "name", "ip", "ip6")
    + [.key("status", repeated: true), .key("changes-before", since: "2.66"), .key("locked", since: "2.73")]
    + .keys("tags", "tags-any", "not-tags", "not-tags-any").since("2.26")

  init(_ call: Call<Nova>) throws {
    try scope(call)
    try status(call)
    try times(call)
    columns(call)
    try administratorsColumns(call)
    if call.version >= "2.26" { tags(call) }
    if call.version >= "2.73", let locked = call.query("locked") {
      conditions.append("locked = \(try boolean(.string(locked), "locked") ? 1 : 0)")
    }
    if let text = call.query("name"), !text.isEmpty {
      let pattern = try NamePattern(text)
      if let sql = pattern.sql("name") { conditions.append(sql) } else { name = pattern }
    }
    address = call.query("ip") ?? (call.version >= "2.5" || call.caller.isAdmin ? call.query("ip6") : nil)
  }

  /// The whole condition; nil when nothing can match.
  func condition(in tx: some ReadTransaction) async throws -> SQL? {
    if isEmpty { return nil }
    let all = SQL.joined(conditions.map { "(\($0))" }, " AND ")
    guard let name else { return all }
    let rows = try await tx.run("SELECT id, name FROM \(Server.table) WHERE \(all)")
    let ids = try rows.filter { name.matches(try String(columnValue: $0[1])) }.map { try String(columnValue: $0[0]) }
    return "\(all) AND id IN (\(list: ids))"
  }

  // MARK: Whose

  private mutating func scope(_ call: Call<Nova>) throws {
    let everyone = call.flag("all_tenants") || call.flag("all_projects")
    let named = call.query("project_id") ?? call.query("tenant_id")
    if everyone || (named != nil && named != call.caller.projectID && call.caller.isAdmin) {
      guard call.permitsEveryProject else {
        throw Fault.forbidden("Policy doesn't allow \(call.rule):get_all_tenants to be performed.")
      }
      conditions.append("1 = 1")
      if let named { conditions.append("project_id = \(named)") }
    } else {
      conditions.append("project_id = \(try call.project())")
      if let named, named != call.caller.projectID { isEmpty = true }
    }
    // Deleted servers are gone; administrators who ask for them find none.
    if let deleted = call.query("deleted"), call.caller.isAdmin, isTrue(deleted) { isEmpty = true }
  }

  // MARK: State

  private mutating func status(_ call: Call<Nova>) throws {
    let asked = call.queries("status").filter { !$0.isEmpty }
    if !asked.isEmpty {
      let known = ServerStatus.condition(asked)
      if known == nil, asked.contains(where: { ["DELETED", "SOFT_DELETED"].contains($0.uppercased()) }),
        !call.caller.isAdmin
      {
        throw Fault.forbidden("Only administrators may list deleted instances")
      }
      if let unknown = asked.first(where: { !ServerStatus.known.contains($0.uppercased()) }), call.version >= "2.38" {
        throw Fault.badRequest("Invalid status value: \(unknown)")
      }
      if let known { conditions.append(known) } else { isEmpty = true }
    }
    for state in call.queries("vm_state") { conditions.append("state = \(state)") }
    for doing in call.queries("task_state") { conditions.append("doing = \(doing)") }
    if let power = call.query("power_state") { conditions.append("power = \(Int(power) ?? -1)") }
  }

  private mutating func times(_ call: Call<Nova>) throws {
    func time(_ name: String) throws -> Timestamp? {
      guard let text = call.query(name) else { return nil }
      guard let time = Timestamp(text) else {
        throw Fault.badRequest("Invalid input for query parameters \(name). Value: \(text). It is not a 'date-time'")
      }
      return time
    }
    if let since = try time("changes-since") { conditions.append("updated_at >= \(since)") }
    if call.version >= "2.66", let before = try time("changes-before") { conditions.append("updated_at <= \(before)") }
    if let created = try time("created_at") { conditions.append("created_at = \(created)") }
    if let launched = try time("launched_at") { conditions.append("launched_at = \(launched)") }
  }

  // MARK: Attributes

  private static let plainKeys = [
    "flavor": "flavor_id", "image": "image_id", "reservation_id": "reservation_id", "uuid": "id",
    "access_ip_v4": "access_ipv4", "access_ip_v6": "access_ipv6", "key_name": "key_name",
    "availability_zone": "availability_zone", "description": "description", "hostname": "hostname",
    "user_id": "user_id",
  ]

  private mutating func columns(_ call: Call<Nova>) {
    for (name, column) in Self.plainKeys.sorted(by: { $0.key < $1.key }) {
      if let value = call.query(name), !value.isEmpty { conditions.append("\(identifier: column) = \(value)") }
    }
    if let text = call.query("config_drive") { conditions.append("config_drive = \(isTrue(text) ? 1 : 0)") }
    if let text = call.query("launch_index"), let index = Int(text) { conditions.append("launch_index = \(index)") }
  }

  /// Filters that others may send too, without effect, as upstream ignores them.
  private mutating func administratorsColumns(_ call: Call<Nova>) throws {
    guard call.caller.isAdmin else { return }
    for name in ["host", "node"] {
      if let host = call.query(name), !host.isEmpty { conditions.append("host = \(host)") }
    }
    if let device = call.query("root_device_name") { conditions.append("root_device = \(device)") }
  }

  private mutating func tags(_ call: Call<Nova>) {
    // A list that names no tag asks for nothing.
    func each(_ name: String) -> [SQL]? {
      guard let tags = call.query(name)?.split(separator: ","), !tags.isEmpty else { return nil }
      return tags.map { tag in
        let piece = SQL.plain(inLike: JSON.string(String(tag)).text)
        return "tags LIKE \("%" + piece + "%") ESCAPE '\\'"
      }
    }
    if let all = each("tags") { conditions.append(SQL.joined(all, " AND ")) }
    if let any = each("tags-any") { conditions.append(SQL.joined(any, " OR ")) }
    if let all = each("not-tags") { conditions.append("NOT (\(SQL.joined(all, " AND ")))") }
    if let any = each("not-tags-any") { conditions.append("NOT (\(SQL.joined(any, " OR ")))") }
  }
}

/// A regular expression that a client gave for names or addresses; upstream lets the database match it, ignoring case.
struct NamePattern: Sendable {
  let text: String
  private let expression: RegularExpression

  /// - Throws: `badRequest` for what is no regular expression, or too long to be tried on every name.
  init(_ text: String) throws {
    func refuse(_ why: String) -> Fault {
      .badRequest("Invalid input for query parameters name. Value: \(text.prefix(255)). \(why)")
    }
    guard text.unicodeScalars.count <= 255 else { throw refuse("It is longer than 255 characters.") }
    do { expression = try RegularExpression(text) } catch let fault as Fault { throw refuse(fault.message) }
    self.text = text
  }

  func matches(_ name: String) -> Bool { expression.matches(name) }

  /// The pattern as a condition, where it is but a part of a text, with or without an anchor at either end.
  func sql(_ column: String) -> SQL? {
    var rest = text.unicodeScalars[...]
    let start = rest.first == "^"
    if start { rest.removeFirst() }
    let end = rest.last == "$"
    if end { rest.removeLast() }
    guard !rest.contains(where: { "\\^$.|?*+()[]{}".unicodeScalars.contains($0) }) else { return nil }
    let pattern = (start ? "" : "%") + SQL.plain(inLike: String(rest).lowercased()) + (end ? "" : "%")
    return "LOWER(\(identifier: column)) LIKE \(pattern) ESCAPE '\\'"
  }
}
