import Core
import Glibc
import Synchronization

/// A directory that is gone when the test process ends.
public func temporaryDirectory() throws -> String {
  var template = Array("/tmp/martlet-store-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw Fault.unavailable("no directory in /tmp") }
  let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let isFirst = temporaryDirectories.withLock { paths in
    paths.append(path)
    return paths.count == 1
  }
  if isFirst {
    atexit { for path in temporaryDirectories.withLock({ $0 }) { system("rm -rf '\(path)'") } }
  }
  return path
}
private let temporaryDirectories = Mutex<[String]>([])

/// A PostgreSQL server for this test process: on a socket in a directory of its own, gone a second after the process.
public enum PostgresServer {
  /// Where its socket is; the server is started by the first who asks.
  public static let directory: Result<String, any Error> = Result { try start() }

  private static func start() throws -> String {
    let directory = try temporaryDirectory()
    // PostgreSQL refuses to run as root.
    let script = """
      set -e
      bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
      test -x "$bin/initdb" || bin=$(dirname "$(command -v initdb)")
      test -x "$bin/initdb"
      as=
      if [ "$(id -u)" = 0 ]; then
        chown postgres "\(directory)"
        as="setpriv --reuid=postgres --regid=postgres --clear-groups"
      fi
      cd "\(directory)"
      $as "$bin/initdb" -D data -U postgres --auth=trust --no-sync -E UTF8 --locale=C >initdb.log 2>&1
      $as "$bin/pg_ctl" -D data -l server.log -w -t 60 \
        -o "-c listen_addresses= -k \(directory) -c fsync=off -c max_connections=2000 -c shared_buffers=64MB" \
        start >/dev/null 2>&1
      server=$(head -1 data/postmaster.pid)
      ( setsid sh -c "while kill -0 \(getpid()); do sleep 0.5; done; kill -QUIT $server; sleep 0.5; \
        rm -rf \(directory)" >/dev/null 2>&1 </dev/null & )
      """
    guard system(script) == 0 else {
      throw Fault.unavailable(
        "PostgreSQL could not be started for the tests. Install the package postgresql, or set "
          + "MARTLET_SKIP_POSTGRES=1 to leave these tests out.")
    }
    return directory
  }
}
