internal import Core
internal import HTTP
internal import Log
internal import NovaModel
internal import Store

/// Requests of guests and their answers.
extension MetadataService {
  /// Four pieces of 255 bytes, as nova has kept passwords.
  private static let passwordLimit = 1020

  func answer(_ request: Request, _ origin: MetadataOrigin) async throws -> Response {
    let path = percentDecode(request.path)
    // Which versions there are is no secret, and is what monitoring asks for.
    if path.allSatisfy({ $0 == "/" }) { return try render(MetadataDocuments.rootListing, to: request) }
    let server = try await server(of: request, origin)
    guard let answer = try await documents(of: server).answer(path) else {
      throw Fault.notFound("There is no such metadata.")
    }
    switch answer {
    case .document: return try render(answer, to: request)
    case .password: return try await password(of: server, request)
    }
  }

  private func render(_ answer: MetadataDocuments.Answer, to request: Request) throws -> Response {
    guard case .document(let bytes, let isJSON) = answer else { return Self.text(500, []) }
    guard request.method == "GET" || request.method == "HEAD" else {
      throw Fault(.methodNotAllowed, "Metadata can only be read.")
    }
    return Response(
      status: 200, headers: ["Content-Type": isJSON ? "application/json" : "text/plain; charset=UTF-8"],
      body: .bytes(bytes))
  }

  /// A guest may write its password once; only whoever has the server's private key can read it.
  private func password(of server: Server, _ request: Request) async throws -> Response {
    switch request.method {
    case "GET", "HEAD":
      let kept = try await store.read { try await $0.get(ServerPassword.self, server.id) }
      return Self.text(200, Array((kept?.encrypted ?? "").utf8))
    case "POST":
      var password = ServerPassword()
      password.serverID = server.id
      do {
        password.encrypted = String(decoding: try await request.body.collect(limit: Self.passwordLimit), as: UTF8.self)
      } catch let fault as Fault where fault.kind == .tooLarge { throw Fault.badRequest("Request is too large.") }
      let written = password
      let isNew = try await store.write { try await $0.insertUnlessPresent(written) }
      guard isNew else { throw Fault.conflict("The password has been set already. Clear it before it is set again.") }
      return Self.text(200, [])
    default: throw Fault.badRequest("GET and POST only are supported.")
    }
  }

  func refusal(_ fault: Fault) -> Response {
    let status =
      switch fault.kind {
      case .badRequest: 400
      case .forbidden: 403
      case .notFound: 404
      case .methodNotAllowed: 405
      case .conflict: 409
      case .unavailable, .timedOut: 503
      default: 500
      }
    guard status >= 500 else { return Self.text(status, Array(fault.message.utf8)) }
    // What broke is for the operator; a guest tries again, as cloud-init does.
    log.error("A metadata request failed", ["fault": "\(fault)"])
    return Self.text(status, Array("An unknown error has occurred. Please try your request again.".utf8))
  }

  private static func text(_ status: Int, _ bytes: [UInt8]) -> Response {
    Response(status: status, headers: ["Content-Type": "text/plain; charset=UTF-8"], body: .bytes(bytes))
  }
}
