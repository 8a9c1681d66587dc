/// The word most like a misspelt one, or nil when none is near: at most a third of its letters may differ, and
/// one or two always may, but never all. A swap of neighbours counts once (optimal string alignment).
public func closest(_ word: String, among words: some Sequence<String>) -> String? {
  let allowed = max(2, word.count / 3)
  var best: (word: String, distance: Int)?
  for candidate in words {
    let distance = editDistance(word.lowercased(), candidate.lowercased())
    guard distance <= allowed, distance < word.count else { continue }
    if let known = best, (known.distance, known.word) <= (distance, candidate) { continue }
    best = (candidate, distance)
  }
  return best?.word
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one text to the other.
func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a.unicodeScalars)
  let b = Array(b.unicodeScalars)
  var before: [Int] = []
  var row = Array(0...b.count)
  for i in a.indices {
    var next = [i + 1]
    for j in b.indices {
      var cost = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      next.append(cost)
    }
    before = row
    row = next
  }
  return row[b.count]
}
