import Core
import Crypto
import JSON
import Text

extension FuzzTarget {
  /// Addresses, blocks and hardware addresses: the text of each reads back as itself, and a block holds its ends.
  static let address = FuzzTarget("address", length: 128) { bytes in
    let text = String(mending: bytes)
    if let address = IPAddress(text) {
      try hold(IPAddress(address.text) == address, "\(address) does not read back")
      try hold(IPAddress(bytes: address.bytes) == address, "\(address) as bytes is another")
      try hold(text.utf8.count <= 45, "an address of \(text.utf8.count) letters")
    }
    for block in [CIDR(text), CIDR(strict: text)].compactMap({ $0 }) {
      try hold(CIDR(strict: block.text) == block, "\(block) does not read back")
      try hold(CIDR("\(block.network)/\(block.netmask)") == block, "\(block) with its netmask is another")
      try hold(block.contains(block.first) && block.contains(block.last), "\(block) without its ends")
      try hold(block.range.contains(block.hosts), "hosts outside \(block)")
      try hold(block.last.advanced(by: 1).map { !block.contains($0) } ?? true, "\(block) goes on behind its end")
      try hold(block.first.advanced(by: -1).map { !block.contains($0) } ?? true, "\(block) begins before its beginning")
      if let part = block.subnet(0, prefix: block.version.width) { try hold(block.contains(part), "\(part) outside") }
    }
    if let mac = MACAddress(text) {
      try hold(MACAddress(mac.text) == mac && mac.bytes.count == 6, "\(mac) does not read back")
      try hold([12, 17].contains(text.utf8.count), "a hardware address of \(text.utf8.count) letters")
      if let block = CIDR("fd00::/64") { try hold(block.eui64(mac).map(block.contains) ?? false, "\(mac) outside") }
    }
  }

  /// Times: whatever is read can be written in every form and is then read as the same instant.
  static let timestamp = FuzzTarget("timestamp", length: 64) { bytes in
    guard let time = Timestamp(String(mending: bytes)) else { return }
    try hold(Timestamp(time.isoMicroseconds) == time, "\(time.isoMicroseconds) does not read back")
    try hold(Timestamp(time.isoMicrosecondsZ) == time, "\(time.isoMicrosecondsZ) does not read back")
    try hold(time.isoMicroseconds.utf8.count == 26, "\(time.isoMicroseconds) is not of the usual form")
    try hold(Timestamp(time.iso8601) == Timestamp(seconds: time.seconds), "\(time.iso8601) is another second")
  }

  /// Base64 and hexadecimal: one text for each value, and no value for any other text. And the ids.
  static let base64 = FuzzTarget("base64", length: 256) { bytes in
    let text = String(mending: bytes)
    for alphabet in [Base64.Alphabet.standard, .urlSafe] {
      for padded in [true, false] {
        let written = Base64.encode(bytes, alphabet, padded: padded)
        try hold(Base64.decode(written, alphabet, padded: padded) == bytes, "\(bytes.hex) is not read back")
        let folded = written.map { "\($0)\n" }.joined()
        try hold(Base64.decode(folded, alphabet, padded: padded, ignoringSpace: true) == bytes, "not read when folded")
      }
      if let read = Base64.decode(text, alphabet) {
        try hold(same(Base64.encode(read, alphabet), text), "'\(text)' is not how \(read.hex) is written")
      }
      if let read = Base64.decode(text, alphabet, padded: false) {
        let forms = [true, false].map { Base64.encode(read, alphabet, padded: $0) }
        try hold(forms.contains { same($0, text) }, "'\(text)' is not how \(read.hex) is written")
      }
    }
    try hold([UInt8](hex: bytes.hex) == bytes, "\(bytes.hex) is not read back")
    if let read = [UInt8](hex: text) { try hold(read.hex == text.lowercased(), "'\(text)' is not \(read.hex)") }
    let digits = text.utf8.filter { $0 != 45 }
    if isUUID(text) {
      try hold([UInt8](hex: String(mending: Array(digits)))?.count == 16, "'\(text)' is a UUID")
      try hold([32, 36].contains(text.utf8.count), "a UUID of \(text.utf8.count) letters")
    }
  }

  /// SSH keys: what is accepted reads back as itself from its own line, and the line is one line.
  static let sshKey = FuzzTarget("sshkey", length: 1024) { bytes in
    guard let key = SSHPublicKey(String(mending: bytes)) else { return }
    let again = SSHPublicKey(key.line)
    try hold(again?.type == key.type && again?.blob == key.blob, "\(key.line) does not read back")
    try hold(same(again?.comment ?? "?", key.comment), "the comment '\(key.comment)' does not read back")
    try hold(!key.line.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 }, "the key is more than one line")
    try hold(key.fingerprint.utf8.count == 47, "the fingerprint \(key.fingerprint)")
  }
}
