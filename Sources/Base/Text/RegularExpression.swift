internal import Core

/// A regular expression from a stranger, matched in time that grows with its length times the text's and no more.
///
/// Swift's own `Regex` tries every way there is, one after another, and can be kept busy for years by twenty letters
/// (`(a+)+$`). Here all ways are followed at once (K. Thompson, "Regular Expression Search Algorithm", 1968). What that
/// cannot do, back references and looking around, is refused.
///
/// The language is what MySQL's, PostgreSQL's and Python's have in common: letters, `.`, `[a-z]` with `[:digit:]`,
/// `\d \w \s` and their opposites, `^ $`, groups, `|`, `* + ? {2} {2,} {2,5}`. Case does not count unless it is asked
/// for.
public struct RegularExpression: Sendable {
  /// How many steps a pattern may come to, with its counted repetitions written out.
  public static let stepLimit = 1000

  enum Step: Sendable, Equatable {
    case letter(LetterSet)
    case start, end
    case jump(Int)
    case either(Int, Int)
    case done
  }
  private let steps: [Step]
  private let ignoresCase: Bool

  /// - Parameter ignoringCase: false where `a` is not `A`, as in Python's `re.search`.
  /// - Throws: a `badRequest` fault that says what is wrong with the pattern.
  public init(_ text: String, ignoringCase: Bool = true) throws {
    ignoresCase = ignoringCase
    var parser = RegularExpressionParser(text, ignoringCase: ignoringCase)
    let node = try parser.parse()
    var compiler = Compiler()
    try compiler.add(node)
    try compiler.append(.done)
    steps = compiler.steps
  }

  /// Whether any part of the text is of the pattern.
  public func matches(_ text: String) -> Bool {
    let letters = text.unicodeScalars.map { ignoresCase ? folded($0) : $0.value }
    var current = Places(count: steps.count)
    var next = Places(count: steps.count)
    for at in 0...letters.count {
      // A match may begin anywhere.
      if reach(0, &current, isStart: at == 0, isEnd: at == letters.count) { return true }
      guard at < letters.count else { return false }
      for place in current.list {
        guard case .letter(let set) = steps[place], set.contains(letters[at]) else { continue }
        if reach(place + 1, &next, isStart: false, isEnd: at + 1 == letters.count) { return true }
      }
      swap(&current, &next)
      next.clear()
    }
    return false
  }

  /// Adds a place and all that follow it without a letter; true when the pattern is done there.
  private func reach(_ place: Int, _ places: inout Places, isStart: Bool, isEnd: Bool) -> Bool {
    var waiting = [place]
    while let place = waiting.popLast() {
      guard places.insert(place) else { continue }
      switch steps[place] {
      case .letter: continue
      case .start: if isStart { waiting.append(place + 1) }
      case .end: if isEnd { waiting.append(place + 1) }
      case .jump(let to): waiting.append(to)
      case .either(let one, let other): waiting += [one, other]
      case .done: return true
      }
    }
    return false
  }

  /// A set of places that remembers their order and is emptied in the time it took to fill.
  private struct Places {
    var list: [Int] = []
    private var isIn: [Bool]

    init(count: Int) { isIn = Array(repeating: false, count: count) }
    mutating func insert(_ place: Int) -> Bool {
      guard !isIn[place] else { return false }
      isIn[place] = true
      list.append(place)
      return true
    }
    mutating func clear() {
      for place in list { isIn[place] = false }
      list.removeAll(keepingCapacity: true)
    }
  }

  private struct Compiler {
    var steps: [Step] = []
    /// Empty groups come to no step, but repeating them takes its time too.
    private var visited = 0

    private var tooMuch: Fault {
      .badRequest("The pattern repeats too much: it comes to more than \(stepLimit) steps.")
    }

    mutating func append(_ step: Step) throws {
      guard steps.count < stepLimit else { throw tooMuch }
      steps.append(step)
    }

    mutating func add(_ node: RegularExpressionParser.Node) throws {
      visited += 1
      guard visited <= 4 * stepLimit else { throw tooMuch }
      switch node {
      case .letter(let set): try append(.letter(set))
      case .start: try append(.start)
      case .end: try append(.end)
      case .sequence(let nodes): for node in nodes { try add(node) }
      case .choice(let nodes): try choice(nodes)
      case .repeated(let node, let least, let most):
        for _ in 0..<least { try add(node) }
        if let most {
          for _ in least..<most { try optional(node) }
        } else {
          try loop(node)
        }
      }
    }

    private mutating func choice(_ nodes: [RegularExpressionParser.Node]) throws {
      var ends: [Int] = []
      for (i, node) in nodes.enumerated() {
        guard i < nodes.count - 1 else {
          try add(node)
          break
        }
        let fork = steps.count
        try append(.jump(0))
        try add(node)
        ends.append(steps.count)
        try append(.jump(0))
        steps[fork] = .either(fork + 1, steps.count)
      }
      for end in ends { steps[end] = .jump(steps.count) }
    }

    private mutating func optional(_ node: RegularExpressionParser.Node) throws {
      let fork = steps.count
      try append(.jump(0))
      try add(node)
      steps[fork] = .either(fork + 1, steps.count)
    }

    private mutating func loop(_ node: RegularExpressionParser.Node) throws {
      let fork = steps.count
      try append(.jump(0))
      try add(node)
      try append(.jump(fork))
      steps[fork] = .either(fork + 1, steps.count)
    }
  }
}

/// The letters that may stand at one place.
struct LetterSet: Sendable, Equatable {
  var ranges: [ClosedRange<UInt32>]
  var isNegated = false

  func contains(_ letter: UInt32) -> Bool { ranges.contains { $0.contains(letter) } != isNegated }
}

/// A letter without its case, so that those of pattern and text meet.
func folded(_ scalar: Unicode.Scalar) -> UInt32 {
  let lower = scalar.properties.lowercaseMapping.unicodeScalars
  guard lower.count == 1, let only = lower.first else { return scalar.value }
  return only.value
}
