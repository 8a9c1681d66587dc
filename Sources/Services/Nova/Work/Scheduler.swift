internal import Core
public import NovaModel

/// What the scheduler knows of one host at the moment of its decision.
public struct HostSnapshot: Sendable, Equatable {
  public var host: String
  public var provider: String
  public var availabilityZone: String
  public var up: Bool
  public var disabled: Bool
  /// What placement says is left of each resource class; nil for a class the host does not have at all.
  public var free: [String: Int]

  public init(
    host: String, provider: String, availabilityZone: String, up: Bool, disabled: Bool, free: [String: Int]
  ) {
    self.host = host
    self.provider = provider
    self.availabilityZone = availabilityZone
    self.up = up
    self.disabled = disabled
    self.free = free
  }
}

/// What a server needs of a host.
public struct SchedulingRequest: Sendable, Equatable {
  public var resources: [String: Int]
  public var hints: SchedulingHints
  public init(resources: [String: Int], hints: SchedulingHints) {
    self.resources = resources
    self.hints = hints
  }

  public init(flavor: FlavorSnapshot, bootsFromVolume: Bool, hints: SchedulingHints) {
    let disk = (bootsFromVolume ? 0 : flavor.diskGiB) + flavor.ephemeralGiB + (flavor.swapMiB + 1023) / 1024
    self.init(
      resources: ["VCPU": flavor.vcpus, "MEMORY_MB": flavor.memoryMiB, "DISK_GB": disk].filter { $0.value > 0 },
      hints: hints)
  }
}

/// One host's answer to a request.
public struct Refusal: Sendable, Equatable {
  public var host: String
  /// The filter that dropped it, and why in words.
  public var filter: String
  public var reason: String
}

public enum Placing: Sendable, Equatable {
  /// The hosts that can take it, best first.
  case hosts([HostSnapshot])
  /// One reason for each host; none when there are no hosts at all.
  case refused([Refusal])
}

/// Where a server goes: a pure function of what is known.
///
/// Filters in order, then weights: most free memory first, so that servers spread.
public enum Scheduler {
  typealias Filter = (name: String, check: @Sendable (HostSnapshot, SchedulingRequest) -> String?)

  static let filters: [Filter] = [
    ("ComputeUp", { host, _ in host.up ? nil : "its agent has not reported for a minute" }),
    ("ComputeEnabled", { host, _ in host.disabled ? "it is disabled by an administrator" : nil }),
    (
      "Requested",
      { host, request in request.hints.host.map { $0 == host.host } ?? true ? nil : "another host was asked for" }
    ),
    ("Retry", { host, request in request.hints.avoid.contains(host.host) ? "an attempt on it has failed" : nil }),
    (
      "AvailabilityZone",
      { host, request in
        guard let zone = request.hints.availabilityZone, zone != host.availabilityZone else { return nil }
        return "it is in zone \(host.availabilityZone), not in \(zone)"
      }
    ),
    ("Resources", missing),
  ]

  private static let missing: @Sendable (HostSnapshot, SchedulingRequest) -> String? = { host, request in
    let short = request.resources.sorted { $0.key < $1.key }.compactMap { name, wanted -> String? in
      guard let free = host.free[name] else { return "it has no \(name)" }
      return free < wanted ? "\(name): \(wanted) wanted, \(free) free" : nil
    }
    return short.isEmpty ? nil : short.joined(separator: "; ")
  }

  public static func place(_ request: SchedulingRequest, among hosts: [HostSnapshot]) -> Placing {
    var fit: [HostSnapshot] = []
    var refusals: [Refusal] = []
    for host in hosts {
      let refusal = filters.lazy.compactMap { filter in
        filter.check(host, request).map { Refusal(host: host.host, filter: filter.name, reason: $0) }
      }.first
      if let refusal { refusals.append(refusal) } else { fit.append(host) }
    }
    guard !fit.isEmpty else { return .refused(refusals.sorted { $0.host < $1.host }) }
    return .hosts(fit.sorted { ($0.free["MEMORY_MB"] ?? 0, $1.host) > ($1.free["MEMORY_MB"] ?? 0, $0.host) })
  }

  /// The fault's message: it begins as upstream's does, and then says what upstream leaves out.
  static func message(_ refusals: [Refusal]) -> String {
    let head = "No valid host was found."
    if refusals.isEmpty { return head + " There is no compute host; start one with the role compute-agent." }
    return head + " " + refusals.map { "\($0.host): \($0.reason) (\($0.filter))" }.joined(separator: ". ") + "."
  }
}
