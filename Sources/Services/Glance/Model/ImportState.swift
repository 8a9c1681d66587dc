internal import Core

/// What an image shows of an import, in upstream's reserved properties.
extension Image {
  private static let taskKey = "os_glance_import_task"
  private static let importingKey = "os_glance_importing_to_stores"
  private static let failedKey = "os_glance_failed_import"
  /// Why the last one failed; ours, since the words are nowhere else for a user to see.
  private static let reasonKey = "os_glance_failed_import_reason"

  /// The import that holds the image.
  public var importTask: String? { properties[Self.taskKey] }

  /// Keeps other long work away from the image; what a failed one left named is forgotten.
  /// - Throws: a conflict where another is under way.
  public mutating func hold(for task: String) throws {
    guard importTask == nil else {
      throw Fault.conflict(
        "New operation on image '\(id)' is not permitted as prior operation is still in progress")
    }
    properties[Self.taskKey] = task
    startAnew()
  }
  public mutating func letGo() { properties[Self.taskKey] = nil }

  /// - Throws: a conflict where another import is under way.
  public mutating func beginImport(_ task: String, into stores: [String]) throws {
    try hold(for: task)
    properties[Self.importingKey] = stores.joined(separator: ",")
    properties[Self.failedKey] = ""
    properties[Self.reasonKey] = nil
  }

  /// One of the stores is through with it.
  public mutating func endImport(in store: String, failed: Bool) {
    edit(Self.importingKey) { $0.removeAll { $0 == store } }
    guard failed else { return }
    edit(Self.failedKey) { if !$0.contains(store) { $0.append(store) } }
  }

  /// Nothing of the import is under way any more.
  /// - Parameter reason: why it failed.
  public mutating func endImport(failed stores: [String], because reason: String? = nil) {
    letGo()
    properties[Self.importingKey] = ""
    for store in stores { endImport(in: store, failed: true) }
    properties[Self.reasonKey] = reason.map { String($0.prefix(255)) }
  }

  private mutating func edit(_ key: String, _ change: (inout [String]) -> Void) {
    var list = (properties[key] ?? "").split(separator: ",").map(String.init)
    change(&list)
    properties[key] = list.joined(separator: ",")
  }
}
