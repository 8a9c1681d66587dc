import HTTP
import JSON
import Testing

@Suite("What the clients of 2013 expect of every answer") struct OldClientsTests {
  @Test("a path with one slash too many, or too few, is meant", arguments: ["v2/images", "//v1/images", "/v2/images"])
  func slashes(path: String) async throws {
    #expect(try await ImageCloud().send("GET", path).json["images"] == [])
  }

  @Test("an answer without a body has a type, for the client of Havana looks for json in it")
  func types() async throws {
    let cloud = try await ImageCloud()
    let id = try #require(try await cloud.ask("POST", "/v2/images", ["name": "a"]).json["id"]?.string)
    let tagged = try await cloud.send("PUT", "/v2/images/\(id)/tags/gold")
    #expect(tagged.status == 204)
    #expect(tagged.headers["Content-Type"] == "text/html; charset=UTF-8")
    #expect(try await cloud.send("DELETE", "v2/images/\(id)").headers["Content-Type"] == "text/html; charset=UTF-8")
  }
}
