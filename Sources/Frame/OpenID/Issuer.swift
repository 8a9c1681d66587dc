internal import Core
public import HTTP
internal import JSON
internal import Log
internal import Synchronization

/// What sends requests to issuers: libcurl, or a test's own.
public protocol OpenIDWire: Sendable {
  /// - Parameter baseURL: scheme, host and port.
  func send(_ request: Request, to baseURL: String) async throws -> Response
}

extension HTTPClient: OpenIDWire {}

/// An issuer's own documents: where it can be asked what, and its keys. Kept for an hour; asked again, at most every
/// few seconds, when a token names a key that is not among them.
///
/// However many requests wait for a document, it is fetched once; and while an issuer does not answer, it is asked once
/// in a few seconds and every request is told at once.
final class Issuer: Sendable {
  /// How long an issuer may take for an answer.
  static let patience = Duration.seconds(5)
  private static let lifetime = Duration.hours(1)
  /// Between two fetches of keys, and after a failure.
  private static let pause = Duration.seconds(5)
  private static let sizeLimit = 512 << 10
  private static let log = Log("openid")

  private struct Document: Sendable {
    var value: JSON
    var at: Duration
  }
  private struct State {
    var documents: [String: Document] = [:]
    var failures: [String: (fault: Fault, at: Duration)] = [:]
    var fetching: [String: Task<JSON, any Error>] = [:]
    var keys: (at: Duration, list: [PublishedKey])?
  }

  private let settings: OpenIDSettings
  private let wire: any OpenIDWire
  private let world: World
  private let state = Mutex(State())

  init(_ settings: OpenIDSettings, wire: any OpenIDWire, world: World) {
    self.settings = settings
    self.wire = wire
    self.world = world
  }

  // MARK: documents

  /// An address in the discovery document (OpenID Connect Discovery 1.0).
  /// - Throws: `unavailable` where the issuer does not answer, or says something else than it should.
  func endpoint(_ name: String) async throws -> WebAddress {
    guard let address = try await optionalEndpoint(name) else {
      throw unavailable("its discovery document has no \(name)")
    }
    return address
  }

  func optionalEndpoint(_ name: String) async throws -> WebAddress? {
    let document = try await document(at: settings.discoveryURL, maximumAge: Self.lifetime)
    guard document["issuer"]?.string == settings.issuer else {
      throw unavailable("its discovery document is of another issuer, \(document["issuer"]?.string ?? "none")")
    }
    guard let text = document[name]?.string else { return nil }
    guard let address = WebAddress(text), address.isSecure || !settings.issuer.hasPrefix("https:") else {
      throw unavailable("\(name) in its discovery document is no https address")
    }
    return address
  }

  /// Whether the discovery document lists a value, where it lists any.
  func supports(_ value: String, in name: String) async throws -> Bool? {
    let document = try await document(at: settings.discoveryURL, maximumAge: Self.lifetime)
    return document[name]?.array.map { $0.contains(.string(value)) }
  }

  /// The keys among which the one is that signed a token; read anew where it is not.
  func keys(for token: SignedToken) async throws -> [PublishedKey] {
    func fitting(_ list: [PublishedKey]) -> [PublishedKey] {
      guard let id = token.keyID else { return list }
      return list.filter { $0.id == id }
    }
    let known = try await allKeys(maximumAge: Self.lifetime)
    let found = fitting(known)
    return found.isEmpty ? fitting(try await allKeys(maximumAge: Self.pause)) : found
  }

  /// All keys, at most a few seconds old.
  func newestKeys() async throws -> [PublishedKey] { try await allKeys(maximumAge: Self.pause) }

  private func allKeys(maximumAge: Duration) async throws -> [PublishedKey] {
    let address = try await endpoint("jwks_uri")
    let text = address.origin + address.target
    let json = try await document(at: text, maximumAge: maximumAge)
    let at = state.withLock { $0.documents[text]?.at }
    if let at, let known = state.withLock({ $0.keys }), known.at == at { return known.list }
    let list = PublishedKey.list(json)
    if let at { state.withLock { $0.keys = (at, list) } }
    return list
  }

  private enum Plan {
    case known(JSON)
    case failed(Fault)
    case wait(Task<JSON, any Error>)
  }

