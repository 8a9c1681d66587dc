import Core
import Glibc
import IO
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct IOEventLoopTests {
  @Test func runsWorkOnItsOwnThread() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    #expect(!loop.isCurrent)
    let inside = await loop.run {
      await Task.yield()
      return loop.isCurrent
    }
    #expect(inside)
  }

  @Test func returnsToTheLoopAfterLeavingIt() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    let threads = try BlockingThreads(name: "block", count: 1)
    let (there, back) = try await loop.run {
      let there = try await threads.run { loop.isCurrent }
      return (there, loop.isCurrent)
    }
    #expect(!there)
    #expect(back)
  }

  @Test func firesTimersInOrderAndForgetsCancelledOnes() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    let fired = Mutex<[Int]>([])
    await withUnsafeContinuation { (done: UnsafeContinuation<Void, Never>) in
      loop.execute {
        for n in [3, 1, 2] {
          loop.schedule(after: .milliseconds(5 * n)) { fired.withLock { $0.append(n) } }
        }
        loop.cancel(loop.schedule(after: .milliseconds(7)) { fired.withLock { $0.append(99) } })
        for _ in 0..<1000 { loop.cancel(loop.schedule(after: .seconds(60)) {}) }
        loop.schedule(after: .milliseconds(30)) { done.resume() }
      }
    }
    #expect(fired.withLock { $0 } == [1, 2, 3])
  }

  @Test func readsAndWritesAPipe() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    try Descriptor.setNonBlocking(reading)
    try Descriptor.setNonBlocking(writing)
    let size = 1_000_000
    async let sent: Void = {
      try await loop.write(writing, [UInt8](repeating: 7, count: size))
      Descriptor.close(writing)
    }()
    var received = 0
    while let piece = try await loop.read(reading) { received += piece.count }
    try await sent
    Descriptor.close(reading)
    #expect(received == size)
  }

  @Test func waitingForADescriptorCanBeCancelled() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let reading = ends[0]
    let waiting = Task { try await loop.wait(for: reading, .readable) }
    try await Task.sleep(for: .milliseconds(10))
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    for end in ends { Descriptor.close(end) }
  }

  @Test func aRegularFileCannotBeWatched() async throws {
    let loop = try EventLoop.start(name: "test")
    defer { loop.stop() }
    let fd = open("/etc/hostname", O_RDONLY)
    defer { Descriptor.close(fd) }
    await #expect(throws: Fault.self) { try await loop.wait(for: fd, .readable) }
  }
}
