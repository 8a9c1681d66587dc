internal import API
internal import GlanceModel
internal import JSON

/// `/v2/schemas/metadefs`: what definitions look like; bodies are held against the same schemas.
enum MetadefSchemas {
  private static func row(_ name: String, _ schema: JSON) -> Route<Glance> {
    .get(
      "/schemas/metadefs/\(name)", "schemas", { _, _ in schema } as Route<Glance>.Handling<Nothing, JSON>,
      allow: .anyone)
  }
  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      row("namespace", namespace), row("namespaces", list("namespaces", of: namespace)),
      row("resource_type", association),
      row("resource_types", list("resource_type_associations", of: association)),
      row("property", property), row("properties", properties),
      row("object", object), row("objects", list("objects", of: object)),
      row("tag", tag), row("tags", list("tags", of: tag)),
    ])

  private static func text(_ description: String? = nil, limit: Int? = nil) -> JSON {
    var object: JSONObject = ["type": "string"]
    if let description { object.append("description", .string(description)) }
    if let limit { object.append("maxLength", .int(limit)) }
    return .object(object)
  }
  private static func readOnly(_ description: String? = nil, format: String? = nil) -> JSON {
    var object: JSONObject = ["type": "string", "readOnly": true]
    if let description { object.append("description", .string(description)) }
    if let format { object.append("format", .string(format)) }
    return .object(object)
  }
  private static func times(_ what: String) -> [(key: String, value: JSON)] {
    [
      ("created_at", readOnly("When the \(what) was made", format: "date-time")),
      ("updated_at", readOnly("When the \(what) was last changed", format: "date-time")),
    ]
  }

  private static func schema(
    _ name: String, _ properties: JSONObject, required: [String], definitions: JSON? = nil
  ) -> JSON {
    var object: JSONObject = [
      "name": .string(name), "properties": .object(properties), "additionalProperties": false,
      "required": required.json,
    ]
    if let definitions { object.append("definitions", definitions) }
    return .object(object)
  }

  /// The schema of a list; what its items refer to stands beside it.
  private static func list(_ name: String, of item: JSON) -> JSON {
    collection(name, ["type": "array", "items": .object(plain(item))], item)
  }
  private static func plain(_ item: JSON) -> JSONObject {
    JSONObject((item.object?.members ?? []).filter { $0.key != "definitions" })
  }
  private static func collection(_ name: String, _ items: JSON, _ item: JSON) -> JSON {
    var object: JSONObject = [
      "name": .string(name),
      "properties": .object([
        name: items, "first": ["type": "string"], "next": ["type": "string"], "schema": ["type": "string"],
      ]),
      "links": [
        ["rel": "first", "href": "{first}"], ["rel": "next", "href": "{next}"],
        ["rel": "describedby", "href": "{schema}"],
      ],
    ]
    if let definitions = item["definitions"] { object.append("definitions", definitions) }
    return .object(object)
  }

  private static let types: JSON = ["array", "boolean", "integer", "number", "object", "string", nil]
  private static let count: JSON = ["$ref": "#/definitions/positiveInteger"]
  private static let countOrZero: JSON = ["$ref": "#/definitions/positiveIntegerDefault0"]

  /// The keywords that a property may have.
  private static let keywords: JSONObject = [
    "name": text(limit: 80), "title": text(), "description": text(),
    "operators": ["type": "array", "items": ["type": "string"]], "type": ["type": "string", "enum": types],
    "required": ["$ref": "#/definitions/stringArray"], "minimum": ["type": "number"], "maximum": ["type": "number"],
    "maxLength": count, "minLength": countOrZero, "pattern": ["type": "string", "format": "regex"],
    "enum": ["type": "array"], "readonly": ["type": "boolean"], "default": [:],
    "items": [
      "type": "object", "properties": ["type": ["type": "string", "enum": types], "enum": ["type": "array"]],
    ],
    "maxItems": count, "minItems": countOrZero, "uniqueItems": ["type": "boolean", "default": false],
    "additionalItems": ["type": "boolean"],
  ]
  private static let numbers: JSONObject = [
    "positiveInteger": ["type": "integer", "minimum": 0],
    "positiveIntegerDefault0": ["allOf": [["$ref": "#/definitions/positiveInteger"], ["default": 0]]],
    "stringArray": ["type": "array", "items": ["type": "string"], "uniqueItems": true],
  ]
  private static let definitions: JSON = .object(
    JSONObject(
      numbers.members + [
        (
          key: "property",
          value: [
            "type": "object",
            "additionalProperties": [
              "type": "object", "required": ["title", "type"], "properties": .object(keywords),
            ],
          ]
        )
      ]))

  static let namespace = schema(
    "namespace",
    JSONObject(
      [
        ("namespace", text("The unique name", limit: 80)),
        ("display_name", text("What people call it", limit: 80)),
        ("description", text("What it is about", limit: 500)),
        (
          "visibility",
          [
            "type": "string", "description": "Who sees it",
            "enum": MetadefNamespace.Visibility.allCases.map(\.rawValue).json,
          ]
        ),
        ("protected", ["type": "boolean", "description": "Whether it cannot be deleted"]),
        ("owner", text("The project that owns it", limit: 255)),
      ] + times("namespace") + [
        ("schema", readOnly()), ("self", readOnly()),
        (
          "resource_type_associations",
          [
            "type": "array",
            "items": [
              "type": "object", "properties": ["name": text(), "prefix": text(), "properties_target": text()],
            ],
          ]
        ),
        ("properties", ["$ref": "#/definitions/property"]),
        (
          "objects",
          [
            "type": "array",
            "items": [
              "type": "object",
              "properties": [
                "name": text(), "description": text(), "required": ["$ref": "#/definitions/stringArray"],
                "properties": ["$ref": "#/definitions/property"],
              ],
            ],
          ]
        ),
        ("tags", ["type": "array", "items": ["type": "object", "properties": ["name": text()]]]),
      ]), required: ["namespace"], definitions: definitions)

  static let association = schema(
    "resource_type_association",
    JSONObject(
      [
        ("name", text("A type of resource, by heat's name where it has one", limit: 80)),
        ("prefix", text("What its properties begin with, the separator included", limit: 80)),
        ("properties_target", text("Which of the resource's sets of properties is meant", limit: 80)),
      ] + times("association")), required: ["name"])

  static let property = schema(
    "property", keywords, required: ["type", "title", "name"], definitions: .object(numbers))
  private static let properties: JSON = collection(
    "properties",
    [
      "type": "object",
      "additionalProperties": .object(plain(schema("property", keywords, required: ["type", "title"]))),
    ],
    property)

  static let object = schema(
    "object",
    JSONObject(
      [
        ("name", text(limit: 80)), ("description", text()), ("required", ["$ref": "#/definitions/stringArray"]),
        ("properties", ["$ref": "#/definitions/property"]), ("schema", readOnly()), ("self", readOnly()),
      ] + times("object")), required: ["name"], definitions: definitions)

  static let tag = schema("tag", JSONObject([("name", text(limit: 80))] + times("tag")), required: ["name"])
  /// The body of several tags at once.
  static let tags: JSON = [
    "name": "tags",
    "properties": [
      "tags": [
        "type": "array",
        "items": [
          "type": "object", "properties": ["name": text(limit: 80)], "required": ["name"],
          "additionalProperties": false,
        ],
      ]
    ],
    "additionalProperties": false,
  ]
}
