internal import CinderModel
internal import Core

/// Chooses where a new volume goes: a pure function of the hosts and the request.
enum VolumeScheduler {
  /// The host with the most room, by name where two have the same.
  /// - Throws: `conflict` with the reason of every host that was left out.
  static func choose(
    _ hosts: [VolumeHost], sizeGiB: Int, zone: String, overcommit: Double, at now: Timestamp
  ) throws -> String {
    var reasons: [String] = []
    var fit: [VolumeHost] = []
    for host in hosts.sorted(by: { $0.id < $1.id }) {
      if let reason = refusal(host, sizeGiB: sizeGiB, zone: zone, overcommit: overcommit, at: now) {
        reasons.append("\(host.id): \(reason)")
      } else {
        fit.append(host)
      }
    }
    guard let best = fit.max(by: { ($0.freeGiB, $1.id) < ($1.freeGiB, $0.id) }) else {
      throw Fault(
        .conflict, "No valid backend was found. No weighed backends available.",
        detail: reasons.isEmpty ? "no volume agent has reported yet" : reasons.joined(separator: "; "))
    }
    return best.id
  }

  private static func refusal(
    _ host: VolumeHost, sizeGiB: Int, zone: String, overcommit: Double, at now: Timestamp
  ) -> String? {
    if !host.isUp(at: now) { return "has not reported since \(host.lastSeen)" }
    if host.isDisabled { return "is disabled" }
    if host.availabilityZone != zone { return "is in the zone \(host.availabilityZone), not \(zone)" }
    if Double(host.freeGiB) * overcommit < Double(sizeGiB) {
      return "has \(host.freeGiB) GiB free and may promise \(overcommit) times that; \(sizeGiB) are needed"
    }
    return nil
  }
}
