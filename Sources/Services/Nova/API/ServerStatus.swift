internal import Core
internal import NovaModel
internal import Store

/// The status that clients see, made of what a server is and what is being done to it.
enum ServerStatus {
  static func of(_ state: Server.State, _ doing: Server.Doing?) -> String {
    switch (state, doing) {
    case (.active, .rebooting): "REBOOT"
    case (.active, .rebootingHard): "HARD_REBOOT"
    case (.active, .rebuilding), (.stopped, .rebuilding), (.error, .rebuilding): "REBUILD"
    case (.active, _): "ACTIVE"
    case (.building, _): "BUILD"
    case (.stopped, _): "SHUTOFF"
    case (.paused, _): "PAUSED"
    case (.suspended, _): "SUSPENDED"
    case (.error, _): "ERROR"
    }
  }

  /// The rows that show one of these statuses; nil when nothing can ever show them.
  static func condition(_ statuses: [String]) -> SQL? {
    let wanted = Set(statuses.map { $0.uppercased() })
    var pieces: [SQL] = []
    for state in Server.State.allCases {
      let usual = wanted.contains(of(state, nil))
      let special = Server.Doing.allCases.filter { of(state, $0) != of(state, nil) }
      if usual {
        let hidden = special.filter { !wanted.contains(of(state, $0)) }
        pieces.append("(state = \(state) AND (doing IS NULL OR doing NOT IN (\(list: hidden))))")
      } else {
        let shown = special.filter { wanted.contains(of(state, $0)) }
        if !shown.isEmpty { pieces.append("(state = \(state) AND doing IN (\(list: shown)))") }
      }
    }
    return pieces.isEmpty ? nil : "(\(SQL.joined(pieces, " OR ")))"
  }

  /// All of upstream's, also those that no server here has.
  static let known: Set<String> = [
    "ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD",
    "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED",
    "UNKNOWN", "VERIFY_RESIZE",
  ]

  /// Statuses whose servers show their progress.
  static let progressing: Set<String> = ["ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"]
}
