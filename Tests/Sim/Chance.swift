/// Numbers that look random and follow from the seed alone (SplitMix64, Steele, Lea and Flood 2014).
struct Chance: Sendable {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// 0 ..< bound.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func isTrue(oneIn n: Int) -> Bool { below(n) == 0 }
  mutating func pick<T>(_ from: [T]) -> T { from[below(from.count)] }

  /// One of the rows, each as likely as its weight.
  mutating func pick<T>(weighted rows: [(weight: Int, value: T)]) -> T {
    var at = below(rows.reduce(0) { $0 + $1.weight })
    for row in rows {
      at -= row.weight
      if at < 0 { return row.value }
    }
    return rows[rows.count - 1].value
  }
}
