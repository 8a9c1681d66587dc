internal import CLinux
internal import Core
internal import GlanceModel
internal import Hardware

/// Where stores keep what they keep. No two may do so in one place: a copy in both would be one copy, and each would
/// sweep away what the other keeps.
extension ImageStores {
  /// - Parameter staging: the directory of the staging area; nil where that is one of the stores.
  /// - Throws: `badRequest` that names the two.
  static func requireApart(_ entries: [Entry], _ settings: ImageSettings, staging: String?) throws {
    var known: [String: String] = [:]
    if let staging { known["file " + realPath(staging)] = "staging area" }
    for entry in entries {
      guard let place = place(entry, settings[store: entry.id]) else { continue }
      if let other = known[place] {
        throw Fault.badRequest(
          "image.enabled_backends: '\(entry.id)' and '\(other)' keep images in one place (\(place)), and would remove "
            + "each other's. Give each a place of its own.")
      }
      known[place] = entry.id
    }
  }

  /// What every process of a cloud must have alike.
  /// - Parameter mark: by which the cloud knows its own in places that it shares.
  func declared(_ settings: ImageSettings, mark: String) -> [DeclaredStore] {
    entries.map { entry in
      var store = DeclaredStore()
      (store.id, store.type, store.isDefault) = (entry.id, entry.type, entry.id == defaultID)
      let place = Self.place(entry, settings[store: entry.id]) ?? "\(entry.type), wherever images say"
      store.place = entry.type == "file" || entry.backend.isReadOnly ? place : "\(place), for the cloud \(mark)"
      return store
    }
  }

  /// The same for two names of one place; nil for a store that keeps nothing itself.
  private static func place(_ entry: Entry, _ settings: ImageStoreSettings) -> String? {
    switch entry.type {
    case "file": return "file " + realPath(entry.properties["data_dir"] ?? "")
    case "s3": return "s3 \(plain(settings.s3Host)) \(settings.s3Bucket)"
    case "swift":
      // Containers are a project's, whichever of its users asks.
      let project = settings.swiftUser.prefix { $0 != ":" }
      let region = settings.swiftRegion
      return "swift \(plain(settings.swiftAddress)) \(region) \(project) \(settings.swiftContainer)"
    case "rbd": return "rbd \(settings.rbdConfiguration) \(settings.rbdPool)"
    case "http": return nil
    default:
      let properties = entry.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return ([entry.type] + properties).joined(separator: " ")
    }
  }

  private static func plain(_ url: String) -> String {
    let short = url.lowercased()
    return String(short.prefix(short.utf8.count - (short.hasSuffix("/") ? 1 : 0)))
  }

  /// The path without links, and without `.` and `..`; of what is not there yet, as far as it is.
  private static func realPath(_ path: String) -> String {
    if let found = realpath(path, nil) {
      defer { free(found) }
      return String(cString: found)
    }
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return "/" }
    let parent = realPath("/" + parts.dropLast().joined(separator: "/"))
    switch last {
    case ".": return parent
    case "..": return "/" + parent.split(separator: "/").dropLast().joined(separator: "/")
    default: return (parent == "/" ? "" : parent) + "/" + last
    }
  }
}
