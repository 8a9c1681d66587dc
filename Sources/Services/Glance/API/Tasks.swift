internal import API
internal import Core
internal import GlanceModel
internal import HTTP
internal import JSON
internal import Store

/// `/v2/tasks`, and the tasks of one image.
enum Tasks {
  private static let access: Policy = "rule:context_is_admin"

  static let routes = Routes(
    rules: "", of: Glance.self,
    [
      .get("/tasks", "tasks_api_access", list, allow: access, query: parameters),
      .post("/tasks", "tasks_api_access", create, allow: access),
      .get("/tasks/{id}", "tasks_api_access", show, allow: access),
      .delete("/tasks/{id}", "tasks_api_access", delete, allow: access, status: 405),
      .get("/images/{id}/tasks", "get_image", ofImage, allow: ImageAccess.read),
    ])

  private static let parameters: [QueryKey] = [
    .key("limit", .integer.with("minimum", 0)), .key("marker"), .key("sort_key"), .key("sort_dir"), .key("status"),
    .key("type"),
  ]

  /// A task as lists show it.
  private static func brief(_ task: ImageTask) -> JSONObject {
    var object: JSONObject = [
      "id": .string(task.id), "type": .string(task.kind.rawValue), "status": .string(task.status.rawValue),
      "owner": .string(task.owner), "created_at": task.createdAt.json, "updated_at": task.updatedAt.json,
      "self": .string("/v2/tasks/\(task.id)"), "schema": "/v2/schemas/task",
    ]
    if let time = task.expiresAt { object.append("expires_at", time.json) }
    return object
  }

  private static func view(_ task: ImageTask) -> JSON {
    var object = brief(task)
    object.append("input", task.input)
    object.append("result", task.result)
    object.append("message", .string(task.message))
    for (key, value) in [("image_id", task.imageID), ("request_id", task.requestID), ("user_id", task.userID)] {
      if let value { object.append(key, .string(value)) }
    }
    return .object(object)
  }

  private static func living(_ call: Call<Glance>) -> SQL {
    "expires_at IS NULL OR expires_at > \(call.service.world.now())"
  }

  /// The tasks that a caller may know of: his project's, if he is no administrator.
  private static func known(_ call: Call<Glance>) -> [SQL] {
    guard !call.caller.isAdmin else { return [living(call)] }
    return [living(call), "owner = \(call.caller.projectID ?? "\u{1}")"]
  }

  static func list(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let known = known(call)
    var conditions = known
    if let status = call.query("status") {
      guard ImageTask.Status(rawValue: status) != nil else {
        throw Fault.badRequest("Invalid status value: \(status)")
      }
      conditions.append("status = \(status)")
    }
    if let type = call.query("type") {
      guard type == ImageTask.Kind.import.rawValue else { throw Fault.badRequest("Invalid type value: \(type)") }
      conditions.append("type = \(type)")
    }
    if let marker = call.query("marker"), !isUUID(marker) { throw Fault.badRequest("Invalid marker format") }
    let page = try ListPage(
      call, sortable: ["created_at", "updated_at", "id", "type", "status", "owner"],
      usual: call.service.options.pageSize)
    let all = conditions
    let tasks = try await call.service.store.read { transaction in
      var last: ImageTask?
      if let marker = page.marker {
        last = try await transaction.one(ImageTask.self, SQL.allOf(known + ["id = \(marker)"]))
        if last == nil { throw Fault.badRequest("Invalid marker. Task \(marker) could not be found.") }
      }
      return try await page.fetch(all, after: last, in: transaction)
    }
    let parameters = call.request.query.filter { $0.name != "marker" }
    var object: JSONObject = [
      "tasks": .array(tasks.map { .object(brief($0)) }),
      "first": .string("/v2/tasks" + (parameters.isEmpty ? "" : "?" + writeQuery(parameters))),
      "schema": "/v2/schemas/tasks",
    ]
    if let last = tasks.last, tasks.count == page.limit {
      object.append("next", .string("/v2/tasks?" + writeQuery(parameters + [(name: "marker", value: last.id)])))
    }
    return .object(object)
  }

  static func show(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let id = call.id
    let conditions = known(call) + ["id = \(id)"]
    let found = try await call.service.store.read { try await $0.one(ImageTask.self, SQL.allOf(conditions)) }
    guard let task = found else {
      throw Fault.notFound("No task found with ID \(id). A finished one is remembered for two days.")
    }
    return view(task)
  }

  static func ofImage(_ call: Call<Glance>, _: Nothing) async throws -> JSON {
    let condition = living(call)
    let tasks = try await call.service.store.read { transaction in
      let image = try await ImageAccess.image(call, in: transaction)
      return try await transaction.all(
        ImageTask.self, "WHERE image_id = \(image.id) AND (\(condition)) ORDER BY created_at, id")
    }
    return ["tasks": .array(tasks.map(view))]
  }

  static func delete(_ call: Call<Glance>, _: Nothing) async throws -> Response {
    throw Fault(
      .methodNotAllowed,
      "This operation is currently not permitted on Glance Tasks. They are auto deleted after reaching the time based "
        + "on their expires_at property.")
  }

  static func create(_ call: Call<Glance>, _ body: JSON) async throws -> Response {
    guard body.object != nil else { throw Fault.badRequest("Body expected in request.") }
    for key in ["type", "input"] where body[key] == nil { throw Fault.badRequest("Task '\(key)' is required") }
    try SchemaCheck.require(body, TaskSchemas.task)
    guard body["type"] == "import" else {
      throw Fault.badRequest("A task of the type \(body["type"] ?? .null) begins with the import of an image.")
    }
    let task = try await ImportTask.begin(body["input"] ?? .null, call)
    var response = view(task).response(to: call.incoming, status: 201)
    response.headers["Location"] = call.baseURL + "/v2/tasks/\(task.id)"
    return response
  }
}
