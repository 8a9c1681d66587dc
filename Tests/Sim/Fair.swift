import CLinux
import Glibc

/// Makes this process one whose every run is the same: hashes and addresses that do not change from start to start.
enum Fair {
  private static let noRandomAddresses: UInt = 0x0040000

  /// Starts the program again in such surroundings, unless it is in them.
  static func surroundings() throws {
    guard getenv("SWIFT_DETERMINISTIC_HASHING") == nil else { return }
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    personality(noRandomAddresses)
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    complain("the program cannot be started again: \(String(cString: strerror(errno)))")
    exit(2)
  }
}
