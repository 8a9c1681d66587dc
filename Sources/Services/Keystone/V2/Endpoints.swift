internal import API
internal import Clients
internal import Core
internal import HTTP
internal import JSON

/// `/v2.0/endpoints`: one row with `publicurl`, `internalurl` and `adminurl`, kept as v3's rows of one interface each.
enum Endpoints {
  static let routes = Routes(
    rules: "identity_v2:", of: KeystoneV2.self,
    [
      .get("/endpoints", "list_endpoints", list, allow: .admin),
      .post("/endpoints", "create_endpoint", create, allow: .admin, status: 200),
      .delete("/endpoints/{id}", "delete_endpoint", delete, allow: .admin),
    ])

  private static func show(_ row: EndpointRow) -> JSON {
    var shown: JSONObject = ["id": .string(row.id), "region": row.region.json, "service_id": row.service.json]
    for interface in EndpointRow.interfaces {
      if let url = row.urls[interface] { shown.append(interface + "url", .string(url)) }
    }
    shown.append("enabled", true)
    return .object(shown)
  }

  private static func rows(_ call: Call<KeystoneV2>) async throws -> [EndpointRow] {
    EndpointRow.rows(of: try await call.list("/endpoints", "endpoints"))
  }

  static func list(_ call: Call<KeystoneV2>, _: Nothing) async throws -> JSON {
    ["endpoints": .array(try await rows(call).map { show($0) })]
  }

  static func create(_ call: Call<KeystoneV2>, _ body: JSON) async throws -> JSON {
    let given = try body.named("endpoint").withoutNulls
    for key in ["publicurl", "service_id"] where (given.string(key) ?? "").isEmpty {
      throw Fault.badRequest("\(key) field is required and cannot be empty")
    }
    let service = given.string("service_id") ?? ""
    _ = try await call.ask("GET", path("services", service), "service")
    var row = EndpointRow(id: "", region: given.string("region"), service: service)
    do {
      for interface in EndpointRow.interfaces {
        guard let url = given.string(interface + "url"), !url.isEmpty else { continue }
        // The public row's id is the group's: it is the one row that there always is.
        var draft: JSONObject = [
          "service_id": .string(service), "interface": .string(interface), "url": .string(url),
        ]
        if let region = row.region { draft.append("region", .string(region)) }
        if !row.id.isEmpty { draft.append(EndpointRow.groupKey, .string(row.id)) }
        let made = try await call.ask("POST", "/endpoints", "endpoint", draft)
        let id = made.string("id") ?? ""
        row.urls[interface] = url
        row.parts.append(id)
        if row.id.isEmpty {
          row.id = id
          _ = try await call.ask(
            "PATCH", path("endpoints", id), "endpoint", [EndpointRow.groupKey: .string(id)])
        }
      }
    } catch {
      for id in row.parts { try? await call.v3.remove(path("endpoints", id)) }
      throw error
    }
    return ["endpoint": show(row)]
  }

  static func delete(_ call: Call<KeystoneV2>, _: Nothing) async throws -> Nothing {
    guard let row = try await rows(call).first(where: { $0.id == call.id }) else {
      throw Fault.notFound("Could not find endpoint: \(call.id).")
    }
    for id in row.parts { try await call.v3.remove(path("endpoints", id)) }
    return Nothing()
  }
}
