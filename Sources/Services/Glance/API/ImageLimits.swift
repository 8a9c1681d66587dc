internal import Core
internal import GlanceModel

/// How many of something one image may have, as an operator says.
enum ImageLimits {
  /// - Parameters:
  ///   - count: how many there would be.
  ///   - things: what they are, to follow "the number of allowed image".
  ///   - quota: a negative number is no limit.
  /// - Throws: `overQuota`, in upstream's words.
  static func require(_ count: Int, _ things: String, within quota: Int) throws {
    guard quota >= 0, count > quota else { return }
    throw Fault(
      .overQuota,
      "The limit has been exceeded on the number of allowed image \(things). Attempted: \(count), Maximum: \(quota)")
  }

  /// What the service itself notes among an image's properties is not counted.
  static func requireProperties(_ properties: [String: String], _ options: GlanceOptions) throws {
    let count = properties.keys.count { !ImageAttributes.isReserved($0) }
    try require(count, "properties", within: options.imagePropertyQuota)
  }
}
