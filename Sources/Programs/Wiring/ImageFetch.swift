internal import Core
internal import Crypto
package import GlanceWork
package import Host

/// Brings a distribution's image to a file here, and keeps it only when it is what its makers signed.
package struct ImageFetch: Sendable {
  private let web: any WebSource
  private let host: Host
  private let folder: String
  /// A keyring of the distribution, by which `gpgv` verifies its signature; nil for none.
  private let keyring: String?
  private let say: @Sendable (String) -> Void
  private static let most = 64 << 30

  package init(
    web: any WebSource, folder: String, keyring: String? = nil, host: Host = .real,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.web = web
    self.folder = folder
    self.keyring = keyring
    self.host = host
    self.say = say
  }

  /// - Returns: the file, which is the caller's to remove.
  /// - Throws: `unavailable` when the network refuses, `conflict` for a file that is not what it should be.
  package func fetch(_ image: CloudImage) async throws -> String {
    try await host.makeDirectory(folder)
    let sums = try await small(image.checksums)
    try await verify(image, sums)
    guard let expected = CloudImage.checksum(of: image.file, in: String(decoding: sums, as: UTF8.self)) else {
      throw Fault.conflict("\(image.checksums) does not name \(image.file): the image cannot be verified.")
    }
    let path = folder + "/" + image.file
    do {
      let found = try await download(image.url, to: path, isLong: expected.utf8.count == 128)
      guard found == expected else {
        throw Fault.conflict(
          "\(image.url) is not what its makers say: its hash is \(found), and \(image.checksums) says \(expected). "
            + "Try again later; if it lasts, tell them.")
      }
    } catch {
      try? await host.remove(path)
      throw error
    }
    say("\(image.file): its hash is right")
    return path
  }

  private func open(_ url: String) async throws -> @Sendable () async throws -> [UInt8]? {
    do { return try await web.fetch(url, limit: Self.most) } catch let fault as Fault {
      throw Fault.unavailable(
        "The network did not give \(url): \(fault.message) Where this machine may not ask it, fetch the image "
          + "elsewhere and upload it with 'openstack image create'.", detail: fault.detail)
    }
  }

  private func small(_ url: String) async throws -> [UInt8] {
    let pieces = try await open(url)
    var bytes: [UInt8] = []
    while let piece = try await pieces() {
      bytes += piece
      guard bytes.count <= 1 << 20 else { throw Fault.conflict("\(url) is too long for a list of hashes.") }
    }
    return bytes
  }

  private func download(_ url: String, to path: String, isLong: Bool) async throws -> String {
    let hashes = try ParallelHashes([isLong ? .sha512 : .sha256])
    let pieces = try await open(url)
    var (size, block) = (0, [UInt8]())
    try await host.remove(path)
    try await host.create(path)
    func flush() async throws {
      try await hashes.update(block)
      try await host.writeSparse(path, block, at: size)
      size += block.count
      block = []
      guard size <= Self.most else { throw Fault.conflict("\(url) is longer than any image: \(Self.most) bytes.") }
    }
    while let piece = try await pieces() {
      block += piece
      if block.count >= 1 << 20 { try await flush() }
    }
    try await flush()
    try await host.allocate(path, size: size)
    return hashes.hex(isLong ? .sha512 : .sha256)
  }

  private func verify(_ image: CloudImage, _ sums: [UInt8]) async throws {
    guard let signature = image.signature else { return say("there is no signature: the hash alone is verified") }
    guard let keyring, try await host.hasProgram("gpgv") else {
      return say("the signature is not verified: that needs gpgv and --keyring FILE; the hash alone is")
    }
    let (list, mark) = (folder + "/list", folder + "/list.signature")
    try await host.writeFile(list, sums)
    try await host.writeFile(mark, try await small(signature))
    let result = try await host.run("gpgv", ["--keyring", keyring, mark, list])
    for path in [list, mark] { try await host.remove(path) }
    guard result.ok else {
      throw Fault(
        .conflict, "The signature of \(image.checksums) is not by a key in \(keyring). Do not use this image.",
        detail: result.fault.detail)
    }
    say("its signature is right")
  }
}
