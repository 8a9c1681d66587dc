import CinderModel
import Clients
import Core
import Crypto
import FakeHardware
import GlanceModel
import GlanceWork
import Hardware
import JSON
import NovaModel
import NovaWork
import SmallCloud
import Store

/// What is left in a cloud, for the end of a trial.
extension SmallCloud {
  /// What services and hands hold for servers and volumes.
  func things() async throws -> [String] {
    var all: [String] = []
    for port in try await must("neutron", "GET", "/v2.0/ports", as: "admin")["ports"]?.array ?? [] {
      let owner = port["device_owner"]?.string ?? ""
      let hasDevice = !(port["device_id"]?.string ?? "").isEmpty
      all.append("port \(port["name"]?.string ?? "") of '\(owner)', device \(hasDevice), on '\(host(port))'")
    }
    let (hosts, disks) = try await store.read {
      (try await $0.all(ComputeHost.self), try await $0.all(VolumeAttachment.self))
    }
    for host in hosts {
      let held = try await conductor.placement.allocations(ofProvider: host.id)["allocations"]?.object?.members ?? []
      all += held.map { "allocation \($0.value["resources"]?.text ?? "")" }
    }
    all += disks.map { "disk \($0.state.rawValue), boot \($0.bootIndex ?? -1), goes \($0.deleteOnTermination)" }
    all += try await volumeThings() + handThings()
    for image in try await must("glance", "GET", "/v2/images", as: "admin")["images"]?.array ?? [] {
      all.append(
        "image \(image["name"]?.string ?? "") \(image["status"]?.string ?? ""), of \(image["size"]?.text ?? ""), "
          + "in '\(image["stores"]?.string ?? "")', held \(image["os_glance_import_task"] != nil)")
    }
    all += try await hands.images.list().map { "bytes \($0.prefix(8))" }
    for key in try await hands.secondImages.list() {
      guard case .bytes(let bytes)? = try await hands.secondImages.content(key) else { continue }
      all.append("bytes \(Hash.sha512(bytes).hex.prefix(8)) in the second store")
    }
    for image in try await store.read({ try await $0.all(Image.self) }) {
      for place in image.allLocations where try await imageWork.stores.backend(of: place)?.content(place.key) == nil {
        all.append("nothing where \(image.name ?? "") has a place in '\(place.store)'")
      }
    }
    all += try await hands.imageCache.list().map { "bytes \($0.prefix(8)) in the cache" }
    let cache = try await must("glance", "GET", "/v2/cache", as: "admin")
    all += (cache["cached_images"]?.array ?? []).map { "cached image of \($0["size"]?.text ?? "")" }
    all += (cache["queued_images"]?.array ?? []).map { _ in "image queued for the cache" }
    return all.sorted()
  }

  private func host(_ port: JSON) -> String { port["binding:host_id"]?.string ?? "" }

  private func volumeThings() async throws -> [String] {
    let (volumes, snapshots, attachments) = try await store.read { tx in
      (try await tx.all(Volume.self), try await tx.all(Snapshot.self), try await tx.all(Attachment.self))
    }
    var all: [String] = []
    for volume in volumes { all.append("volume \(volume.name) \(volume.sizeGiB) GiB \(volume.status)") }
    for snapshot in snapshots { all.append("snapshot \(snapshot.name) \(snapshot.status)") }
    for attachment in attachments { all.append("attachment \(attachment.state.rawValue)") }
    for _ in try await hands.volumes.volumes() { all.append("volume's disk") }
    return all
  }

  private func handThings() async throws -> [String] {
    var all: [String] = []
    for guest in try await hands.hypervisor.guests() {
      let spec = try await hands.hypervisor.spec(guest.id)
      let serials = (spec?.disks ?? []).map { $0.serial.utf8.count > 20 ? "volume" : $0.serial }.sorted()
      all.append("guest \(guest.power.rawValue), disks \(serials), cards \(spec?.nics.count ?? 0)")
    }
    all += try await hands.disks.servers().map { _ in "server's disks" }
    all += try await hands.bridges.ports().map { _ in "tap" }
    return all
  }

  /// What users are shown of servers.
  func records() async throws -> [String] {
    try await store.read { tx in
      try await tx.all(Server.self).map { server in
        "server \(server.state.rawValue), doing \(server.doing?.rawValue ?? "nothing"), power \(server.power), "
          + "cards \(server.nics.count), on \(server.host ?? "no host"), image \(server.imageID != nil)"
      }.sorted()
    }
  }

  /// Whether a record says that something went wrong.
  func hasFailed() async throws -> Bool {
    try await store.read { tx in
      let servers = try await tx.all(Server.self)
      if servers.contains(where: { $0.fault != nil }) { return true }
      let isWrong = { (status: String) in status.hasPrefix("error") }
      let volumes = try await tx.all(Volume.self)
      let snapshots = try await tx.all(Snapshot.self)
      if volumes.contains(where: { isWrong($0.status) }) || snapshots.contains(where: { isWrong($0.status) }) {
        return true
      }
      return try await tx.all(InstanceAction.self).contains { $0.result == "Error" }
    }
  }
}
