public import Store

/// What a guest has told its metadata service: its administrator's password, encrypted by the guest with the server's
/// SSH key, so that nobody but the owner of that key can read it.
public struct ServerPassword: Record {
  public var serverID = ""
  public var id: String { serverID }
  /// Base64 by convention; at most 1020 bytes, as upstream keeps four pieces of 255.
  public var encrypted = ""
  public init() {}

  public static let table = Table<ServerPassword>(
    "nova_server_passwords", logged: false,
    [.column("server_id", \.serverID, key: true), .column("encrypted", \.encrypted, secret: true)])
}
