internal import API
internal import GlanceModel
internal import JSON

/// `/v2/schemas/task` and `/v2/schemas/tasks`.
enum TaskSchemas {
  static let routes = Routes(
    rules: "glance:", of: Glance.self,
    [
      .get("/schemas/task", "schemas", one, allow: .anyone),
      .get("/schemas/tasks", "schemas", many, allow: .anyone),
    ])

  static func one(_ call: Call<Glance>, _: Nothing) async throws -> JSON { task }
  static func many(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let hidden = ["input", "result", "message"]
    let brief = (task["properties"]?.object?.members ?? []).filter { !hidden.contains($0.key) }
    let item: JSON = ["name": "task", "properties": .object(JSONObject(brief)), "additionalProperties": false]
    return [
      "name": "tasks",
      "properties": [
        "tasks": ["type": "array", "items": item], "first": ["type": "string"], "next": ["type": "string"],
        "schema": ["type": "string"],
      ],
      "links": [
        ["rel": "first", "href": "{first}"], ["rel": "next", "href": "{next}"],
        ["rel": "describedby", "href": "{schema}"],
      ],
    ]
  }

  private static func text(_ description: String) -> JSON { ["type": "string", "description": .string(description)] }

  static let task: JSON = [
    "name": "task",
    "properties": [
      "id": ["type": "string", "description": "Its id", "pattern": .string(Schemas.uuid)],
      "type": [
        "type": "string", "description": "What it does", "enum": ImageTask.Kind.allCases.map(\.rawValue).json,
      ],
      "status": [
        "type": "string", "description": "How far it is", "enum": ImageTask.Status.allCases.map(\.rawValue).json,
      ],
      "input": ["type": ["null", "object"], "description": "What it was told"],
      "result": ["type": ["null", "object"], "description": "What came of it"],
      "owner": text("The project that asked for it"), "message": text("Why it failed"),
      "image_id": text("The image it works on"), "request_id": text("The request that asked for it"),
      "user_id": text("Who asked for it"),
      "expires_at": ["type": ["null", "string"], "description": "When it is forgotten"],
      "created_at": text("When it was asked for"), "updated_at": text("When it last got on"),
      "self": ["type": "string", "readOnly": true], "schema": ["type": "string", "readOnly": true],
    ],
    "additionalProperties": false,
  ]
}
