internal import CLinux
package import Core
package import Crypto
internal import Host
internal import JSON

/// Where a cloud keeps everything: its database, keys, secrets, images, disks and the files that clients read.
package struct StateDirectory: Sendable {
  package let path: String
  package let secrets: Secrets
  /// Held while the process lives, so that no second one opens the same state.
  package let lock: Int32

  /// The file of a state directory in which SQLite keeps its database.
  package static func database(_ path: String) -> String { path + "/martlet.db" }
  package var tokenKeys: FernetKeys { FernetKeys(directory: path + "/fernet-keys") }
  package var credentialKeys: FernetKeys { FernetKeys(directory: path + "/credential-keys") }
  package func directory(_ name: String) -> String { path + "/" + name }

  /// Opens the directory, making it and its secrets on the first start.
  /// - Throws: `conflict` when another martlet runs on it.
  package static func open(_ path: String, world: World) async throws -> StateDirectory {
    let host = Host.real
    try await host.makeDirectory(path, mode: 0o700)
    let lock = try take(path + "/lock")
    let secrets = try await Secrets.load(path + "/secrets.json", world: world)
    let directory = StateDirectory(path: path, secrets: secrets, lock: lock)
    for name in ["images", "disks", "volumes", "console", "network", "hypervisor"] {
      try await host.makeDirectory(directory.directory(name), mode: 0o700)
    }
    for keys in [directory.tokenKeys, directory.credentialKeys] {
      try await host.makeDirectory(keys.directory, mode: 0o700)
      try keys.setUp(world: world)
    }
    return directory
  }

  private static func take(_ path: String) throws -> Int32 {
    let fd = clinux_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard fd >= 0 else { throw Fault.unavailable("The state directory cannot be written: \(path).") }
    guard flock(fd, LOCK_EX | LOCK_NB) == 0 else {
      close(fd)
      throw Fault.conflict(
        "Another martlet runs on this state directory (\(path) is locked). Stop it, or name another with --state.")
    }
    return fd
  }

  /// The directory of a cloud that runs, for commands that work beside it; its keys and secrets may be read.
  package static func beside(_ path: String, world: World) async throws -> StateDirectory {
    StateDirectory(path: path, secrets: try await Secrets.load(path + "/secrets.json", world: world), lock: -1)
  }

  /// Whether there is a cloud's state at all.
  package static func isThere(_ path: String) -> Bool { access(path + "/secrets.json", F_OK) == 0 }

  /// Writes down another password of the administrator than the one that was drawn, also where clients read it.
  package func remember(adminPassword: String) async throws {
    var changed = secrets
    changed.admin = adminPassword
    try await changed.save(path + "/secrets.json")
    for (name, before, after) in [
      ("clouds.yaml", yaml(secrets.admin), yaml(adminPassword)), ("openrc", shell(secrets.admin), shell(adminPassword)),
    ] where try await Host.real.exists(path + "/" + name) {
      let text = String(decoding: try await Host.real.readFile(path + "/" + name), as: UTF8.self)
      try await Host.real.writeFile(
        path + "/" + name, Array(text.replacing(before, with: after).utf8), mode: 0o600)
    }
  }

  /// Whether a martlet runs on this state directory.
  package static func isServed(_ path: String) -> Bool {
    let fd = clinux_open(path + "/lock", O_RDWR | O_CLOEXEC, 0)
    guard fd >= 0 else { return false }
    defer { close(fd) }
    return flock(fd, LOCK_EX | LOCK_NB) != 0
  }

  /// Remembers what the cloud makes on the host and under which names, so that `wipe` needs no words to find it.
  package func remember(_ settings: Settings) async throws {
    // What has no guests and networks must not take those of the cloud on the same machine for its own.
    let (hypervisor, network) = settings.roles == .all ? (settings.hypervisor, settings.networkSwitch) : (.fake, .fake)
    let json: JSON = [
      "hypervisor": .string(hypervisor.rawValue), "libvirt_uri": .string(settings.libvirtURI),
      "switch": .string(network.rawValue), "prefix": .string(settings.namePrefix),
    ]
    try await Host.real.writeFile(path + "/host.json", json.bytes, mode: 0o600)
  }

  /// The settings with what the cloud in `path` was last started with, as far as wiping needs it.
  package static func recalled(_ path: String, over settings: Settings) async throws -> Settings {
    guard try await Host.real.exists(path + "/host.json") else { return settings }
    let json = try JSON(parsing: try await Host.real.readFile(path + "/host.json"))
    var settings = settings
    settings.hypervisor =
      json["hypervisor"]?.string.flatMap { Settings.Hypervisor(rawValue: $0) } ?? settings.hypervisor
    settings.networkSwitch = json["switch"]?.string.flatMap { Settings.Network(rawValue: $0) } ?? settings.networkSwitch
    settings.libvirtURI = json["libvirt_uri"]?.string ?? settings.libvirtURI
    settings.namePrefix = json["prefix"]?.string ?? settings.namePrefix
    return settings
  }

  /// Writes clouds.yaml and openrc, readable by their owner alone.
  package func writeClientFiles(identityURL: String, region: String) async throws {
    func cloud(_ name: String, _ user: String, _ project: String, _ password: String) -> String {
      """
        \(name):
          region_name: \(region)
          identity_api_version: 3
          auth:
            auth_url: \(identityURL)
            username: \(user)
            password: \(yaml(password))
            project_name: \(project)
            user_domain_id: default
            project_domain_id: default

      """
    }
    let clouds =
      "clouds:\n" + cloud("martlet", "admin", "admin", secrets.admin) + cloud("demo", "demo", "demo", secrets.demo)
    try await Host.real.writeFile(path + "/clouds.yaml", Array(clouds.utf8), mode: 0o600)
    let openrc = """
      export OS_AUTH_URL=\(identityURL)
      export OS_IDENTITY_API_VERSION=3
      export OS_USERNAME=admin
      export OS_PASSWORD=\(shell(secrets.admin))
      export OS_PROJECT_NAME=admin
      export OS_USER_DOMAIN_ID=default
      export OS_PROJECT_DOMAIN_ID=default
      export OS_REGION_NAME=\(region)

      """
    try await Host.real.writeFile(path + "/openrc", Array(openrc.utf8), mode: 0o600)
  }
}

