internal import CVirt
internal import Core
public import Hardware
internal import Host

extension LibvirtHypervisor {
  public func capabilities() async throws -> HostCapabilities {
    let (version, processors) = try await link.call { connection in
      var version: UInt = 0
      try check(virConnectGetVersion(connection.pointer, &version), "read the hypervisor's version")
      var node = virNodeInfo()
      try check(virNodeGetInfo(connection.pointer, &node), "read the host's facts")
      return (Int(version), Int(node.cpus))
    }
    // Memory from the kernel: libvirt counts NUMA nodes and can be short by a third on virtual machines.
    let memory = try await procField("/proc/meminfo", "MemTotal").split(separator: " ").first.flatMap { Int($0) } ?? 0
    try await host.makeDirectory(directory)
    let name = String(decoding: try await host.readFile("/proc/sys/kernel/hostname"), as: UTF8.self)
    return HostCapabilities(
      hostname: String(name.prefix { !$0.isNewline }), hypervisorType: "QEMU", hypervisorVersion: version,
      vcpus: processors, memoryMiB: memory / 1024, diskGiB: try await host.space(directory).total >> 30,
      cpuModel: try await procField("/proc/cpuinfo", "model name"))
  }

  /// Whether the CPU itself offers virtualisation, by its flags: `vmx` (Intel) or `svm` (AMD).
  func hasHardwareVirtualisation() async throws -> Bool {
    guard try await host.exists("/dev/kvm") else { return false }
    let flags = try await procField("/proc/cpuinfo", "flags").split(separator: " ")
    return flags.contains("vmx") || flags.contains("svm")
  }

  private func procField(_ path: String, _ name: String) async throws -> String {
    let text = String(decoding: try await host.readFile(path), as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
    }
    return ""
  }
}
