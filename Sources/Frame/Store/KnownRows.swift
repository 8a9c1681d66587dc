internal import Core
internal import Synchronization

/// The rows of one table as they were last read, for whoever needs all of them again and again.
///
/// Each time only ids and generations are read, and the rows whose generation is another than it was: every write of a
/// `Versioned` record counts its generation on, and ids are not given twice. So a change of one among a thousand costs
/// the reading of one, and what a transaction gets is what it would have read.
public final class KnownRows<R: Versioned>: Sendable {
  /// So many ids stand in one statement at most.
  private static var batch: Int { 500 }

  private let known = Mutex<[String: R]>([:])

  /// For tables whose key is the one column `id`.
  public init() {}

  /// All records, in that order.
  /// - Parameter order: what would stand behind `ORDER BY`.
  public func all(orderedBy order: SQL, in transaction: some ReadTransaction) async throws -> [R] {
    let now = try await transaction.run("SELECT id, generation FROM \(R.table) ORDER BY \(order)").map { row in
      (id: try String(columnValue: row[0]), generation: try Int(columnValue: row[1]))
    }
    let before = known.withLock { $0 }
    let changed = now.filter { before[$0.id]?.generation != $0.generation }.map(\.id)
    guard !changed.isEmpty || before.count != now.count else { return now.compactMap { before[$0.id] } }
    var fresh: [String: R] = [:]
    for start in stride(from: 0, to: changed.count, by: Self.batch) {
      let ids = Array(changed[start..<min(start + Self.batch, changed.count)])
      for record in try await transaction.all(R.self, "WHERE id IN (\(list: ids))") { fresh[record.id] = record }
    }
    let records = now.compactMap { fresh[$0.id] ?? before[$0.id] }
    let kept = Dictionary(records.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    known.withLock { $0 = kept }
    return records
  }
}
