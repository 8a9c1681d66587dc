import API
import Core
import HTTP
import JSON
import PlacementAPI
import PlacementModel
import Store
import TestSupport
import Testing

/// A placement service in memory, asked without sockets.
struct PlacementCloud {
  let handler: Handler
  var token = "admin"
  var version = "1.39"

  init(version: String = "1.39") async throws {
    let store = try await TestStore.fresh()
    try await store.migrate([placementSchema])
    let placement = Placement(store: store, world: .real)
    let callers: [String: Caller] = [
      "admin": Caller(userID: "u-admin", projectID: "p-admin", roles: ["admin", "member", "reader"]),
      "service": Caller(userID: "u-nova", projectID: "p-service", roles: ["service"]),
      "demo": Caller(userID: "u-demo", projectID: "p-demo", roles: ["member", "reader"]),
    ]
    handler = try Endpoint(placement.api(), world: .real, identityURL: "http://127.0.0.1:5000") { token in
      guard let caller = callers[token] else { throw Fault.unauthorized() }
      return caller
    }.handler
    self.version = version
  }

  struct Answer {
    let status: Int
    let headers: Headers
    let json: JSON
    var code: String? { json["errors"]?[0]?["code"]?.string }
  }

  func ask(
    _ method: String, _ path: String, _ body: JSON? = nil, version: String? = nil, token: String? = nil
  ) async throws -> Answer {
    let parts = path.split(separator: "?", maxSplits: 1)
    let query = parts.count < 2 ? [] : parseQuery(parts[1])
    var headers: Headers = ["Host": "placement", "OpenStack-API-Version": "placement \(version ?? self.version)"]
    if let token = token ?? self.token as String?, !token.isEmpty { headers["X-Auth-Token"] = token }
    if body != nil { headers["Content-Type"] = "application/json" }
    let response = await handler(
      Request(method, String(parts[0]), query: query, headers: headers, body: body.map { .bytes($0.bytes) } ?? .empty))
    let bytes = try await response.body.collect(limit: 1 << 22)
    return Answer(
      status: response.status, headers: response.headers, json: bytes.isEmpty ? .null : try JSON(parsing: bytes))
  }

  /// A provider with 8 VCPU at a ratio of 2, 8192 MB of memory and 100 GB of disk; its id.
  func provider(_ name: String, parent: String? = nil, inventories: JSON? = nil) async throws -> String {
    var body: JSONObject = ["name": .string(name)]
    if let parent { body["parent_provider_uuid"] = .string(parent) }
    let made = try await ask("POST", "/resource_providers", .object(body))
    try #require(made.status == 200)
    let id = try #require(made.json["uuid"]?.string)
    let usual: JSON = [
      "VCPU": ["total": 8, "allocation_ratio": 2.0, "max_unit": 8], "MEMORY_MB": ["total": 8192, "reserved": 512],
      "DISK_GB": ["total": 100],
    ]
    let set = try await ask(
      "PUT", "/resource_providers/\(id)/inventories",
      ["resource_provider_generation": 0, "inventories": inventories ?? usual])
    try #require(set.status == 200)
    return id
  }

  func claim(_ consumer: String, _ provider: String, _ resources: JSON, generation: JSON = .null) async throws -> Answer
  {
    try await ask(
      "PUT", "/allocations/\(consumer)",
      [
        "allocations": .object([provider: ["resources": resources]]), "project_id": "p-demo", "user_id": "u-demo",
        "consumer_generation": generation, "consumer_type": "INSTANCE",
      ])
  }
}

let someConsumer = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
let otherConsumer = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac002"
