internal import Core

/// What an operator may choose of imports, in upstream's words.
public struct ImportOptions: Sendable {
  /// What is done to the bytes between staging and storing, in this order whatever the order here.
  public enum Plugin: String, Sendable, Codable, CaseIterable {
    case decompression = "image_decompression"
    case conversion = "image_conversion"
    case metadata = "inject_image_metadata"
  }
  public var plugins: [Plugin] = []
  /// The disk format that everything is converted to (`output_format`).
  public var outputFormat = "raw"
  /// Properties that every imported image gets (`inject`).
  public var inject: [String: String] = [:]
  /// Whose images get none of them (`ignore_user_roles`).
  public var ignoredRoles: [String] = ["admin"]
  /// How long a tool may work on an image.
  public var toolTime = Duration.minutes(30)
  /// How many bytes of memory a tool may have.
  public var toolMemory = 1 << 30
  /// How many bytes of room are left where tools write: what they make can be a thousand times what they read.
  public var spareRoom = 1 << 30
  /// What the names of those properties begin with that `glance-download` takes over (`extra_properties`).
  public var takenProperties = ["hw_", "trait:", "os_distro", "os_secure_boot", "os_type"]
  public var web = WebRules()
  public init() {}
}
