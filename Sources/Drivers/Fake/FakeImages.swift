internal import Core
public import Hardware
internal import Synchronization

/// An image store in memory.
public final class FakeImages: ImageBackend {
  private struct State: Sendable {
    var kept: [String: [UInt8]] = [:]
    var isFull = false
    var busy: Set<String> = []
    var writers = 0
    var timesTidied = 0
    var uploads = 0
  }
  /// How what is kept is called.
  public enum Keys: Sendable {
    /// As files are: by the hash, so that the same content is there once.
    case content
    /// As objects elsewhere are: each upload by the image's id and a few letters more.
    case uploads
  }
  private let keys: Keys
  private let state = Mutex(State())

  public init(keys: Keys = .content) { self.keys = keys }

  /// Whether every write fails from now on as on a full disk.
  public func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }
  /// The keys that somebody has open from now on.
  public func setBusy(_ keys: Set<String>) { state.withLock { $0.busy = keys } }
  /// Uploads that were begun and neither finished nor abandoned.
  public var openWriters: Int { state.withLock { $0.writers } }

  /// How often its strays were removed.
  public var timesTidied: Int { state.withLock { $0.timesTidied } }

  public func begin(for image: String) async throws -> any ImageWriter {
    let number = state.withLock { state in
      state.writers += 1
      state.uploads += 1
      return String(state.uploads)
    }
    let name = "\(image)." + String(repeating: "0", count: max(0, 8 - number.utf8.count)) + number
    return Writer(store: self, key: keys == .content ? nil : name)
  }
  public func content(_ key: String) async throws -> ImageContent? {
    state.withLock { $0.kept[key].map { .bytes($0) } }
  }
  public func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
    if state.withLock({ $0.busy.contains(key) }) {
      if try await isWanted() { return }
      throw Fault.conflict("The image's bytes are in use.")
    }
    guard let bytes = state.withLock({ $0.kept.removeValue(forKey: key) }) else { return }
    let keep = { self.state.withLock { state in if state.kept[key] == nil { state.kept[key] = bytes } } }
    do {
      if try await isWanted() { keep() }
    } catch {
      keep()
      throw error
    }
  }
  public func list() async throws -> [String] { state.withLock { $0.kept.keys.sorted() } }
  public func removeStrays() async throws { state.withLock { $0.timesTidied += 1 } }
  public func space() async throws -> (free: Int, total: Int) { (1 << 40, 1 << 41) }

  private final class Writer: ImageWriter {
    private let store: FakeImages
    private let bytes = Mutex<[UInt8]?>([])
    private let key: String?
    init(store: FakeImages, key: String?) {
      self.store = store
      self.key = key
    }

    func write(_ piece: [UInt8]) async throws {
      if store.state.withLock({ $0.isFull }) { throw Fault(.outOfSpace, "No space left on device") }
      bytes.withLock { $0?.append(contentsOf: piece) }
    }
    func file() async throws -> String? { nil }
    func key(of hash: String) -> String { key ?? hash }
    func finish(as key: String) async throws {
      guard let whole = close() else { return }
      store.state.withLock { $0.kept[key] = whole }
    }
    func abandon() async { _ = close() }

    private func close() -> [UInt8]? {
      guard let whole = bytes.withLock({ $0.take() }) else { return nil }
      store.state.withLock { $0.writers -= 1 }
      return whole
    }
  }
}
