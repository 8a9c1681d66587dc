// swift-tools-version: 6.2
// swift-format-ignore-file: one line a module, however long
import PackageDescription

// One line a module: its name, its folder under Sources, what it may import.
// The layers (C <- Base <- Frame <- Services <- Programs, Base <- Hardware <- Drivers) are checked by
// Tests/Tidy and by `--explicit-target-dependency-import-check error`.

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

func c(_ name: String, _ pkgConfig: String?, _ package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}
func module(_ name: String, _ folder: String, _ imports: String...) -> Target {
  .target(
    name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: "Sources/\(folder)",
    swiftSettings: settings)
}
func tests(_ name: String, _ folder: String, _ imports: String..., exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: "Tests/\(folder)",
    exclude: exclude, swiftSettings: settings)
}

let libraries: [Target] = [
  c("CLinux", nil, "libc6-dev"),
  c("CMicrohttpd", "libmicrohttpd", "libmicrohttpd-dev"),
  c("CCurl", "libcurl", "libcurl4-openssl-dev"),
  c("CWebsockets", "libwebsockets", "libwebsockets-dev"),
  c("CSQLite", "sqlite3", "libsqlite3-dev"),
  c("CPostgres", "libpq", "libpq-dev"),
  c("COpenSSL", "libcrypto", "libssl-dev"),
  c("CCrypt", "libcrypt", "libcrypt-dev"),
  c("CYAML", "yaml-0.1", "libyaml-dev"),
  c("CVirt", "libvirt", "libvirt-dev"),
  c("CLDAP", "ldap", "libldap-dev"),
  c("CRBD", nil, "librbd-dev"),
]

let base: [Target] = [
  module("Core", "Base/Core", "CLinux"),
  module("JSON", "Base/JSON", "Core"),
  module("Log", "Base/Log", "Core", "JSON", "CLinux"),
  module("Text", "Base/Text", "Core", "JSON", "CYAML"),
  module("IO", "Base/IO", "Core", "CLinux"),
  module("Crypto", "Base/Crypto", "Core", "IO", "COpenSSL", "CCrypt", "CLinux"),
  module("Host", "Base/Host", "Core", "IO", "Log", "CLinux"),
]

let frame: [Target] = [
  module("HTTP", "Frame/HTTP", "Core", "IO", "Log", "CMicrohttpd", "CCurl", "CLinux"),
  module("Config", "Frame/Config", "Core", "Text"),
  module("Store", "Frame/Store", "Core", "JSON", "Log", "IO", "CSQLite", "CPostgres", "CLinux"),
  module("API", "Frame/API", "Core", "JSON", "Log", "Text", "HTTP", "Store"),
  module("Work", "Frame/Work", "Core", "JSON", "Log", "Store"),
  module("Bus", "Frame/Bus", "Core", "JSON", "Log"),
  module("Clients", "Frame/Clients", "Core", "JSON", "Log", "HTTP"),
  module("Auth", "Frame/Auth", "Core", "JSON", "Log", "HTTP", "API", "Clients"),
  module("OpenID", "Frame/OpenID", "Core", "JSON", "Log", "Text", "HTTP", "Crypto"),
]

let hardware: [Target] = [
  module("Hardware", "Hardware", "Core"),
  module("FakeHardware", "Drivers/Fake", "Hardware", "Core", "IO", "Host"),
  module("Libvirt", "Drivers/Libvirt", "Hardware", "Core", "IO", "Log", "Host", "CVirt"),
  module("LinuxNetwork", "Drivers/LinuxNetwork", "Hardware", "Core", "IO", "Log", "Host"),
  module("FileDisk", "Drivers/FileDisk", "Hardware", "Core", "IO", "Log", "Host", "JSON"),
  module("ObjectStores", "Drivers/ObjectStores", "Hardware", "Core", "JSON", "Crypto", "HTTP"),
  module("LDAP", "Drivers/LDAP", "Hardware", "Core", "IO", "Log", "CLDAP"),
  module("RBD", "Drivers/RBD", "Hardware", "Core", "IO", "Log", "CRBD"),
]

