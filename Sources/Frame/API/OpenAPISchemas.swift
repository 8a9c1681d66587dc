internal import Core
internal import JSON

extension JSONSchema {
  /// Properties with the microversions in which each exists; one that changed its form has each of its forms.
  static func properties(_ rows: [(key: String, schema: JSONSchema, span: Span)]) -> [(key: String, value: JSONSchema)]
  {
    let forms = Dictionary(grouping: rows, by: \.key)
    var seen: Set<String> = []
    return rows.filter { seen.insert($0.key).inserted }.map { row in
      (row.key, .anyOf((forms[row.key] ?? []).map { $0.schema.existing(in: $0.span) }))
    }
  }

  /// The schema with a note of the microversions in which it holds.
  func existing(in span: Span) -> JSONSchema { span == Span() ? self : with("x-openstack", span.json) }
}

extension JSONSchema {
  /// The key that holds all the rest, where there is one.
  var wrapper: String? {
    guard let properties = keywords["properties"]?.object, properties.count == 1 else { return nil }
    return properties.keys.first
  }
  /// The schemas that stand under a keyword.
  func inner(_ keyword: String) -> [JSONSchema] {
    (keywords[keyword]?.array ?? []).map { JSONSchema($0.object ?? [:]) }
  }
  func one(_ keyword: String) -> JSONSchema? { keywords[keyword]?.object.map { JSONSchema($0) } }
  /// The properties of an object with their schemas.
  var properties: [(key: String, schema: JSONSchema)] {
    (keywords["properties"]?.object?.members ?? []).map { ($0.key, JSONSchema($0.value.object ?? [:])) }
  }
}

extension Span {
  /// `{"since": "2.19", "until": "2.36"}`
  var json: JSON {
    let ends = [("since", since), ("until", until)].compactMap { name, end in
      end.map { (key: name, value: JSON.string("\($0)")) }
    }
    return .object(JSONObject(ends))
  }
}

/// The schemas that a document keeps under a name, each once however often it is used.
struct OpenAPISchemas {
  private(set) var named: [(key: String, value: JSON)] = []
  private var names: [String: String] = [:]
  private var taken: [String: Int] = [:]

  /// A reference to the schema, or the schema itself where it is short.
  /// - Parameter name: what to call it; a number is added where another has the name already.
  mutating func refer(_ schema: JSONSchema, as name: String) -> JSON {
    let text = schema.json.text
    if text.utf8.count < 80 { return schema.json }
    if let known = names[text] { return JSONSchema.reference("#/components/schemas/\(known)").json }
    let plain = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "." })
    taken[plain, default: 0] += 1
    let count = taken[plain] ?? 1
    let own = count == 1 ? plain : "\(plain)-\(count)"
    names[text] = own
    named.append((own, schema.json))
    return JSONSchema.reference("#/components/schemas/\(own)").json
  }
}
