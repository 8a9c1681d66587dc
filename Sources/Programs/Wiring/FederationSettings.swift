package import Config
internal import Core
internal import Crypto
internal import Host
internal import HTTP
internal import IO
internal import KeystoneModel
internal import OpenID

/// What can be set of users whom identity providers vouch for.
package struct FederationSettings: Sendable {
  package enum MappingLanguage: String, OptionValue, CaseIterable {
    case first = "1.0"
    case second = "2.0"
    case third = "3.0"
  }

  package var trustedDashboards: [String] = []
  package var remoteIDAttribute = ""
  package var authorizationTTL = 0
  package var mappingLanguage = MappingLanguage.first
  package var assertionPrefix = ""
  package var providers = ""

  package init() {}

  package static let options: [Option<Settings>] = [
    .option(
      "federation", "trusted_dashboard", \.federation.trustedDashboards, default: [],
      as: "a list, with commas, of URLs that begin with http:// or https://",
      { $0.allSatisfy { $0.hasPrefix("https://") || $0.hasPrefix("http://") } },
      "The pages to which a login by browser may hand its token: https://dashboard.example/auth/websso/."),
    .option(
      "federation", "remote_id_attribute", \.federation.remoteIDAttribute, default: "",
      "The attribute that says which identity provider vouches, such as HTTP_OIDC_ISS, for protocols that name none."),
    .option(
      "federation", "default_authorization_ttl", \.federation.authorizationTTL, default: 0, in: 0...10_000_000,
      "For how many minutes a provider's groups outlive a login, in application credentials and trusts."),
    .option(
      "federation", "attribute_mapping_default_schema_version", \.federation.mappingLanguage, default: .first,
      "The language of mappings that name none."),
    .option(
      "federation", "assertion_prefix", \.federation.assertionPrefix, default: "",
      "What an attribute's name must begin with to reach mappings; empty for all."),
    .option(
      "openid", "providers", \.federation.providers, default: "",
      "The path of the file that describes OpenID Connect providers, a section for each; empty for none."),
  ]

  func apply(to rules: inout FederationRules) {
    rules.trustedDashboards = trustedDashboards
    rules.remoteIDAttribute = remoteIDAttribute.isEmpty ? nil : remoteIDAttribute
    rules.authorizationTTL = authorizationTTL
    rules.mappingVersion = MappingVersion(rawValue: mappingLanguage.rawValue) ?? .first
    rules.assertionPrefix = assertionPrefix
  }

  /// The providers of the file, each with a client of its own, since each may have its own certificates.
  func openID(world: World) async throws -> OpenIDProviders {
    guard !providers.isEmpty else { return OpenIDProviders() }
    let text: String
    do { text = String(decoding: try await Host.real.readFile(providers), as: UTF8.self) } catch {
      throw Fault.badRequest(
        "openid.providers: the file \(providers) cannot be read: \(Fault(wrapping: error).message)")
    }
    let described = try OpenIDFile.parse(text, source: providers)
    guard !described.isEmpty else { return OpenIDProviders() }
    let loop = try EventLoop.start(name: "openid")
    return OpenIDProviders(
      try described.mapValues { one in
        var limits = ClientLimits()
        limits.connect = .seconds(3)
        limits.idle = .seconds(5)
        limits.kept = 4
        limits.caFile = one.caFile
        return OpenIDProvider(one, wire: try HTTPClient(loop: loop, limits: limits), world: world)
      })
  }
}
