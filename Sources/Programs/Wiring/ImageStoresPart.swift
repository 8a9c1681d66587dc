internal import Core
internal import FileDisk
internal import GlanceModel
internal import Hardware
internal import Host

extension ImageStores {
  /// The stores that the settings name. Bytes are staged in the default store where that is made of files, else in a
  /// directory of their own.
  init(_ settings: ImageSettings, state: StateDirectory, host: Host, world: World) throws {
    var entries: [Entry] = []
    for text in settings.enabledBackends {
      guard let (name, type) = ImageSettings.backend(text) else { continue }
      entries.append(try Self.entry(name, type, settings[store: name], state, host, world))
    }
    let writable = entries.filter { !$0.backend.isReadOnly }
    let id = settings.defaultBackend.isEmpty ? writable.first?.id ?? "" : settings.defaultBackend
    guard let first = entries.first(where: { $0.id == id }) else {
      throw Fault.badRequest(
        "image.default_backend: there is no store '\(id)' that takes images; name one of "
          + writable.map(\.id).joined(separator: ", ") + ".")
    }
    let isFiles = first.type == "file"
    self.init(
      entries, defaultID: id,
      staging: isFiles
        ? first.backend : ImageFiles(directory: state.directory("images/staging"), host: host, world: world),
      stagingTwin: isFiles ? id : nil)
  }

  private static func entry(
    _ name: String, _ type: String, _ settings: ImageStoreSettings, _ state: StateDirectory, _ host: Host,
    _ world: World
  ) throws -> Entry {
    func made(_ backend: any ImageBackend, _ properties: [String: String]) -> Entry {
      Entry(
        name, type: type, description: settings.description.isEmpty ? nil : settings.description,
        weight: settings.weight, properties: properties, backend)
    }
    switch type {
    default:
      let own = name == ImageLocation.firstStore ? "images" : "images-" + name
      let directory = settings.directory.isEmpty ? state.directory(own) : settings.directory
      return made(ImageFiles(directory: directory, host: host, world: world), ["data_dir": directory])
    }
  }
}
