internal import Core
internal import JSON
internal import Synchronization

/// A service's API as an OpenAPI 3.1 document, made of nothing but its table of routes.
///
/// Rows of one path and method (actions, and spans of microversions) are one operation there, since OpenAPI knows
/// neither; `x-openstack` lists them one by one.
struct OpenAPI {
  private let service: APIService
  private var schemas = OpenAPISchemas()

  /// - Parameter service: rows are listed under every mount, as clients may ask for them.
  static func document(_ service: APIService) -> JSON {
    var writer = OpenAPI(service: service)
    return writer.document()
  }

  private init(service: APIService) { self.service = service }

  /// The path of a row with its parameters' names.
  static func path(_ row: BoundRoute) -> String { "/" + row.segments.joined(separator: "/") }

  private mutating func document() -> JSON {
    var order: [String] = []
    var groups: [String: [BoundRoute]] = [:]
    for row in service.routes {
      let key = row.segments.map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(row)
    }
    let paths = order.compactMap { groups[$0] }.map { rows in (key: Self.path(rows[0]), value: item(rows)) }
    return [
      "openapi": "3.1.0", "info": info, "servers": [["url": "."]], "security": [["token": []]],
      "paths": .object(JSONObject(paths)), "components": components,
    ]
  }

  private var info: JSON {
    var info: JSONObject = [
      "title": .string(service.name), "version": .string(service.microversions.map { "\($0.maximum)" } ?? "1"),
    ]
    if let versions = service.microversions {
      let list = versions.list.map { row -> JSON in
        ["version": .string("\(row.version)"), "meaning": .string(row.meaning)]
      }
      info.append("x-openstack", ["type": .string(versions.serviceType), "microversions": .array(list)])
    }
    return .object(info)
  }

  // MARK: Operations

  private mutating func item(_ rows: [BoundRoute]) -> JSON {
    let names = rows[0].segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    var methods: [String] = []
    for row in rows where !methods.contains(row.method) { methods.append(row.method) }
    var item = JSONObject()
    if !names.isEmpty { item.append("parameters", .array(names.map(Self.pathParameter))) }
    for method in methods {
      item.append(method.lowercased(), operation(method, rows.filter { $0.method == method }))
    }
    return .object(item)
  }

  private static func pathParameter(_ name: String) -> JSON {
    ["name": .string(name), "in": "path", "required": true, "schema": JSONSchema.string.json]
  }

  private mutating func operation(_ method: String, _ rows: [BoundRoute]) -> JSON {
    let path = Self.path(rows[0])
    var operation: JSONObject = [
      "operationId": .string(method.lowercased() + path), "tags": [.string(Self.tag(rows[0]))],
      "summary": .string(rows.map(\.rule).distinct.joined(separator: ", ")),
    ]
    let parameters = parameters(rows)
    if !parameters.isEmpty { operation.append("parameters", .array(parameters)) }
    if let body = requestBody(rows) { operation.append("requestBody", body) }
    operation.append("responses", responses(rows))
    if rows.allSatisfy(\.isOpen) { operation.append("security", []) }
    operation.append("x-openstack", .array(rows.map(Self.note)))
    return .object(operation)
  }

  /// What the path is about: its first word below the mount.
  static func tag(_ row: BoundRoute) -> String {
    row.path.split(separator: "/").first { !$0.hasPrefix("{") }.map(String.init) ?? "versions"
  }

  /// What OpenAPI has no word for.
  private static func note(_ row: BoundRoute) -> JSON {
    var note: JSONObject = ["rule": .string(row.rule), "default": .string(row.policy.text)]
    if let action = row.action { note.append("action", .string(action)) }
    if case .object(let ends) = row.span.json { ends.members.forEach { note.append($0.key, $0.value) } }
    return .object(note)
  }

  private func parameters(_ rows: [BoundRoute]) -> [JSON] {
    var seen: Set<String> = []
    var keys = rows.flatMap(\.forms.query).filter { seen.insert($0.name).inserted }
    if service.selectsFields, rows[0].method == "GET", !rows.allSatisfy(\.isOpen) {
      keys.append(.key("fields", repeated: true))
    }
    let query = keys.map { key -> JSON in
      let schema = (key.isRepeated ? .array(of: key.schema) : key.schema).existing(in: key.span)
      return ["name": .string(key.name), "in": "query", "schema": schema.json]
    }
    return query + (service.microversions == nil ? [] : [JSONSchema.reference("#/components/parameters/version").json])
  }

