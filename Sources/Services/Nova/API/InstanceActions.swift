internal import API
internal import Core
internal import Crypto
internal import JSON
internal import NovaModel
internal import Store

/// What was done to a server (API reference: "Servers actions").
enum InstanceActions {
  private static let path = "/servers/{id}/os-instance-actions"

  static let routes = Routes(
    rules: "os_compute_api:os-instance-actions:", of: Nova.self, shows: full,
    [
      .get(path, "list", list, allow: .reader), .get(path + "/{request}", "show", show, allow: .reader),
    ])

  private static let fields: [Field<InstanceAction>] = [
    .field("action", \.action), .field("instance_uuid", \.serverID), .field("request_id", \.requestID),
    .field("user_id", \.userID), .field("project_id", \.projectID),
    .computed("start_time") { action, _ in .string(action.startTime.isoMicroseconds) },
    .computed("message") { action, _ in action.result == "Error" ? action.message.json : .null },
    .computed("updated_at", since: "2.58") { action, _ in
      .string((action.finishTime ?? action.startTime).isoMicroseconds)
    },
  ]
  private static let brief = View<InstanceAction>("instanceAction", fields)
  private static let full = View<InstanceAction>(
    "instanceAction",
    fields + [
      .computed("events") { action, incoming in
        // Since 2.51 everyone who sees the action sees its events; before, administrators alone.
        incoming.caller.isAdmin || incoming.version >= "2.51" ? [event(of: action, incoming)] : nil
      }
    ])

  private static func event(of action: InstanceAction, _ incoming: Incoming) -> JSON {
    let isAdmin = incoming.caller.isAdmin
    var event: JSONObject = [
      "event": .string("compute__do_\(action.action)"), "start_time": .string(action.startTime.isoMicroseconds),
      "finish_time": (action.finishTime?.isoMicroseconds).json, "result": action.result.json,
    ]
    if isAdmin { event.append("traceback", .null) }
    if incoming.version >= "2.62" {
      if isAdmin { event.append("host", action.host.json) }
      let host = action.host.map { String(Hash.sha256(Array((action.projectID + $0).utf8)).hex.prefix(56)) }
      event.append("hostId", .string(host ?? ""))
    }
    if incoming.version >= "2.84" { event.append("details", action.result == "Error" ? action.message.json : .null) }
    return .object(event)
  }

  /// Deleted servers keep their actions, which their project may read (since 2.21).
  private static func condition(_ call: Call<Nova>, in tx: some ReadTransaction) async throws -> SQL {
    let id = call.id
    if let server = try await tx.get(Server.self, id) {
      try call.require(server)
    } else {
      let first = try await tx.one(InstanceAction.self, "WHERE server_id = \(id) AND action = \("create")")
      guard call.version >= "2.21", let first else { throw Refusals.noServer(id) }
      try call.require(["project_id": first.projectID, "user_id": first.userID], else: Refusals.noServer(id))
    }
    return "server_id = \(id)"
  }

  private static func list(_ call: Call<Nova>, _: Nothing) async throws -> JSON {
    let paged = call.version >= "2.58"
    let limit =
      try paged ? call.query("limit").map { try wholeNumber(.string($0), "limit", 0...Int(Int32.max)) } ?? 1000 : 1000
    let marker = paged ? call.query("marker") : nil
    let since = paged ? try time("changes-since", call) : nil
    let before = call.version >= "2.66" ? try time("changes-before", call) : nil
    let rows = try await call.nova.store.read { tx in
      var filter = try await condition(call, in: tx)
      if let since { filter += " AND start_time >= \(since)" }
      if let before { filter += " AND start_time <= \(before)" }
      if let marker {
        guard let last = try await tx.one(InstanceAction.self, "WHERE \(filter) AND request_id = \(marker)") else {
          throw Fault.badRequest("Marker \(marker) could not be found.")
        }
        filter += " AND (start_time < \(last.startTime) OR (start_time = \(last.startTime) AND id < \(last.id)))"
      }
      let size = min(limit, 1000) + 1
      return try await tx.all(InstanceAction.self, "WHERE \(filter) ORDER BY start_time DESC, id DESC LIMIT \(size)")
    }
    let page = rows.prefix(min(limit, 1000))
    var answer: JSONObject = ["instanceActions": .array(page.map { brief.render($0, for: call.incoming) })]
    if paged, rows.count > page.count, let last = page.last {
      let here = "\(call.baseURL)\(call.mount)/servers/\(call.id)/os-instance-actions"
      answer.append(
        "links", [["rel": "next", "href": .string("\(here)?limit=\(limit)&marker=\(last.requestID)")]])
    }
    return .object(answer)
  }

  private static func time(_ name: String, _ call: Call<Nova>) throws -> Timestamp? {
    guard let text = call.query(name) else { return nil }
    guard let time = Timestamp(text) else {
      throw Fault.badRequest("Invalid input for query parameters \(name). Value: \(text). It is not a 'date-time'")
    }
    return time
  }

  private static func show(_ call: Call<Nova>, _: Nothing) async throws -> Shown<InstanceAction> {
    let request = call.path["request"] ?? ""
    let action = try await call.nova.store.read { tx in
      let filter = try await condition(call, in: tx)
      return try await tx.one(InstanceAction.self, "WHERE \(filter) AND request_id = \(request) ORDER BY start_time")
    }
    guard let action else {
      throw Fault.notFound("Action for request_id \(request) on instance \(call.id) not found")
    }
    return Shown(action, as: full)
  }
}
