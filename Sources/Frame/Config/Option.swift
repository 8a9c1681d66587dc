/// One row of a table of options: what a key of the configuration means and which property it sets.
///
///     static let options: [Option<APISettings>] = [
///       .option("api", "listen", \.listen, default: "127.0.0.1", "The address on which the APIs listen."),
///     ]
public struct Option<Settings: Sendable>: Sendable {
  public let section: String
  public let key: String
  /// The default as it would be written.
  public let defaultText: String
  /// A sentence for operators.
  public let help: String
  /// What is allowed, to complete "must be …".
  public let allowed: String
  /// Whether the value is masked wherever it is shown.
  public let isSecret: Bool
  /// Whether repeated keys of one file add up instead of replacing one another.
  let isList: Bool
  let set: @Sendable (inout Settings, _ text: String) -> Bool
  let get: @Sendable (Settings) -> String

  /// `section.key`, or the key alone in `DEFAULT`, as `--set` takes it.
  public var name: String { section == "DEFAULT" ? key : "\(section).\(key)" }

  public static func option<Value: OptionValue>(
    _ section: String, _ key: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, default value: Value,
    secret: Bool = false, _ help: String
  ) -> Option {
    make(section, key, path, value, Value.allowed, secret, help) { _ in true }
  }

  /// An option whose value must lie in a range.
  public static func option<Value: OptionValue & Comparable>(
    _ section: String, _ key: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, default value: Value,
    in range: ClosedRange<Value>, _ help: String
  ) -> Option {
    let limits = "\(Value.allowed) from \(range.lowerBound.optionText) to \(range.upperBound.optionText)"
    return make(section, key, path, value, limits, false, help) { range.contains($0) }
  }

  /// An option whose value must satisfy a rule of its own.
  /// - Parameter allowed: the rule in words, to complete "must be …".
  public static func option<Value: OptionValue>(
    _ section: String, _ key: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, default value: Value,
    as allowed: String, _ check: @escaping @Sendable (Value) -> Bool, _ help: String
  ) -> Option {
    make(section, key, path, value, allowed, false, help, check)
  }

  private static func make<Value: OptionValue>(
    _ section: String, _ key: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, _ value: Value,
    _ allowed: String, _ secret: Bool, _ help: String, _ check: @escaping @Sendable (Value) -> Bool
  ) -> Option {
    Option(
      section: section, key: key, defaultText: value.optionText, help: help, allowed: allowed, isSecret: secret,
      isList: value is any ListValue,
      set: { settings, text in
        guard let value = Value(optionText: text), check(value) else { return false }
        settings[keyPath: path] = value
        return true
      },
      get: { $0[keyPath: path].optionText })
  }

  /// Sets the option to what a text says, for settings that come from elsewhere than the configuration's files.
  /// - Returns: false for a text that is not `allowed`.
  public func apply(_ text: String, to settings: inout Settings) -> Bool { set(&settings, text) }

  /// The same row in a table of what contains these settings.
  func lifted<Whole>(_ path: any WritableKeyPath<Whole, Settings> & Sendable) -> Option<Whole> {
    Option<Whole>(
      section: section, key: key, defaultText: defaultText, help: help, allowed: allowed, isSecret: isSecret,
      isList: isList, set: { whole, text in set(&whole[keyPath: path], text) }, get: { get($0[keyPath: path]) })
  }
}

extension Array {
  /// A module's table as part of the whole program's: `APISettings.options.at(\.api)`.
  public func at<Whole, Part>(_ path: any WritableKeyPath<Whole, Part> & Sendable) -> [Option<Whole>]
  where Element == Option<Part> {
    map { $0.lifted(path) }
  }
}

private protocol ListValue {}
extension Array: ListValue where Element: OptionValue {}
