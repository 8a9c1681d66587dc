package import Config
internal import Core
internal import GlanceModel
internal import Host

/// What an operator may say of what users see and change of images, and how many they have.
package struct ImageRuleSettings: Sendable {
  package enum ProtectionForm: String, OptionValue, CaseIterable { case roles, policies }

  package var showsLocations = false
  package var showsDirectURL = false
  package var hashesLocations = true
  package var requiresFormatMatch = true
  package var usesIdentityLimits = false
  package var protectionFile = ""
  package var protectionForm = ProtectionForm.roles
  package init() {}

  package static let options: [Option<Settings>] = [
    .option(
      "image", "show_multiple_locations", \.images.rules.showsLocations, default: false,
      "Whether the places of images' data are shown, and may be said."),
    .option(
      "image", "show_image_direct_url", \.images.rules.showsDirectURL, default: false,
      "Whether the first place of an image's data is shown."),
    .option(
      "image", "do_secure_hash", \.images.rules.hashesLocations, default: true,
      "Whether data that stays elsewhere is read and hashed when its place is named."),
    .option(
      "image", "require_image_format_match", \.images.rules.requiresFormatMatch, default: true,
      "Whether data must be of the format that its image declares. What points outside itself is always refused."),
    .option(
      "image", "use_keystone_limits", \.images.rules.usesIdentityLimits, default: false,
      "Whether projects have as many images as identity's limits of the image service say."),
    .option(
      "image", "property_protection_file", \.images.rules.protectionFile, default: "",
      "A file that says who may create, read, update and delete which properties of images; empty for everybody."),
    .option(
      "image", "property_protection_rule_format", \.images.rules.protectionForm, default: .roles,
      "Whether that file names roles or policy rules."),
  ]

  func apply(to options: inout GlanceOptions, _ host: Host) async throws {
    options.showsLocations = showsLocations
    options.showsDirectURL = showsDirectURL
    options.hashesLocations = hashesLocations
    options.requiresFormatMatch = requiresFormatMatch
    guard !protectionFile.isEmpty else { return }
    let text = String(decoding: try await host.readFile(protectionFile), as: UTF8.self)
    options.protections = try PropertyProtections(
      parsing: text, source: protectionFile, form: protectionForm == .roles ? .roles : .policies)
  }
}
