internal import API
internal import Clients
internal import Core
internal import JSON

/// `/v2.0/OS-KSADM/services`.
enum Services {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/OS-KSADM/services", "list_services", list, allow: .admin),
      .get("/OS-KSADM/services/{id}", "get_service", show, allow: .admin),
      .post("/OS-KSADM/services", "create_service", create, allow: .admin, status: 200),
      .delete("/OS-KSADM/services/{id}", "delete_service", delete, allow: .admin),
    ])

  static let name = "OS-KSADM:service"

  /// v3's service as v2.0 shows it: it knows of none that is not enabled.
  private static func service(_ service: JSONObject) -> JSON {
    var shown = service.without(["links"])
    if shown["enabled"] == true { shown["enabled"] = nil }
    if shown["description"] == nil { shown.append("description", "") }
    return .object(shown)
  }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["OS-KSADM:services": .array(try await call.list("/services", "services").map { service($0) })]
  }
  static func show(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    [name: service(try await call.ask("GET", path("services", call.id), "service"))]
  }
  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let draft = try body.named(name).without(["id", "links"]).withoutNulls
    return [name: service(try await call.ask("POST", "/services", "service", draft))]
  }
  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    _ = try await call.v3.call("DELETE", path("services", call.id))
    return Nothing()
  }
}
