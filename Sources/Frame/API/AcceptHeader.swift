/// What a client says it can read: the ranges of an `Accept` header (RFC 9110 section 12.5.1).
struct AcceptHeader: Sendable {
  private struct Range {
    let type: Substring
    let subtype: Substring
    /// A range with parameters of its own speaks of no type that we write.
    let isPlain: Bool
    let quality: Int
  }
  /// nil for a header that is none; it says nothing, and so refuses nothing.
  private let ranges: [Range]?

  init(_ text: String) {
    let items = text.lowercased().split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
    let read = items.filter { !$0.isEmpty }.map(Self.range)
    ranges = read.contains { $0 == nil } ? nil : read.compactMap { $0 }
  }

  /// The type that the client would rather read; of those that it likes as much, the first.
  /// - Parameter offers: types without parameters, such as `text/html`.
  func preferred(of offers: [String]) -> String? {
    guard let ranges else { return offers.first }
    var best: (offer: String, quality: Int)?
    for offer in offers {
      let quality = Self.quality(of: offer, in: ranges)
      if quality > best?.quality ?? 0 { best = (offer, quality) }
    }
    return best?.offer
  }

  /// What the range that speaks of a type most closely says of it; 0 where none does, or it is not wanted.
  private static func quality(of offer: String, in ranges: [Range]) -> Int {
    let parts = offer.split(separator: "/")
    var (closest, quality) = (-1, 0)
    for range in ranges where range.isPlain {
      let closeness = range.type == "*" ? 0 : range.subtype == "*" ? 1 : 2
      let isMeant =
        (range.type == "*" || range.type == parts[0]) && (range.subtype == "*" || range.subtype == parts[1])
      if isMeant, closeness > closest { (closest, quality) = (closeness, range.quality) }
    }
    return quality
  }

  /// `type/subtype;parameter=value;q=0.5`, without blanks.
  private static func range(_ item: String) -> Range? {
    let pieces = item.split(separator: ";")
    let names = (pieces.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
    guard names.count == 2, !names[0].isEmpty, !names[1].isEmpty, names[0] != "*" || names[1] == "*" else { return nil }
    let at = pieces.dropFirst().firstIndex { $0.hasPrefix("q=") } ?? pieces.endIndex
    var quality = 1000
    if at < pieces.endIndex {
      guard let number = Double(pieces[at].dropFirst(2)), (0...1).contains(number) else { return nil }
      quality = Int((number * 1000).rounded())
    }
    return Range(type: names[0], subtype: names[1], isPlain: at <= 1, quality: quality)
  }
}
