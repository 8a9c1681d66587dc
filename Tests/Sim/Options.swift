/// What the command line says.
struct Options {
  var seed: UInt64 = 1
  var runs = 1
  var jobs = 2
  /// After so many failures no further run is begun.
  var enough = Int.max
  /// One run in this very process.
  var isOne = false
  var isVerbose = false
  var isTraced = false
  /// Only these events of the script; nil for all.
  var kept: [Int]?

  init(_ words: [String]) {
    var words = words[...]
    while let word = words.popFirst() {
      switch word {
      case "--seed": seed = words.popFirst().flatMap { UInt64($0) } ?? seed
      case "--runs": runs = words.popFirst().flatMap { Int($0) } ?? runs
      case "--jobs": jobs = words.popFirst().flatMap { Int($0) } ?? jobs
      case "--enough": enough = words.popFirst().flatMap { Int($0) } ?? enough
      case "--one": isOne = true
      case "--verbose": isVerbose = true
      case "--trace": isTraced = true
      case "--keep": kept = words.popFirst()?.split(separator: ",").compactMap { Int($0) }
      default: complain("martlet-sim does not know \(word)")
      }
    }
  }
}
