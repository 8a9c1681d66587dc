internal import Core
public import Crypto
public import GlanceModel
public import HTTP
public import Hardware
public import JSON

/// Where images of other regions come from.
public protocol ImageSource: Sendable {
  /// What the other image service says of it.
  /// - Throws: what that service answered; `notFound` where the catalogue has no such service.
  func show(_ image: RemoteImage) async throws -> JSON
  /// - Parameter limit: the most bytes it may have.
  func bytes(of image: RemoteImage, limit: Int) async throws -> ImagePieces
}

/// A cloud in which images come from nowhere else.
public struct NoImageSource: ImageSource {
  public init() {}
  public func show(_ image: RemoteImage) async throws -> JSON { throw nowhere(image) }
  public func bytes(of image: RemoteImage, limit: Int) async throws -> ImagePieces { throw nowhere(image) }
  private func nowhere(_ image: RemoteImage) -> Fault {
    .notFound("The catalogue has no image service in the region '\(image.region)'.")
  }
}

/// Images of the image services in the catalogue that the asking user's token sees.
public struct RegionalImages: ImageSource {
  /// The catalogue, as `GET /v3/auth/catalog` shows it to a token.
  public typealias Catalog = @Sendable (_ token: String) async throws -> JSON
  private let catalog: Catalog
  private let vault: Fernet
  private let client: @Sendable () async throws -> HTTPClient

  /// - Parameters:
  ///   - vault: with which the tokens were sealed.
  ///   - client: made when it is first needed.
  public init(catalog: @escaping Catalog, vault: Fernet, client: @escaping @Sendable () async throws -> HTTPClient) {
    self.catalog = catalog
    self.vault = vault
    self.client = client
  }

  /// Where the service of the image is.
  public static func endpoint(_ image: RemoteImage, in catalog: JSON) throws -> String {
    let services = (catalog["catalog"]?.array ?? []).filter { $0["type"] == "image" }
    for endpoint in services.flatMap({ $0["endpoints"]?.array ?? [] }) {
      let region = endpoint["region"]?.string ?? ""
      guard endpoint["interface"]?.string == image.interface, region.lowercased() == image.region.lowercased(),
        let url = endpoint["url"]?.string
      else { continue }
      return url.hasSuffix("/") ? String(url.dropLast()) : url
    }
    throw Fault.notFound(
      "The catalogue has no \(image.interface) endpoint of an image service in the region '\(image.region)'. Name one "
        + "that 'openstack catalog list' shows.")
  }

  private func ask(_ image: RemoteImage, _ path: String) async throws -> Response {
    let token = try image.token(vault)
    let base = try Self.endpoint(image, in: try await catalog(token))
    let request = Request("GET", "/v2/images/\(image.id)\(path)", headers: ["X-Auth-Token": token])
    let response = try await client().send(request, to: base, at: nil)
    guard response.status == 200 else {
      throw Fault.badRequest(
        "The image \(image.id) cannot be had from the region '\(image.region)': its image service answered with "
          + "\(response.status).")
    }
    return response
  }

  public func show(_ image: RemoteImage) async throws -> JSON {
    try JSON(parsing: try await ask(image, "").body.collect(limit: 1 << 20))
  }

  public func bytes(of image: RemoteImage, limit: Int) async throws -> ImagePieces {
    try WebDownload.whole(try await ask(image, "/file").body, limit: limit)
  }
}
