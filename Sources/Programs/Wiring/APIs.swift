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

  /// Where it listens. 35357 lies among the ports that the kernel gives to whoever asks for any; moved by an offset, it
  /// is counted from 5357, out of their way and below 65,536.
  package func port(_ settings: Settings) -> Int {
    let base = port > 30_000 && settings.portOffset > 0 ? port - 30_000 : port
    return base + settings.portOffset
  }
  package func url(_ settings: Settings) -> String { url(settings, path: path) }
  package func url(_ settings: Settings, path: String) -> String {
    "http://\(settings.publicHost):\(port(settings))\(path)"
  }
}
