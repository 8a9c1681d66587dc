internal import Config
internal import Core
internal import GlanceModel
internal import Host
internal import JSON
internal import Store
internal import Wiring

extension Personality {
  /// What operators of the image service know; each of these is also a word behind `db`: `db sync`.
  static let glanceManage = Personality(
    name: "glance-manage",
    verbs: [
      .verb("db_check", "says whether the tables are up to date", check),
      .verb("db_contract", "is taken, and has nothing to do", nothing),
      .verb("db_expand", "brings the tables up to date", sync),
      .verb("db_export_metadefs", "writes the metadata definitions into files", options: loadOptions, export),
      .verb("db_load_metadefs", "reads metadata definitions from files", options: loadOptions, load),
      .verb("db_migrate", "is taken, and has nothing to do", nothing),
      .verb("db_purge", "forgets images that were deleted long ago", options: purgeOptions, purge),
      .verb(
        "db_purge_images_table", "is taken: nothing is left for it when db_purge is done", options: purgeOptions,
        nothing),
      .verb("db_sync", "makes the database and brings it up to date", options: syncOptions, sync),
      .verb("db_unload_metadefs", "removes all metadata definitions", unload),
      .verb("db_upgrade", "makes the database and brings it up to date", options: syncOptions, sync),
      .verb("db_version", "says the version of the image service's tables", version),
    ])

  private static let syncOptions: [ArgumentTable.Row] = [
    .value("version", "VERSION", "Is taken; the newest is the only one there is to go to.")
  ]
  private static let purgeOptions: [ArgumentTable.Row] = [
    .value("age_in_days", "DAYS", "Of images that were deleted so long ago; 30 unless said otherwise."),
    .value("max_rows", "ROWS", "At most so many; 100 unless said otherwise, and -1 is all."),
  ]
  private static let loadOptions: [ArgumentTable.Row] = [
    .value("path", "PATH", "A file of definitions, or a folder of them; /etc/glance/metadefs."),
    .flag("merge", "Adds to namespaces that are there already."),
    .flag("prefer_new", "With --merge: what is there already is replaced."),
    .flag("overwrite", "Removes namespaces that are there already, first."),
  ]

  private static func sync(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context, making: true)
    try await state.store.migrate([glanceSchema])
    await state.store.close()
  }

  private static func check(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context)
    let found = try await state.store.version(of: glanceSchema)
    await state.store.close()
    guard found == glanceSchema.version else {
      throw Fault.conflict(
        "The tables are of version \(found), not \(glanceSchema.version). Run glance-manage db_sync.")
    }
    Output.say("Database is up to date. No migrations needed.")
  }

  private static func nothing(_ context: Command.Context, _: Arguments) async throws {}

  private static func version(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context)
    Output.say("\(try await state.store.version(of: glanceSchema))")
    await state.store.close()
  }

  private static func number(_ arguments: Arguments, _ name: String, _ place: Int, usual: Int) throws -> Int {
    let text = arguments.value(name) ?? arguments.positionals.dropFirst(place).first
    guard let text else { return usual }
    guard let number = Int(text) else { throw Fault.badRequest("\(name) is a whole number, not \(text).") }
    return number
  }

  private static func purge(_ context: Command.Context, _ arguments: Arguments) async throws {
    let days = try number(arguments, "age_in_days", 0, usual: 30)
    let rows = try number(arguments, "max_rows", 1, usual: 100)
    guard days >= 0 else { throw Fault.badRequest("Must supply a non-negative value for age.") }
    guard rows == -1 || rows >= 1 else { throw Fault.badRequest("Minimal rows limit is 1.") }
    let state = try await IdentityState.open(context)
    let before = World.real.now() - .hours(24 * days)
    let count = try await state.store.write { transaction in
      try await DeletedImage.purge(before: before, limit: rows < 0 ? Int.max : rows, in: transaction)
    }
    try await ImageTask.forget(in: state.store, at: World.real.now())
    await state.store.close()
    Output.say("Purged \(count) images that were deleted more than \(days) days ago.")
  }

  private static func path(_ arguments: Arguments) -> String {
    arguments.value("path") ?? arguments.positionals.first ?? "/etc/glance/metadefs"
  }

  private static func load(_ context: Command.Context, _ arguments: Arguments) async throws {
    let (merges, prefersNew, overwrites) = (
      arguments.flag("merge"), arguments.flag("prefer_new"), arguments.flag("overwrite")
    )
    guard !prefersNew || merges else { throw Fault.badRequest("You must specify --merge with --prefer_new.") }
    guard !overwrites || !merges else { throw Fault.badRequest("Use either --overwrite or --merge.") }
    let path = path(arguments)
    var files = [path]
    if !path.hasSuffix(".json") {
      files = try await Host.real.list(path).filter { $0.hasSuffix(".json") }.sorted().map { path + "/" + $0 }
    }
    guard !files.isEmpty else { throw Fault.notFound("There are no .json files in \(path).") }
    var documents: [JSONObject] = []
    for file in files {
      guard let document = try JSON(parsing: try await Host.real.readFile(file)).object else {
        throw Fault.badRequest("\(file) is no file of metadata definitions.")
      }
      documents.append(document)
    }
    let state = try await IdentityState.open(context)
    let written = try await MetadefLibrary(store: state.store, world: .real).load(
      documents, overwrites ? .overwrite : merges ? .merge(preferNew: prefersNew) : .skip)
    await state.store.close()
    for name in written { Output.say("loaded \(name)") }
    let skipped = documents.count - written.count
    if skipped > 0 { Output.say("\(skipped) namespaces were there already, and were left as they are.") }
  }

  private static func unload(_ context: Command.Context, _: Arguments) async throws {
    let state = try await IdentityState.open(context)
    try await MetadefLibrary(store: state.store, world: .real).unload()
    await state.store.close()
  }

  private static func export(_ context: Command.Context, _ arguments: Arguments) async throws {
    let folder = path(arguments)
    let state = try await IdentityState.open(context)
    let documents = try await MetadefLibrary(store: state.store, world: .real).export()
    await state.store.close()
    try await Host.real.makeDirectory(folder)
    for document in documents {
      let name = document["display_name"]?.string ?? document["namespace"]?.string ?? ""
      let plain = String(name.filter { $0.isLetter || $0.isNumber })
      let file = folder + "/" + plain + ".json"
      try await Host.real.writeFile(file, JSON.object(document).bytes)
      Output.say("Namespace \(document["namespace"]?.string ?? "") saved in \(file)")
    }
  }
}
