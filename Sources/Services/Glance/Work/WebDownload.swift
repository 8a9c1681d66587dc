internal import Core
public import GlanceModel
public import HTTP
public import Hardware
public import Host
internal import Log
internal import Text

/// Where images of a URL come from.
public protocol WebSource: Sendable {
  /// The bytes behind a URL, piece by piece.
  /// - Parameter limit: the most bytes it may have, where the server says how many there are.
  /// - Throws: `badRequest` for what may not be fetched or is not there, `unavailable` when the server does not answer.
  func fetch(_ uri: String, limit: Int) async throws -> ImagePieces
}

/// Downloads over HTTP. A name is resolved once, every address it has is judged, and the connection goes to the one
/// that was judged; each redirect is judged as if a user had asked for it.
public struct WebDownload: WebSource {
  private let client: HTTPClient
  private let rules: WebRules
  private let resolve: @Sendable (String) async throws -> [String]
  private static let log = Log("glance.web")
  private static let redirects = 5

  /// - Parameter resolve: the addresses of a host's name; the system's resolver unless a test says otherwise.
  public init(
    client: HTTPClient, rules: WebRules,
    resolve: @escaping @Sendable (String) async throws -> [String] = { try await Host.real.addresses(of: $0) }
  ) {
    self.client = client
    self.rules = rules
    self.resolve = resolve
  }

  public func fetch(_ uri: String, limit: Int) async throws -> ImagePieces {
    var address = try rules.check(uri)
    for _ in 0...Self.redirects {
      let response = try await ask(address)
      switch response.status {
      case 200:
        return try Self.whole(response.body, limit: limit)
      case 301, 302, 303, 307, 308:
        guard let location = response.headers["Location"], let next = address.following(location) else {
          throw Fault.badRequest("\(uri) leads nowhere: its server answered with a redirect to no address.")
        }
        address = try rules.check(next.base + next.target)
      default:
        throw Fault.badRequest("\(uri) cannot be downloaded: its server answered with \(response.status).")
      }
    }
    throw Fault.badRequest("\(uri) cannot be downloaded: it was redirected more than \(Self.redirects) times.")
  }

  private func ask(_ address: WebAddress) async throws -> Response {
    let request = Request("GET", address.target, headers: ["User-Agent": "Martlet", "Accept": "*/*"])
    return try await client.send(request, to: address.base, at: try await Self.pin(address.host, rules, resolve))
  }

  /// The address at which a URL may be asked, by the same rules.
  /// - Throws: `badRequest` for a URL that may not be asked.
  public static func judge(
    _ url: String, _ rules: WebRules, _ resolve: (String) async throws -> [String]
  ) async throws -> String {
    try await pin(rules.check(url).host, rules, resolve)
  }

  /// The address that is asked; all that the name has are judged, so that chance lets none through.
  private static func pin(
    _ host: String, _ rules: WebRules, _ resolve: (String) async throws -> [String]
  ) async throws -> String {
    if IPAddress(host) != nil { return host }
    let addresses = try await resolve(host)
    for text in addresses {
      guard let address = IPAddress(text), rules.permits(address) else {
        Self.log.warning("a download was refused by its address", ["host": host, "address": text])
        throw Fault.badRequest(
          "URI for web-download does not pass filtering: the name \(host) leads to an address that is not allowed. "
            + "An administrator may allow its network in [image] web_download_allowed_networks.")
      }
    }
    guard let first = addresses.first else {
      throw Fault.badRequest("The host \(host) cannot be found. Check the URL.")
    }
    return first
  }

  /// Refuses a stream that ends early or is announced as too large.
  static func whole(_ body: Body, limit: Int) throws -> ImagePieces {
    guard case .stream(let stream) = body else { return { nil } }
    if let length = stream.length, length > limit {
      throw Fault(.tooLarge, "The image is too large: it has \(length) bytes, the limit is \(limit).")
    }
    return { try await stream.next() }
  }
}
