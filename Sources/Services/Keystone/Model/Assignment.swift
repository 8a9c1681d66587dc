public import Store

/// That an actor has a role on a target.
public struct Assignment: Record {
  public enum Actor: String, ColumnValue { case user, group }
  public enum Target: String, ColumnValue { case project, domain, system }

  public var actor = Actor.user
  public var actorID = ""
  public var target = Target.project
  /// The project's or the domain's id; `all` for the system.
  public var targetID = ""
  public var roleID = ""
  /// Whether it holds for the projects within the target instead of the target itself.
  public var inherited = false

  public init() {}
  public init(
    _ role: String, to actor: Actor, _ actorID: String, on target: Target, _ targetID: String = "all",
    inherited: Bool = false
  ) {
    roleID = role
    self.actor = actor
    self.actorID = actorID
    self.target = target
    self.targetID = targetID
    self.inherited = inherited
  }

  public static let table = Table<Assignment>(
    "keystone_assignments",
    [
      .column("actor", \.actor, key: true),
      .column("actor_id", \.actorID, key: true),
      .column("target", \.target, key: true),
      .column("target_id", \.targetID, key: true, indexed: true),
      .column("role_id", \.roleID, key: true, indexed: true),
      .column("inherited", \.inherited, key: true),
    ])
}

/// What a token or a list of grants is about.
public enum Scope: Sendable, Hashable {
  case unscoped
  case project(String)
  case domain(String)
  case system
}
