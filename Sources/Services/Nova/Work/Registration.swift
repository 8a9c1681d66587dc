internal import NovaModel
public import Work

extension Conductor {
  /// Lets a queue run all of compute's sagas.
  public func register(with queue: SagaQueue) {
    queue.register(CreateServer.self, self)
    queue.register(StartServer.self, self)
    queue.register(StopServer.self, self)
    queue.register(RebootServer.self, self)
    queue.register(PauseServer.self, self)
    queue.register(ResumeServer.self, self)
    queue.register(DeleteServer.self, self)
    queue.register(SnapshotServer.self, self)
    queue.register(RebuildServer.self, self)
    queue.register(AttachVolume.self, self)
    queue.register(DetachVolume.self, self)
    queue.register(AttachInterface.self, self)
    queue.register(DetachInterface.self, self)
  }
}
