public import Hardware
public import Work

// The long work on volumes, as values: what the API hands over. The steps stand in CinderWork.

public struct CreateVolume: SagaValue {
  public static let name = "volume.create"
  public var volume: String
  public var sizeGiB: Int
  public var source: VolumeSource
  /// A host that the source prescribes, else the scheduler's choice once it is made.
  public var host: String?
  public var subject: String { volume }
  public init(volume: String, sizeGiB: Int, source: VolumeSource, host: String? = nil) {
    self.volume = volume
    self.sizeGiB = sizeGiB
    self.source = source
    self.host = host
  }
  /// Under which name the volume's lifecycle knows it.
  public var move: Volume.MoveName { if case .image = source { .download } else { .create } }
}

/// Removes a volume and those snapshots of it that there are.
public struct DeleteVolume: SagaValue {
  public static let name = "volume.delete"
  public var volume: String
  public var subject: String { volume }
  public init(volume: String) { self.volume = volume }
}

public struct ExtendVolume: SagaValue {
  public static let name = "volume.extend"
  public var volume: String
  public var sizeGiB: Int
  public var subject: String { volume }
  public init(volume: String, sizeGiB: Int) {
    self.volume = volume
    self.sizeGiB = sizeGiB
  }
}

public struct UploadVolume: SagaValue {
  public static let name = "volume.upload"
  public var volume: String
  public var image: String
  public var format: GuestDisk.Format
  public var subject: String { volume }
  public init(volume: String, image: String, format: GuestDisk.Format) {
    self.volume = volume
    self.image = image
    self.format = format
  }
}

public struct CreateSnapshot: SagaValue {
  public static let name = "snapshot.create"
  public var snapshot: String
  public var volume: String
  public var subject: String { snapshot }
  public init(snapshot: String, volume: String) {
    self.snapshot = snapshot
    self.volume = volume
  }
}

public struct DeleteSnapshot: SagaValue {
  public static let name = "snapshot.delete"
  public var snapshot: String
  public var subject: String { snapshot }
  public init(snapshot: String) { self.snapshot = snapshot }
}
