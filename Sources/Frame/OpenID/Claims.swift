public import JSON

/// What a provider says of somebody.
public struct Claims: Sendable, Equatable {
  public var members: JSONObject
  public init(_ members: JSONObject) { self.members = members }

  public var subject: String? { members["sub"]?.string }

  /// The attributes that mappings read, named as mod_auth_openidc names what it hands on: `OIDC-email` as it does to
  /// programs, `HTTP_OIDC_EMAIL` as it does in headers; and `REMOTE_USER`.
  ///
  /// Lists become their values with `;` between them, flags `1` and `0`, objects their JSON.
  public func attributes(remoteUser: String) -> [String: String] {
    var all: [String: String] = [:]
    for (name, value) in members.members {
      guard let text = Self.text(value) else { continue }
      all["OIDC-\(name)"] = text
      all["HTTP_OIDC_\(Self.headerName(name))"] = text
    }
    // Whatever else a provider invents, who it is and of whom it speaks cannot be covered by a claim named `Iss`.
    for name in ["iss", "sub"] { all["HTTP_OIDC_\(Self.headerName(name))"] = members[name].flatMap(Self.text) }
    if let user = members[remoteUser].flatMap(Self.text) { all["REMOTE_USER"] = user }
    return all
  }

  /// Upper case, and `_` for what cannot stand in the name of a variable.
  private static func headerName(_ name: String) -> String {
    String(
      decoding: name.utf8.map { byte -> UInt8 in
        switch byte {
        case 97...122: byte - 32
        case 65...90, 48...57: byte
        default: UInt8(ascii: "_")
        }
      }, as: UTF8.self)
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text
    case .bool(let flag): flag ? "1" : "0"
    case .array(let list): list.compactMap(text).joined(separator: ";")
    case .null: nil
    default: value.text
    }
  }

  /// The values of a claim that may be one text or a list of them (`aud`).
  func texts(_ name: String) -> [String] {
    if let one = members[name]?.string { return [one] }
    return members[name]?.array?.compactMap(\.string) ?? []
  }

  /// A time in seconds; providers write whole numbers and others.
  func time(_ name: String) -> Double? {
    switch members[name] {
    case .int(let seconds)?: Double(seconds)
    case .double(let seconds)? where seconds.isFinite: seconds
    default: nil
    }
  }
}
