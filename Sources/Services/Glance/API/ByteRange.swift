internal import Core
internal import HTTP

/// One range of bytes of a `Range` header (RFC 9110 section 14). Other units are as if not asked for; several ranges,
/// and what is none, are refused as upstream does.
struct ByteRange: Equatable {
  enum Form: Equatable {
    case from(Int, through: Int?)
    case last(Int)
  }
  let form: Form

  /// The bytes that a request asks for; nil where it asks for all of them. Clients of before 2018 say so by a
  /// `Content-Range`.
  /// - Throws: `rangeNotSatisfiable` for bytes that are not there.
  static func asked(by request: Request, of size: Int) throws -> Range<Int>? {
    if let header = request.headers["Range"] {
      guard header.filter({ $0 != " " }).lowercased().hasPrefix("bytes=") else { return nil }
      guard !header.contains(",") else {
        throw Fault.badRequest("Only one range can be asked for at a time. Ask for each by itself.")
      }
      if let part = ByteRange(header)?.within(size) { return part }
      throw Fault(.rangeNotSatisfiable, "The range '\(header)' is not within the image's \(size) bytes.")
    }
    guard let header = request.headers["Content-Range"] else { return nil }
    if let part = ByteRange(content: header)?.within(size), case .from(_, let last?) = ByteRange(content: header)?.form,
      last < size
    {
      return part
    }
    throw Fault(.rangeNotSatisfiable, "The range '\(header)' is not within the image's \(size) bytes.")
  }

  /// `bytes 0-9/100`, or `bytes 0-9/*`.
  private init?(content header: String) {
    let halves = header.split(separator: "/")
    guard halves.count == 2, halves[0].lowercased().hasPrefix("bytes ") else { return nil }
    self.init("bytes=" + halves[0].dropFirst(6))
  }

  init?(_ header: String) {
    let text = header.filter { $0 != " " }
    guard text.lowercased().hasPrefix("bytes="), !text.contains(",") else { return nil }
    let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty {
      guard let count = Int(ends[1]), count >= 0 else { return nil }
      form = .last(count)
    } else {
      guard let from = Int(ends[0]), from >= 0 else { return nil }
      if ends[1].isEmpty {
        form = .from(from, through: nil)
      } else {
        guard let last = Int(ends[1]), last >= from else { return nil }
        form = .from(from, through: last)
      }
    }
  }

  /// The range of a content of that size; nil when it has none of it.
  func within(_ size: Int) -> Range<Int>? {
    switch form {
    case .last(let count): count == 0 || size == 0 ? nil : max(0, size - count)..<size
    case .from(let from, let last): from >= size ? nil : from..<(min(last ?? size, size - 1) + 1)
    }
  }
}
