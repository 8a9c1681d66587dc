import HTTP
import JSON
import Testing

@Suite("Lists of images") struct ImageListTests {
  private func filled() async throws -> ImageCloud {
    let cloud = try await ImageCloud()
    let rows: [JSONObject] = [
      ["name": "a", "disk_format": "qcow2", "tags": ["lts", "x86"], "os_distro": "debian"],
      ["name": "b", "tags": ["lts"], "os_distro": "deb_an", "min_ram": 512],
      ["name": "c", "disk_format": "iso", "protected": true, "note": "say \"hi\""],
      ["name": "d", "os_hidden": true],
    ]
    for row in rows { _ = try await cloud.image(row) }
    return cloud
  }

  @Test(
    "filters",
    arguments: [
      ("", ["c", "b", "a"]), ("name=a", ["a"]), ("name=in:a,c", ["c", "a"]), ("disk_format=in:iso,qcow2", ["c", "a"]),
      ("tag=lts", ["b", "a"]), ("tag=lts&tag=x86", ["a"]), ("tag=lt", []), ("tag=l%25", []),
      ("os_distro=debian", ["a"]), ("os_distro=deb_an", ["b"]), ("note=say+%22hi%22", ["c"]), ("min_ram=512", ["b"]),
      ("protected=true", ["c"]), ("os_hidden=true", ["d"]), ("status=active", []), ("status=queued", ["c", "b", "a"]),
      ("owner=p-demo", ["c", "b", "a"]), ("owner=p-other", []), ("visibility=shared", ["c", "b", "a"]),
      ("visibility=public", []), ("created_at=gt:2020-01-01T00:00:00Z", ["c", "b", "a"]),
      ("created_at=lt:2020-01-01T00:00:00Z", []), ("size_min=1", []), ("checksum=x", []), ("os_hash_value=x", []),
      ("sort=name:asc", ["a", "b", "c"]), ("sort=name", ["c", "b", "a"]),
      ("sort=name:asc,name:desc,id,id,id", ["a", "b", "c"]),
      ("sort_key=name&sort_dir=asc", ["a", "b", "c"]),
      ("sort=disk_format:asc,name:asc", ["c", "a", "b"]),
      ("sort_key=size&sort_key=name&sort_dir=asc", ["a", "b", "c"]),
    ] as [(String, [String])])
  func filters(query: String, names: [String]) async throws {
    let answer = try await filled().ask("GET", "/v2/images?\(query)")
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.names == names)
  }

  @Test("a sort key that comes thousands of times costs no more than one, and filters have an end")
  func many() async throws {
    let cloud = try await filled()
    let id = try #require(try await cloud.ask("GET", "/v2/images?name=c").json["images"]?[0]?["id"]?.string)
    let keys = String(repeating: "name,", count: 10_000)
    #expect(try await cloud.ask("GET", "/v2/images?sort=\(keys)id&marker=\(id)").names == ["b", "a"])
    let filters = (0..<1000).map { "a\($0)=1" }.joined(separator: "&")
    #expect(try await cloud.ask("GET", "/v2/images?\(filters)").status == 400)
  }

  @Test(
    "what cannot be a filter, an order or a page is refused",
    arguments: [
      "limit=x", "limit=-1", "marker=none", "sort=color:asc", "sort=name:up", "sort=name&sort_key=size",
      "sort_key=name&sort_dir=asc&sort_dir=desc", "visibility=secret", "member_status=maybe", "created_at=yesterday",
      "size_min=big", "protected=perhaps", "changes-since=2020-01-01",
    ])
  func refused(query: String) async throws {
    #expect(try await filled().ask("GET", "/v2/images?\(query)").status == 400)
  }

  @Test("pages lead through the whole list, whatever its order")
  func pages() async throws {
    let cloud = try await filled()
    for order in ["sort=name:asc", "sort=disk_format:desc,name:asc", "sort_key=size", "sort_key=created_at"] {
      let all = try await cloud.ask("GET", "/v2/images?\(order)").names
      var seen: [String] = []
      var path: String? = "/v2/images?limit=1&\(order)"
      while let here = path {
        let page = try await cloud.ask("GET", here)
        seen += page.names
        path = page.json["next"]?.string
        #expect(
          page.json["first"]
            == .string("/v2/images?limit=1&\(order.replacing(":", with: "%3A").replacing(",", with: "%2C"))"))
        try #require(seen.count < 9)
      }
      #expect(seen == all)
    }
    let none = try await cloud.ask("GET", "/v2/images?limit=0")
    #expect(none.names == [])
  }

  @Test("a marker that one does not see says no more than one that is not there", arguments: ["/v1", "/v2"])
  func markers(version: String) async throws {
    let cloud = try await ImageCloud()
    let secret = try await cloud.image(["name": "m", "visibility": "private"], as: "admin")
    let own = try await cloud.image(["name": "n", "visibility": "private"])
    func ask(_ marker: String, as token: String = "demo") async throws -> ImageCloud.Answer {
      try await cloud.ask("GET", "\(version)/images?sort_key=name&sort_dir=asc&marker=\(marker)", as: token)
    }
    let (unseen, absent) = (try await ask(secret), try await ask("6c0a8b54-52a3-4e84-a3b6-2d77a1bd4dd1"))
    #expect(absent.status == 400)
    #expect(unseen.status == 400)
    #expect(
      unseen.text.replacing(secret, with: "") == absent.text.replacing("6c0a8b54-52a3-4e84-a3b6-2d77a1bd4dd1", with: "")
    )
    #expect(try await ask(own).names == [])
    #expect(try await ask(secret, as: "admin").status == 200)
    #expect(try await ask(own, as: "reader").status == 200)
  }

  @Test("who sees what: owner, member, anyone, administrator")
  func visibility() async throws {
    let cloud = try await ImageCloud()
    _ = try await cloud.image(["name": "public", "visibility": "public"], as: "admin")
    _ = try await cloud.image(["name": "community", "visibility": "community"])
    _ = try await cloud.image(["name": "private", "visibility": "private"])
    let shared = try await cloud.image(["name": "shared"])
    func names(_ query: String, as token: String) async throws -> Set<String> {
      Set(try await cloud.ask("GET", "/v2/images?\(query)", as: token).names)
    }
    #expect(try await names("", as: "demo") == ["public", "community", "private", "shared"])
    #expect(try await names("", as: "reader") == ["public", "community", "private", "shared"])
    #expect(try await names("", as: "other") == ["public"])
    #expect(try await names("visibility=community", as: "other") == ["community"])
    #expect(try await names("visibility=all", as: "other") == ["public", "community"])
    #expect(try await names("", as: "admin") == ["public", "private", "shared"])
    #expect(try await cloud.ask("POST", "/v2/images/\(shared)/members", ["member": "p-other"]).status == 200)
    #expect(try await names("", as: "other") == ["public"], "not accepted yet")
    #expect(try await names("visibility=shared&member_status=pending", as: "other") == ["shared"])
    let accept = try await cloud.ask(
      "PUT", "/v2/images/\(shared)/members/p-other", ["status": "accepted"], as: "other")
    #expect(accept.status == 200)
    #expect(try await names("", as: "other") == ["public", "shared"])
  }

  @Test(
    "who may do what to an image of demo's",
    arguments: [
      ("private", "other", 404, 404, 404), ("shared", "other", 404, 404, 404), ("community", "other", 200, 403, 200),
      ("public", "other", 200, 403, 200), ("private", "reader", 200, 403, 403), ("private", "admin", 200, 200, 200),
      ("private", "demo", 200, 200, 200), ("private", "nova", 200, 200, 200),
    ])
  func matrix(visibility: String, who: String, show: Int, change: Int, download: Int) async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    #expect(try await cloud.upload(id, "x").status == 204)
    _ = try await cloud.patch(
      id, [["op": "replace", "path": "/visibility", "value": .string(visibility)]], as: "admin")
    #expect(try await cloud.ask("GET", "/v2/images/\(id)", as: who).status == show)
    #expect(try await cloud.patch(id, [["op": "add", "path": "/x", "value": "y"]], as: who).status == change)
    #expect(try await cloud.send("GET", "/v2/images/\(id)/file", as: who).status == download)
  }
}
