internal import CVirt
internal import Core
public import Hardware
internal import Host

extension LibvirtHypervisor {
  /// virtlogd writes the log and turns it over at its own limit (2 MiB and three older files unless virtlogd.conf
  /// says otherwise), so what is wanted may begin in the file before.
  public func consoleLog(_ id: String, limit: Int) async throws -> [UInt8] {
    let path = folder(id) + "/console.log"
    guard try await host.exists(path) else {
      _ = try await link.call { connection in try Domain.get(id, on: connection).isActive }
      return []
    }
    let recent = try await host.readTail(path, count: limit)
    guard recent.count < limit, try await host.exists(path + ".0") else { return recent }
    return try await host.readTail(path + ".0", count: limit - recent.count) + recent
  }

  public func vncAddress(_ id: String) async throws -> ConsoleAddress {
    let port = try await link.call { connection in
      try Domain.get(id, on: connection).description().vncPort
    }
    guard let port else { throw Fault.conflict("The guest does not run, so it has no console. Start the server.") }
    return .tcp(host: "127.0.0.1", port: port)
  }
}
