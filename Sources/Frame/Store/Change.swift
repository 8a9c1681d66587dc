public import Core
public import JSON

/// One entry of the change log: who did what to which record, under which request.
public struct Change: Record {
  public enum Action: String, ColumnValue { case insert, update, delete }

  /// Ever rising in the order in which changes became visible, with gaps.
  public var seq = 0
  public var at = Timestamp(microseconds: 0)
  /// The first word of the table's name.
  public var service = ""
  public var tableName = ""
  public var recordID = ""
  public var action = Action.insert
  public var userID: String?
  public var projectID: String?
  public var requestID: String?
  /// The columns before: all of a deleted record, of an updated one those that changed. Secrets show as `***`.
  public var before: JSON?
  /// The columns after: all of an inserted record, of an updated one those that changed.
  public var after: JSON?

  public init() {}

  public static let table = Table<Change>(
    "changes", logged: false,
    [
      .column("seq", \.seq, key: true),
      .column("at", \.at),
      .column("service", \.service),
      .column("table_name", \.tableName),
      .column("record_id", \.recordID, indexed: true),
      .column("action", \.action),
      .column("user_id", \.userID),
      .column("project_id", \.projectID),
      .column("request_id", \.requestID),
      .column("before", \.before),
      .column("after", \.after),
    ])
}

extension Table {
  public func shown(in transaction: any ReadTransaction) async throws -> [String: JSON]? {
    guard logged else { return nil }
    let records = try await transaction.all(R.self)
    return Dictionary(records.map { ($0.id, shown($0, against: nil)) }, uniquingKeysWith: { $1 })
  }
}

extension Value {
  /// As the change log shows it.
  var shown: JSON {
    switch self {
    case .null: .null
    case .int(let number): .int(number)
    case .double(let number): .double(number)
    case .text(let text): .string(text)
    case .blob(let bytes): .string("\(bytes.count) bytes")
    }
  }
}
