public import Core
public import Hardware
public import Host
internal import Synchronization

/// The bytes of images as files of a directory, named for their content: `blobs/3a/3a5f…`.
///
/// An upload grows in the scratch directory, is synced and renamed, so that a file in `blobs` is always whole. What is
/// to be removed is first put `aside` and comes back at the next start if the process dies in between. Several nodes
/// may share the directory, each under a name of its own, as long as all ask the same database what is wanted.
public struct ImageFiles: ImageBackend {
  private let folder: Folder
  private let host: Host

  /// - Parameters:
  ///   - directory: made when it is not there.
  ///   - node: the name of this one; nil where nobody else uses the directory.
  public init(directory: String, host: Host = .real, world: World = .real, node: String? = nil) {
    folder = Folder(directory, host: host, world: world, node: node)
    self.host = host
  }

  private func path(_ hash: String) throws -> String {
    guard hash.utf8.count >= 32 else { throw Fault.badRequest("'\(hash)' is not the hash of an image.") }
    return try folder.file("blobs/\(hash.prefix(2))", hash)
  }
  /// A name of its own for each removal: two at once must not remove what the other is about to bring back.
  private func aside(_ hash: String) throws -> String {
    try folder.file("aside", "\(hash).\(folder.session).\(folder.world.hexID().prefix(8))")
  }

  public func begin(for image: String) async throws -> any ImageWriter {
    ImageFileWriter(path: try await folder.scratch(), host: host) { try path($0) }
  }

  public func link(_ file: String, as hash: String) async throws -> String? {
    let target = try path(hash)
    if try await host.exists(target) { return hash }
    let scratch = try await folder.scratch()
    do { try await host.hardlink(file, at: scratch) } catch {
      // Another file system: the bytes have to be written.
      return nil
    }
    try await host.sync(scratch)
    try await host.makeDirectory(folder.path + "/blobs/" + hash.prefix(2))
    try await host.move(scratch, to: target)
    return hash
  }

  public func content(_ hash: String) async throws -> ImageContent? {
    let path = try path(hash)
    guard let status = try await host.status(path), status.kind == .file else { return nil }
    return .file(path: path, size: status.size)
  }

  public func remove(_ hash: String, unless isWanted: @Sendable () async throws -> Bool) async throws {
    // Most often somebody wants it, or nobody does and nobody begins to: asked first, it need not be moved.
    if try await isWanted() { return }
    let (path, aside) = (try path(hash), try aside(hash))
    guard try await host.exists(path) else { return }
    try await host.makeDirectory(folder.path + "/aside")
    try await host.move(path, to: aside)
    let isToStay: Bool
    do { isToStay = try await isWanted() } catch {
      // Nobody could be asked: in doubt they stay, and not only from the next start on.
      try await host.move(aside, to: path)
      throw error
    }
    if isToStay, try await !host.exists(path) {
      try await host.move(aside, to: path)
    } else {
      try await host.remove(aside)
    }
  }

  public func list() async throws -> [String] {
    var all: [String] = []
    for prefix in try await host.list(folder.path + "/blobs") {
      all += try await host.list(folder.path + "/blobs/" + prefix)
    }
    return all
  }

  public func removeStrays() async throws {
    for name in try await host.list(folder.path + "/aside") {
      let (path, aside) = (try path(String(name.prefix { $0 != "." })), "\(folder.path)/aside/\(name)")
      // `HASH.SESSION.RANDOM`, where a session may have dots.
      let session = name.drop { $0 != "." }.dropFirst().split(separator: ".").dropLast().joined(separator: ".")
      guard try await folder.isStray(session, at: aside) else { continue }
      if try await host.exists(path) { try await host.remove(aside) } else { try await host.move(aside, to: path) }
    }
    // The first scratch file of a process removes those of the processes before it.
    _ = try await folder.scratch()
  }

  public func space() async throws -> (free: Int, total: Int) {
    try await host.makeDirectory(folder.path)
    return try await host.space(folder.path)
  }
}

/// One upload, written in large pieces since each is a visit to the threads that may block. Blocks of zeros stay holes,
/// and the file is synced once, when it is whole.
private final class ImageFileWriter: ImageWriter {
  private struct State {
    var pending: [UInt8] = []
    var written = 0
  }
  private let path: String
  private let host: Host
  private let place: @Sendable (_ hash: String) throws -> String
  private let state = Mutex(State())
  private static let pieceSize = 1 << 18

  init(path: String, host: Host, place: @escaping @Sendable (_ hash: String) throws -> String) {
    self.path = path
    self.host = host
    self.place = place
  }

  func write(_ bytes: [UInt8]) async throws {
    let isLarge = state.withLock { state in
      // A large piece is not copied once more.
      if state.pending.isEmpty { state.pending = bytes } else { state.pending += bytes }
      return state.pending.count >= Self.pieceSize
    }
    if isLarge { try await flush() }
  }

  private func flush() async throws {
    let (piece, offset) = state.withLock { state in
      let piece = state.pending
      state.pending = []
      state.written += piece.count
      return (piece, state.written - piece.count)
    }
    guard !piece.isEmpty else { return }
    try await host.writeSparse(path, piece, at: offset)
  }

  func file() async throws -> String? {
    try await flush()
    // Gives zeros at the end their length.
    try await host.allocate(path, size: state.withLock { $0.written })
    return path
  }

  func key(of hash: String) -> String { hash }

  func finish(as key: String) async throws {
    _ = try await file()
    try await host.sync(path)
    let target = try place(key)
    let directory = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
    try await host.makeDirectory(directory)
    try await host.move(path, to: target)
  }

  func abandon() async { try? await host.remove(path) }
}
