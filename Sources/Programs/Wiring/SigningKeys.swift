internal import Core
internal import Crypto
internal import Host

extension StateDirectory {
  /// Where the keys that sign tokens are: made where there are none.
  func signingKeys() async throws -> JWSKeyFiles {
    let host = Host.real
    let files = JWSKeyFiles(directory: path + "/jws-keys")
    let root = files.directory
    for directory in [root, root + "/private", root + "/public"] {
      try await host.makeDirectory(directory, mode: 0o700)
    }
    let privateFile = root + "/private/private.pem"
    if try await !host.exists(privateFile) {
      let fresh = try JWSKeys.generate()
      try await host.writeFile(root + "/public/public.pem", Array(fresh.publicKeys.joined().utf8), mode: 0o600)
      try await host.writeFile(privateFile, Array(fresh.privateKey.utf8), mode: 0o600)
    }
    return files
  }
}
