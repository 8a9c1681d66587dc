internal import CLinux

/// What libmicrohttpd shows of a request's target before it takes it apart, kept in the place of the request's context
/// until there is one.
///
/// Taking apart writes a NUL over `?`. Afterwards nobody can tell that from NULs that the client sent to hide the rest
/// of a path from us and not from a proxy before us.
struct RawTarget: Equatable {
  /// Its length up to the first NUL.
  let count: Int
  /// Whether all of that can be seen, as RFC 9112 wants it (section 3.2): no space, no control character.
  let isVisible: Bool
  /// The first byte of its query, in whose place there is a NUL; 0 where there is no query.
  ///
  /// So libmicrohttpd finds no parameters: it would keep each in the memory of the connection, and where that is full
  /// (0.9.75, some 600 of them behind a long path) it neither answers nor closes.
  let queryStart: UInt8

  /// Looks at a target, and hides its query.
  init(_ text: UnsafeMutablePointer<CChar>) {
    count = strlen(text)
    let bytes = UnsafeMutableBufferPointer(start: text, count: count)
    isVisible = bytes.allSatisfy { $0 < 0 || ($0 > 32 && $0 != 127) }
    guard let mark = bytes.firstIndex(of: 63), mark + 1 < count else {
      queryStart = 0
      return
    }
    queryStart = UInt8(bitPattern: bytes[mark + 1])
    bytes[mark + 1] = 0
  }
  /// Nil for a context that is none of these: contexts are addresses, which are even, and so these are odd.
  init?(_ context: UnsafeMutableRawPointer?) {
    let bits = UInt(bitPattern: context)
    guard bits & 1 == 1 else { return nil }
    count = Int(bits >> 10)
    queryStart = UInt8(truncatingIfNeeded: bits >> 2)
    isVisible = bits & 2 == 2
  }
  var context: UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: UInt(count) << 10 | UInt(queryStart) << 2 | (isVisible ? 3 : 1))
  }
}
