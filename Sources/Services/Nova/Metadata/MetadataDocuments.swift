internal import JSON

/// All documents of one server, found by path.
public struct MetadataDocuments: Sendable {
  /// What stands at a path.
  enum Answer: Equatable {
    case document([UInt8], isJSON: Bool)
    /// Where a guest reads and writes its encrypted password, which is no document.
    case password
  }

  let facts: MetadataFacts
  public init(_ facts: MetadataFacts) { self.facts = facts }

  /// What `GET /` and `GET /openstack` list, whoever asks.
  static let rootListing = list(MetadataVersions.ec2 + [MetadataVersions.latest])
  static let openstackListing = list(MetadataVersions.openstack + [MetadataVersions.latest])
  private static func list(_ names: [String]) -> Answer {
    .document(Array(names.joined(separator: "\n").utf8), isJSON: false)
  }

  /// The document at a path; nil where there is none. `//`, `/./` and a slash at the end are forgiven, as guests'
  /// tools put paths together in all ways.
  func answer(_ path: String) -> Answer? {
    var segments: [String] = []
    for segment in path.split(separator: "/") where segment != "." {
      if segment == ".." { segments = segments.dropLast() } else { segments.append(String(segment)) }
    }
    if segments.first == "openstack" { return openstack(segments.dropFirst()) }
    return ec2(segments.first == "ec2" ? segments.dropFirst() : segments[...])
  }

  private func openstack(_ path: ArraySlice<String>) -> Answer? {
    guard let first = path.first else { return Self.openstackListing }
    guard let version = MetadataVersions.resolve(first, of: MetadataVersions.openstack), path.count <= 2 else {
      return nil
    }
    let hasPassword = version >= "2013-04-04"
    let name = path.dropFirst().first
    if name == "password" { return hasPassword ? .password : nil }
    let files = facts.openstackFiles(version)
    if let name {
      return files.first { $0.name == name }.map { .document($0.content, isJSON: name.hasSuffix(".json")) }
    }
    // The password is listed after the user data, where guests have always found it.
    var names = files.map(\.name)
    if hasPassword { names.insert("password", at: names.contains("user_data") ? 2 : 1) }
    return Self.list(names)
  }

  private func ec2(_ path: ArraySlice<String>) -> Answer? {
    guard let first = path.first else { return Self.rootListing }
    guard let version = MetadataVersions.resolve(first, of: MetadataVersions.ec2) else { return nil }
    return facts.ec2(version).find(path.dropFirst()).map { .document($0.content, isJSON: false) }
  }

  /// The same documents as files of a config drive: names below its root to their content.
  public var configDrive: [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in MetadataVersions.openstack + [MetadataVersions.latest] {
      guard let version = MetadataVersions.resolve(name, of: MetadataVersions.openstack) else { continue }
      for file in facts.openstackFiles(version) { files["openstack/\(name)/\(file.name)"] = file.content }
    }
    // Of EC2's dates only the last is written, as nova does unless told otherwise.
    for name in ["2009-04-04", MetadataVersions.latest] {
      let tree = facts.ec2("2009-04-04")
      files["ec2/\(name)/meta-data.json"] = tree.find(["meta-data"])?.json.bytes
      files["ec2/\(name)/user-data"] = tree.find(["user-data"])?.content
    }
    return files
  }
}
