internal import API
internal import Core
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// Locks, states set by hand, and the actions that this cloud does not offer, refused in plain words.
enum ServerAdministration {
  private static let path = "/servers/{id}/action"

  static let routes = Routes(
    rules: "os_compute_api:os-lock-server:", of: Nova.self,
    [
      .action(path, "lock", "lock", lock, allow: .member), .action(path, "unlock", "unlock", unlock, allow: .member),
      .action(path, "os-resetState", "os_compute_api:os-admin-actions:reset_state", resetState, allow: .admin),
      .action(path, "changePassword", "os_compute_api:os-admin-password", changePassword, allow: .member),
    ] + unavailable)

  /// Actions of upstream by their policy and what they would do.
  private static let unavailable: [Route<Nova>] = [
    refused("resize", "servers:resize", "resizing of servers"),
    refused("confirmResize", "servers:confirm_resize", "resizing of servers"),
    refused("revertResize", "servers:revert_resize", "resizing of servers"),
    refused("migrate", "os-migrate-server:migrate", "migration of servers", .admin),
    refused("os-migrateLive", "os-migrate-server:migrate_live", "live migration of servers", .admin),
    refused("evacuate", "os-evacuate", "evacuation of servers", .admin),
    refused("shelve", "os-shelve:shelve", "shelving of servers"),
    refused("shelveOffload", "os-shelve:shelve_offload", "shelving of servers", .admin),
    refused("unshelve", "os-shelve:unshelve", "shelving of servers"),
    refused("rescue", "os-rescue", "rescuing of servers"),
    refused("unrescue", "os-unrescue", "rescuing of servers"),
    refused("createBackup", "os-create-backup", "rotating backups; make images instead"),
    refused("trigger_crash_dump", "servers:trigger_crash_dump", "crash dumps"),
    refused("restore", "os-deferred-delete:restore", "restoring of deleted servers"),
    refused("injectNetworkInfo", "os-admin-actions:inject_network_info", "injection of network information", .admin),
    refused("resetNetwork", "os-admin-actions:reset_network", "resetting of guests' networks", .admin),
    refused("os-getSPICEConsole", "os-remote-consoles", "SPICE consoles"),
    refused("os-getSerialConsole", "os-remote-consoles", "serial consoles; read the log or use VNC"),
    refused("os-getRDPConsole", "os-remote-consoles", "RDP consoles"),
  ]

  private static func refused(
    _ action: String, _ rule: String, _ what: String, _ allow: Policy = .member
  ) -> Route<Nova> {
    .action(
      path, action, "os_compute_api:" + rule,
      { (call: Call<Nova>, _: JSON) -> Nothing in
        _ = try await call.server()
        throw Refusals.notServed(what)
      }, allow: allow)
  }

  private static func lock(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    let asked = call.body["lock"] ?? .null
    var reason: String?
    if let given = asked["locked_reason"] {
      guard call.version >= "2.73", let text = given.string, (1...255).contains(text.count) else {
        throw Fault.badRequest("Invalid input for field/attribute locked_reason. Value: \(given.text).")
      }
      reason = text
    }
    let why = reason
    try await ServerMoves.change(call, action: "lock", heedsLock: false) { server in
      server.locked = true
      server.lockedReason = why
      server.lockedBy = locker(of: server, call)
    }
    return Nothing()
  }

  private static func locker(of server: Server, _ call: Call<Nova>) -> String {
    server.projectID == call.caller.projectID ? "owner" : "admin"
  }

  /// Members undo their project's own locks; another's lock only an administrator undoes.
  private static func unlock(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    try await ServerMoves.change(call, action: "unlock", heedsLock: false) { server in
      if server.locked, server.lockedBy == "admin", !call.caller.isAdmin {
        throw Fault.forbidden("Policy doesn't allow \(call.rule):unlock_override to be performed.")
      }
      server.locked = false
      server.lockedReason = nil
      server.lockedBy = nil
    }
    return Nothing()
  }

  /// Says what a server is, whatever the record thought; what was under way is let go.
  private static func resetState(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    guard let state = call.body["os-resetState"]?["state"]?.string, ["active", "error"].contains(state) else {
      throw Fault.badRequest("Invalid input for field/attribute state. It is active or error.")
    }
    let (id, now) = (call.id, call.nova.world.now())
    try await call.nova.store.write { tx in
      var server = try await call.server(id, in: tx)
      server.state = state == "active" ? .active : .error
      server.doing = nil
      if state == "active" { server.fault = nil }
      // What still runs goes on holding the server, so that what is asked for next waits until it has given up;
      // what is stuck would be waited for in vain.
      if let saga = server.saga, try await tx.get(SagaRow.self, saga)?.phase ?? .stuck == .stuck { server.saga = nil }
      server.updatedAt = now
      _ = try await tx.update(server)
    }
    return Nothing()
  }

  private static func changePassword(_ call: Call<Nova>, _: JSON) async throws -> Nothing {
    guard call.body["changePassword"]?["adminPass"]?.string != nil else {
      throw Fault.badRequest("Invalid input for field/attribute changePassword. 'adminPass' is a required property")
    }
    _ = try await call.server()
    throw Fault(
      .notImplemented,
      "Unable to set password on instance: the guest has no agent that could. Log in and change it there.")
  }
}
