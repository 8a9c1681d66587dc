internal import API
internal import Core
internal import HTTP
internal import JSON
internal import NovaModel
internal import Store
internal import Work

/// How every action on a server begins: its lock and state are checked, its saga and its action are written, at once.
enum ServerMoves {
  /// - Throws: `conflict` for a locked server, unless an administrator asks.
  static func unlocked(_ server: Server, _ call: Call<Nova>) throws {
    if server.locked, !call.caller.isAdmin { throw Refusals.locked(server) }
  }

  /// Begins a move of the server that the path names.
  @discardableResult
  static func begin<S: SagaValue>(
    _ move: Server.MoveName, _ action: String, _ call: Call<Nova>, _ saga: @escaping @Sendable (Server) -> S,
    change: @escaping @Sendable (inout Server) throws -> Void = { _ in }
  ) async throws -> Server {
    let id = call.id
    return try await call.nova.store.write { tx in
      var server = try await call.server(id, in: tx)
      try unlocked(server, call)
      try change(&server)
      return try await begin(move, action, saga(server), on: server, call, in: tx)
    }
  }

  @discardableResult
  static func begin<S: SagaValue>(
    _ move: Server.MoveName, _ action: String, _ saga: S, on server: Server, _ call: Call<Nova>, in tx: Transaction
  ) async throws -> Server {
    var server = server
    server.updatedAt = call.nova.world.now()
    let begun = try await Server.lifecycle.begin(
      move, on: server, with: saga, in: tx, queue: call.nova.queue,
      refusal: Refusals.state(server, action, allowed: Server.lifecycle[move].from))
    try await record(action, of: server, saga: begun.saga, call, in: tx)
    return begun
  }

  /// Writes down what is done to a server, by whom; a saga's end finishes it.
  /// - Parameter saga: nil for what is done already.
  static func record(
    _ action: String, of server: Server, saga: String?, _ call: Call<Nova>, in tx: Transaction
  ) async throws {
    let now = call.nova.world.now()
    var row = InstanceAction()
    row.id = call.nova.world.uuid()
    row.serverID = server.id
    row.projectID = call.caller.projectID ?? server.projectID
    row.userID = call.caller.userID
    row.requestID = call.requestID
    row.action = action
    row.saga = saga
    row.host = server.host
    row.startTime = now
    if saga == nil {
      row.finishTime = now
      row.result = "Success"
    }
    try await tx.insert(row)
  }

  /// Changes the server's record at once, and writes that down as an action where it is one.
  @discardableResult
  static func change(
    _ call: Call<Nova>, action: String? = nil, heedsLock: Bool = true,
    _ edit: @escaping @Sendable (inout Server) throws -> Void
  ) async throws -> Server {
    let (id, now) = (call.id, call.nova.world.now())
    return try await call.nova.store.write { tx in
      var server = try await call.server(id, in: tx)
      if heedsLock { try unlocked(server, call) }
      try edit(&server)
      server.updatedAt = now
      server = try await tx.update(server)
      if let action { try await record(action, of: server, saga: nil, call, in: tx) }
      return server
    }
  }
}
