internal import Core
internal import Host

/// The commands of iproute2 and nftables on one host.
struct Machine: Sendable {
  let host: Host
  let names: Names
  let stateDirectory: String

  /// Runs `ip` and returns what it printed.
  @discardableResult
  func ip(_ words: [String], in namespace: String? = nil) async throws -> String {
    try await host.runOK("ip", (namespace.map { ["-n", $0] } ?? []) + words).text
  }

  /// Several `ip` commands by one process, which stops at the first that fails.
  func ip(batch lines: [String], in namespace: String? = nil) async throws {
    guard !lines.isEmpty else { return }
    let input = Array((lines.joined(separator: "\n") + "\n").utf8)
    try await host.runOK("ip", (namespace.map { ["-n", $0] } ?? []) + ["-batch", "-"], input: input)
  }

  /// Applies a script as one transaction: all of it or nothing.
  func nft(_ script: String, in namespace: String? = nil) async throws {
    try await host.runOK("nft", ["-f", "-"], input: Array(script.utf8), namespace: namespace)
  }

  func sysctl(_ settings: [String], in namespace: String? = nil) async throws {
    try await host.runOK("sysctl", ["-qw"] + settings, namespace: namespace)
  }

  /// The link of that name; nil when there is none.
  func link(_ name: String) async throws -> Link? {
    let result = try await host.run("ip", ["-o", "link", "show", "dev", name])
    return result.ok ? Link.parse(result.text).first : nil
  }
  func links(_ filter: [String] = [], in namespace: String? = nil) async throws -> [Link] {
    Link.parse(try await ip(["-o", "link", "show"] + filter, in: namespace))
  }
  func addresses(_ filter: [String] = [], in namespace: String? = nil) async throws -> [LinkAddress] {
    LinkAddress.parse(try await ip(["-o", "addr", "show"] + filter, in: namespace))
  }

  func namespaces(_ prefix: String) async throws -> [String] {
    try await host.list("/run/netns").filter { $0.hasPrefix(prefix) }
  }

  /// Makes a namespace with its loopback up; false when it was there.
  func ensureNamespace(_ name: String) async throws -> Bool {
    if try await host.exists("/run/netns/" + name) { return false }
    try await ip(["netns", "add", name])
    try await ip(["link", "set", "lo", "up"], in: name)
    return true
  }

  /// Removes a namespace and first the links in it: a socket that someone still holds there would keep them alive.
  func ensureNamespaceAbsent(_ name: String) async throws {
    guard try await host.exists("/run/netns/" + name) else { return }
    let links = try? await links(in: name).map(\.name).filter { $0 != "lo" }
    for link in links ?? [] { _ = try await host.run("ip", ["-n", name, "link", "del", link]) }
    try await ip(["netns", "del", name])
  }

  /// Removes a link by a name of ours; one that is not there is already removed.
  func ensureLinkAbsent(_ name: String) async throws {
    let result = try await host.run("ip", ["link", "del", name])
    guard result.ok || result.errorText.contains("Cannot find device") else { throw result.fault }
  }
}

/// Lets the calls for one thing go one after the other, and those for different things side by side.
actor Turns {
  private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

  func take(_ key: String) async {
    guard waiting[key] != nil else {
      waiting[key] = []
      return
    }
    await withCheckedContinuation { waiting[key, default: []].append($0) }
  }

  func give(_ key: String) {
    guard var queue = waiting[key], !queue.isEmpty else {
      waiting[key] = nil
      return
    }
    let next = queue.removeFirst()
    waiting[key] = queue
    next.resume()
  }

  /// Runs `body` when all earlier calls with that key have ended.
  nonisolated func inTurn<T: Sendable>(_ key: String, _ body: () async throws -> T) async throws -> T {
    await take(key)
    do {
      let result = try await body()
      await give(key)
      return result
    } catch {
      await give(key)
      throw error
    }
  }
}
