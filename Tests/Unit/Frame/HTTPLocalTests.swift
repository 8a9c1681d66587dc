import Core
import HTTP
import Host
import Testing

@Suite struct HTTPLocalTests {
  @Test func aFileArrivesAsTheStreamThatASocketWouldMakeOfIt() async throws {
    let path = "/tmp/martlet-local-\(World.real.hexID())"
    try await Host.real.writeFile(path, Array("0123456789".utf8))
    let local = LocalTransport { request in
      guard case .stream(let stream) = request.body, stream.length == 4 else { return Response(status: 400) }
      let bytes = (try? await request.body.collect(limit: 100)) ?? []
      return Response(status: 200, body: .bytes(bytes))
    }
    let answer = try await local.send(Request("PUT", "/", body: .file(path: path, offset: 3, length: 4)))
    #expect(answer.status == 200)
    #expect(try await answer.body.collect(limit: 100) == Array("3456".utf8))
    try await Host.real.remove(path)
  }
}
