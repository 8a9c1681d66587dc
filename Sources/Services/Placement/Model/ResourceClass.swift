internal import Core
public import Store

/// A resource class of the operator's own.
public struct CustomResourceClass: Record {
  public var name = ""
  public init() {}
  public static let table = Table<CustomResourceClass>(
    "placement_resource_classes", [.column("name", \.name, key: true)])
}

/// The names of what can be counted.
public enum ResourceClass {
  /// Those of os-resource-classes 1.1.0, in its order.
  public static let standard: [String] = [
    "VCPU", "MEMORY_MB", "DISK_GB", "PCI_DEVICE", "SRIOV_NET_VF", "NUMA_SOCKET", "NUMA_CORE", "NUMA_THREAD",
    "NUMA_MEMORY_MB", "IPV4_ADDRESS", "VGPU", "VGPU_DISPLAY_HEAD", "NET_BW_EGR_KILOBIT_PER_SEC",
    "NET_BW_IGR_KILOBIT_PER_SEC", "PCPU", "MEM_ENCRYPTION_CONTEXT", "FPGA", "PGPU",
    "NET_PACKET_RATE_KILOPACKET_PER_SEC", "NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC",
    "NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC",
  ]

  public static func exists(_ name: String, in transaction: some ReadTransaction) async throws -> Bool {
    if standard.contains(name) { return true }
    return try await transaction.get(CustomResourceClass.self, name) != nil
  }

  /// - Throws: `badRequest` when there is no such class.
  public static func require(_ name: String, in transaction: some ReadTransaction) async throws {
    guard try await exists(name, in: transaction) else {
      throw Fault.badRequest("Unknown resource class: No such resource class \(name).")
    }
  }

  /// All names: the standard ones, then the custom ones in order.
  public static func all(in transaction: some ReadTransaction) async throws -> [String] {
    standard + (try await transaction.all(CustomResourceClass.self, "ORDER BY name")).map(\.name)
  }
}
