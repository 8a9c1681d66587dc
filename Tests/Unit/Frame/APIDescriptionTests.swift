import API
import Core
import JSON
import Testing

/// What the aviary says of itself at `/openapi.json`.
@Suite("API: description") struct APIDescriptionTests {
  let document: JSON

  init() async throws {
    let reply = try await Aviary().endpoint().ask("GET", "/openapi.json", as: nil)
    #expect(reply.status == 200)
    document = reply.json
  }

  private func operation(_ path: String, _ method: String) -> JSON? { document["paths"]?[path]?[method] }
  private func named(_ name: String) -> JSON? { document["components"]?["schemas"]?[name] }

  @Test func itIsOpenToAllAndSaysItsVersion() {
    #expect(document["openapi"] == "3.1.0")
    #expect(document["info"]?["title"] == "aviary")
    #expect(document["info"]?["version"] == "2.3")
    #expect(document["info"]?["x-openstack"]?["microversions"]?[1] == ["version": "2.2", "meaning": "colours"])
    #expect(document["servers"] == [["url": "."]])
  }

  @Test func everyMountHasItsPathsAndTheirParameters() {
    #expect(operation("/v2/birds", "get") != nil)
    #expect(operation("/v2/{project_id}/birds", "get") != nil)
    let parameters = document["paths"]?["/v2/{project_id}/birds/{id}"]?["parameters"]?.array ?? []
    #expect(parameters.compactMap { $0["name"]?.string } == ["project_id", "id"])
    #expect(parameters.allSatisfy { $0["required"] == true })
  }