let services: [Target] = [
  module("KeystoneModel", "Services/Keystone/Model", "Core", "JSON", "Store", "API", "Crypto", "Log", "Config", "Hardware", "Text"),
  module("KeystoneAPI", "Services/Keystone/API", "KeystoneModel", "Core", "JSON", "Store", "API", "HTTP", "Crypto", "Log", "Config", "Hardware", "OpenID"),
  module("KeystoneV2", "Services/Keystone/V2", "Core", "JSON", "API", "HTTP", "Clients"),
  module("GlanceModel", "Services/Glance/Model", "Core", "JSON", "Store", "API", "Work", "Log", "Hardware", "Crypto", "Text"),
  module("GlanceWork", "Services/Glance/Work", "GlanceModel", "Core", "JSON", "Log", "Store", "Work", "Hardware", "Host", "HTTP", "Crypto", "Text"),
  module("GlanceAPI", "Services/Glance/API", "GlanceModel", "Core", "JSON", "Store", "API", "HTTP", "Crypto", "Log", "Hardware", "Work"),
  module("PlacementModel", "Services/Placement/Model", "Core", "JSON", "Store", "API"),
  module("PlacementAPI", "Services/Placement/API", "PlacementModel", "Core", "JSON", "Store", "API", "HTTP", "Log"),
  module("NeutronModel", "Services/Neutron/Model", "Core", "JSON", "Store", "API", "Work", "Text", "Hardware", "Bus"),
  module("NeutronAPI", "Services/Neutron/API", "NeutronModel", "Core", "JSON", "Store", "API", "HTTP", "Log", "Work", "Text", "Bus", "Hardware"),
  module("NeutronAgent", "Services/Neutron/Agent", "NeutronModel", "Core", "JSON", "Log", "Hardware", "Bus", "HTTP", "Text"),
  module("CinderModel", "Services/Cinder/Model", "Core", "JSON", "Store", "API", "Work", "Bus", "Hardware"),
  module("CinderAPI", "Services/Cinder/API", "Hardware", "CinderModel", "Core", "JSON", "Store", "API", "HTTP", "Log", "Work", "Bus", "Clients", "Crypto"),
  module("CinderWork", "Services/Cinder/Work", "CinderModel", "Core", "JSON", "Log", "Store", "Work", "Bus", "Clients", "Hardware", "Host", "HTTP"),
  module("NovaModel", "Services/Nova/Model", "Core", "JSON", "Store", "API", "Work", "Bus", "Text", "Hardware", "Crypto"),
  module("NovaAPI", "Services/Nova/API", "Hardware", "NovaModel", "Core", "JSON", "Store", "API", "HTTP", "Log", "Work", "Clients", "Bus", "Crypto", "Text"),
  module("NovaWork", "Services/Nova/Work", "Hardware", "NovaModel", "Core", "JSON", "Log", "Store", "Work", "Bus", "Clients", "HTTP", "Text"),
  module("NovaAgent", "Services/Nova/Agent", "NovaModel", "Core", "HTTP", "JSON", "Log", "Bus", "Hardware", "Host", "Clients"),
  module("NovaMetadata", "Services/Nova/Metadata", "NovaModel", "Core", "JSON", "Log", "HTTP", "Store", "Clients", "Crypto"),
  module("NovaConsole", "Services/Nova/Console", "NovaModel", "Core", "Hardware", "JSON", "Log", "IO", "Store", "HTTP", "CWebsockets", "CLinux"),
]

let everything: [Target.Dependency] = (base + frame + hardware + services).map { .init(stringLiteral: $0.name) } + ["CLinux"]

let programs: [Target] = [
  .target(name: "Wiring", dependencies: everything, path: "Sources/Programs/Wiring", swiftSettings: settings),
  .executableTarget(
    name: "martlet", dependencies: everything + ["Wiring"], path: "Sources/Programs/martlet", swiftSettings: settings),
]

