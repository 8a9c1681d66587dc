internal import Core
internal import Crypto
internal import GlanceModel
internal import Hardware
internal import Log
internal import Synchronization

/// The bytes of an image from another machine, hashed as they pass: when they are not those that were put there, the
/// last piece is kept back and the connection breaks, so that no client takes them for the image.
final class VerifiedPieces: Sendable {
  private let pieces: ImagePieces
  private let algorithm: Hash.Algorithm
  private let hashes: ParallelHashes
  private let image: Image
  private let log: Log
  private let ahead = Mutex<[UInt8]?>(nil)

  init(_ pieces: @escaping ImagePieces, of image: Image, _ log: Log) throws {
    self.pieces = pieces
    self.image = image
    self.log = log
    algorithm = image.verifiable
    hashes = try ParallelHashes([algorithm])
  }

  @Sendable func next() async throws -> [UInt8]? {
    while true {
      guard let piece = try await pieces() else {
        guard let last = ahead.withLock({ $0.take() }) else {
          try check()
          return nil
        }
        try check()
        return last
      }
      try await hashes.update(piece)
      let before = ahead.withLock { held in
        defer { held = piece }
        return held
      }
      if let before { return before }
    }
  }

  private func check() throws {
    let found = hashes.hex(algorithm)
    guard let expected = image.hashValue ?? image.checksum, expected != found else { return }
    log.error(
      "the bytes of an image were changed in its store: an administrator must remove it from there and copy it anew",
      ["image": image.id, "stores": image.stores.joined(separator: ","), "expected": expected, "found": found])
    throw Fault.internalError("The data of the image \(image.id) is damaged. Tell the administrator.")
  }
}

extension Image {
  /// By which hash its bytes can be known again: the best that is kept.
  var verifiable: Hash.Algorithm {
    hashValue == nil ? .md5 : hashAlgorithm.flatMap { Hash.Algorithm(rawValue: $0) } ?? .sha512
  }
}
