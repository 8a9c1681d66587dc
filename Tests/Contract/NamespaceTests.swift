import Core
import Host
import Testing

@Suite struct NamespaceTests {
  @Test(.enabled(if: Machine.isRoot, "needs root for a network namespace"))
  func aSocketAndAProgramBelongToTheirNamespace() async throws {
    let host = Host.real
    let name = Host.prefix + "test-" + World.real.hexID().prefix(8)
    try await host.runOK("ip", ["netns", "add", name])
    do {
      try await host.runOK("ip", ["link", "set", "lo", "up"], namespace: name)
      let socket = try await Host.listeningSocket(namespace: name, address: "127.0.0.1", port: 80)
      #expect(socket > 2)
      let inside = try await host.runOK("ss", ["-Hltn"], namespace: name).text
      #expect(inside.contains("127.0.0.1:80"))
      let outside = try await host.runOK("ip", ["-o", "link"], namespace: nil).text
      #expect(try await host.runOK("ip", ["-o", "link"], namespace: name).text != outside)
      let taken = await #expect(throws: Fault.self) {
        try await Host.listeningSocket(namespace: name, address: "127.0.0.1", port: 80)
      }
      #expect(taken?.detail?.contains("in use") == true)
      let missing = await #expect(throws: Fault.self) { try await Host.inNamespace("mlt-no-such") {} }
      #expect(missing?.kind == .notFound)
      try await host.runOK("ip", ["netns", "delete", name])
    } catch {
      _ = try await host.run("ip", ["netns", "delete", name])
      throw error
    }
  }
}
