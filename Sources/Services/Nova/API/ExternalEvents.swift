internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store

/// What other services tell of servers' ports and volumes (API reference: "Create external events").
///
/// Nothing here waits for them: a saga asks the network service itself. They are taken so that upstream's network and
/// volume services, which send them, can stand beside this compute; and every event is told whether its server exists.
enum ExternalEvents {
  static let routes = Routes(
    rules: "os_compute_api:os-server-external-events:", of: Nova.self,
    [.post("/os-server-external-events", "create", create, allow: .service, status: 200)])

  private static let names = [
    "network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted", "volume-extended",
    "power-update", "accelerator-request-bound", "volume-reimaged",
  ]

  private static func create(_ call: Call<Nova>, _: JSON) async throws -> Response {
    guard let events = try call.member("events").array, !events.isEmpty else {
      throw Fault.badRequest("Invalid input for field/attribute events. It is a list of at least one event.")
    }
    for event in events {
      guard let name = event["name"]?.string, names.contains(name), event["server_uuid"]?.string != nil else {
        throw Fault.badRequest("Invalid input for field/attribute events. Value: \(event.text).")
      }
    }
    let ids = Array(Set(events.compactMap { $0["server_uuid"]?.string }))
    let known = Set(
      try await call.nova.store.read { try await $0.all(Server.self, "WHERE id IN (\(list: ids))") }.map(\.id))
    guard !known.isEmpty else { throw Fault.notFound("No instances found for any event") }
    let rows = events.map { event -> JSON in
      var row = event.object ?? [:]
      let isKnown = known.contains(event["server_uuid"]?.string ?? "")
      row["code"] = isKnown ? 200 : 404
      row["status"] = isKnown ? "completed" : "failed"
      return .object(row)
    }
    let all = rows.allSatisfy { $0["code"] == 200 }
    return JSON.object(["events": .array(rows)]).response(to: call.incoming, status: all ? 200 : 207)
  }
}
