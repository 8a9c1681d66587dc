internal import Core

/// Reads the text of a `RegularExpression`.
struct RegularExpressionParser {
  indirect enum Node {
    case letter(LetterSet)
    case start, end
    case sequence([Node])
    case choice([Node])
    /// At least and at most so often; without a most, any number of times.
    case repeated(Node, Int, Int?)
  }
  /// How deep groups may nest, since the parser recurses.
  private static let depthLimit = 32

  private let text: String
  private let ignoresCase: Bool
  private var rest: ArraySlice<Unicode.Scalar>

  init(_ text: String, ignoringCase: Bool = true) {
    self.text = text
    ignoresCase = ignoringCase
    rest = Array(text.unicodeScalars)[...]
  }

  func fault(_ why: String) -> Fault { .badRequest("'\(text)' is not a regular expression: \(why).") }

  mutating func parse() throws -> Node {
    let node = try choice(depth: 0)
    guard rest.isEmpty else { throw fault("a ) without its (") }
    return node
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func choice(depth: Int) throws -> Node {
    guard depth <= Self.depthLimit else { throw fault("it nests more than \(Self.depthLimit) groups") }
    var list = [try sequence(depth: depth)]
    while take("|") { list.append(try sequence(depth: depth)) }
    return list.count == 1 ? list[0] : .choice(list)
  }

  private mutating func sequence(depth: Int) throws -> Node {
    var list: [Node] = []
    while let next = rest.first, next != "|", next != ")" {
      rest.removeFirst()
      let node = try atom(next, depth: depth)
      list.append(try repetition(of: node))
    }
    return .sequence(list)
  }

  private mutating func atom(_ first: Unicode.Scalar, depth: Int) throws -> Node {
    switch first {
    case "(":
      if take("?"), !take(":") { throw fault("groups of the kind (?...) are not understood") }
      let inner = try choice(depth: depth + 1)
      guard take(")") else { throw fault("a ( without its )") }
      return inner
    case "^": return .start
    case "$": return .end
    case ".": return .letter(LetterSet(ranges: [], isNegated: true))
    case "[": return .letter(try bracket())
    case "\\": return .letter(try escape())
    case "*", "+", "?", "{": throw fault("there is nothing before the \(first) to repeat")
    default:
      let letter = ignoresCase ? folded(first) : first.value
      return .letter(LetterSet(ranges: [letter...letter]))
    }
  }

  /// What follows an atom: how often it stands there. A `?` behind makes no difference to whether a text matches.
  private mutating func repetition(of node: Node) throws -> Node {
    let repeated: Node
    switch rest.first {
    case "*": repeated = .repeated(node, 0, nil)
    case "+": repeated = .repeated(node, 1, nil)
    case "?": repeated = .repeated(node, 0, 1)
    case "{":
      rest.removeFirst()
      guard let least = number() else { throw fault("a { without a number") }
      let most = take(",") ? number() : least
      guard rest.first == "}", most.map({ $0 >= least }) ?? true else {
        throw fault("a {} that is not {2}, {2,} or {2,5}")
      }
      repeated = .repeated(node, least, most)
    default: return node
    }
    rest.removeFirst()
    _ = take("?")
    if let next = rest.first, ["*", "+", "{"].contains(next) { throw fault("a repetition of a repetition") }
    return repeated
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let next = rest.first, ("0"..."9").contains(next), digits.utf8.count < 4 {
      digits.unicodeScalars.append(next)
      rest.removeFirst()
    }
    return Int(digits)
  }

  private static let digits: [ClosedRange<UInt32>] = [48...57]
  private static let letters: [ClosedRange<UInt32>] = [65...90, 97...122]
  private static let space: [ClosedRange<UInt32>] = [9...13, 32...32]
  private static let classes: [String: [ClosedRange<UInt32>]] = [
    "digit": digits, "alpha": letters, "alnum": digits + letters, "lower": letters, "upper": letters, "space": space,
    "xdigit": [48...57, 65...70, 97...102], "punct": [33...47, 58...64, 91...96, 123...126], "blank": [9...9, 32...32],
  ]

  private mutating func escape() throws -> LetterSet {
    guard let next = rest.popFirst() else { throw fault("it ends in a \\") }
    switch next {
    case "d": return LetterSet(ranges: Self.digits)
    case "D": return LetterSet(ranges: Self.digits, isNegated: true)
    case "w": return LetterSet(ranges: Self.digits + Self.letters + [95...95])
    case "W": return LetterSet(ranges: Self.digits + Self.letters + [95...95], isNegated: true)
    case "s": return LetterSet(ranges: Self.space)
    case "S": return LetterSet(ranges: Self.space, isNegated: true)
    case "t": return LetterSet(ranges: [9...9])
    case "n": return LetterSet(ranges: [10...10])
    default:
      guard !next.properties.isAlphabetic, next.properties.numericType == nil else {
        throw fault("\\\(next) is not understood")
      }
      return LetterSet(ranges: [next.value...next.value])
    }
  }

  /// `[a-z_]`, behind its first sign.
  private mutating func bracket() throws -> LetterSet {
    var set = LetterSet(ranges: [], isNegated: take("^"))
    var isFirst = true
    while let next = rest.popFirst() {
      if next == "]", !isFirst { return set }
      isFirst = false
      var low = next
      if next == "[", take(":") {
        set.ranges += try named()
        continue
      }
      if next == "\\" {
        let escaped = try escape()
        guard !escaped.isNegated, escaped.ranges.count == 1, let only = escaped.ranges.first, only.count == 1,
          let letter = Unicode.Scalar(only.lowerBound)
        else {
          guard !escaped.isNegated else { throw fault("the opposite of a class inside []") }
          set.ranges += escaped.ranges
          continue
        }
        low = letter
      }
      var high = low
      if rest.first == "-", rest.dropFirst().first != "]" {
        rest.removeFirst()
        guard let end = rest.popFirst(), end != "\\" || !rest.isEmpty else { break }
        high = end == "\\" ? rest.removeFirst() : end
      }
      guard low <= high else { throw fault("the range \(low)-\(high) ends before it begins") }
      set.ranges.append(low.value...high.value)
      if ignoresCase { set.ranges += Self.otherCase(low.value...high.value) }
    }
    throw fault("a [ without its ]")
  }

  /// `[:digit:]`, behind its second sign.
  private mutating func named() throws -> [ClosedRange<UInt32>] {
    let name = rest.prefix { $0 != ":" && $0 != "]" }
    rest = rest.dropFirst(name.count)
    var text = ""
    text.unicodeScalars.append(contentsOf: name)
    guard let ranges = Self.classes[text], take(":"), take("]") else { throw fault("[:\(text):] is no class") }
    if !ignoresCase, text == "lower" { return [97...122] }
    if !ignoresCase, text == "upper" { return [65...90] }
    return ranges
  }

  /// The small letters of a range's capitals; texts are compared in small letters.
  private static func otherCase(_ range: ClosedRange<UInt32>) -> [ClosedRange<UInt32>] {
    if range.count == 1, let scalar = Unicode.Scalar(range.lowerBound) { return [folded(scalar)...folded(scalar)] }
    guard range.overlaps(65...90) else { return [] }
    let capitals = range.clamped(to: 65...90)
    return [(capitals.lowerBound + 32)...(capitals.upperBound + 32)]
  }
}
