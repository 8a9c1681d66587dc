package import Config
internal import Core
internal import Crypto
package import KeystoneModel
package import Log
internal import Text

/// Everything that can be set, section by section; each has a default that works.
package struct Settings: Sendable {
  package enum Hypervisor: String, OptionValue, CaseIterable { case libvirt, fake }
  package enum Network: String, OptionValue, CaseIterable { case linux, fake }
  package enum Volume: String, OptionValue, CaseIterable { case file, fake }
  package enum Roles: String, OptionValue, CaseIterable { case all, image }
  package enum LogFormat: String, OptionValue, CaseIterable { case automatic, text, json }
  package enum LogLevel: String, OptionValue, CaseIterable { case debug, info, warning, error }

  package var roles = Roles.all
  package var listen = ""
  package var publicHost = ""
  package var portOffset = 0
  package var database = ""
  package var logLevel = LogLevel.info
  package var logFormat = LogFormat.automatic
  package var policyFile = ""

  package var identityAddress = ""
  package var tokenLifetime = Duration.hours(1)
  package var passwordCost = 12
  package var adminToken = ""
  package var identity = IdentitySettings()
  package var ldap = DirectorySettings()
  package var federation = FederationSettings()

  package var hypervisor = Hypervisor.libvirt
  package var libvirtURI = ""
  package var hostName = ""
  package var shutdownTimeout = Duration.seconds(60)
  package var cpuRatio = 0.0
  package var memoryRatio = 0.0

  package var networkSwitch = Network.linux
  package var publicCIDR = ""
  package var namePrefix = ""

  package var volumeBackend = Volume.file
  package var images = ImageSettings()

  package var instances = 0
  package var cores = 0
  package var memory = 0
  package var volumes = 0
  package var gigabytes = 0

  package static let options: [Option<Settings>] = [
    .option(
      "cloud", "roles", \.roles, default: .all,
      "What this process is of its cloud: all of it, or one more image service beside others on the same database."),
    .option(
      "api", "listen", \.listen, default: "127.0.0.1", as: "an IP address", { IPAddress($0) != nil },
      "The address on which every API listens."),
    .option(
      "api", "public_host", \.publicHost, default: "127.0.0.1", as: "a host's name or address", isHost,
      "The host in the catalogue's URLs: how clients reach this cloud."),
    .option(
      "api", "port_offset", \.portOffset, default: 0, in: 0...50_000,
      "Added to every port, so that a second cloud can run beside the first."),
    .option(
      "api", "policy_file", \.policyFile, default: "", as: "a file's path, or empty", { !$0.contains("\n") },
      "A YAML file of rules by name, in oslo.policy's language, that replace the defaults."),
    .option(
      "database", "url", \.database, default: "", as: "a URL that begins with postgresql://, or empty",
      { $0.isEmpty || $0.hasPrefix("postgresql://") || $0.hasPrefix("postgres://") },
      "postgresql://… for PostgreSQL; empty for SQLite in the state directory."),
    .option("log", "level", \.logLevel, default: .info, "The least important lines that are written."),
    .option(
      "log", "format", \.logFormat, default: .automatic, "Text, JSON lines, or text on a terminal and JSON elsewhere."),
    .option(
      "identity", "url", \.identityAddress, default: "", as: "a URL such as http://controller:5000, or empty",
      { $0.isEmpty || $0.hasPrefix("http://") || $0.hasPrefix("https://") },
      "Where a process without the identity service finds it; empty for this cloud's port on api.public_host."),
    .option(
      "identity", "token_lifetime", \.tokenLifetime, default: .hours(1), in: .seconds(1) ... .hours(8760),
      "How long a token is good for."),
    .option(
      "identity", "password_cost", \.passwordCost, default: 12, in: 4...18,
      "The work of one password check, as bcrypt counts it: one more doubles it."),
    .option(
      "identity", "admin_token", \.adminToken, default: "",
      "A token that may do anything in the identity service, for making its first users; empty for none."),
    .option("compute", "hypervisor", \.hypervisor, default: .libvirt, "What runs guests; fake runs none."),
    .option(
      "compute", "libvirt_uri", \.libvirtURI, default: "qemu:///system", as: "libvirt's URI, such as qemu:///system",
      { $0.contains("://") },
      "Where libvirt is; a daemon is started when none answers."),
    .option(
      "compute", "host", \.hostName, default: "", as: "a host's name, or empty", { $0.isEmpty || isHost($0) },
      "This host's name in the cloud; empty for the machine's."),
    .option(
      "compute", "shutdown_timeout", \.shutdownTimeout, default: .seconds(60),
      "How long a guest may take to power off before the plug is pulled."),
    .option(
      "compute", "cpu_ratio", \.cpuRatio, default: 4.0, in: 0.01...1000, "Virtual CPUs promised for each real one."),
    .option(
      "compute", "memory_ratio", \.memoryRatio, default: 1.0, in: 0.01...1000, "Memory promised for each real byte."),
    .option("network", "switch", \.networkSwitch, default: .linux, "What connects guests; fake connects nothing."),
    .option(
      "network", "public_cidr", \.publicCIDR, default: "172.24.4.0/24", as: "a network such as 172.24.4.0/24",
      { $0.contains("/") && CIDR($0) != nil },
      "The addresses of the external network `public`; the first is the host's own."),
    .option(
      "network", "prefix", \.namePrefix, default: "mlt", as: "one to four lower-case letters or digits, a letter first",
      isPrefix,
      "What the names of bridges, namespaces and tables begin with."),
    .option("volume", "backend", \.volumeBackend, default: .file, "Where volumes live; fake keeps nothing."),
    .option(
      "quota", "instances", \.instances, default: 10, in: -1...1_000_000, "Servers of a project; -1 is no limit."),
    .option("quota", "cores", \.cores, default: 20, in: -1...1_000_000, "Virtual CPUs of a project."),
    .option(
      "quota", "ram", \.memory, default: 51_200, in: -1...1_000_000_000, "Memory of a project's servers, in MiB."),
    .option("quota", "volumes", \.volumes, default: 10, in: -1...1_000_000, "Volumes of a project."),
    .option("quota", "gigabytes", \.gigabytes, default: 1000, in: -1...1_000_000_000, "GiB of a project's volumes."),
  ]

  package init() {}

  /// This process's name in the cloud. One that is not the cloud's own is known by its port too.
  package var node: String {
    let host = hostName.isEmpty ? Machine.hostName : hostName
    return roles == .all ? host : "\(host)-\(PublishedAPI.named("glance").port(self))"
  }
  /// The same for names of files.
  package var nodeMark: String { String(Hash.sha256(Array(node.utf8)).hex.prefix(12)) }
  /// Whether other processes may use the same database.
  package var isShared: Bool { !database.isEmpty }
  /// The identity service's address, without a version.
  var identityBase: String {
    let own = PublishedAPI.named("keystone")
    guard !identityAddress.isEmpty else { return own.url(self, path: "") }
    let bare = identityAddress.hasSuffix("/") ? String(identityAddress.dropLast()) : identityAddress
    return bare.hasSuffix(own.path) ? String(bare.dropLast(own.path.utf8.count)) : bare
  }
  /// The same with the version that services ask.
  package var identityURL: String { identityBase + PublishedAPI.named("keystone").path }

  /// Whether a text can be a host's name or address in a URL.
  private static func isHost(_ text: String) -> Bool {
    IPAddress(text) != nil || (!text.isEmpty && text.utf8.allSatisfy { isPlain($0) || "-._[]:".utf8.contains($0) })
  }
  private static func isPrefix(_ text: String) -> Bool {
    (1...4).contains(text.utf8.count) && text.utf8.allSatisfy(isPlain) && text == text.lowercased()
      && text.first?.isLetter == true
  }
  private static func isPlain(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) || (48...57).contains(byte) }

  package static let configuration = Configuration(
    options + IdentitySettings.options + FederationSettings.options + DirectorySettings.options.at(\.ldap)
      + ImageSettings.options + ImageRuleSettings.options + ImageCacheSettings.options)

  package var level: Log.Level {
    switch logLevel {
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }
}
