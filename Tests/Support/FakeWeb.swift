internal import Core
public import Hardware

/// Web servers in memory, as a store of images reads them: by URL, whatever its fragment.
public struct FakeWeb: ImageBackend {
  private let pages: [String: String]
  public init(pages: [String: String]) { self.pages = pages }

  public var isReadOnly: Bool { true }
  public func begin(for image: String) async throws -> any ImageWriter {
    throw Fault.badRequest("A store of web servers takes no data.")
  }
  public func content(_ key: String) async throws -> ImageContent? {
    pages[String(key.prefix { $0 != "#" })].map { .bytes(Array($0.utf8)) }
  }
  public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {}
  public func list() async throws -> [String] { [] }
  public func removeStrays() async throws {}
  public func space() async throws -> (free: Int, total: Int) { (0, 0) }
}