let suites: [Target] = [
  .executableTarget(name: "martlet-sim", dependencies: everything + ["Wiring"], path: "Tests/Sim", exclude: ["Planted", "planted.sh"], swiftSettings: settings),
  .target(name: "TestSupport", dependencies: ["Core", "Store", "Hardware"], path: "Tests/Support", swiftSettings: settings),
  .target(
    name: "SmallCloud",
    dependencies: ([base, frame, hardware, services].flatMap { $0 }).filter { !["Libvirt", "LinuxNetwork", "FileDisk", "LDAP", "RBD", "NovaConsole"].contains($0.name) }
      .map { .init(stringLiteral: $0.name) } + ["TestSupport"],
    path: "Tests/SmallCloud", swiftSettings: settings),
  tests("TrialsTests", "Trials", "SmallCloud", "Clients", "Core", "Crypto", "JSON", "Store", "Work", "Hardware", "FakeHardware", "NovaModel", "NovaWork", "CinderModel", "CinderWork", "GlanceModel", "GlanceWork", "API", "HTTP"),
  tests("GoldenTests", "Golden", "SmallCloud", "API", "Config", "Core", "Store", "Wiring", exclude: ["Files"]),
  tests("DerivedTests", "Derived", "SmallCloud", "API", "Core", "JSON", "HTTP", "Store", "Work", "NovaModel", "CinderModel", "KeystoneModel", "KeystoneAPI", "NeutronModel", "Bus", "NovaWork", "CinderWork", "Host", "Crypto"),
  tests("BaseTests", "Unit/Base", "CLinux", "Core", "JSON", "Log", "Text", "IO", "Crypto", "Host"),
  tests("FrameTests", "Unit/Frame", "TestSupport", "Host", "Core", "JSON", "Log", "HTTP", "Config", "Store", "API", "Work", "Bus", "Clients", "Auth", "IO", "Text"),
  tests("CinderTests", "Unit/Cinder", "TestSupport", "Core", "JSON", "Store", "API", "HTTP", "Work", "Bus", "Clients", "Hardware", "FakeHardware", "FileDisk", "Host", "CinderModel", "CinderAPI", "CinderWork"),
  tests("ContractTests", "Contract", "Crypto", "HTTP", "ObjectStores", "Core", "IO", "JSON", "Host", "Hardware", "FakeHardware", "Libvirt", "LinuxNetwork", "FileDisk", "Log", "LDAP", "RBD", exclude: ["object-server.py", "ceph.sh"]),
  tests("NeutronTests", "Unit/Neutron", "TestSupport", "Core", "JSON", "HTTP", "Store", "API", "Bus", "Text", "Hardware", "NeutronModel", "NeutronAPI", "NeutronAgent", "FakeHardware"),
  tests("KeystoneTests", "Unit/Keystone", "TestSupport", "Core", "JSON", "Log", "HTTP", "Store", "API", "Crypto", "OpenID", "KeystoneModel", "KeystoneAPI", "Hardware", "FakeHardware", "Config"),
  tests("KeystoneV2Tests", "Unit/KeystoneV2", "TestSupport", "Core", "JSON", "HTTP", "Store", "API", "Crypto", "KeystoneModel", "KeystoneAPI", "KeystoneV2"),
  tests("PlacementTests", "Unit/Placement", "TestSupport", "Core", "JSON", "HTTP", "Store", "API", "PlacementModel", "PlacementAPI"),
  tests("NovaMetadataTests", "Unit/NovaMetadata", "TestSupport", "NovaMetadata", "NovaConsole", "NovaModel", "Core", "JSON", "HTTP", "Store", "Clients", "Crypto", "CLinux", "IO", "Hardware"),
  tests("NovaWorkTests", "Unit/NovaWork", "SmallCloud", "FakeHardware", "Hardware", "Clients", "CinderWork", "Core", "JSON", "Store", "Work", "NovaModel", "NovaWork", "GlanceModel"),
  tests("GlanceTests", "Unit/Glance", "TestSupport", "Core", "JSON", "HTTP", "Store", "API", "Hardware", "FakeHardware", "FileDisk", "Host", "GlanceModel", "GlanceAPI", "GlanceWork", "Work", "IO", "Crypto", "Text"),
  tests("NovaTests", "Unit/Nova", "TestSupport", "NovaAPI", "NovaModel", "Core", "JSON", "Store", "API", "HTTP", "Bus", "Clients", "Work", "Hardware"),
  tests("WiringTests", "Unit/Wiring", "GlanceModel", "GlanceWork", "HTTP", "IO", "Crypto", "Text", "Wiring", "Config", "Core", "Host"),
  tests("TidyTests", "Tidy"),
  .target(
    name: "FuzzBodies",
    dependencies: ["Core", "JSON", "Text", "IO", "Crypto", "HTTP", "Config", "Store", "API", "Bus", "Hardware", "KeystoneModel", "GlanceAPI", "PlacementAPI", "NovaAPI", "NovaConsole", "CLinux"],
    path: "Tests/Fuzz/Bodies", swiftSettings: settings),
  tests("FuzzCorpusTests", "Fuzz/Replay", "FuzzBodies"),
]

// Only libFuzzer brings the `main` of this one: `make fuzz` builds it, with the sanitizers.
let fuzzer: [Target] =
  Context.environment["MARTLET_FUZZ"] == nil
  ? []
  : [.executableTarget(name: "martlet-fuzz", dependencies: ["FuzzBodies"], path: "Tests/Fuzz/Program", swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])])]

let package = Package(
  name: "martlet", products: [.executable(name: "martlet", targets: ["martlet"])],
  // What needs libraries that few have; without its trait such a module is empty. `swift build --traits RBD`.
  traits: [.trait(name: "RBD", description: "Images in Ceph, through librbd")],
  targets: libraries + base + frame + hardware + services + programs + suites + fuzzer)
