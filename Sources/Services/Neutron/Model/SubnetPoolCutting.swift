public import Text

/// Which block a subnet gets from a pool: a function of the pool's prefixes and what was cut from them.
public enum SubnetPoolCutting {
  /// The first block of that length that overlaps nothing taken; nil when there is none.
  public static func next(_ length: Int, from prefixes: [CIDR], taken: [CIDR]) -> CIDR? {
    for prefix in prefixes where prefix.prefix <= length {
      var candidate = CIDR(prefix.first, prefix: length)
      while let block = candidate, prefix.contains(block) {
        guard let obstacle = taken.filter({ $0.overlaps(block) }).max(by: { $0.last < $1.last }) else { return block }
        // Go on behind what is in the way, at the next multiple of the block's size.
        guard let behind = max(obstacle.last, block.last).advanced(by: 1) else { break }
        guard let aligned = CIDR(behind, prefix: length) else { break }
        candidate =
          aligned.first == behind ? aligned : aligned.last.advanced(by: 1).flatMap { CIDR($0, prefix: length) }
      }
    }
    return nil
  }
}
