import NovaModel
import NovaWork
import Testing

@Suite struct SchedulerTests {
  private func host(
    _ name: String, zone: String = "nova", up: Bool = true, disabled: Bool = false, vcpus: Int = 8, memory: Int = 8192,
    disk: Int = 100
  ) -> HostSnapshot {
    HostSnapshot(
      host: name, provider: name + "-provider", availabilityZone: zone, up: up, disabled: disabled,
      free: ["VCPU": vcpus, "MEMORY_MB": memory, "DISK_GB": disk])
  }

  private func request(
    vcpus: Int = 1, memory: Int = 512, disk: Int = 1, _ change: (inout SchedulingHints) -> Void = { _ in }
  ) -> SchedulingRequest {
    var hints = SchedulingHints()
    change(&hints)
    return SchedulingRequest(resources: ["VCPU": vcpus, "MEMORY_MB": memory, "DISK_GB": disk], hints: hints)
  }

  private func hosts(_ placing: Placing) -> [String]? {
    if case .hosts(let hosts) = placing { hosts.map(\.host) } else { nil }
  }
  private func filters(_ placing: Placing) -> [String: String] {
    guard case .refused(let list) = placing else { return [:] }
    return Dictionary(list.map { ($0.host, $0.filter) }, uniquingKeysWith: { $1 })
  }

  @Test func theEmptiestHostComesFirstAndEqualOnesByName() {
    let placing = Scheduler.place(request(), among: [host("b"), host("full", memory: 1024), host("a")])
    #expect(hosts(placing) == ["a", "b", "full"])
  }

  @Test func everyHostThatIsLeftOutHasOneFilterAndOneReason() {
    let all = [
      host("down", up: false), host("off", disabled: true), host("far", zone: "elsewhere"), host("small", memory: 256),
      host("tried"),
    ]
    let placing = Scheduler.place(
      request {
        $0.availabilityZone = "nova"
        $0.avoid = ["tried"]
      }, among: all)
    #expect(
      filters(placing) == [
        "down": "ComputeUp", "off": "ComputeEnabled", "far": "AvailabilityZone", "small": "Resources", "tried": "Retry",
      ])
    guard case .refused(let list) = placing else { return }
    #expect(list.first { $0.host == "small" }?.reason == "MEMORY_MB: 512 wanted, 256 free")
  }

  @Test func aHostThatWasAskedForIsTheOnlyOne() {
    let placing = Scheduler.place(request { $0.host = "b" }, among: [host("a"), host("b")])
    #expect(hosts(placing) == ["b"])
    let impossible = Scheduler.place(request { $0.host = "c" }, among: [host("a"), host("b")])
    #expect(filters(impossible) == ["a": "Requested", "b": "Requested"])
  }

  @Test func allThatIsShortIsNamed() {
    let placing = Scheduler.place(request(vcpus: 16, memory: 9000, disk: 500), among: [host("a")])
    guard case .refused(let list) = placing else {
      Issue.record("the host cannot take it")
      return
    }
    #expect(
      list[0].reason == "DISK_GB: 500 wanted, 100 free; MEMORY_MB: 9000 wanted, 8192 free; VCPU: 16 wanted, 8 free")
  }

  @Test func noHostsAtAllIsNoReason() { #expect(Scheduler.place(request(), among: []) == .refused([])) }

  @Test func aServerOnAVolumeNeedsNoRootDisk() {
    var flavor = FlavorSnapshot()
    (flavor.vcpus, flavor.memoryMiB, flavor.diskGiB, flavor.swapMiB) = (2, 1024, 20, 1500)
    let onImage = SchedulingRequest(flavor: flavor, bootsFromVolume: false, hints: SchedulingHints())
    #expect(onImage.resources == ["VCPU": 2, "MEMORY_MB": 1024, "DISK_GB": 22])
    let onVolume = SchedulingRequest(flavor: flavor, bootsFromVolume: true, hints: SchedulingHints())
    #expect(onVolume.resources == ["VCPU": 2, "MEMORY_MB": 1024, "DISK_GB": 2])
  }
}
