internal import API
internal import HTTP

/// The APIs of a cloud: where each listens, and how the catalogue names it.
package struct PublishedAPI: Sendable {
  package let name: String
  /// Its types in the catalogue; more than one where clients of different years ask by different names, none for a
  /// second port of a service that is named already.
  package let types: [String]
  package let port: Int
  /// What follows the port in the catalogue's URL.
  package let path: String
  /// The first segment on the dashboard's port.
  package let prefix: String

  package static let all: [PublishedAPI] = [
    PublishedAPI(name: "keystone", types: ["identity"], port: 5000, path: "/v3", prefix: "identity"),
    PublishedAPI(name: "keystone-admin", types: [], port: 35357, path: "/v2.0", prefix: "identity_admin"),
    PublishedAPI(name: "glance", types: ["image"], port: 9292, path: "", prefix: "image"),
    PublishedAPI(name: "placement", types: ["placement"], port: 8778, path: "", prefix: "placement"),
    PublishedAPI(name: "neutron", types: ["network"], port: 9696, path: "", prefix: "network"),
    PublishedAPI(
      name: "cinder", types: ["volumev3", "block-storage"], port: 8776, path: "/v3/$(project_id)s", prefix: "volume"),
    PublishedAPI(name: "nova", types: ["compute"], port: 8774, path: "/v2.1", prefix: "compute"),
  ]
  package static let metadataPort = 8775
  package static let consolePort = 6080
  package static let dashboardPort = 8000

  package static func named(_ name: String) -> PublishedAPI {
    guard let api = all.first(where: { $0.name == name }) else { preconditionFailure("no API is named \(name)") }
    return api
  }

  /// Where it listens. 35357 and a large offset are more than there are ports: it is then 30,000 below, where nothing
  /// else of the cloud is.
  package func port(_ settings: Settings) -> Int {
    let port = port + settings.portOffset
    return port > 65_535 ? port - 30_000 : port
  }
  package func url(_ settings: Settings) -> String { url(settings, path: path) }
  package func url(_ settings: Settings, path: String) -> String {
    "http://\(settings.publicHost):\(port(settings))\(path)"
  }
}
