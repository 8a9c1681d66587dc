import Core
import FakeHardware
import Hardware
import Host
import LDAP
import Testing

@Suite("Directories", .serialized) struct DirectoryTests {
  @Test func theFakeKeepsTheContract() async throws {
    let fake = FakeDirectory([DirectoryEntry(Slapd.suffix, ["objectClass": ["dcObject"]])])
    try await DirectoryContract(directory: fake, root: Slapd.suffix).holds()
  }

  @Test(.enabled(if: Slapd.isInstalled)) func slapdKeepsTheContract() async throws {
    let slapd = try await Slapd.start()
    let directory = try LDAPDirectory(slapd.access, world: .real)
    do {
      try await DirectoryContract(directory: directory, root: Slapd.suffix).holds()
    } catch { Issue.record(error) }
    try await slapd.stop()
  }

  /// Lists that are longer than a page come whole; a server that gives away only so many is believed when it says so.
  @Test(.enabled(if: Slapd.isInstalled)) func pagesAreJoined() async throws {
    let slapd = try await Slapd.start()
    var access = slapd.access
    access.pageSize = 7
    let directory = try LDAPDirectory(access, world: .real)
    for number in 0..<45 {
      try await directory.add(
        DirectoryEntry(
          "cn=u\(number),\(Slapd.suffix)",
          ["objectClass": ["person"], "cn": ["u\(number)"], "sn": ["x"], "userPassword": ["p\(number)"]]))
    }
    let all = DirectorySearch(Slapd.suffix, .one, .equals("objectClass", "person"))
    #expect(try await directory.search(all).count == 45)
    var few = all
    few.limit = 10
    #expect(try await directory.search(few).count == 10)
    #expect(try await directory.search(all).count == 45, "a list that was left early spoils nothing")
    // Somebody who is not the server's root has limits.
    access.user = "cn=u1,\(Slapd.suffix)"
    access.password = "p1"
    access.pageSize = 0
    let limited = try LDAPDirectory(access, world: .real)
    await #expect(throws: Fault.self) { try await limited.search(all) }
    #expect(try await limited.search(few).count == 10)
    try await slapd.stop()
  }

  @Test(.enabled(if: Slapd.isInstalled)) func anOutageIsSaidAtOnceAndEndsByItself() async throws {
    let slapd = try await Slapd.start()
    var access = slapd.access
    access.retryDelay = .milliseconds(10)
    let directory = try LDAPDirectory(access, world: .real)
    let root = DirectorySearch(Slapd.suffix, .base)
    #expect(try await directory.search(root).count == 1)
    try await slapd.end()
    let start = World.real.uptime()
    for _ in 0..<50 {
      do {
        _ = try await directory.search(root)
        Issue.record("nobody is there")
      } catch { #expect((error as? Fault)?.kind == .unavailable) }
    }
    #expect(World.real.uptime() - start < .seconds(2), "only the first waits")
    access.password = "wrong"
    try await slapd.stop()
  }

  @Test(.enabled(if: Slapd.isInstalled)) func anAccountThatIsRefusedIsTheAdministratorsMatter() async throws {
    let slapd = try await Slapd.start()
    var access = slapd.access
    access.password = "wrong"
    let directory = try LDAPDirectory(access, world: .real)
    do {
      _ = try await directory.search(DirectorySearch(Slapd.suffix, .base))
      Issue.record("a wrong password was taken")
    } catch {
      #expect((error as? Fault)?.kind == .unavailable)
      #expect((error as? Fault)?.message.contains("administrator") == true)
    }
    try await slapd.stop()
  }

  /// A server that takes a connection and never says anything.
  @Test func silenceHasAnEnd() async throws {
    let silent = try await Host.listeningSocket(namespace: nil, address: "127.0.0.1", port: 21_389)
    var access = DirectoryAccess()
    access.urls = ["ldap://127.0.0.1:21389"]
    access.timeout = .seconds(1)
    access.attempts = 1
    let directory = try LDAPDirectory(access, world: .real)
    let start = World.real.uptime()
    await #expect(throws: Fault.self) { try await directory.search(DirectorySearch("dc=x", .base)) }
    #expect(World.real.uptime() - start < .seconds(4))
    withExtendedLifetime(silent) {}
  }
}
