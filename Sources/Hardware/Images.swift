/// Where the bytes of images live, by the SHA-512 of their content: the same content is kept once.
public protocol ImageBackend: Sendable {
  /// Begins to take bytes in; nothing is kept until the writer is finished.
  /// - Throws: `outOfSpace` when the disk is full.
  func begin() async throws -> any ImageWriter
  /// What is kept under the hash; nil when nothing is.
  func content(_ hash: String) async throws -> ImageContent?
  /// Removes the bytes, unless somebody wants them: asked after they were put aside, so that an upload of the same
  /// content at the same moment loses nothing.
  func remove(_ hash: String, unless isWanted: @Sendable () async throws -> Bool) async throws
  /// The hashes of everything that is kept.
  func list() async throws -> [String]
  /// Removes what uploads left behind that no process carries on with; called once at the start.
  func removeStrays() async throws
  /// Free and total space in bytes.
  func space() async throws -> (free: Int, total: Int)
}

/// One upload on its way into a backend. One task uses it.
public protocol ImageWriter: Sendable {
  /// Adds bytes at the end.
  /// - Throws: `outOfSpace` when the disk is full.
  func write(_ bytes: [UInt8]) async throws
  /// The file with all bytes so far, for those who look into it; nil where bytes are in no file.
  func file() async throws -> String?
  /// Keeps the bytes for good under their hash; they are on the disk when this returns.
  func finish(as hash: String) async throws
  /// Forgets them; after `finish` it does nothing.
  func abandon() async
}

/// The bytes of an image, ready to be sent.
public enum ImageContent: Sendable, Equatable {
  case file(path: String, size: Int)
  case bytes([UInt8])

  public var size: Int {
    switch self {
    case .file(_, let size): size
    case .bytes(let bytes): bytes.count
    }
  }
}
