package import Config
internal import Core
internal import GlanceModel
internal import Text

/// What can be set of the image service: which stores it has, what imports may do.
package struct ImageSettings: Sendable {
  package var enabledBackends: [String] = []
  package var defaultBackend = ""
  package var sizeCap = 0
  package var importMethods: [String] = []
  package var takenProperties: [String] = []
  package var importPlugins: [String] = []
  package var outputFormat = ""
  package var inject: [String] = []
  package var ignoredRoles: [String] = []
  package var certificates = ""
  package var allowedSchemes: [String] = []
  package var disallowedSchemes: [String] = []
  package var allowedHosts: [String] = []
  package var disallowedHosts: [String] = []
  package var allowedPorts: [Int] = []
  package var disallowedPorts: [Int] = []
  package var allowedNetworks: [String] = []
  package var disallowedNetworks: [String] = []
  /// What each store's own section says.
  package var stores: [String: ImageStoreSettings] = [:]
  package var rules = ImageRuleSettings()
  package var cache = ImageCacheSettings()
  package init() {}

  package subscript(store name: String) -> ImageStoreSettings {
    get { stores[name] ?? ImageStoreSettings() }
    set { stores[name] = newValue }
  }

  private static let words = "a list of words"
  private static func areWords(_ list: [String]) -> Bool {
    list.allSatisfy { $0.utf8.allSatisfy { (97...122).contains($0 | 0x20) || (45...58).contains($0) || $0 == 95 } }
  }
  private static let methods = ["glance-direct", "web-download", "copy-image", "glance-download"]

  package static let options: [Option<Settings>] =
    [
      .option(
        "image", "enabled_backends", \.images.enabledBackends, default: ["file:file"],
        as: "a list of name:type, the type one of \(ImageStoreSettings.types.joined(separator: ", "))",
        { !$0.isEmpty && $0.allSatisfy { backend($0) != nil } },
        "The image stores; each name is a section of its own for the store's keys."),
      .option(
        "image", "default_backend", \.images.defaultBackend, default: "",
        "The store that takes images which name none; empty for the first that takes any."),
      .option(
        "image", "image_size_cap", \.images.sizeCap, default: 1 << 40, as: "a number of bytes, at least 1", { $0 > 0 },
        "The largest image, in bytes."),
      .option(
        "image", "enabled_import_methods", \.images.importMethods, default: GlanceOptions().importMethods,
        as: "a list of \(methods.joined(separator: ", "))", { $0.allSatisfy(methods.contains) },
        "The ways to import images that are offered."),
      .option(
        "image", "glance_download_properties", \.images.takenProperties, default: ImportOptions().takenProperties,
        as: words, areWords,
        "What the names of those properties begin with that glance-download takes over from the other image."),
      .option(
        "image", "image_import_plugins", \.images.importPlugins, default: [],
        as: "a list of \(ImportOptions.Plugin.allCases.map(\.rawValue).joined(separator: ", "))",
        { $0.allSatisfy { ImportOptions.Plugin(rawValue: $0) != nil } },
        "What is done to images while they are imported."),
      .option(
        "image", "output_format", \.images.outputFormat, default: "raw", as: "one of qcow2, raw, vmdk",
        { ["qcow2", "raw", "vmdk"].contains($0) }, "The disk format that image_conversion makes of every image."),
      .option(
        "image", "inject", \.images.inject, default: [], as: "a list of name:value",
        { $0.allSatisfy { $0.contains(":") && !$0.hasPrefix(":") } },
        "The properties that inject_image_metadata gives every image."),
      .option(
        "image", "ignore_user_roles", \.images.ignoredRoles, default: ["admin"], as: words, areWords,
        "Whose images inject_image_metadata leaves alone."),
      .option(
        "image", "signature_certificates", \.images.certificates, default: "",
        "A directory of certificates, UUID.pem, by which signed images are verified; empty for one in the state "
          + "directory."),
    ] + webOptions

  private static let webOptions: [Option<Settings>] = [
    .option(
      "image", "web_download_allowed_schemes", \.images.allowedSchemes, default: ["http", "https"], as: words,
      areWords,
      "The schemes of URLs that may be downloaded; empty for all but the disallowed."),
    .option(
      "image", "web_download_disallowed_schemes", \.images.disallowedSchemes, default: [], as: words, areWords,
      "The schemes that may not; asked only where none is allowed by name. So with hosts and ports."),
    .option(
      "image", "web_download_allowed_hosts", \.images.allowedHosts, default: [], as: words, areWords,
      "The hosts that may be asked."),
    .option(
      "image", "web_download_disallowed_hosts", \.images.disallowedHosts, default: [], as: words, areWords,
      "The hosts that may not."),
    .option(
      "image", "web_download_allowed_ports", \.images.allowedPorts, default: [80, 443], "The ports that may be."),
    .option("image", "web_download_disallowed_ports", \.images.disallowedPorts, default: [], "The ports that may not."),
    .option(
      "image", "web_download_allowed_networks", \.images.allowedNetworks, default: [], as: "a list of networks",
      { $0.allSatisfy { CIDR($0) != nil } },
      "Networks that downloads may reach although they are loopback, link-local or disallowed."),
    .option(
      "image", "web_download_disallowed_networks", \.images.disallowedNetworks,
      default: WebRules().disallowedNetworks.map(\.description), as: "a list of networks",
      { $0.allSatisfy { CIDR($0) != nil } },
      "Networks that downloads never reach, besides loopback, link-local and multicast."),
  ]

  /// The parts of `name:type`.
  package static func backend(_ text: String) -> (name: String, type: String)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let isName = { (name: String) in
      !name.isEmpty && !name.hasPrefix("os_glance_")
        && name.utf8.allSatisfy {
          (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 45 || $0 == 95
        }
    }
    guard parts.count == 2, isName(parts[0]), ImageStoreSettings.types.contains(parts[1]) else { return nil }
    return (parts[0], parts[1])
  }
}

extension GlanceOptions {
  init(_ settings: ImageSettings) {
    self.init()
    imageSizeCap = settings.sizeCap
    importMethods = settings.importMethods
    imports.plugins = settings.importPlugins.compactMap { ImportOptions.Plugin(rawValue: $0) }
    imports.takenProperties = settings.takenProperties
    imports.outputFormat = settings.outputFormat
    imports.ignoredRoles = settings.ignoredRoles
    for pair in settings.inject {
      let name = pair.prefix { $0 != ":" }
      imports.inject[String(name)] = String(pair.dropFirst(name.count + 1))
    }
    imports.web = WebRules(settings)
  }
}

extension WebRules {
  init(_ settings: ImageSettings) {
    self.init()
    allowedSchemes = settings.allowedSchemes
    disallowedSchemes = settings.disallowedSchemes
    allowedHosts = settings.allowedHosts
    disallowedHosts = settings.disallowedHosts
    allowedPorts = settings.allowedPorts
    disallowedPorts = settings.disallowedPorts
    allowedNetworks = settings.allowedNetworks.compactMap { CIDR($0) }
    disallowedNetworks = settings.disallowedNetworks.compactMap { CIDR($0) }
  }
}
