internal import CLinux
public import Core

/// Keystone's key repository: a directory with one key a file, named by numbers.
///
/// The highest number is the primary key, which seals; 0 is the staged key, the primary after the next rotation, so
/// that every machine knows it before it is used; the rest still open old tokens.
public struct FernetKeys: Sendable {
  public let directory: String

  public init(directory: String) { self.directory = directory }

  /// All keys, the primary first.
  /// - Throws: an `internalError` fault that names the directory when it has no key, or the file that is none.
  public func load() throws -> Fernet {
    let numbers = try keyNumbers().sorted(by: >)
    guard !numbers.isEmpty else {
      throw Fault.internalError("There is no key in \(directory). Set the key repository up, then start again.")
    }
    return Fernet(
      keys: try numbers.map { number in
        guard let key = FernetKey(trimmedEnd(try read(number))) else {
          throw Fault.internalError("\(path(number)) is no Fernet key. Restore it from a backup, or remove it.")
        }
        return key
      })
  }

  /// Makes the directory (0700) and its first two keys (0600), unless it has keys.
  public func setUp(world: World) throws {
    if mkdir(directory, 0o700) != 0, clinux_errno() != EEXIST { throw posixFault("make", directory) }
    if try keyNumbers().isEmpty {
      try write(FernetKey(world: world), to: 0)
      try rotate(maxActiveKeys: .max, world: world)
    }
  }

  /// Makes the staged key the primary, stages a fresh one, and removes the oldest beyond the limit.
  ///
  /// A crash at any point leaves a repository that loads and rotates.
  /// - Parameter maxActiveKeys: how many keys stay, primary and staged included; at least 1 does.
  public func rotate(maxActiveKeys: Int, world: World) throws {
    var numbers = try keyNumbers()
    let primary = (numbers.max() ?? 0) + 1
    if !numbers.contains(0) { try write(FernetKey(world: world), to: 0) }
    guard rename(path(0), path(primary)) == 0 else { throw posixFault("rename", path(0)) }
    numbers.insert(primary)
    try write(FernetKey(world: world), to: 0)
    numbers.insert(0)
    for number in numbers.sorted() where number != 0 && number != primary && numbers.count > max(maxActiveKeys, 1) {
      guard unlink(path(number)) == 0 || clinux_errno() == ENOENT else { throw posixFault("remove", path(number)) }
      numbers.remove(number)
    }
  }

  private func path(_ number: Int) -> String { "\(directory)/\(number)" }

  private func keyNumbers() throws -> Set<Int> {
    guard let handle = opendir(directory) else { throw posixFault("read", directory) }
    defer { closedir(handle) }
    var numbers: Set<Int> = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let number = Int(name), number >= 0, "\(number)" == name { numbers.insert(number) }
    }
    return numbers
  }

  private func read(_ number: Int) throws -> String {
    let file = clinux_open(path(number), O_RDONLY | O_CLOEXEC, 0)
    guard file >= 0 else { throw posixFault("read", path(number)) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = CLinux.read(file, &bytes, bytes.count)
    guard count >= 0 else { throw posixFault("read", path(number)) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Writes beside and renames, so that no reader ever sees half a key.
  private func write(_ key: FernetKey, to number: Int) throws {
    let draft = "\(directory)/.\(number).new"
    let file = clinux_open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw posixFault("write", draft) }
    defer { close(file) }
    let text = Array(key.text.utf8)
    guard CLinux.write(file, text, text.count) == text.count, fsync(file) == 0, rename(draft, path(number)) == 0 else {
      throw posixFault("write", draft)
    }
  }

  private func trimmedEnd(_ text: String) -> Substring {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }

  private func posixFault(_ verb: String, _ path: String) -> Fault {
    let reason = String(cString: strerror(clinux_errno()))
    return .internalError("Cannot \(verb) \(path): \(reason). Give Martlet's user the right to, then try again.")
  }
}
