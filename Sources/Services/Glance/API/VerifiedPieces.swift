internal import Core
internal import Crypto
internal import GlanceModel
internal import Hardware
internal import Log
internal import Synchronization

/// The bytes of an image from another machine, hashed as they pass: when they are not those that were put there, the
/// last piece is kept back and the connection breaks, so that no client takes them for the image. Those that are go
/// into the cache on the way, before the client has the last of them.
final class VerifiedPieces: Sendable {
  private let pieces: ImagePieces
  private let hashes: ParallelHashes
  private let image: Image
  private let fill: CacheFill?
  private let log: Log
  private let ahead = Mutex<[UInt8]?>(nil)

  /// - Parameter fill: takes the bytes too; nil where they are not to be cached.
  init(_ pieces: @escaping ImagePieces, of image: Image, into fill: CacheFill?, _ log: Log) throws {
    self.pieces = pieces
    self.image = image
    self.fill = fill
    self.log = log
    let own = image.fingerprint?.algorithm
    let algorithms = [own, fill == nil || own == .sha512 ? nil : .sha512].compactMap { $0 }
    hashes = try ParallelHashes(algorithms)
  }

  @Sendable func next() async throws -> [UInt8]? {
    do { return try await pull() } catch {
      await fill?.abandon()
      throw error
    }
  }

  private func pull() async throws -> [UInt8]? {
    while true {
      guard let piece = try await pieces() else {
        try check()
        await fill?.keep(hash: hashes.hex(.sha512))
        return ahead.withLock { $0.take() }
      }
      try await hashes.update(piece)
      await fill?.write(piece)
      let before = ahead.withLock { held in
        defer { held = piece }
        return held
      }
      if let before { return before }
    }
  }

  private func check() throws {
    guard let expected = image.fingerprint, expected.hex != hashes.hex(expected.algorithm) else { return }
    log.error(
      "the bytes of an image were changed in its store: an administrator must remove it from there and copy it anew",
      [
        "image": image.id, "stores": image.stores.joined(separator: ","), "expected": expected.hex,
        "found": hashes.hex(expected.algorithm),
      ])
    throw Fault.internalError("The data of the image \(image.id) is damaged. Tell the administrator.")
  }
}
