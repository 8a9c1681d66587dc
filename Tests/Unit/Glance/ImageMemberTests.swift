import HTTP
import JSON
import Testing

@Suite("Members of images") struct ImageMemberTests {
  @Test("an owner shares, the member decides, the owner takes back")
  func life() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image()
    let path = "/v2/images/\(id)/members"
    let made = try await cloud.ask("POST", path, ["member": "p-other"])
    #expect(made.status == 200)
    #expect(made.json["status"] == "pending")
    #expect(made.json["schema"] == "/v2/schemas/member")
    #expect(try await cloud.ask("POST", path, ["member": "p-other"]).status == 409)
    #expect(try await cloud.ask("POST", path, [:]).status == 400)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)", as: "other").status == 200, "a pending member sees it")
    #expect(try await cloud.ask("POST", path, ["member": "p-third"], as: "other").status == 403)
    #expect(try await cloud.ask("POST", path, ["member": "p-third"]).status == 200)
    #expect(try await cloud.ask("GET", path).json["members"]?.array?.count == 2)
    #expect(try await cloud.ask("GET", path, as: "other").json["members"]?.array?.count == 1)
    #expect(try await cloud.ask("PUT", "\(path)/p-other", ["status": "maybe"], as: "other").status == 400)
    #expect(try await cloud.ask("PUT", "\(path)/p-other", ["status": "accepted"]).status == 403, "owners do not decide")
    #expect(try await cloud.ask("PUT", "\(path)/p-third", ["status": "accepted"], as: "other").status == 404)
    let accepted = try await cloud.ask("PUT", "\(path)/p-other", ["status": "accepted"], as: "other")
    #expect(accepted.json["status"] == "accepted")
    #expect(try await cloud.ask("GET", "\(path)/p-other", as: "other").json["status"] == "accepted")
    #expect(try await cloud.ask("GET", "\(path)/p-none").status == 404)
    #expect(try await cloud.ask("DELETE", "\(path)/p-other", as: "other").status == 403)
    #expect(try await cloud.ask("DELETE", "\(path)/p-other").status == 204)
    #expect(try await cloud.ask("DELETE", "\(path)/p-other").status == 404)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)", as: "other").status == 404)
  }

  @Test("only shared images have members")
  func onlyShared() async throws {
    let cloud = try await ImageCloud()
    let id = try await cloud.image(["visibility": "private"])
    #expect(try await cloud.ask("POST", "/v2/images/\(id)/members", ["member": "p-other"]).status == 403)
    #expect(try await cloud.ask("GET", "/v2/images/\(id)/members").status == 403)
  }
}
