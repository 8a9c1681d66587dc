internal import Core

/// A distribution's image for clouds: where it is, and how it is known to be genuine.
package struct CloudImage: Sendable {
  package let name: String
  package let url: String
  /// The file with its checksum, in the form of `sha256sum` or of BSD's `sha256`.
  package let checksums: String
  /// A detached signature of that file; nil where there is none, or it is within the file.
  package let signature: String?

  package init(_ name: String, url: String, checksums: String, signature: String? = nil) {
    self.name = name
    self.url = url
    self.checksums = checksums
    self.signature = signature
  }

  private static func beside(_ name: String, _ folder: String, _ file: String, _ sums: String, _ signature: String? = nil)
    -> CloudImage
  {
    CloudImage(
      name, url: folder + "/" + file, checksums: folder + "/" + sums, signature: signature.map { folder + "/" + $0 })
  }

  /// The usual ones.
  package static let all: [CloudImage] = [
    beside(
      "debian-12", "https://cloud.debian.org/images/cloud/bookworm/latest", "debian-12-genericcloud-amd64.qcow2",
      "SHA512SUMS"),
    beside(
      "debian-13", "https://cloud.debian.org/images/cloud/trixie/latest", "debian-13-genericcloud-amd64.qcow2",
      "SHA512SUMS"),
    beside(
      "ubuntu-22.04", "https://cloud-images.ubuntu.com/jammy/current", "jammy-server-cloudimg-amd64.img", "SHA256SUMS",
      "SHA256SUMS.gpg"),
    beside(
      "ubuntu-24.04", "https://cloud-images.ubuntu.com/noble/current", "noble-server-cloudimg-amd64.img", "SHA256SUMS",
      "SHA256SUMS.gpg"),
    beside(
      "centos-stream-9", "https://cloud.centos.org/centos/9-stream/x86_64/images",
      "CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2", "CentOS-Stream-GenericCloud-9-latest.x86_64.qcow2.SHA256SUM"),
    beside(
      "rocky-9", "https://dl.rockylinux.org/pub/rocky/9/images/x86_64",
      "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2", "Rocky-9-GenericCloud-Base.latest.x86_64.qcow2.CHECKSUM"),
    beside(
      "almalinux-9", "https://repo.almalinux.org/almalinux/9/cloud/x86_64/images",
      "AlmaLinux-9-GenericCloud-latest.x86_64.qcow2", "CHECKSUM", "CHECKSUM.asc"),
    beside(
      "opensuse-leap-15.6", "https://download.opensuse.org/distribution/leap/15.6/appliances",
      "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2", "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2.sha256",
      "openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2.sha256.asc"),
  ]

  /// - Throws: `badRequest` that names those there are.
  package static func named(_ name: String) throws -> CloudImage {
    guard let image = all.first(where: { $0.name == name }) else {
      throw Fault.badRequest("There is no image '\(name)'. There are: \(all.map(\.name).joined(separator: ", ")).")
    }
    return image
  }

  var file: String { String(url[(url.lastIndex(of: "/").map { url.index(after: $0) } ?? url.startIndex)...]) }

  /// The hash of a file in a list of them, with its length telling which it is; nil where it is not there.
  package static func checksum(of file: String, in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      var hash: String?
      // `HASH  NAME`, `HASH *NAME`; `SHA256 (NAME) = HASH`.
      if words.count == 2, words[1] == file || words[1] == "*" + file { hash = words[0] }
      if words.count == 4, words[1] == "(\(file))", words[2] == "=" { hash = words[3] }
      if let hash = hash?.lowercased(), [64, 128].contains(hash.utf8.count),
        hash.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
      {
        return hash
      }
    }
    return nil
  }
}