  private func document(at url: String, maximumAge: Duration) async throws -> JSON {
    let now = world.uptime()
    let plan = state.withLock { state -> Plan in
      if let known = state.documents[url], now - known.at < maximumAge { return .known(known.value) }
      if let failure = state.failures[url], now - failure.at < Self.pause {
        // What is known is good enough for a while, if only newer keys were wanted.
        if let known = state.documents[url], now - known.at < Self.lifetime { return .known(known.value) }
        return .failed(failure.fault)
      }
      if let task = state.fetching[url] { return .wait(task) }
      let task = Task { try await self.fetch(url) }
      state.fetching[url] = task
      return .wait(task)
    }
    switch plan {
    case .known(let value): return value
    case .failed(let fault): throw fault
    case .wait(let task): return try await task.value
    }
  }

  private func fetch(_ url: String) async throws -> JSON {
    do {
      guard let address = WebAddress(url) else { throw unavailable("\(url) is no address") }
      let json = try await ask(Request("GET", "", headers: ["Accept": "application/json"]), at: address)
      let now = world.uptime()
      state.withLock { state in
        state.documents[url] = Document(value: json, at: now)
        state.failures[url] = nil
        state.fetching[url] = nil
      }
      return json
    } catch {
      var fault = Fault(wrapping: error)
      if fault.kind == .unauthorized { fault = unavailable(fault.message) }
      Self.log.warning("an issuer's document could not be read", ["url": url, "why": fault.description])
      let now = world.uptime()
      state.withLock { state in
        state.failures[url] = (fault, now)
        state.fetching[url] = nil
      }
      throw fault
    }
  }

  // MARK: asking

  /// A form sent to one of the issuer's addresses, in the client's name.
  /// - Throws: `unauthorized` where the issuer refuses what was sent, `unavailable` where it cannot be asked.
  func post(_ form: [(name: String, value: String)], to endpoint: String) async throws -> JSON {
    let address = try await self.endpoint(endpoint)
    var form = form
    var request = Request("POST", "", headers: ["Accept": "application/json"])
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    let methods = endpoint + "_auth_methods_supported"
    if settings.clientSecret.isEmpty {
      form.append((name: "client_id", value: settings.clientID))
    } else if try await supports("client_secret_basic", in: methods) == false,
      try await supports("client_secret_post", in: methods) == true
    {
      form += [(name: "client_id", value: settings.clientID), (name: "client_secret", value: settings.clientSecret)]
    } else {
      // Both are encoded as in a form before they are joined (RFC 6749 section 2.3.1).
      let pair = percentEncode(settings.clientID) + ":" + percentEncode(settings.clientSecret)
      request.headers["Authorization"] = "Basic " + Base64.encode(Array(pair.utf8))
    }
    request.body = .bytes(Array(writeQuery(form).utf8))
    return try await ask(request, at: address)
  }

  /// What the issuer says of the user of an access token.
  func userInfo(accessToken: String) async throws -> JSON? {
    guard let address = try await optionalEndpoint("userinfo_endpoint") else { return nil }
    return try await ask(
      Request("GET", "", headers: ["Accept": "application/json", "Authorization": "Bearer " + accessToken]), at: address
    )
  }

  private func ask(_ request: Request, at address: WebAddress) async throws -> JSON {
    var request = request
    request.path = address.target
    let sent = request
    let (wire, patience, world) = (wire, Self.patience, world)
    let late = unavailable("it took longer than \(patience.components.seconds) seconds")
    let (status, bytes): (Int, [UInt8]) = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
      group.addTask {
        let response = try await wire.send(sent, to: address.origin)
        return (response.status, try await response.body.collect(limit: Self.sizeLimit))
      }
      group.addTask {
        try await world.sleep(patience)
        throw late
      }
      defer { group.cancelAll() }
      do {
        guard let first = try await group.next() else { throw late }
        return first
      } catch let fault as Fault where fault.detail == late.detail {
        throw fault
      } catch let error as CancellationError {
        throw error
      } catch {
        throw unavailable(Fault(wrapping: error).message)
      }
    }
    if (400..<500).contains(status) {
      let why = try? JSON(parsing: bytes)
      throw Fault(
        .unauthorized, "The identity provider refused: \(why?["error"]?.string ?? "status \(status)").",
        detail: "\(settings.issuer): \(String(decoding: bytes.prefix(500), as: UTF8.self))")
    }
    guard status == 200 else { throw unavailable("it answered with status \(status)") }
    guard let json = try? JSON(parsing: bytes), json.object != nil else {
      throw unavailable("it answered something else than a JSON object")
    }
    return json
  }

  func unavailable(_ why: String) -> Fault {
    .unavailable(
      "The identity provider cannot be asked now. Try again in a moment; if it lasts, tell the administrator.",
      detail: "\(settings.issuer): \(why)")
  }
}
