internal import CLinux
internal import Core

/// The keys that sign tokens as upstream keeps them, so that a directory can be shared: `private/private.pem`, and in
/// `public` every key that may have signed.
///
/// To replace a key without a token being refused: put the new public key beside the old one, on every machine, then
/// replace the private key; the old public key can go when the last token has ended.
public struct JWSKeyFiles: Sendable {
  public let directory: String
  public init(directory: String) { self.directory = directory }

  /// - Throws: an `internalError` fault that names the file that cannot be read.
  public func load() throws -> JWSKeys {
    let folder = directory + "/public"
    guard let handle = opendir(folder) else { throw unreadable(folder) }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".pem") { names.append(name) }
    }
    return JWSKeys(
      privateKey: try read(directory + "/private/private.pem"),
      publicKeys: try names.sorted().map { try read("\(folder)/\($0)") })
  }

  private func read(_ path: String) throws -> String {
    let file = clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
    guard file >= 0 else { throw unreadable(path) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = CLinux.read(file, &bytes, bytes.count)
    guard count > 0 else { throw unreadable(path) }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func unreadable(_ path: String) -> Fault {
    .internalError("\(path), which holds keys of tokens, cannot be read. Restore it from a backup.")
  }
}
