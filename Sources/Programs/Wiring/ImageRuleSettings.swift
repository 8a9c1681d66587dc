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
  package var pageSize = 0
  package var pageLimit = 0
  package var propertyQuota = 0
  package var tagQuota = 0
  package var memberQuota = 0
  package var locationQuota = 0
  package var storageQuota = ""
  package init() {}

  private static let countOptions: [Option<Settings>] = [
    .option(
      "image", "limit_param_default", \.images.rules.pageSize, default: GlanceOptions().pageSize,
      as: "a number, at least 1", { $0 > 0 }, "The images of a page when a request names no number."),
    .option(
      "image", "api_limit_max", \.images.rules.pageLimit, default: GlanceOptions().pageLimit,
      as: "a number, at least 1", { $0 > 0 }, "The most images of a page."),
    .option(
      "image", "image_property_quota", \.images.rules.propertyQuota, default: GlanceOptions().imagePropertyQuota,
      "The most properties of an image; a negative number is no limit."),
    .option(
      "image", "image_tag_quota", \.images.rules.tagQuota, default: GlanceOptions().imageTagQuota,
      "The most tags of an image; a negative number is no limit."),
    .option(
      "image", "image_member_quota", \.images.rules.memberQuota, default: GlanceOptions().imageMemberQuota,
      "The most members of an image; a negative number is no limit."),
    .option(
      "image", "image_location_quota", \.images.rules.locationQuota, default: GlanceOptions().imageLocationQuota,
      "The most places in which an image stays; a negative number is no limit."),
    .option(
      "image", "user_storage_quota", \.images.rules.storageQuota, default: "0",
      as: "a number of bytes, or one with B, KB, MB, GB or TB behind it", { bytes($0) != nil },
      "The most bytes of a project's images; 0 for no limit. Identity's limits, where they are used, take its place."),
  ]

  /// The number that a text like `10GB` says; its units are powers of 1024, as upstream has them.
  static func bytes(_ text: String) -> Int? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let shifts = ["": 0, "B": 0, "KB": 10, "MB": 20, "GB": 30, "TB": 40]
    guard let number = Int(digits), let shift = shifts[String(text.dropFirst(digits.count))] else { return nil }
    let (product, isOver) = number.multipliedReportingOverflow(by: 1 << shift)
    return isOver ? nil : product
  }

  package static let options: [Option<Settings>] =
    countOptions + [
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
    options.pageLimit = pageLimit
    options.pageSize = min(pageSize, pageLimit)
    options.imagePropertyQuota = propertyQuota
    options.imageTagQuota = tagQuota
    options.imageMemberQuota = memberQuota
    options.imageLocationQuota = locationQuota
    options.userStorageQuota = usesIdentityLimits ? 0 : Self.bytes(storageQuota) ?? 0
    guard !protectionFile.isEmpty else { return }
    let text = String(decoding: try await host.readFile(protectionFile), as: UTF8.self)
    options.protections = try PropertyProtections(
      parsing: text, source: protectionFile, form: protectionForm == .roles ? .roles : .policies)
  }
}
