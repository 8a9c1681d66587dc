internal import Core
internal import NovaModel

/// Whether a project may have more: pure arithmetic on what it uses, refused in upstream's words.
enum QuotaCheck {
  /// How many of the servers asked for may be made.
  /// - Throws: `overQuota` when not even the least number fits.
  static func servers(_ flavor: Flavor, _ least: Int, _ most: Int, _ usage: Usage) throws -> Int {
    let each: [QuotaResource: Int] = [.cores: flavor.vcpus, .instances: 1, .ram: flavor.memoryMiB]
    func room(_ resource: QuotaResource) -> Int {
      let (limit, one) = (usage.limit(resource), each[resource] ?? 0)
      guard limit >= 0, one > 0 else { return .max }
      return max(0, limit - usage.used(resource)) / one
    }
    let checked: [QuotaResource] = [.cores, .instances, .ram]
    let allowed = checked.map(room).min() ?? 0
    if allowed >= most { return most }
    if allowed >= least { return allowed }
    // What the largest wish would need is what upstream names.
    let over = checked.filter { room($0) < most }
    let names = over.map(\.rawValue).joined(separator: ", ")
    let wanted = over.map { resource in
      resource == .instances && least != most ? "\(least)-\(most)" : String(most * (each[resource] ?? 0))
    }
    throw Fault.overQuota(
      "Quota exceeded for \(names): Requested \(wanted.joined(separator: ", ")), but already used "
        + "\(over.map { String(usage.used($0)) }.joined(separator: ", ")) of "
        + "\(over.map { String(usage.limit($0)) }.joined(separator: ", ")) \(names)")
  }

  static func metadata(_ count: Int, _ usage: Usage) throws {
    let limit = usage.limit(.metadataItems)
    guard limit < 0 || count <= limit else {
      throw Fault.overQuota("Maximum number of metadata items exceeds \(limit)")
    }
  }
}
