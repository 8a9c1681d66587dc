public import Core
public import Crypto
public import Hardware

/// Bytes on their way into a store: counted, hashed and looked at as they pass, one piece being worked on while the
/// next comes in. What is dangerous or not of its format is refused by its first bytes, before the rest is sent and
/// before any tool opens it.
public struct ImageIntake {
  /// What is known of bytes when they are whole.
  public struct Taken: Sendable {
    public var size: Int
    public var checksum: String
    public var hash: String
    public var header: ImageHeader
    /// Further digests that were asked for.
    public var digests: [Hash.Algorithm: String]
  }

  private let writer: any ImageWriter
  private let limit: Int
  private let format: String?
  private let mustMatch: Bool
  private let extra: [Hash.Algorithm]
  private let hashes: ParallelHashes
  private var size = 0
  private var block: [UInt8] = []
  private var head: [UInt8] = []
  private var pending: Task<Void, any Error>?

  /// Pieces are gathered up to this size; two of them are held at most, for every client that uploads.
  private static let blockSize = 1 << 18
  /// Below this nothing is worked on beside the next piece.
  private static let small = 131_072

  /// - Parameters:
  ///   - limit: the most bytes that are taken.
  ///   - format: what the bytes are said to be; nil where nobody looks into them yet.
  ///   - mustMatch: whether they must be that.
  public init(
    into writer: any ImageWriter, limit: Int, declared format: String?, mustMatch: Bool = true,
    digests extra: [Hash.Algorithm] = []
  ) throws {
    self.writer = writer
    self.limit = limit
    self.format = format
    self.mustMatch = mustMatch
    self.extra = extra
    hashes = try ParallelHashes([.md5, .sha512] + extra.filter { $0 != .md5 && $0 != .sha512 })
  }

  /// Adds bytes at the end.
  /// - Throws: `tooLarge` beyond the limit, `unsupportedMedia` for what is not of its format or dangerous.
  public mutating func add(_ piece: [UInt8]) async throws {
    size += piece.count
    guard size <= limit else {
      throw Fault(.tooLarge, "The incoming image is too large: the limit is \(limit) bytes.")
    }
    if block.isEmpty {
      block = piece
    } else {
      // Not left to growth by doubling, which would hold as much again.
      if block.capacity < Self.blockSize { block.reserveCapacity(Self.blockSize + piece.count) }
      block += piece
    }
    if block.count >= Self.blockSize { try await flush() }
  }

  /// The end: everything is in the writer, which is still to be finished.
  public mutating func end() async throws -> Taken {
    try await flush()
    try await settle()
    try check(size: size)
    return Taken(
      size: size, checksum: hashes.hex(.md5), hash: hashes.hex(.sha512), header: ImageHeader(head, size: size),
      digests: Dictionary(extra.map { ($0, hashes.hex($0)) }) { first, _ in first })
  }

  /// Waits for what is under way; to be called before the writer is abandoned.
  public mutating func stop() async {
    _ = await pending?.result
    pending = nil
  }

  private mutating func settle() async throws {
    try await pending?.value
    pending = nil
  }

  private mutating func flush() async throws {
    guard !block.isEmpty else { return }
    let piece = block
    block = []
    let wanted = ImageHeader.length(head.isEmpty ? piece : head)
    if head.count < wanted {
      head += piece.prefix(wanted - head.count)
      if head.count == wanted { try check(size: nil) }
    }
    try await settle()
    let (writer, hashes) = (writer, hashes)
    guard piece.count >= Self.small else {
      try await hashes.update(piece)
      return try await writer.write(piece)
    }
    pending = Task {
      async let hashed: Void = hashes.update(piece)
      try await writer.write(piece)
      try await hashed
    }
  }

  /// By the first bytes as soon as they are there, and once more when it is known what can be within.
  private func check(size: Int?) throws {
    guard let format else { return }
    do { try ImageHeader(head, size: size).check(declared: format, mustMatch: mustMatch) } catch let fault as Fault
      where fault.kind == .badRequest
    {
      throw Image.unlike(fault)
    }
  }
}

extension Image {
  /// Bytes that are not what the image says they are, in upstream's words and with ours.
  public static func unlike(_ fault: Fault) -> Fault {
    Fault(.unsupportedMedia, "Image content does not match disk_format: \(fault.message)", detail: fault.detail)
  }
  /// What its bytes are looked at as; packed ones are looked into by whoever unpacks them.
  public var inspectedFormat: String? { containerFormat == "bare" ? diskFormat : nil }
}
