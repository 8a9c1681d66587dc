public import Core

/// What one cloud calls its uploads in a store of images that it may share with others: by it a cloud knows its own.
public struct UploadKeys: Sendable {
  /// A few letters of the cloud's own.
  private let mark: String

  public init(mark: String) { self.mark = mark }

  /// The key of one upload of an image.
  public func make(_ image: String, _ world: World) -> String { "\(image).\(mark)\(world.hexID().prefix(8))" }

  /// Whether this cloud made the key.
  public func isOwn(_ key: some StringProtocol) -> Bool {
    let (image, rest) = (key.prefix(36), key.dropFirst(36))
    return isUUID(String(image)) && rest.hasPrefix("." + mark) && rest.utf8.count == 9 + mark.utf8.count
      && rest.utf8.suffix(8).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

extension World {
  /// Before this time nothing that is half done is anybody's: another process may still be at what is younger than a
  /// day.
  public var strayTime: Timestamp { now() - .hours(24) }
}
