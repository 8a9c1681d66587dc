import Core
import Host

/// What this machine can do, found out once.
enum Machine {
  static let isRoot: Bool = (try? BlockingFiles.list("/proc/1/fd"))?.isEmpty == false
  static let hasQemuTools = has("qemu-img") && has("genisoimage")
  static let guestImage: String? = {
    let path = ".build/guest.qcow2"
    guard let names = try? BlockingFiles.list(".build"), names.contains("guest.qcow2") else { return nil }
    return absolute(path)
  }()
  /// Real guests need root, libvirt, QEMU and the image of tools/guest-image.sh.
  static let runsGuests = isRoot && has("libvirtd") && has("qemu-system-x86_64") && guestImage != nil

  static func has(_ program: String) -> Bool {
    ["/usr/sbin", "/usr/bin"].contains { ((try? BlockingFiles.list($0)) ?? []).contains(program) }
  }

  static func absolute(_ path: String) -> String {
    // The test runner's directory is the package's.
    guard let bytes = try? BlockingFiles.read("/proc/self/environ", limit: 1 << 20) else { return path }
    let lines = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    let here = lines.first { $0.hasPrefix("PWD=") }?.dropFirst(4) ?? "."
    return here + "/" + path
  }

  /// A fresh directory for one test, which removes it.
  static func folder() async throws -> String {
    let path = "/tmp/mlt-test-" + World.real.hexID().prefix(8)
    try await Host.real.makeDirectory(path, mode: 0o755)
    return path
  }
}
