public import API
internal import Core

/// The token that an operator writes into the configuration to make a cloud's first users (`SERVICE_TOKEN` of the 2013
/// tutorials): whoever holds it may do anything in the identity service, and nothing elsewhere.
public struct AdminToken: Sendable {
  private let text: [UInt8]

  /// - Parameter text: nothing for no such token.
  public init(_ text: String) { self.text = Array(text.utf8) }

  /// Whom the token stands for; nil when it is another.
  public func caller(of token: String) -> Caller? {
    let given = Array(token.utf8)
    // Every byte is looked at, whichever is wrong, so that a clock tells nothing.
    guard !text.isEmpty, given.count == text.count, zip(given, text).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else {
      return nil
    }
    return Caller(
      userID: "admin_token", userName: "admin_token", systemScope: true,
      roles: ["admin", "manager", "member", "reader"], token: token)
  }
}
