/// Changes seeds a little, the same way each time: what libFuzzer does, without its feedback.
struct Mutator {
  let seeds: [[UInt8]]
  let length: Int
  var state: UInt64

  /// splitmix64 (Steele, Lea and Flood 2014).
  private mutating func random() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  private mutating func below(_ limit: Int) -> Int { limit < 1 ? 0 : Int(random() % UInt64(limit)) }

  /// Bytes that parsers tend to stumble over.
  private static let pieces: [[UInt8]] = [
    [0], [0xff], [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xcc, 0x81], [0xef, 0xbb, 0xbf], [0xf0, 0x9f, 0xa6, 0x83],
    Array("\r\n".utf8), Array("-9223372036854775808".utf8), Array("1e400".utf8), Array("((((((((".utf8),
    Array("%00".utf8), Array("%".utf8), Array("\\u0000".utf8), Array("'\";--".utf8), Array("0x-1".utf8),
  ]

  mutating func next() -> [UInt8] {
    var bytes = seeds.isEmpty ? [] : seeds[below(seeds.count)]
    for _ in 0...below(4) {
      let at = below(bytes.count + 1)
      switch below(7) {
      case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
      case 1 where at < bytes.count: bytes[at] = UInt8(below(256))
      case 2: bytes.insert(contentsOf: Self.pieces[below(Self.pieces.count)], at: at)
      case 3: bytes.removeSubrange(at..<min(bytes.count, at + below(8)))
      case 4:
        let piece = bytes[at..<min(bytes.count, at + below(16))]
        bytes.insert(contentsOf: Array(repeating: Array(piece), count: 1 + below(16)).joined(), at: at)
      case 5:
        let other = seeds.isEmpty ? [] : seeds[below(seeds.count)]
        bytes = Array(bytes.prefix(at)) + other.dropFirst(below(other.count + 1))
      default: bytes.insert(UInt8(below(256)), at: at)
      }
    }
    return Array(bytes.prefix(length))
  }
}
