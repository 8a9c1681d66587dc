import Core
import Hardware
import Host
import LDAP

/// A genuine slapd with an empty tree, on a socket and a loopback port of its own; `stop` ends it.
struct Slapd: Sendable {
  static let isInstalled = Machine.has("slapd")
  static let suffix = "dc=example,dc=org"
  static let account = "cn=admin,dc=example,dc=org"

  let folder: String
  let url: String
  private let process: ProcessID

  static func start() async throws -> Slapd {
    let folder = try await Machine.folder()
    let schemas = ["core", "cosine", "inetorgperson", "nis"].map { "include /etc/ldap/schema/\($0).schema" }
    let lines =
      schemas + [
        "modulepath /usr/lib/ldap", "moduleload back_mdb", "sizelimit 40", "database mdb", "suffix \"\(suffix)\"",
        "rootdn \"\(account)\"", "rootpw secret", "directory \(folder)/data", "index objectClass eq",
        "limits dn.exact=\"cn=reader,\(suffix)\" size.soft=10 size.hard=10 size.prtotal=unlimited size.pr=50",
      ]
    try await Host.real.makeDirectory(folder + "/data")
    try await Host.real.writeFile(folder + "/slapd.conf", Array((lines.joined(separator: "\n") + "\n").utf8))
    let url = "ldapi://" + (folder + "/socket").replacing("/", with: "%2F")
    let process = try await Host.real.spawnDaemon(
      "/usr/sbin/slapd", ["-d", "0", "-h", url, "-f", folder + "/slapd.conf"], log: folder + "/log")
    let slapd = Slapd(folder: folder, url: url, process: process)
    for _ in 0..<300 {
      // The socket is there a moment before anybody listens to it.
      do {
        try await slapd.plant()
        return slapd
      } catch let fault as Fault where fault.kind == .unavailable { try await World.real.sleep(.milliseconds(100)) }
    }
    try await slapd.stop()
    throw Fault.unavailable("slapd did not start")
  }

  private func plant() async throws {
    let directory = try LDAPDirectory(access, world: .real)
    try await directory.add(
      DirectoryEntry(
        Self.suffix, ["objectClass": ["dcObject", "organization"], "dc": ["example"], "o": ["Example"]]))
  }

  var access: DirectoryAccess {
    var access = DirectoryAccess()
    access.urls = [url]
    access.user = Self.account
    access.password = "secret"
    access.timeout = .seconds(3)
    return access
  }

  /// Ends it, and leaves its files.
  func end() async throws { try await Host.real.ensureEnded(process) }
  func stop() async throws {
    try await end()
    try await Host.real.remove(folder)
  }
}
