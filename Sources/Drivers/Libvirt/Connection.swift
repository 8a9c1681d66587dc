internal import CVirt
internal import Glibc
internal import Core
internal import Host
internal import Hardware

/// An open connection to libvirt's daemon; closed when nobody holds it.
///
/// Unchecked because it holds a C pointer: libvirt's connections may be used by any number of threads at once, and
/// the pointer never changes.
final class Connection: @unchecked Sendable {
  let pointer: OpaquePointer

  init(uri: String) throws {
    Self.silence
    guard let pointer = virConnectOpen(uri) else { throw lastFault("open a connection to \(uri)") }
    self.pointer = pointer
  }
  deinit { virConnectClose(pointer) }

  var isAlive: Bool { virConnectIsAlive(pointer) == 1 }

  /// libvirt prints every error on stderr unless told not to.
  private static let silence: Void = {
    virInitialize()
    virSetErrorFunc(nil) { _, _ in }
  }()
}

/// A domain that was looked up, freed at the end of its scope.
final class Domain {
  let pointer: OpaquePointer
  init(_ pointer: OpaquePointer) { self.pointer = pointer }
  deinit { virDomainFree(pointer) }

  /// The domain of that UUID, whose name begins as Martlet's do; nil when there is none.
  static func find(_ id: String, on connection: Connection) throws -> Domain? {
    if let pointer = virDomainLookupByUUIDString(connection.pointer, id) { return Domain(pointer) }
    if lastCode() == VIR_ERR_NO_DOMAIN { return nil }
    throw lastFault("look up the guest")
  }

  /// As `find`, but an unknown guest is a `notFound` fault.
  static func get(_ id: String, on connection: Connection) throws -> Domain {
    guard let domain = try find(id, on: connection) else {
      throw Fault.notFound("The hypervisor does not know a guest \(id).")
    }
    return domain
  }

  var name: String { virDomainGetName(pointer).map { String(cString: $0) } ?? "" }

  func state() throws -> (state: virDomainState, reason: Int32) {
    var state: Int32 = 0
    var reason: Int32 = 0
    try check(virDomainGetState(pointer, &state, &reason, 0), "read the guest's state")
    return (virDomainState(UInt32(state)), reason)
  }

  var isActive: Bool { virDomainIsActive(pointer) == 1 }

  /// The running guest's description, or the kept one that its next start uses.
  func description(kept: Bool = false) throws -> DomainDescription {
    let flags = kept ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0
    guard let text = virDomainGetXMLDesc(pointer, flags) else { throw lastFault("read the guest's description") }
    defer { free(text) }
    return DomainDescription(String(cString: text))
  }

  func power() throws -> GuestPower {
    let (state, reason) = try state()
    switch state {
    case VIR_DOMAIN_RUNNING, VIR_DOMAIN_BLOCKED, VIR_DOMAIN_SHUTDOWN: return .running
    case VIR_DOMAIN_PAUSED, VIR_DOMAIN_PMSUSPENDED: return .paused
    case VIR_DOMAIN_CRASHED: return .crashed
    default: return reason == Int32(VIR_DOMAIN_SHUTOFF_CRASHED.rawValue) ? .crashed : .stopped
    }
  }
}

/// Throws libvirt's last error of this thread when a call returned -1.
func check(_ result: Int32, _ deed: String) throws {
  if result < 0 { throw lastFault(deed) }
}

func lastCode() -> virErrorNumber { virErrorNumber(UInt32(virGetLastErrorCode())) }

func lastFault(_ deed: String) -> Fault {
  let words = virGetLastErrorMessage().map { String(cString: $0) } ?? "no error was reported"
  let detail = "libvirt: \(deed): \(words)"
  switch lastCode() {
  case VIR_ERR_NO_DOMAIN: return Fault(.notFound, "The hypervisor does not know this guest.", detail: detail)
  case VIR_ERR_NO_CONNECT, VIR_ERR_INVALID_CONN, VIR_ERR_RPC, VIR_ERR_SYSTEM_ERROR, VIR_ERR_AUTH_FAILED:
    return .unavailable(
      "The hypervisor does not answer on this host. An administrator must see why libvirt does not run.",
      detail: detail)
  default:
    return .internalError(
      "The hypervisor could not \(deed). An administrator finds its reason in the log.", detail: detail)
  }
}
