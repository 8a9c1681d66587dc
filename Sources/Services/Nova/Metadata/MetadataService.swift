public import Clients
public import Core
internal import Crypto
public import HTTP
internal import Log
public import NovaModel
public import Store
internal import Synchronization

/// Where a guest's request came in.
public enum MetadataOrigin: Sendable, Equatable {
  /// At the address 169.254.169.254 inside a network.
  case network(String)
  /// Inside a router's namespace.
  case router(String)
  /// At the service's own port, 8775, from a proxy that signs for the server it speaks for.
  case direct
}

/// Serves guests their metadata.
public final class MetadataService: Sendable {
  /// The server whose port has that address where the request came in; nil when there is none.
  public typealias Lookup =
    @Sendable (_ origin: MetadataOrigin, _ address: String) async throws -> (serverID: String, projectID: String)?

  let store: Store
  private let network: NetworkClient
  private let world: World
  private let domain: String
  private let sharedSecret: [UInt8]
  private let lookup: Lookup
  let log = Log("nova.metadata")
  private let cache = Mutex<[String: Cached]>([:])

  /// A guest asks for a dozen documents in one go; what the network says need be asked but once for them.
  private struct Cached {
    var generation: Int
    var until: Duration
    var documents: MetadataDocuments
  }
  private static let cacheLife: Duration = .seconds(2)
  private static let cacheLimit = 1000

  /// - Parameters:
  ///   - network: asked as an administrator.
  ///   - domain: put behind host names; empty (the default) leaves them alone.
  ///   - sharedSecret: what proxies sign with; while it is empty, no request at port 8775 is believed.
  public init(
    store: Store, network: NetworkClient, world: World, domain: String = "", sharedSecret: String,
    lookup: @escaping Lookup
  ) {
    self.store = store
    self.network = network
    self.world = world
    self.domain = domain
    self.sharedSecret = Array(sharedSecret.utf8)
    self.lookup = lookup
  }

  /// What answers the requests that come in there.
  public func handler(for origin: MetadataOrigin) -> Handler {
    { request in
      do {
        return try await self.answer(request, origin)
      } catch let fault as Fault {
        return self.refusal(fault)
      } catch {
        return self.refusal(Fault(wrapping: error))
      }
    }
  }

  /// The files for a server's config drive: names below its root to their content.
  /// - Throws: what the network service throws.
  public func configDriveFiles(_ server: Server) async throws -> [String: [UInt8]] {
    MetadataDocuments(try await facts(of: server)).configDrive
  }

  /// The server that a request speaks for, as it is now.
  /// - Throws: `notFound`, whatever the reason: a guest learns nothing of others.
  func server(of request: Request, _ origin: MetadataOrigin) async throws -> Server {
    let found =
      switch origin {
      case .direct: try signed(request)
      case .network, .router: try await lookup(origin, Self.address(request.peer))
      }
    guard let found,
      let server = try await store.read({ try await $0.get(Server.self, found.serverID) }),
      server.projectID == found.projectID
    else { throw Fault.notFound("There is no metadata for this address.") }
    return server
  }

  /// What neutron's metadata proxy says, believed only with its signature (HMAC-SHA256 of the server's id).
  private func signed(_ request: Request) throws -> (serverID: String, projectID: String) {
    func header(_ name: String) throws -> String {
      let values = request.headers.all(name)
      guard let value = values.first else { throw Fault.badRequest("\(name) header is missing from request.") }
      guard values.count == 1 else { throw Fault.badRequest("Multiple \(name) headers found within request.") }
      return value
    }
    let server = try header("X-Instance-ID")
    let signature = try header("X-Instance-ID-Signature")
    let project = try header("X-Tenant-ID")
    let expected = HMAC.sha256(key: sharedSecret, Array(server.utf8)).hex
    guard !sharedSecret.isEmpty, constantTimeEqual(Array(signature.utf8), Array(expected.utf8)) else {
      log.warning("A metadata request is not signed with the shared secret", ["server": server, "peer": request.peer])
      throw Fault.forbidden("Invalid proxy request signature.")
    }
    return (server, project)
  }

  /// The address alone: without a port, a zone, or the prefix of version 4 inside version 6.
  static func address(_ peer: String) -> String {
    var text = peer[...]
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      text = text[text.index(after: text.startIndex)..<end]
    } else if text.filter({ $0 == ":" }).count == 1 {
      text = text.prefix { $0 != ":" }
    }
    if text.hasPrefix("::ffff:"), text.contains(".") { text = text.dropFirst(7) }
    return String(text.prefix { $0 != "%" })
  }

  /// At most two seconds old, and never of an older generation of the server.
  func documents(of server: Server) async throws -> MetadataDocuments {
    let now = world.uptime()
    let cached = cache.withLock { $0[server.id] }
    if let cached, cached.generation == server.generation, cached.until > now { return cached.documents }
    let documents = MetadataDocuments(try await facts(of: server))
    cache.withLock { cache in
      if cache.count >= Self.cacheLimit { cache = cache.filter { $0.value.until > now } }
      if cache.count >= Self.cacheLimit { cache = [:] }
      cache[server.id] = Cached(
        generation: server.generation, until: now + Self.cacheLife, documents: documents)
    }
    return documents
  }

  private func facts(of server: Server) async throws -> MetadataFacts {
    let attachments = try await store.read {
      try await $0.all(VolumeAttachment.self, "WHERE server_id = \(server.id)")
    }
    var facts = MetadataFacts(
      server: server, attachments: attachments, domain: domain, randomSeed: world.random(512))
    try await facts.gatherNetwork(from: network)
    return facts
  }
}
