// swift-tools-version: 6.2
import PackageDescription

// Layers, lowest first; a target may depend only on targets above it in this file.
// Docs/Layers.md says what each is for.

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .unsafeFlags(
    ["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)
  ),
]

func shim(_ name: String, libraries: [String] = []) -> Target {
  .target(
    name: name, path: "CShims/\(name)", publicHeadersPath: "include",
    cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Wextra"])],
    cxxSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-O2", "-Wall", "-Wextra"])],
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func program(
  _ name: String, _ dependencies: Target.Dependency..., libraries: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, swiftSettings: swift,
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(
  _ name: String, _ dependencies: Target.Dependency..., exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swift)
}

let package = Package(
  name: "loligo",
  products: [
    .executable(name: "loligo-osd", targets: ["loligo-osd"]),
    .executable(name: "loligo-store", targets: ["loligo-store"]),
  ],
  targets: [
    // 0: one foreign library each.
    shim("CLinux", libraries: ["pthread"]),
    shim("CMalloc"),
    shim("CUring", libraries: ["uring"]),
    shim("CISAL", libraries: ["isal"]),
    shim("COpenSSL", libraries: ["crypto"]),
    shim("CRocksDB", libraries: ["rocksdb"]),
    shim("CMicroHTTPD", libraries: ["microhttpd"]),
    shim("CProbes"),

    // 1
    module("Base", "CLinux"),
    module("Buffers", "Base", "CISAL", "CLinux"),

    // 2
    module("Wire", "Base", "Buffers"),
    module("Reactors", "Base", "Buffers", "CLinux", "CUring"),
    module("Devices", "Base", "Buffers", "Reactors", "CLinux", "CUring"),
    module("Ciphers", "Base", "Buffers", "COpenSSL"),
    module("KeyValue", "Base", "Buffers", "Wire", "CRocksDB", "CLinux"),

    // 3
    module("RadosTypes", "Base", "Buffers", "Wire"),
    module("ClusterMaps", "Base", "Buffers", "Wire", "RadosTypes"),
    module("Messages", "Base", "Buffers", "Wire", "RadosTypes"),
    module("ObjectStores", "Base", "Buffers", "Wire", "RadosTypes", "Reactors"),

    // 4
    module("Auth", "Base", "Buffers", "Wire", "Ciphers", "RadosTypes"),
    module(
      "Messaging", "Base", "Buffers", "Wire", "Reactors", "Ciphers", "RadosTypes", "Messages",
      "Auth",
      "CLinux"),
    module(
      "BlockStore", "Base", "Buffers", "Wire", "Reactors", "Devices", "KeyValue", "RadosTypes",
      "ObjectStores", "CLinux", "CMalloc"),

    // 5
    module("Peering", "Base", "Buffers", "Wire", "RadosTypes", "ClusterMaps", "Messages"),
    module(
      "OpExecution", "Base", "Buffers", "Wire", "RadosTypes", "Messages", "ClusterMaps",
      "ObjectStores"),
    module(
      "Replication", "Base", "Buffers", "Wire", "RadosTypes", "ClusterMaps", "Messages",
      "ObjectStores", "Peering"),
    module("Scheduling", "Base"),
    module(
      "Scrubbing", "Base", "Buffers", "Wire", "RadosTypes", "ObjectStores", "OpExecution"),

    // 6
    module(
      "PlacementGroups", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "ClusterMaps",
      "Messages",
      "ObjectStores", "Peering", "OpExecution", "Replication", "Scheduling", "Scrubbing",
      "CProbes"),

    // 7
    module("Configuration", "Base", "Buffers", "RadosTypes", "CLinux"),
    module(
      "Monitors", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "ClusterMaps", "Messages",
      "Auth",
      "Messaging", "Ciphers"),
    module(
      "OSDService", "Base", "Buffers", "Wire", "Ciphers", "Reactors", "RadosTypes", "ClusterMaps",
      "Messages", "Auth",
      "Messaging", "ObjectStores", "Peering", "OpExecution", "Scheduling", "Scrubbing",
      "PlacementGroups", "Configuration", "Monitors", "CLinux", "CMalloc",
      "CMicroHTTPD"),

    // 8
    program(
      "loligo-osd", "Base", "Buffers", "Ciphers", "Reactors", "Devices", "RadosTypes", "Auth",
      "Messaging",
      "ObjectStores", "BlockStore", "Configuration", "Monitors", "OSDService", "CLinux",
      // Its malloc instead of the C library's: an op takes a tenth less CPU.
      libraries: ["tcmalloc_minimal"]),
    program(
      "loligo-store", "Base", "Buffers", "Reactors", "Devices", "KeyValue", "RadosTypes",
      "ObjectStores",
      "BlockStore", "Configuration", "CLinux"),

    .executableTarget(
      name: "IndexBench", dependencies: ["Base", "Buffers", "Devices", "KeyValue"],
      path: "Benchmarks/IndexBench", swiftSettings: swift),

    // Simulated parts and golden samples, for tests only.
    .target(
      name: "TestKit",
      dependencies: [
        "Base", "Buffers", "Wire", "Reactors", "Devices", "KeyValue", "RadosTypes", "ObjectStores",
      ],
      path: "Tests/TestKit", swiftSettings: swift),

    .target(
      name: "StoreSimulation",
      dependencies: [
        "Base", "Buffers", "Wire", "Reactors", "Devices", "KeyValue", "RadosTypes", "ObjectStores",
        "BlockStore", "TestKit",
      ],
      path: "Tests/StoreSimulation", swiftSettings: swift),
    .executableTarget(
      name: "crash-check", dependencies: ["Base", "BlockStore", "StoreSimulation"],
      path: "Tests/CrashCheck", swiftSettings: swift),

    .executableTarget(
      name: "MicroBench",
      dependencies: [
        "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "Messages", "Messaging", "Peering",
        "ObjectStores", "BlockStore", "TestKit", "StoreSimulation",
      ],
      path: "Benchmarks/MicroBench", swiftSettings: swift),

    tests("BaseTests", "Base", "Buffers", "Wire", "TestKit"),
    tests("ReactorsTests", "Base", "Buffers", "Reactors", "Devices", "TestKit", "CLinux"),
    tests("KeyValueTests", "Base", "Buffers", "KeyValue", "TestKit"),
    tests(
      "RadosTypesTests", "Base", "Buffers", "Wire", "RadosTypes", "Messages", "TestKit",
      exclude: ["Golden"]),
    tests(
      "ClusterMapsTests", "Base", "Buffers", "Wire", "RadosTypes", "ClusterMaps", "TestKit",
      exclude: ["Golden"]),
    tests(
      "PeeringTests", "Base", "Buffers", "Wire", "RadosTypes", "ClusterMaps", "Messages", "Peering",
      "TestKit"),
    tests(
      "ObjectStoresTests", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "ObjectStores",
      "TestKit"),
    tests(
      "ReplicationTests", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "Messages",
      "ObjectStores", "BlockStore", "Peering", "Replication", "TestKit", "StoreSimulation"),
    tests("AuthTests", "Base", "Buffers", "Wire", "Ciphers", "RadosTypes", "Auth", "TestKit"),
    tests(
      "MessagingTests", "Base", "Buffers", "Wire", "Reactors", "Ciphers", "RadosTypes", "Messages",
      "Auth",
      "Messaging", "TestKit", "CLinux"),
    tests(
      "BlockStoreTests", "Base", "Buffers", "Wire", "Reactors", "Devices", "KeyValue", "RadosTypes",
      "ObjectStores", "BlockStore", "TestKit", "StoreSimulation"),
    tests(
      "PlacementGroupsTests", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "ClusterMaps",
      "Messages", "ObjectStores", "BlockStore", "Peering", "OpExecution", "Scheduling", "Scrubbing",
      "PlacementGroups", "TestKit", "StoreSimulation"),
    tests(
      "ScrubbingTests", "Base", "Buffers", "Wire", "RadosTypes", "ObjectStores", "OpExecution",
      "Scrubbing", "TestKit"),
    tests(
      "MonitorsTests", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "Messages", "Auth",
      "Messaging",
      "Monitors", "TestKit"),
    tests(
      "OSDServiceTests", "Base", "Buffers", "Wire", "Reactors", "RadosTypes", "ClusterMaps",
      "Messages",
      "Auth", "Messaging", "Configuration", "Monitors", "OSDService", "Peering", "PlacementGroups",
      "TestKit"),
  ],
  cxxLanguageStandard: .cxx20
)
