internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store

// What many of compute's handlers and views share: links, looking servers up, and the faults clients match on.

extension Incoming {
  /// The `self` and `bookmark` links of an object.
  func links(_ collection: String, _ id: String) -> JSON {
    [
      ["rel": "self", "href": .string("\(baseURL)\(mount)/\(collection)/\(id)")],
      ["rel": "bookmark", "href": .string(bookmark(collection, id))],
    ]
  }
  /// A bookmark leaves the version out.
  func bookmark(_ collection: String, _ id: String) -> String {
    let rest = mount.split(separator: "/").dropFirst().map { "/" + $0 }.joined()
    return "\(baseURL)\(rest)/\(collection)/\(id)"
  }
}

extension Call where Service == Nova {
  var nova: Nova { service }

  /// The server that the path names, as this caller may know it.
  /// - Throws: `notFound` when there is none, or it is another project's.
  func server(_ id: String, in tx: some ReadTransaction) async throws -> Server {
    guard let server = try await tx.get(Server.self, id) else { throw Refusals.noServer(id) }
    try require(server)
    return server
  }
  func server() async throws -> Server {
    let id = self.id
    return try await nova.store.read { try await self.server(id, in: $0) }
  }
  func require(_ server: Server) throws {
    try require(["project_id": server.projectID, "user_id": server.userID], else: Refusals.noServer(server.id))
  }

  /// The body's member of that name.
  /// - Throws: `badRequest` when it is absent.
  func member(_ key: String) throws -> JSON {
    guard let value = incoming.body[key] else {
      throw Fault.badRequest("Invalid input for field/attribute body. '\(key)' is a required property")
    }
    return value
  }
  /// Refuses projects that do not exist, so that a slip of the pen does not become a row nobody ever sees.
  func requireProject(_ id: String) async throws {
    guard try await nova.identity.hasProject(id) else {
      throw Fault.badRequest("Project ID \(id) is not a valid project.")
    }
  }
  /// A flag of the query, as upstream reads them.
  func flag(_ name: String) -> Bool { query(name).map(isTrue) ?? false }
}

/// Whether a text means yes, as upstream's services read it.
func isTrue(_ text: String) -> Bool { ["1", "t", "true", "on", "y", "yes", ""].contains(text.lowercased()) }

/// A boolean of a body, which clients also send as a text.
func boolean(_ value: JSON, _ key: String) throws -> Bool {
  switch value {
  case .bool(let flag): return flag
  case .string(let text) where ["1", "t", "true", "on", "y", "yes"].contains(text.lowercased()): return true
  case .string(let text) where ["0", "f", "false", "off", "n", "no"].contains(text.lowercased()): return false
  default:
    throw Fault.badRequest("Invalid input for field/attribute \(key). Value: \(value.text). It is not a boolean.")
  }
}

/// A whole number of a body, which clients also send as a text.
func wholeNumber(_ value: JSON, _ key: String, _ range: ClosedRange<Int>) throws -> Int {
  guard let number = value.int ?? value.string.flatMap({ Int($0) }), range.contains(number) else {
    throw Fault.badRequest(
      "Invalid input for field/attribute \(key). Value: \(value.string ?? value.text). "
        + "It must be a whole number from \(range.lowerBound) to \(range.upperBound).")
  }
  return number
}

/// The faults that clients and Tempest match on, in upstream's words.
enum Refusals {
  static func noServer(_ id: String) -> Fault { .notFound("Instance \(id) could not be found.") }
  static func noFlavor(_ id: String) -> Fault { .notFound("Flavor \(id) could not be found.") }

  /// Why an action cannot begin: the state where that is the reason, else what is being done.
  static func state(_ server: Server, _ action: String, allowed: Set<Server.State>) -> Fault {
    let inState = allowed.contains(server.state)
    let (attribute, value) =
      inState ? ("task_state", server.doing?.rawValue ?? "") : ("vm_state", server.state.rawValue)
    return .conflict("Cannot '\(action)' instance \(server.id) while it is in \(attribute) \(value)")
  }
  static func locked(_ server: Server) -> Fault { .conflict("Instance \(server.id) is locked") }
  static func notServed(_ what: String) -> Fault {
    Fault(.notImplemented, "This cloud does not offer \(what) yet.")
  }
}

/// An answer without a body whose status hangs on what was found.
struct JSONless: Output {
  let status: Int
  let location: String?
  func response(to incoming: Incoming, status usual: Int) -> Response {
    var response = Response(status: status)
    if let location { response.headers["Location"] = location }
    return response
  }
}
