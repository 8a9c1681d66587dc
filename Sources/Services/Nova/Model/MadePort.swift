public import JSON

/// Ports that compute made and so may remove; a user's own are only ever given back.
public enum MadePort {
  /// The binding profile (shown to services only) that tells them apart.
  public static let profile: JSON = ["made_by": "nova"]

  public static func isMade(_ port: JSON) -> Bool { port["binding:profile"]?["made_by"]?.string == "nova" }
}
