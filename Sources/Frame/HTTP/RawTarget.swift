internal import CLinux

/// What libmicrohttpd shows of a request's target before it takes it apart, kept in the place of the request's context
/// until there is one.
///
/// Taking apart writes NULs over `?`, `&` and `=`. Afterwards nobody can tell those from NULs that the client sent to
/// hide the rest of a path from us and not from a proxy before us.
struct RawTarget: Equatable {
  /// Its length up to the first NUL.
  let count: Int
  /// Whether all of that can be seen, as RFC 9112 wants it (section 3.2): no space, no control character.
  let isVisible: Bool

  init(_ text: UnsafePointer<CChar>) {
    count = strlen(text)
    isVisible = UnsafeBufferPointer(start: text, count: count).allSatisfy { $0 < 0 || ($0 > 32 && $0 != 127) }
  }
  /// Nil for a context that is none of these: contexts are addresses, which are even, and so these are odd.
  init?(_ context: UnsafeMutableRawPointer?) {
    let bits = UInt(bitPattern: context)
    guard bits & 1 == 1 else { return nil }
    count = Int(bits >> 2)
    isVisible = bits & 2 == 2
  }
  var context: UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: UInt(count) << 2 | (isVisible ? 3 : 1))
  }
}
