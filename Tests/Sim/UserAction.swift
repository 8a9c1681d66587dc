/// What a user asks of a cloud, named as users name it.
enum UserAction: String, Sendable, CaseIterable {
  case createServer = "server create"
  case createServers = "server create --min 3"
  case createServerOnPort = "server create --port"
  case createServerFromVolume = "server create --boot-from-volume"
  case deleteServer = "server delete"
  case stop = "server stop"
  case start = "server start"
  case reboot = "server reboot"
  case pause = "server pause"
  case unpause = "server unpause"
  case rebuild = "server rebuild"
  case snapshotServer = "server image create"
  case attachVolume = "server add volume"
  case detachVolume = "server remove volume"
  case attachNetwork = "server add network"
  case detachPort = "server remove port"
  case createVolume = "volume create"
  case createVolumeFromImage = "volume create --image"
  case createVolumeFromSnapshot = "volume create --snapshot"
  case extendVolume = "volume set --size"
  case uploadVolume = "image create --volume"
  case deleteVolume = "volume delete"
  case createSnapshot = "volume snapshot create"
  case deleteSnapshot = "volume snapshot delete"
  case createImage = "image create"
  case deleteImage = "image delete"
  case createNetwork = "network create"
  case deleteNetwork = "network delete"
  case createPort = "port create"
  case deletePort = "port delete"
  case createRouter = "router create"
  case deleteRouter = "router delete"
  case createFloatingIP = "floating ip create"
  case moveFloatingIP = "floating ip set"
  case deleteFloatingIP = "floating ip delete"

  static let weights: [(weight: Int, value: UserAction)] = [
    (10, .createServer), (4, .createServers), (4, .createServerOnPort), (4, .createServerFromVolume),
    (10, .deleteServer), (4, .stop), (4, .start), (3, .reboot), (2, .pause), (2, .unpause), (4, .rebuild),
    (3, .snapshotServer), (8, .attachVolume), (6, .detachVolume), (4, .attachNetwork), (3, .detachPort),
    (6, .createVolume), (3, .createVolumeFromImage), (3, .createVolumeFromSnapshot), (3, .extendVolume),
    (2, .uploadVolume), (5, .deleteVolume), (4, .createSnapshot), (3, .deleteSnapshot), (2, .createImage),
    (2, .deleteImage), (2, .createNetwork), (2, .deleteNetwork), (4, .createPort), (3, .deletePort), (2, .createRouter),
    (2, .deleteRouter), (3, .createFloatingIP), (3, .moveFloatingIP), (2, .deleteFloatingIP),
  ]
}
