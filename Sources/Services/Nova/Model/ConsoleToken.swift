public import Core
public import Store

/// Lets one browser reach one console for a while.
public struct ConsoleToken: Record {
  /// What stands in the URL.
  public var token = ""
  public var id: String { token }
  public var serverID = ""
  /// `novnc`.
  public var kind = ""
  /// Where the hypervisor listens.
  public var host = ""
  public var port = 0
  public var expiresAt = Timestamp(seconds: 0)
  public init() {}

  public static let table = Table<ConsoleToken>(
    "nova_console_tokens", logged: false,
    [
      .column("token", \.token, key: true), .column("server_id", \.serverID), .column("kind", \.kind),
      .column("host", \.host), .column("port", \.port), .column("expires_at", \.expiresAt),
    ], indexes: [.index("server_id"), .index("expires_at")])
}
