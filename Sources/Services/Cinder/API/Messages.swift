internal import API
internal import CinderModel
internal import Core
internal import JSON
internal import Store

/// What users are told of work that failed behind their backs (API reference: block storage v3, "Messages").
enum Messages {
  static let routes = Routes(
    rules: "message:", of: Cinder.self, shows: view,
    [
      .get("/messages", "get_all", list, allow: .readerOrService, since: "3.3", shows: view.many),
      .get("/messages/{id}", "get", show, allow: .readerOrService, since: "3.3"),
      .delete("/messages/{id}", "delete", delete, allow: .memberOrService, since: "3.3", status: 204),
    ])

  private static let view = View<Message>(
    "message",
    [
      .field("id", \.id),
      .computed("event_id") { row, _ in .string("VOLUME_\(row.action.resourceType)_\(event(row))") },
      .computed("user_message") { row, _ in .string("\(row.action.words):\(row.text)") },
      .computed("message_level") { _, _ in "ERROR" },
      .computed("created_at") { row, _ in .string(row.createdAt.isoMicroseconds) },
      .computed("guaranteed_until") { row, _ in .string(row.expiresAt.isoMicroseconds) },
      .field("request_id", \.requestID), .computed("links") { Call<Cinder>.links($1, "messages", $0.id) },
      .computed("resource_type") { row, _ in .string(row.action.resourceType) },
      .field("resource_uuid", \.resourceID),
    ])

  /// Upstream numbers details too; the one number that is right for all is that of "unknown", for the text says more.
  private static func event(_ row: Message) -> String { "\(row.action.rawValue)_001" }

  private static func list(_ call: Call<Cinder>, _: Nothing) async throws -> Page<Message> {
    let page = try PageRequest(
      call.incoming, sortable: ["id": "id", "created_at": "created_at", "resource_uuid": "resource_id"])
    var filter = try call.scope()
    if let resource = call.query("resource_uuid") { filter = "\(filter) AND resource_id = \(resource)" }
    if let request = call.query("request_id") { filter = "\(filter) AND request_id = \(request)" }
    let wanted = filter
    return try await call.service.store.read { tx in
      let (rows, next) = try await page.fetch(Message.self, where: wanted, in: tx)
      return Page(rows, as: view, next: next)
    }
  }

  private static func find(_ call: Call<Cinder>, in tx: some ReadTransaction) async throws -> Message {
    let missing = Fault.notFound("Message \(call.id) could not be found.")
    guard let row = try await tx.get(Message.self, call.id) else { throw missing }
    try call.require(["project_id": row.projectID], else: missing)
    return row
  }
  private static func show(_ call: Call<Cinder>, _: Nothing) async throws -> Shown<Message> {
    Shown(try await call.service.store.read { try await find(call, in: $0) }, as: view)
  }
  private static func delete(_ call: Call<Cinder>, _: Nothing) async throws -> Nothing {
    try await call.service.store.write { try await $0.delete(try await find(call, in: $0)) }
    return Nothing()
  }
}
