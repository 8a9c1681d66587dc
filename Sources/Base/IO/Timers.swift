/// Timers of one loop, in a binary heap by deadline; a cancelled timer leaves its heap entry behind until it is due.
struct Timers {
  private struct Entry {
    let deadline: Int64
    let id: UInt64
  }
  private var heap: [Entry] = []
  private var callbacks: [UInt64: () -> Void] = [:]
  private var next: UInt64 = 0

  mutating func add(at deadline: Int64, _ callback: @escaping () -> Void) -> TimerID {
    next += 1
    callbacks[next] = callback
    heap.append(Entry(deadline: deadline, id: next))
    rise(heap.count - 1)
    return TimerID(number: next)
  }

  mutating func remove(_ timer: TimerID) {
    callbacks[timer.number] = nil
    // Many timers set and cancelled long before they are due must not pile up.
    if heap.count > 64, heap.count > 4 * callbacks.count {
      let kept = heap.filter { callbacks[$0.id] != nil }
      heap = []
      for entry in kept {
        heap.append(entry)
        rise(heap.count - 1)
      }
    }
  }

  /// How long epoll may wait: -1 without timers.
  mutating func milliseconds(now: Int64) -> Int32 {
    while let first = heap.first, callbacks[first.id] == nil { removeFirst() }
    guard let first = heap.first else { return -1 }
    return Int32(clamping: max(0, (first.deadline - now + 999) / 1000))
  }

  mutating func due(now: Int64) -> [() -> Void] {
    var due: [() -> Void] = []
    while let first = heap.first, first.deadline <= now {
      removeFirst()
      if let callback = callbacks.removeValue(forKey: first.id) { due.append(callback) }
    }
    return due
  }

  private mutating func removeFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var at = 0
    while true {
      var least = at
      for child in [2 * at + 1, 2 * at + 2] where child < heap.count {
        if heap[child].deadline < heap[least].deadline { least = child }
      }
      guard least != at else { return }
      heap.swapAt(at, least)
      at = least
    }
  }

  private mutating func rise(_ start: Int) {
    var at = start
    while at > 0, heap[at].deadline < heap[(at - 1) / 2].deadline {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }
}