/// A text as a scalar of YAML, quoted where it must be: what we draw ourselves never is.
private func yaml(_ text: String) -> String { isPlain(text) ? text : JSON.string(text).text }

/// A text as one word of a shell.
private func shell(_ text: String) -> String {
  isPlain(text) ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}

/// Whether it reads like what we draw.
private func isPlain(_ text: String) -> Bool {
  text.utf8.count == 32
    && text.utf8.allSatisfy { 48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == 45 || $0 == 95 }
}

/// What was drawn at the first start and never changes by itself.
package struct Secrets: Sendable {
  package static let services = ["glance", "placement", "neutron", "cinder", "nova"]
  package var admin = ""
  package var demo = ""
  package var metadata = ""
  /// No secret: the letters by which this cloud knows its own in places that it shares.
  package var mark = ""
  /// The passwords of the services' own users, by service.
  package var service: [String: String] = [:]

  package init() {}

  package func password(of service: String) -> String { self.service[service] ?? "" }

  package static func load(_ path: String, world: World) async throws -> Secrets {
    let host = Host.real
    var secrets = Secrets()
    if try await host.exists(path) {
      let json = try JSON(parsing: try await host.readFile(path))
      secrets.admin = json["admin"]?.string ?? ""
      secrets.demo = json["demo"]?.string ?? ""
      secrets.metadata = json["metadata"]?.string ?? ""
      secrets.mark = json["mark"]?.string ?? ""
      secrets.service = try [String: String](json: json["service"] ?? [:])
    }
    func draw() -> String { Base64.encode(world.random(24), .urlSafe, padded: false) }
    let before = secrets.json
    if secrets.admin.isEmpty { secrets.admin = draw() }
    if secrets.demo.isEmpty { secrets.demo = draw() }
    if secrets.metadata.isEmpty { secrets.metadata = draw() }
    if secrets.mark.isEmpty { secrets.mark = world.random(4).hex }
    for name in services where secrets.service[name] == nil { secrets.service[name] = draw() }
    if secrets.json != before { try await secrets.save(path) }
    return secrets
  }

  func save(_ path: String) async throws { try await Host.real.writeFile(path, json.bytes, mode: 0o600) }

  private var json: JSON {
    [
      "admin": .string(admin), "demo": .string(demo), "metadata": .string(metadata), "mark": .string(mark),
      "service": service.json,
    ]
  }
}
