internal import Core
internal import IO
internal import Synchronization

/// Several digests of the same bytes at once, each on a thread of its own: MD5 and SHA-512 of an image together take as
/// long as the slower alone, and whoever reads the bytes from a socket is not held up by either.
///
/// One task feeds it.
public final class ParallelHashes: Sendable {
  private struct Member: Sendable {
    let algorithm: Hash.Algorithm
    let hash: Digest
  }
  private final class Digest: Sendable {
    private let hash: Mutex<Hash>
    init(_ algorithm: Hash.Algorithm) throws { hash = Mutex(try Hash(algorithm)) }
    func update(_ bytes: [UInt8]) { hash.withLock { $0.update(bytes) } }
    var hex: String { hash.withLock { $0.hex } }
  }
  private let members: [Member]
  /// Below this going to another thread costs more than hashing here.
  private static let small = 131_072
  private static let threads = try? BlockingThreads(name: "hash", count: 4)

  /// - Throws: an `internalError` fault when OpenSSL refuses an algorithm, as in FIPS mode it does MD5.
  public init(_ algorithms: [Hash.Algorithm]) throws {
    members = try algorithms.map { Member(algorithm: $0, hash: try Digest($0)) }
  }

  /// Counts the bytes in, in every digest.
  public func update(_ bytes: [UInt8]) async throws {
    guard bytes.count >= Self.small, let threads = Self.threads else {
      for member in members { member.hash.update(bytes) }
      return
    }
    try await withThrowingTaskGroup { group in
      for member in members { group.addTask { try await threads.run { member.hash.update(bytes) } } }
      try await group.waitForAll()
    }
  }

  /// The digest of all bytes so far, in lower-case hexadecimal digits.
  public func hex(_ algorithm: Hash.Algorithm) -> String {
    members.first { $0.algorithm == algorithm }?.hash.hex ?? ""
  }
}
