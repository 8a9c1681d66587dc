internal import CLinux

/// What commands say to whoever called them; logs go elsewhere.
enum Output {
  static func say(_ line: String) { write(1, line + "\n") }
  /// Gives out a whole file's text, which ends its last line itself.
  static func give(_ text: String) { write(1, text) }
  static func complain(_ line: String) { write(2, line + "\n") }

  private static func write(_ descriptor: Int32, _ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let n = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
      guard n > 0 else { return }
      rest = rest.dropFirst(n)
    }
  }
}
