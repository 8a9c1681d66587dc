internal import Core
internal import JSON

/// Whether a body is as a published schema says: as much of JSON Schema as glance's own schemas use.
struct SchemaCheck {
  private let name: String
  private let definitions: JSONObject

  /// - Throws: a `badRequest` fault in upstream's words.
  static func require(_ value: JSON, _ schema: JSON) throws {
    let name = schema["name"]?.string ?? "body"
    let check = SchemaCheck(name: name, definitions: schema["definitions"]?.object ?? [:])
    guard value.object != nil else { throw check.refusal("\(value) is not of type 'object'", []) }
    try check.verify(value, schema.object ?? [:], [])
  }

  private init(name: String, definitions: JSONObject) {
    self.name = name
    self.definitions = definitions
  }

  private func refusal(_ why: String, _ path: [String]) -> Fault {
    let place = path.isEmpty ? "" : " (\(path.joined(separator: ".")))"
    return .badRequest("Provided object does not match schema '\(name)': \(why)\(place)")
  }

  private func verify(_ value: JSON, _ schema: JSONObject, _ path: [String]) throws {
    if let reference = schema["$ref"]?.string {
      let target = reference.split(separator: "/").last.map(String.init) ?? ""
      return try verify(value, definitions[target]?.object ?? [:], path)
    }
    for part in schema["allOf"]?.array ?? [] { try verify(value, part.object ?? [:], path) }
    if let type = schema["type"] {
      let types = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      guard types.contains(where: { Self.isOf($0, value) }) else {
        throw refusal("\(value) is not of type '\(types.joined(separator: "', '"))'", path)
      }
    }
    if let choices = schema["enum"]?.array, !choices.contains(value) {
      throw refusal("\(value) is not one of [\(choices.map(\.text).joined(separator: ", "))]", path)
    }
    switch value {
    case .string(let text):
      if let limit = schema["maxLength"]?.int, text.count > limit { throw refusal("\(value) is too long", path) }
      if let least = schema["minLength"]?.int, text.count < least { throw refusal("\(value) is too short", path) }
      // The one pattern that the schemas have.
      if let pattern = schema["pattern"]?.string, pattern == Schemas.uuid, !(text.utf8.count == 36 && isUUID(text)) {
        throw refusal("\(value) does not match '\(pattern)'", path)
      }
    case .int(let number):
      if let least = schema["minimum"]?.int, number < least {
        throw refusal("\(number) is less than the minimum of \(least)", path)
      }
    case .array(let items): try verify(items, schema, path)
    case .object(let object): try verify(object, schema, path)
    default: break
    }
  }

  private func verify(_ items: [JSON], _ schema: JSONObject, _ path: [String]) throws {
    if schema["uniqueItems"]?.bool == true, Set(items).count != items.count {
      throw refusal("\(JSON.array(items)) has non-unique elements", path)
    }
    guard let inner = schema["items"]?.object else { return }
    for (i, item) in items.enumerated() { try verify(item, inner, path + ["\(i)"]) }
  }

  private func verify(_ object: JSONObject, _ schema: JSONObject, _ path: [String]) throws {
    for key in schema["required"]?.array?.compactMap(\.string) ?? [] where object[key] == nil {
      throw refusal("'\(key)' is a required property", path)
    }
    let properties = schema["properties"]?.object ?? [:]
    for (key, value) in object.members {
      if let inner = properties[key]?.object {
        try verify(value, inner, path + [key])
      } else if let others = schema["additionalProperties"] {
        guard others != false else {
          throw refusal("Additional properties are not allowed ('\(key)' was unexpected)", path)
        }
        try verify(value, others.object ?? [:], path + [key])
      }
    }
  }

  private static func isOf(_ type: String, _ value: JSON) -> Bool {
    switch (type, value) {
    case ("string", .string), ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double),
      ("array", .array), ("object", .object), ("null", .null):
      true
    default: false
    }
  }
}
