internal import Core
internal import Crypto
internal import Host

extension StateDirectory {
  /// The keys that sign tokens, in upstream's places, so that a directory can be shared: made where there are none.
  func signingKeys() async throws -> JWSKeys {
    let host = Host.real
    let root = path + "/jws-keys"
    for directory in [root, root + "/private", root + "/public"] {
      try await host.makeDirectory(directory, mode: 0o700)
    }
    let privateFile = root + "/private/private.pem"
    if try await !host.exists(privateFile) {
      let fresh = try JWSKeys.generate()
      try await host.writeFile(root + "/public/public.pem", Array(fresh.publicKeys.joined().utf8), mode: 0o600)
      try await host.writeFile(privateFile, Array(fresh.privateKey.utf8), mode: 0o600)
    }
    var publicKeys: [String] = []
    for name in try await host.list(root + "/public").sorted() where name.hasSuffix(".pem") {
      publicKeys.append(String(decoding: try await host.readFile("\(root)/public/\(name)"), as: UTF8.self))
    }
    let privateKey = String(decoding: try await host.readFile(privateFile), as: UTF8.self)
    return JWSKeys(privateKey: privateKey, publicKeys: publicKeys)
  }
}
