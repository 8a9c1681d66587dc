internal import Core
public import Crypto
public import Hardware
public import Log

extension ImageStores {
  /// The bytes in the first of the image's stores that has them whole.
  /// - Throws: `internalError` when none has, and what the last said that could not be asked.
  public func content(of image: Image, first wanted: [String] = [], log: Log) async throws -> ImageContent {
    var last: (any Error)?
    let places = preferred(image)
    for place in places.filter({ wanted.contains($0.store) }) + places.filter({ !wanted.contains($0.store) }) {
      do {
        guard let content = try await backend(of: place)?.content(place.key) else {
          log.error("the bytes of an image are not in their store", ["image": image.id, "store": place.store])
          continue
        }
        if let size = image.size, content.size != size {
          log.error(
            "the bytes of an image are damaged: put them there again, or remove the image from that store",
            ["image": image.id, "store": place.store, "size": content.size, "expected": size])
          continue
        }
        return content
      } catch {
        last = error
        log.warning("a store could not be asked", ["image": image.id, "store": place.store, "cause": "\(error)"])
      }
    }
    if let last { throw last }
    throw Fault(
      .internalError, "The data of the image \(image.id) is lost. An administrator must check the image store.",
      detail: "no whole bytes in \(image.stores)")
  }
}

/// By what bytes are known again.
public typealias Fingerprint = (algorithm: Hash.Algorithm, hex: String)

extension Image {
  /// The digest by which its bytes are known again, the strongest there is; nil where nobody ever hashed them.
  public var fingerprint: Fingerprint? {
    if let hashValue, let algorithm = Hash.Algorithm(rawValue: hashAlgorithm ?? "sha512") {
      return (algorithm, hashValue.lowercased())
    }
    return checksum.map { (.md5, $0) }
  }
  /// The SHA-512 of its bytes, where that is known.
  public var contentHash: String? {
    guard let fingerprint, fingerprint.algorithm == .sha512 else { return nil }
    return fingerprint.hex
  }
}
