internal import API
internal import Core
internal import GlanceModel

/// An image's properties as far as an operator lets the caller see and change them.
enum ProtectedProperties {
  private static func permits(_ act: PropertyProtections.Act, _ name: String, _ call: Call<Glance>) -> Bool {
    guard let protections = call.service.options.protections else { return true }
    return protections.permits(act, name, roles: call.caller.roles) { call.permits([:], rule: $0) }
  }

  /// The image without what the caller may not read.
  static func readable(_ image: Image, _ call: Call<Glance>) -> Image {
    guard call.service.options.protections != nil else { return image }
    var shown = image
    shown.properties = image.properties.filter { permits(.read, $0.key, call) }
    return shown
  }

  /// - Throws: `forbidden` for a change that the caller may not make.
  static func requireChange(
    from old: [String: String], to new: [String: String], _ call: Call<Glance>
  ) throws {
    guard call.service.options.protections != nil else { return }
    for name in Set(old.keys).union(new.keys).sorted() {
      let act: PropertyProtections.Act
      switch (old[name], new[name]) {
      case (nil, _): act = .create
      case (_, nil): act = .delete
      case (let was, let now):
        if was == now { continue }
        act = .update
      }
      // Who cannot read it must not learn that it is there.
      guard permits(act, name, call), old[name] == nil || permits(.read, name, call) else {
        throw Fault.forbidden("Attribute '\(name)' is reserved.")
      }
    }
  }
}
