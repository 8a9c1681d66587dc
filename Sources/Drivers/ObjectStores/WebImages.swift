internal import Core
public import HTTP
public import Hardware

/// Images on web servers: the key is the URL, and nothing is ever put there or removed.
public struct WebImages: ImageBackend {
  private let objects: ObjectClient
  private let judge: @Sendable (_ url: String) async throws -> String?

  /// - Parameter judge: throws for a URL that may not be asked; else the address to connect to, nil for the name's own.
  public init(client: HTTPClient, judge: @escaping @Sendable (_ url: String) async throws -> String?) {
    objects = ObjectClient(client: client, name: "http")
    self.judge = judge
  }

  public var isReadOnly: Bool { true }

  public func begin(for image: String) async throws -> any ImageWriter {
    throw Fault.badRequest("A store of web servers takes no data: name the image's URL as its location.")
  }

  public func content(_ key: String) async throws -> ImageContent? {
    let slash = key.dropFirst(8).firstIndex(of: "/") ?? key.endIndex
    let (base, path) = (String(key[..<slash]), slash == key.endIndex ? "/" : String(key[slash...]))
    let (objects, judge) = (objects, judge)
    let response = try await objects.send(Request("HEAD", path), to: base, at: try await judge(key))
    if [404, 410].contains(response.status) { return nil }
    guard response.status == 200, let size = response.headers["Content-Length"].flatMap({ Int($0) }) else {
      throw await objects.fault(response, "HEAD \(key)")
    }
    return objects.content(size, "GET \(key)") { headers in
      try await objects.send(Request("GET", path, headers: headers), to: base, at: try await judge(key))
    }
  }

  public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {}
  public func list() async throws -> [String] { [] }
  public func removeStrays() async throws {}
  public func space() async throws -> (free: Int, total: Int) { (.max, .max) }
}
