import Config
import Core
import Testing

@Suite("The command line") struct ConfigArgumentsTests {
  private let table = ArgumentTable([
    .value("config", short: "c", "FILE", "Read FILE."), .repeated("set", "SECTION.KEY=VALUE", "Set an option."),
    .flag("help", short: "h", "Show this."), .flag("fix", "Mend it."),
  ])

  @Test func readsEveryForm() throws {
    let arguments = try table.parse([
      "serve", "--config", "a=b", "--set=x.y=1", "--set", "z=", "-h", "-", "--", "--fix", "last",
    ])
    #expect(arguments.positionals == ["serve", "-", "--fix", "last"])
    #expect(arguments.value("config") == "a=b" && arguments.values("set") == ["x.y=1", "z="])
    #expect(arguments.flag("help") && !arguments.flag("fix"))
    #expect(try table.parse(["-c", "f"]).value("config") == "f")
  }

  @Test(arguments: [
    (["--confg", "x"], "There is no option --confg; did you mean --config?"), (["-x"], "There is no option -x."),
    (["--config"], "--config needs a value: --config FILE."), (["--fix=1"], "--fix takes no value; leave out '=1'."),
    (["--config=a", "--config=b"], "--config was given twice; give it once."),
  ]) func mistakes(words: [String], message: String) {
    let fault = #expect(throws: Fault.self) { try table.parse(words) }
    #expect(fault?.message == message)
  }

  @Test func helpHasALineForEach() {
    #expect(table.help.hasPrefix("  -c, --config FILE           Read FILE.\n"))
    #expect(table.help.split(separator: "\n").count == 4)
  }
}
