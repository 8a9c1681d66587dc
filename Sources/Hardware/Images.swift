/// Where the bytes of images live: one store of the several that an image service may have.
///
/// A store names what it keeps by keys of its own choosing: files are named for the SHA-512 of their content, so that
/// the same content is there once; where bytes must have a name before they are all there (object stores) the key
/// begins with the image's id and each upload has another. Bytes pass in pieces, so that no image is ever held in
/// memory.
public protocol ImageBackend: Sendable {
  /// Whether it takes no bytes in: an image is put there by naming the place.
  var isReadOnly: Bool { get }
  /// Begins to take bytes in; nothing is kept until the writer is finished.
  /// - Parameter image: the id of the image, by which an administrator finds the bytes where keys show it.
  /// - Throws: `outOfSpace` when the disk is full, `unavailable` when the store does not answer.
  func begin(for image: String) async throws -> any ImageWriter
  /// Keeps a whole file without moving its bytes, where it can; the file itself stays.
  /// - Returns: the key; nil where the bytes have to be written.
  func link(_ file: String, as hash: String) async throws -> String?
  /// What is kept under the key; nil when nothing is.
  func content(_ key: String) async throws -> ImageContent?
  /// Removes the bytes, unless somebody wants them: asked after they were put aside where that can be done, so that an
  /// upload of the same content at the same moment loses nothing.
  /// - Throws: `conflict` while somebody has them open or was cloned from them; it is asked again.
  func remove(_ key: String, unless isWanted: @Sendable () async throws -> Bool) async throws
  /// The keys of everything that is kept.
  func list() async throws -> [String]
  /// Removes what uploads left behind that no process carries on with; called at the start for what is on this machine,
  /// and for stores on other machines again and again, uploads or not.
  func removeStrays() async throws
  /// Free and total space in bytes; `Int.max` where nobody counts.
  func space() async throws -> (free: Int, total: Int)
  /// Where others find what is kept under the key, in the words of upstream's store of that kind; nil where only we do.
  func url(of key: String) -> String?
}

extension ImageBackend {
  public func url(of key: String) -> String? { nil }
  public var isReadOnly: Bool { false }
  public func link(_ file: String, as hash: String) async throws -> String? { nil }
}

/// One upload on its way into a backend. One task uses it.
public protocol ImageWriter: Sendable {
  /// Adds bytes at the end; large pieces are best.
  /// - Throws: `outOfSpace` when the disk is full.
  func write(_ bytes: [UInt8]) async throws
  /// The file with all bytes so far, for those who look into it; nil where bytes are in no file.
  func file() async throws -> String?
  /// Under which key `finish` will keep the bytes.
  /// - Parameter hash: their SHA-512, in hexadecimal digits.
  func key(of hash: String) -> String
  /// Keeps the bytes for good under the key; they are safe when this returns.
  func finish(as key: String) async throws
  /// Forgets them; after `finish` it does nothing.
  func abandon() async
}

/// The bytes of an image, ready to be sent.
public enum ImageContent: Sendable {
  case file(path: String, size: Int)
  case bytes([UInt8])
  /// Bytes on another machine: `read` gives a part of them piece by piece.
  case remote(size: Int, read: @Sendable (Range<Int>) async throws -> ImagePieces)

  public var size: Int {
    switch self {
    case .file(_, let size), .remote(let size, _): size
    case .bytes(let bytes): bytes.count
    }
  }
}

/// Gives the next piece, nil at the end; throws when the other side goes away.
public typealias ImagePieces = @Sendable () async throws -> [UInt8]?
