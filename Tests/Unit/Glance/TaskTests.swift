import Core
import FakeHardware
import GlanceAPI
import GlanceModel
import GlanceWork
import Hardware
import JSON
import Synchronization
import TestSupport
import Testing

@Suite("Tasks that make images") struct TaskTests {
  private func cloud(
    limits: Glance.Limits? = nil, _ change: (inout GlanceOptions) throws -> Void = { _ in }
  ) async throws -> ImageCloud {
    var options = GlanceOptions()
    try change(&options)
    return try await ImageCloud(
      stores: ImageStores(single: FakeImages()), options: options, limits: limits,
      policies: ["tasks_api_access": "role:member"])
  }

  private func begin(
    _ cloud: ImageCloud, _ properties: JSONObject = [:], as token: String = "demo"
  ) async throws -> ImageCloud.Answer {
    let whole = JSONObject([("disk_format", "raw"), ("container_format", "bare")] + properties.members)
    return try await cloud.ask(
      "POST", "/v2/tasks",
      [
        "type": "import",
        "input": [
          "import_from": "http://example.org/x", "import_from_format": "raw", "image_properties": .object(whole),
        ],
      ], as: token)
  }

  @Test("a task makes no image that a request could not make")
  func asStrict() async throws {
    let cloud = try await cloud()
    #expect(try await begin(cloud, ["owner": "p-other"]).status == 403)
    #expect(try await begin(cloud, ["owner": "p-other"], as: "admin").status == 201)
    #expect(try await begin(cloud, ["visibility": "public"]).status == 403)
    #expect(try await begin(cloud, ["id": "seven"]).status == 400)
    let id = "5ea2c4f1-3a1c-4c80-8a39-3f5d5b6ac001"
    #expect(try await begin(cloud, ["id": .string(id), "name": "named"]).status == 201)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)").json["name"] == "named")
    #expect(try await begin(cloud, ["id": .string(id)]).status == 409)
    #expect(try await cloud.ask("GET", "/v2/images").names == ["named"])
  }

  @Test("limits and protected properties hold for tasks too")
  func limited() async throws {
    let full = try await cloud(limits: { _ in
      ["image_count_total": 1, "image_size_total": -1, "image_stage_total": -1, "image_count_uploading": -1]
    })
    #expect(try await begin(full).status == 201)
    #expect(try await begin(full).status == 413)
    let rules = "[secret]\ncreate = admin\nread = admin\nupdate = admin\ndelete = admin\n"
    let guarded = try await cloud(limits: nil) { options in
      options.protections = try PropertyProtections(parsing: rules, source: "rules.conf", form: .roles)
    }
    #expect(try await begin(guarded, ["secret": "x"]).status == 403)
    #expect(try await guarded.ask("GET", "/v2/images").names == [])
  }

  /// A web server that looks, when it is asked, how far the task is.
  private final class Watching: WebSource {
    let cloud = Mutex<ImageCloud?>(nil)
    let seen = Mutex("")

    func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
      let tasks = try await cloud.withLock { $0 }?.ask("GET", "/v2/tasks", as: "admin").json["tasks"]?.array
      seen.withLock { $0 = tasks?.first?["status"]?.string ?? "" }
      throw Fault.unavailable("Nothing answers.")
    }
  }

  @Test("a task waits, is worked on, and ends") func states() async throws {
    let web = Watching()
    let cloud = try await ImageCloud(stores: ImageStores(single: FakeImages()), web: web)
    web.cloud.withLock { $0 = cloud }
    let begun = try await begin(cloud, as: "admin")
    #expect(begun.json["status"] == "pending")
    let id = try #require(begun.json["id"]?.string)
    try await cloud.settle()
    #expect(web.seen.withLock { $0 } == "processing")
    #expect(try await cloud.ask("GET", "/v2/tasks/\(id)", as: "admin").json["status"] == "failure")
  }

  @Test("an import that is refused leaves no image")
  func refused() async throws {
    let cloud = try await cloud()
    let answer = try await cloud.ask(
      "POST", "/v2/tasks",
      [
        "type": "import",
        "input": ["import_from": "http://example.org/x", "import_from_format": "raw", "image_properties": [:]],
      ])
    #expect(answer.status == 409, "it has no formats")
    #expect(try await cloud.ask("GET", "/v2/images").json["images"] == [])
  }

  @Test("whom an operator lets use tasks sees his own project's")
  func own() async throws {
    let cloud = try await cloud()
    let id = try #require(try await begin(cloud).json["id"]?.string)
    let second = try #require(try await begin(cloud).json["id"]?.string)
    func ids(_ query: String = "", as token: String) async throws -> [String] {
      let answer = try await cloud.ask("GET", "/v2/tasks?sort_dir=asc\(query)", as: token)
      return (answer.json["tasks"]?.array ?? []).compactMap { $0["id"]?.string }
    }
    #expect(try await ids(as: "demo") == [id, second])
    #expect(try await ids("&marker=\(id)", as: "demo") == [second])
    #expect(try await ids(as: "other") == [])
    #expect(try await ids(as: "admin") == [id, second])
    #expect(try await cloud.ask("GET", "/v2/tasks/\(id)").status == 200)
    #expect(try await cloud.ask("GET", "/v2/tasks/\(id)", as: "other").status == 404)
    #expect(try await cloud.ask("GET", "/v2/tasks/\(id)", as: "admin").status == 200)
    #expect(try await cloud.ask("GET", "/v2/tasks?marker=\(id)", as: "other").status == 400)
  }
}
