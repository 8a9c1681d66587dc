public import Core
internal import Hardware
internal import NovaModel
public import Store

extension ConsoleProxy {
  /// The authorisation by the tokens that the compute API keeps.
  public static func tokens(in store: Store, world: World) -> Authorise {
    { token in
      guard let kept = try await store.read({ try await $0.get(ConsoleToken.self, token) }),
        kept.expiresAt > world.now()
      else { return nil }
      // A hypervisor whose console is a Unix socket gives its path as the host.
      return kept.host.hasPrefix("/") ? .unix(path: kept.host) : .tcp(host: kept.host, port: kept.port)
    }
  }
}
