internal import Hardware
internal import Log
internal import Synchronization

/// One download on its way into the cache beside its client. Nothing that goes wrong here is the client's concern, and
/// a download that ends early leaves nothing.
///
/// One task uses it.
public final class CacheFill: Sendable {
  private let cache: ImageCache
  private let image: Image
  private let writer: any ImageWriter
  private let isOpen = Mutex(true)
  private let written = Mutex(0)

  init(_ cache: ImageCache, _ image: Image, _ writer: any ImageWriter) {
    self.cache = cache
    self.image = image
    self.writer = writer
  }

  /// A client that goes away only lets go of its answer.
  deinit {
    guard close() else { return }
    Task { [cache, image, writer] in
      await writer.abandon()
      cache.unreserve(image.id)
    }
  }

  private func close() -> Bool {
    isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
  }

  public func write(_ piece: [UInt8]) async {
    guard isOpen.withLock({ $0 }) else { return }
    written.withLock { $0 += piece.count }
    do { try await writer.write(piece) } catch { await give(up: error) }
  }

  /// The download is whole and what it should be.
  /// - Parameter hash: the SHA-512 of all that was written.
  public func keep(hash: String) async {
    // An image that nobody ever hashed is known by its size alone.
    guard written.withLock({ $0 }) == image.size else { return await abandon() }
    guard close() else { return }
    defer { cache.unreserve(image.id) }
    do { try await cache.keep(image, writer, hash: hash) } catch {
      await writer.abandon()
      ImageCache.log.warning("an image is not cached", ["image": image.id, "cause": "\(error)"])
    }
  }

  public func abandon() async {
    guard close() else { return }
    await writer.abandon()
    cache.unreserve(image.id)
  }

  private func give(up error: any Error) async {
    await abandon()
    ImageCache.log.warning("an image is not cached", ["image": image.id, "cause": "\(error)"])
  }
}
