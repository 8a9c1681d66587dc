import Config
import Core
import Testing

@Suite("Configuration") struct ConfigurationTests {
  enum Hypervisor: String, OptionValue, CaseIterable { case libvirt, fake }
  struct API: Sendable {
    var listen = ""
    var port = 0
    var password = ""
    static let options: [Option<API>] = [
      .option("api", "listen", \.listen, default: "127.0.0.1", "The address on which the APIs listen."),
      .option("api", "port", \.port, default: 8774, in: 1...65535, "The port."),
      .option("api", "password", \.password, default: "", secret: true, "The password."),
    ]
  }
  struct Settings: Sendable {
    var api = API()
    var roles: [String] = []
    var timeout = Duration.zero
    var size = Bytes(0)
    var hypervisor = Hypervisor.libvirt
    var debug = false
    var name: String?
  }
  private let configuration = Configuration<Settings>(
    [
      .option("DEFAULT", "roles", \.roles, default: ["all"], "What this process does."),
      .option("DEFAULT", "debug", \.debug, default: false, "Whether to log more."),
      .option("compute", "hypervisor", \.hypervisor, default: .libvirt, "What runs guests."),
      .option("compute", "timeout", \.timeout, default: .minutes(5), "How long to wait."),
      .option("compute", "size", \.size, default: Bytes(2 << 30), "How much."),
      .option("compute", "name", \.name, default: nil, "The host's name."),
    ] + API.options.at(\.api))

  @Test func defaultsThenFileThenCommandLine() throws {
    let file =
      "debug = yes\nroles = a, b\nroles = c\n[api]\nport = 1\nlisten = x\n[compute]\n"
      + "hypervisor = fake\ntimeout = 1h30m\n"
    let loaded = try configuration.load(
      Settings(), file: ("m.conf", file), sets: ["api.listen=0.0.0.0", "compute.size = 10MiB", "compute.name=h"])
    let settings = loaded.settings
    #expect(settings.debug && settings.roles == ["a", "b", "c"] && settings.api.port == 1)
    #expect(settings.api.listen == "0.0.0.0" && settings.size == Bytes(10 << 20) && settings.name == "h")
    #expect(settings.hypervisor == .fake && settings.timeout == .seconds(5400))
    #expect(loaded.origin("api.port") == "m.conf:5" && loaded.origin("api.listen") == "--set")
    #expect(loaded.origin("api.password") == "default")
  }

  @Test func withoutAnythingThereAreDefaults() throws {
    let settings = try configuration.load(Settings()).settings
    #expect(settings.roles == ["all"] && settings.timeout == .seconds(300) && settings.api.listen == "127.0.0.1")
  }

  @Test(arguments: [
    ("[api]\nlistne = x", "m.conf:2: [api] has no key listne; did you mean api.listen?"),
    ("[apl]\nlisten = x", "m.conf:1: there is no section [apl]; did you mean [api]?"),
    ("[api]\nport = 0", "m.conf:2: api.port must be a whole number from 1 to 65535; '0' is not."),
    ("[api]\nport = many", "m.conf:2: api.port must be a whole number from 1 to 65535; 'many' is not."),
    ("[compute]\nhypervisor = xen", "m.conf:2: compute.hypervisor must be one of libvirt, fake; 'xen' is not."),
    ("debgu = 1", "m.conf:1: [DEFAULT] has no key debgu; did you mean debug?"),
    ("[compute]\nlisten = x", "m.conf:2: [compute] has no key listen; did you mean api.listen?"),
    ("[api]\nnonsense", "m.conf:2: neither a [section] nor key = value: nonsense"),
  ]) func mistakesStopTheStart(file: String, message: String) {
    let fault = #expect(throws: Fault.self) { try configuration.load(Settings(), file: ("m.conf", file)) }
    #expect(fault?.message == message.replacing("?", with: "?"))
  }

  @Test func allMistakesAreToldAtOnce() {
    let fault = #expect(throws: Fault.self) {
      try configuration.load(Settings(), sets: ["api.prot=1", "nonsense", "debug=perhaps", "api.listen=ok"])
    }
    #expect(
      fault?.message == """
        --set: there is no option api.prot; did you mean api.port?
        --set nonsense: write --set section.key=value.
        --set: debug must be true or false; 'perhaps' is not.
        """)
  }

  @Test func secretsAreNeverShown() throws {
    let loaded = try configuration.load(Settings(), sets: ["api.password=hunter2"])
    #expect(loaded.show().contains("api.password = ****  # --set\n") && !loaded.show().contains("hunter2"))
    #expect(loaded.show().contains("compute.size = 2GiB  # default\n"))
  }

  @Test func theSampleIsTheDefaults() throws {
    let sample = configuration.sample()
    #expect(
      sample.contains("\n[api]\n\n# The address on which the APIs listen.\n# It must be a text.\n#listen = 127.0.0.1\n")
    )
    let uncommented = sample.split(separator: "\n").map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") ? String(line.dropFirst()) : String(line)
    }.joined(separator: "\n")
    let loaded = try configuration.load(Settings(), file: ("sample", uncommented))
    let defaults = try configuration.load(Settings())
    let values = { (shown: String) in shown.split(separator: "\n").map { $0.prefix { $0 != "#" } } }
    #expect(values(loaded.show()) == values(defaults.show()))
  }

  @Test func explains() throws {
    #expect(try configuration.explain("api.port").contains("from 1 to 65535"))
    let fault = #expect(throws: Fault.self) { try configuration.explain("api.prt") }
    #expect(fault?.message == "There is no option api.prt; did you mean api.port?")
  }

  @Test(arguments: [
    ("0", 0), ("90", 90_000), ("250ms", 250), ("5m", 300_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("", nil),
    ("m", nil),
    ("5x", nil), ("-1", nil), ("1.5s", nil), ("5m3", nil),
  ]) func durations(text: String, milliseconds: Int64?) {
    #expect(Duration(optionText: text)?.milliseconds == milliseconds)
    if let milliseconds {
      #expect(Duration(optionText: Duration.milliseconds(milliseconds).optionText)?.milliseconds == milliseconds)
    }
  }

  @Test(arguments: [
    ("0", 0), ("512", 512), ("64KiB", 65536), ("64 k", 65536), ("2GiB", 2 << 30), ("10MB", 10_000_000), ("", nil),
    ("G", nil),
    ("1XB", nil), ("-1", nil), ("9999999999TiB", nil),
  ]) func sizes(text: String, count: Int?) {
    #expect(Bytes(optionText: text)?.count == count)
    if let count { #expect(Bytes(optionText: Bytes(count).optionText)?.count == count) }
  }

  @Test func aDurationBeyondReasonIsNone() {
    #expect(Duration(optionText: String(repeating: "999999999d", count: 200)) == nil)
    #expect(Duration(optionText: "900000000000") == nil)
    #expect(Duration(optionText: "365000d")?.optionText == "365000d")
  }
}
