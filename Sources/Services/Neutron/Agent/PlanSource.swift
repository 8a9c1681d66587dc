internal import NeutronModel

/// A plan and its place in the order of plans.
struct NumberedPlan: Sendable {
  var number: Int
  var plan: HostPlan
}

/// Fetches plans one after another, so that their numbers follow the rows. Whoever asks while a fetch runs shares the
/// next one: a hundred guests that start at once cost two fetches, and each sees a plan no older than its question.
actor PlanSource {
  private let load: @Sendable () async throws -> HostPlan
  private var queued: Task<NumberedPlan, any Error>?
  private var running: Task<NumberedPlan, any Error>?
  private var last = 0

  init(_ load: @escaping @Sendable () async throws -> HostPlan) { self.load = load }

  func fetch() async throws -> NumberedPlan {
    if let queued { return try await queued.value }
    let before = running
    let task = Task { [load] in
      _ = await before?.result
      let number = self.begin()
      return NumberedPlan(number: number, plan: try await load())
    }
    queued = task
    return try await task.value
  }

  /// From here on who asks needs another fetch.
  private func begin() -> Int {
    (running, queued) = (queued, nil)
    last += 1
    return last
  }
}
