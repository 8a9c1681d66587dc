// Config: what operators can set, where a value came from, and the command line.
//
// An option is a row of a table: section, key, where it goes, default, a sentence. From the rows come the loader, the
// example file, `config explain` and `config`. Whatever is not in a table stops the start and is told its nearest
// neighbour: a misspelt key that is silently ignored costs an operator a day. Files are read by the caller.

internal import Core
internal import Text

/// A type that an option can have: how it is written, read and described.
public protocol OptionValue: Sendable {
  /// What is allowed, to complete "must be …".
  static var allowed: String { get }
  /// Nil for a text that is not of the type.
  init?(optionText: String)
  /// The text that reads back as the value.
  var optionText: String { get }
}

extension String: OptionValue {
  public static var allowed: String { "a text" }
  public init?(optionText: String) { self = optionText }
  public var optionText: String { self }
}
extension Int: OptionValue {
  public static var allowed: String { "a whole number" }
  public init?(optionText: String) { self.init(optionText) }
  public var optionText: String { String(self) }
}
extension Double: OptionValue {
  public static var allowed: String { "a number" }
  public init?(optionText: String) {
    guard let value = Double(optionText), value.isFinite else { return nil }
    self = value
  }
  public var optionText: String { String(self) }
}
extension Bool: OptionValue {
  public static var allowed: String { "true or false" }
  public init?(optionText: String) {
    switch optionText.lowercased() {
    case "true", "yes", "on", "1": self = true
    case "false", "no", "off", "0": self = false
    default: return nil
    }
  }
  public var optionText: String { self ? "true" : "false" }
}
/// Empty for none.
extension Optional: OptionValue where Wrapped: OptionValue {
  public static var allowed: String { Wrapped.allowed + ", or empty" }
  public init?(optionText: String) {
    if optionText.isEmpty {
      self = .none
    } else {
      guard let value = Wrapped(optionText: optionText) else { return nil }
      self = .some(value)
    }
  }
  public var optionText: String { self?.optionText ?? "" }
}
/// Values between commas or on lines of their own.
extension Array: OptionValue where Element: OptionValue {
  public static var allowed: String { "a list, with commas, each \(Element.allowed)" }
  public init?(optionText: String) {
    self = []
    for part in optionText.split(whereSeparator: { $0 == "," || $0.isNewline }) {
      let text = trimmed(part)
      if text.isEmpty { continue }
      guard let element = Element(optionText: text) else { return nil }
      append(element)
    }
  }
  public var optionText: String { map(\.optionText).joined(separator: ", ") }
}
/// Enums of words.
extension OptionValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  public static var allowed: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
  public init?(optionText: String) { self.init(rawValue: optionText) }
  public var optionText: String { rawValue }
}

extension Duration: OptionValue {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]
  public static var allowed: String { "a duration such as 30 (seconds), 250ms, 5m, 1h30m or 2d" }
  /// A thousand years in seconds; longer ones are mistakes.
  private static let most: Int64 = 1000 * 366 * 86_400
  public init?(optionText: String) {
    var total: Int64 = 0
    var rest = optionText[...]
    if let seconds = Int64(optionText), seconds >= 0, seconds < Self.most {
      self = .seconds(seconds)
      return
    }
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { ("0"..."9").contains($0) }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { ("a"..."z").contains($0) }
      rest = rest.dropFirst(name.count)
      guard digits.count < 10, let number = Int64(digits),
        let unit = Self.units.first(where: { $0.name == name })
      else { return nil }
      total += number * unit.milliseconds
      // However often a unit is repeated, the sum stays far from the end of 64 bits.
      guard total < Self.most * 1000 else { return nil }
    }
    self = .milliseconds(total)
  }
  public var optionText: String {
    var rest = milliseconds
    if rest == 0 { return "0s" }
    var text = ""
    for unit in Self.units where rest >= unit.milliseconds {
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text
  }
}

/// A number of bytes: `512`, `64KiB`, `2GiB`, `10MB`.
public struct Bytes: Sendable, Hashable, OptionValue {
  public var count: Int
  public init(_ count: Int) { self.count = count }

  private static let units: [(names: [String], factor: Int)] = [
    (["TIB", "T"], 1 << 40), (["GIB", "G"], 1 << 30), (["MIB", "M"], 1 << 20), (["KIB", "K"], 1 << 10),
    (["TB"], 1_000_000_000_000), (["GB"], 1_000_000_000), (["MB"], 1_000_000), (["KB"], 1000), (["", "B"], 1),
  ]
  public static var allowed: String { "a size such as 4096, 64KiB, 512MiB or 2GiB" }
  public init?(optionText: String) {
    let digits = optionText.prefix { ("0"..."9").contains($0) }
    let name = trimmed(optionText.dropFirst(digits.count)).uppercased()
    guard let number = Int(digits), let unit = Self.units.first(where: { $0.names.contains(name) }) else { return nil }
    let (count, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    guard !overflow else { return nil }
    self.count = count
  }
  public var optionText: String {
    let names = ["KiB", "MiB", "GiB", "TiB"]
    for power in stride(from: 4, to: 0, by: -1) where count > 0 && count % (1 << (10 * power)) == 0 {
      return "\(count >> (10 * power))\(names[power - 1])"
    }
    return String(count)
  }
}