  private mutating func requestBody(_ rows: [BoundRoute]) -> JSON? {
    let reading = rows.filter { $0.reads != .none }
    guard !reading.isEmpty else { return nil }
    guard reading.allSatisfy({ $0.reads != .stream }) else {
      return ["required": true, "content": ["application/octet-stream": [:]]]
    }
    let bodies = reading.compactMap { row in
      row.forms.body.map { JSONSchema.reference(to: schemas.refer($0, as: row.rule + ".body")) }
    }
    let schema: JSONSchema = rows.allSatisfy { $0.action != nil } ? .exactlyOneOf(bodies) : .anyOf(bodies)
    let required = reading.contains { $0.action != nil || $0.forms.body != .any }
    return ["required": .bool(required), "content": ["application/json": ["schema": schema.json]]]
  }

  private mutating func responses(_ rows: [BoundRoute]) -> JSON {
    var responses = JSONObject()
    for status in rows.map(\.status).distinct {
      let answers = rows.filter { $0.status == status }.compactMap { row in
        row.forms.answer.map { JSONSchema.reference(to: schemas.refer($0, as: $0.wrapper ?? row.rule + ".answer")) }
      }
      var response: JSONObject = ["description": .string(FaultStyle.title(status))]
      if !answers.isEmpty {
        response.append("content", ["application/json": ["schema": JSONSchema.anyOf(answers).json]])
      }
      responses.append(String(status), .object(response))
    }
    for kind in refusals(rows) {
      let status = String(service.faults.status(of: kind))
      if responses[status] == nil {
        responses.append(status, JSONSchema.reference("#/components/responses/\(kind.rawValue)").json)
      }
    }
    return .object(responses)
  }

  /// What may be wrong with such requests.
  private func refusals(_ rows: [BoundRoute]) -> [Fault.Kind] {
    var kinds: [Fault.Kind] = [.badRequest]
    if !rows.allSatisfy(\.isOpen) { kinds += [.unauthorized, .forbidden] }
    if rows[0].segments.contains(where: { $0.hasPrefix("{") }) { kinds.append(.notFound) }
    if service.microversions != nil { kinds.append(.notAcceptable) }
    if rows[0].method != "GET" { kinds += [.conflict, .overQuota] }
    if rows.contains(where: { $0.reads != .none }) { kinds += [.tooLarge, .unsupportedMedia] }
    return kinds + [.notImplemented, .unavailable]
  }

  // MARK: Components

  private var components: JSON {
    var components: JSONObject = [
      "securitySchemes": ["token": ["type": "apiKey", "in": "header", "name": "X-Auth-Token"]],
      "schemas": .object(JSONObject(schemas.named)),
      "responses": .object(JSONObject(Fault.Kind.allCases.map { ($0.rawValue, refusal($0)) })),
    ]
    if let versions = service.microversions {
      let type = versions.serviceType
      components.append(
        "parameters",
        [
          "version": [
            "name": "OpenStack-API-Version", "in": "header",
            "description": .string("From \(type) \(versions.minimum) to \(type) \(versions.maximum), or latest."),
            "schema": JSONSchema.string.with("examples", [.string("\(type) \(versions.maximum)")]).json,
          ]
        ])
    }
    return .object(components)
  }

  /// A refusal in the service's own form, learnt from one that it wrote.
  private func refusal(_ kind: Fault.Kind) -> JSON {
    let status = service.faults.status(of: kind)
    let (type, bytes) = service.faults.body(
      Fault(kind, "…"), status, FaultStyle.Asked(requestID: "req-…", accept: "application/json"))
    let example = try? JSON(parsing: bytes)
    let media = String(type.prefix { $0 != ";" })
    let schema = example.map { JSONSchema(like: $0) } ?? .string
    return ["description": .string(FaultStyle.title(status)), "content": .object([media: ["schema": schema.json]])]
  }
}

extension JSONSchema {
  /// The schema that a reference, or a short schema, stands for.
  fileprivate static func reference(to json: JSON) -> JSONSchema { JSONSchema(json.object ?? [:]) }
}

extension Array where Element: Equatable {
  /// Each element once, where it first stood.
  var distinct: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}

extension OpenAPI {
  /// `GET /openapi.json`, open to all as version documents are.
  static func route(of service: APIService) -> BoundRoute {
    let kept = Mutex<JSON?>(nil)
    return BoundRoute(
      method: "GET", mount: "", path: "/openapi.json", action: nil, rule: "\(service.name):openapi", policy: .open,
      span: Span(), status: 200, reads: .none,
      forms: RouteForms(Nothing.self, JSON.self, action: nil, query: [], shows: nil),
      scopes: Set(TokenScope.allCases), segments: ["openapi.json"]
    ) { incoming in
      let document = kept.withLock { kept in
        let document = kept ?? OpenAPI.document(service)
        kept = document
        return document
      }
      return document.response(to: incoming, status: 200)
    }
  }
}