  @Test func aDraftsKeysAreTheBody() {
    let body = operation("/v2/birds", "post")?["requestBody"]
    #expect(body?["required"] == true)
    #expect(
      body?["content"]?["application/json"]?["schema"] == ["$ref": "#/components/schemas/aviary.birds.create.body"])
    #expect(
      named("aviary.birds.create.body") == [
        "type": "object",
        "properties": [
          "bird": [
            "type": "object",
            "properties": [
              "name": ["type": "string", "minLength": 1, "maxLength": 8],
              "size": ["type": "integer", "minimum": 1, "maximum": 10],
              "color": ["type": ["string", "null"], "enum": ["red", "blue", .null], "x-openstack": ["since": "2.2"]],
              "note": ["type": ["string", "null"]], "mother": ["type": ["string", "null"], "format": "uuid"],
            ],
            "required": ["name"], "additionalProperties": false,
          ]
        ],
        "required": ["bird"],
      ])
  }

  @Test func aViewsFieldsAreTheAnswer() {
    let answer = operation("/v2/birds/{id}", "get")?["responses"]?["200"]
    #expect(answer?["description"] == "OK")
    #expect(
      answer?["content"]?["application/json"]?["schema"] == ["$ref": "#/components/schemas/bird"])
    let bird = named("bird")?["properties"]?["bird"]?["properties"]
    #expect(
      bird == [
        "id": ["type": "string"], "name": ["type": "string"],
        "size": ["type": "integer", "x-openstack": ["since": "2.2"]],
        "weight": ["type": "integer", "x-openstack": ["until": "2.1"]], "secret": ["type": ["string", "null"]],
        "links": [:], "nothing": [:],
      ])
  }

  @Test func aPageTellsItsParameters() {
    let parameters = operation("/v2/birds", "get")?["parameters"]?.array ?? []
    #expect(parameters.compactMap { $0["name"]?.string } == ["limit", "marker", "sort_key", "sort_dir"])
    #expect(parameters.last == ["$ref": "#/components/parameters/version"])
    let items = named("birds")?["properties"]?["birds"]
    #expect(items?["type"] == "array")
    #expect(items?["items"]?["properties"]?["name"] == ["type": "string"])
  }

  @Test func actionsAreOneOperationWithOneBodyEach() {
    let operation = operation("/v2/birds/{id}/action", "post")
    let bodies = operation?["requestBody"]?["content"]?["application/json"]?["schema"]?["oneOf"]?.array ?? []
    let keys = bodies.compactMap { body -> String? in
      let name = body["$ref"]?.string?.split(separator: "/").last.map(String.init)
      return (name.flatMap(named) ?? body)["required"]?[0]?.string
    }
    #expect(keys == ["fly", "sing", "pluck"])
    #expect(
      operation?["x-openstack"]?[1] == [
        "rule": "aviary:birds:sing", "default": .string(Policy.member.text), "action": "sing", "since": "2.2",
      ])
  }

  @Test func rowsOfDifferentVersionsAreOneOperation() {
    let notes = operation("/v2/birds/{id}/nest", "get")?["x-openstack"]?.array ?? []
    #expect(notes.compactMap { $0["rule"]?.string } == ["nest:old", "nest:new"])
    #expect(notes.first?["until"] == "2.2")
    #expect(notes.last?["since"] == "2.3")
  }

  @Test func aStreamIsBytesAndAnOpenRouteNeedsNoToken() {
    #expect(operation("/v2/birds/{id}/song", "put")?["requestBody"]?["content"]?["application/octet-stream"] != nil)
    #expect(operation("/v2", "get")?["security"] == [])
    #expect(operation("/v2/birds", "get")?["security"] == nil)
    #expect(document["components"]?["securitySchemes"]?["token"]?["name"] == "X-Auth-Token")
  }

  @Test func refusalsHaveTheServicesOwnForm() async throws {
    #expect(
      operation("/v2/birds/{id}", "get")?["responses"]?["404"] == ["$ref": "#/components/responses/notFound"])
    let nova = document["components"]?["responses"]?["notFound"]?["content"]?["application/json"]?["schema"]
    #expect(nova?["required"] == ["itemNotFound"])
    let others = try await Aviary().endpoint(faults: .neutron).ask("GET", "/openapi.json", as: nil).json
    let neutron = others["components"]?["responses"]?["notFound"]?["content"]?["application/json"]?["schema"]
    #expect(neutron?["required"] == ["NeutronError"])
    let glance = try await Aviary().endpoint(faults: .glance).ask("GET", "/openapi.json", as: nil).json
    #expect(glance["components"]?["responses"]?["notFound"]?["content"]?["application/json"] != nil)
  }

  @Test func aTableNamesTheViewOfItsResourceAndARowAnother() async throws {
    struct Egg: Sendable { var color = "blue" }
    let whole = View<Egg>("egg", [.field("color", \.color)])
    let brief = View<Egg>("egg", [])
    let routes = Routes(
      rules: "aviary:eggs:", of: Aviary.self, shows: whole,
      [
        .get("/eggs/detail", "detail", { (_, _: Nothing) in Page([Egg()], as: whole) }, allow: .anyone),
        .get(
          "/eggs", "list", { (_, _: Nothing) in Page([Egg()], as: brief) }, allow: .anyone,
          query: .sorted(by: ["color"]) + .keys("shell").since("2.2"), shows: brief.many),
      ])
    let document = try await Aviary().endpoint(routes: routes, at: [""]).ask("GET", "/openapi.json", as: nil).json
    let paths = document["paths"]
    func answer(_ path: String) -> JSON? {
      paths?[path]?["get"]?["responses"]?["200"]?["content"]?["application/json"]?["schema"]
    }
    let reference = answer("/eggs/detail")?["$ref"]?.string?.split(separator: "/").last.map(String.init)
    let shown = document["components"]?["schemas"]?[reference ?? ""]
    #expect(shown?["properties"]?["eggs"]?["items"]?["properties"] == ["color": ["type": "string"]])
    let short = answer("/eggs")
    let name = short?["$ref"]?.string?.split(separator: "/").last.map(String.init)
    let items = (name.flatMap { document["components"]?["schemas"]?[$0] } ?? short)?["properties"]?["eggs"]?["items"]
    #expect(items == ["type": "object"])
    let parameters = paths?["/eggs"]?["get"]?["parameters"]?.array ?? []
    #expect(
      parameters.compactMap { $0["name"]?.string } == ["limit", "marker", "sort_dir", "sort_key", "shell"])
    #expect(parameters.first { $0["name"] == "shell" }?["schema"]?["x-openstack"] == ["since": "2.2"])
  }

  @Test func thePageToReadSaysTheSame() throws {
    let page = ReferencePage(try Aviary().endpoint().service).markdown
    let rows = page.split(separator: "\n").map(String.init)
    #expect(
      rows.contains("| `POST /birds/{id}/action` `sing` | 2.2 | `aviary:birds:sing` | `\(Policy.member.text)` | 202 |"))
    #expect(rows.contains("| `name` | text from 1 to 8 characters, required |  |"))
    #expect(rows.contains("| `color` | one of `red`, `blue`, `null` | 2.2 |"))
    #expect(rows.contains("| `weight` | whole number | until 2.1 |"))
    #expect(rows.contains("| 2.3 | moss |"))
  }
}
