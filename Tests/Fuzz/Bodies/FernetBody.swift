import Core
@testable import Crypto

extension FuzzTarget {
  /// What was sealed opens to itself and to nothing else: no other text, not one changed letter, opens.
  static let fernet = FuzzTarget("fernet", length: 512) { bytes in
    let key = try key(0x11)
    let fernet = Fernet(keys: [try Self.key(0x22), key])
    let text = String(mending: bytes)
    try hold(fernet.open(text) == nil || text.utf8.count >= 100, "a text that nobody sealed was opened")
    if let read = FernetKey(text) { try hold(FernetKey(read.text) == read, "a key that does not read back") }
    // The bytes as content, sealed at a time they name, and opened whole, changed and late.
    var pieces = Pieces(bytes)
    let time = Timestamp(seconds: pieces.number() & 0xff_ffff_ffff)
    let place = pieces.number()
    let change = pieces.byte()
    let content = pieces.all()
    let vector = (0..<16).map { UInt8($0 * 7) }
    let sealed = try Fernet(keys: [key]).seal(content, time: time, vector: vector, padded: change & 1 == 0)
    try hold(fernet.open(sealed) == Fernet.Opened(bytes: content, time: time), "what was sealed does not open")
    try hold(Fernet(keys: [try Self.key(0x33)]).open(sealed) == nil, "a stranger's key opens")
    let hour = Duration.seconds(3600)
    try hold(fernet.open(sealed, now: time + hour, lifetime: hour) != nil, "closed within its time")
    try hold(fernet.open(sealed, now: time + .seconds(3601), lifetime: hour) == nil, "opened after its time")
    try hold(fernet.open(sealed, now: time - .seconds(61), lifetime: hour) == nil, "opened before its time")
    var letters = Array(sealed.utf8)
    let at = Int(UInt(bitPattern: place) % UInt(letters.count))
    if change != 0, letters[at] ^ change != letters[at] {
      letters[at] ^= change
      let changed = String(decoding: letters, as: UTF8.self)
      try hold(fernet.open(changed) == nil, "opened with letter \(at) changed to \(letters[at])")
    }
    // Without its padding it is the same token, as keystone writes them.
    if sealed.utf8.dropFirst(at).contains(where: { $0 != UInt8(ascii: "=") }) {
      try hold(fernet.open(String(sealed.prefix(at))) == nil, "opened though cut short")
    }
  }

  private static func key(_ byte: UInt8) throws -> FernetKey {
    guard let key = FernetKey(bytes: [UInt8](repeating: byte, count: 32)) else { throw Broken(description: "no key") }
    return key
  }
}
