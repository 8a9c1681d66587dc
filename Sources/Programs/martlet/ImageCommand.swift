internal import Config
internal import Core
internal import GlanceModel
internal import GlanceWork
internal import HTTP
internal import Host
internal import IO
internal import JSON
internal import Wiring

/// `martlet image fetch NAME`: a distribution's image, verified, into the cloud that runs here.
enum ImageCommand {
  static func run(_ context: Command.Context, _ words: [String], keyring: String?) async throws {
    guard words.count == 2, words[0] == "fetch" else {
      throw Fault.badRequest(
        "Say `martlet image fetch NAME`; there are \(CloudImage.all.map(\.name).joined(separator: ", ")).")
    }
    let image = try CloudImage.named(words[1])
    let state = try await StateDirectory.beside(context.stateDirectory, world: .real)
    let loop = try EventLoop.start(name: "image-fetch")
    let client = try HTTPClient(loop: loop)
    // Whoever starts this may reach whatever this machine can.
    var rules = WebRules()
    rules.disallowedNetworks = []
    let folder = state.directory("images/fetched")
    let fetch = ImageFetch(web: WebDownload(client: client, rules: rules), folder: folder, keyring: keyring) {
      Output.say($0)
    }
    // Asked first: a gigabyte is not fetched for a cloud that is not there.
    let token = try await token(client, context.settings, state.secrets.admin)
    let path = try await fetch.fetch(image)
    do {
      let id = try await upload(path, as: image.name, client, context.settings, token)
      Output.say("image \(image.name) is \(id)")
    } catch {
      try? await Host.real.remove(path)
      throw error
    }
    try await Host.real.remove(path)
  }

  private static func token(_ client: HTTPClient, _ settings: Settings, _ password: String) async throws -> String {
    let body: JSON = [
      "auth": [
        "identity": [
          "methods": ["password"],
          "password": ["user": ["name": "admin", "domain": ["id": "default"], "password": .string(password)]],
        ],
        "scope": ["project": ["name": "admin", "domain": ["id": "default"]]],
      ]
    ]
    let response = try await client.send(
      Request("POST", "/auth/tokens", headers: ["Content-Type": "application/json"], body: .bytes(body.bytes)),
      to: settings.identityURL)
    guard response.status == 201, let token = response.headers["X-Subject-Token"] else {
      throw Fault.unavailable(
        "The cloud did not let its administrator in (\(response.status)). Is it this cloud's state?")
    }
    return token
  }

  private static func upload(
    _ path: String, as name: String, _ client: HTTPClient, _ settings: Settings, _ token: String
  ) async throws -> String {
    let base = PublishedAPI.named("glance").url(settings)
    let facts: JSON = [
      "name": .string(name), "disk_format": "qcow2", "container_format": "bare", "visibility": "public",
    ]
    let made = try await client.send(
      Request(
        "POST", "/v2/images", headers: ["X-Auth-Token": token, "Content-Type": "application/json"],
        body: .bytes(facts.bytes)), to: base)
    let answer = try JSON(parsing: try await made.body.collect(limit: 1 << 20))
    guard made.status == 201, let id = answer["id"]?.string, let size = try await Host.real.status(path)?.size else {
      throw Fault.unavailable("The image service did not make the image.", detail: answer.text)
    }
    let sent = try await client.send(
      Request(
        "PUT", "/v2/images/\(id)/file",
        headers: ["X-Auth-Token": token, "Content-Type": "application/octet-stream"],
        body: .file(path: path, offset: 0, length: size)), to: base)
    guard sent.status == 204 else {
      // An image that waits for its data is of no use to anybody.
      _ = try? await client.send(Request("DELETE", "/v2/images/\(id)", headers: ["X-Auth-Token": token]), to: base)
      let said = String(decoding: (try? await sent.body.collect(limit: 1 << 16)) ?? [], as: UTF8.self)
      throw Fault.unavailable("The image service did not take the image's data.", detail: "\(sent.status) \(said)")
    }
    return id
  }
}
