// swift-tools-version: 6.2
import PackageDescription

/// What every target is held to.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// What every target but the two that wrap C is held to: a pointer that leaks
/// out of `HTTP` or `PKI` does not compile.
let safe: [SwiftSetting] = settings + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(
    name: "ServiceLifecycle",
    package: "swift-service-lifecycle"
)
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(
    name: "UnixSignals",
    package: "swift-service-lifecycle"
)
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "kvagent",
    products: [
        .executable(name: "kvagent", targets: ["kvagent"]),
        .executable(name: "kvagent-emulator", targets: ["kvagent-emulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(name: "CLinux"),
        .target(
            name: "CDispatchMonitor",
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-Xlinker", "--wrap=_dispatch_workq_worker_register",
                        "-Xlinker", "--wrap=dispatch_source_set_timer",
                    ],
                    .when(configuration: .release)
                )
            ]
        ),

        .target(name: "Locking", swiftSettings: safe),
        .target(name: "Sensitive", swiftSettings: safe),
        .target(
            name: "HTTP",
            dependencies: ["CCurl", "Locking", "Sensitive"],
            swiftSettings: settings
        ),
        .target(
            name: "AzureIdentity",
            dependencies: ["HTTP", "Locking", "Sensitive", subprocess, system],
            swiftSettings: safe
        ),
        .target(
            name: "KeyVault",
            dependencies: ["AzureIdentity", "HTTP", "Locking", "Sensitive"],
            swiftSettings: safe
        ),
        .target(
            name: "PKI",
            dependencies: ["COpenSSL", "Locking", "Sensitive"],
            swiftSettings: settings
        ),
        .target(name: "Store", dependencies: ["CLinux", "Sensitive", system], swiftSettings: safe),
        .target(name: "Hooks", dependencies: ["CLinux", subprocess, system], swiftSettings: safe),
        .target(
            name: "Migrations",
            path: "migrations",
            resources: [
                .embedInCode("v001_history.sql"), .embedInCode("v002_ledger.sql"),
                .embedInCode("v003_questions.sql"),
                .embedInCode("v004_examination.sql"),
                .embedInCode("v005_places.sql"),
            ],
            swiftSettings: safe
        ),
        .target(
            name: "History",
            dependencies: ["Locking", "Migrations", grdb],
            swiftSettings: safe
        ),
        .target(
            name: "Agent",
            dependencies: [
                "AzureIdentity", "History", "Hooks", "HTTP", "KeyVault", "Locking", "Sensitive",
                "Store", "PKI", logging, serviceLifecycle, system, unixSignals, yams,
            ],
            resources: [
                .embedInCode("ReportPage/Style/report.css"),
                .embedInCode("Settings/Schema/kvagent.schema.json"),
            ],
            swiftSettings: safe
        ),
        .executableTarget(
            name: "kvagent",
            dependencies: [
                "Agent", "CDispatchMonitor", "CLinux", "History", "KeyVault", "PKI", "Store",
                argumentParser, logging, serviceLifecycle, system,
            ],
            swiftSettings: safe
        ),

        .target(
            name: "KeyVaultEmulator",
            dependencies: ["Locking", "PKI", "Sensitive", hummingbird, hummingbirdHTTP2, logging],
            swiftSettings: safe
        ),
        .executableTarget(
            name: "kvagent-emulator",
            dependencies: [
                "HTTP", "KeyVaultEmulator", "PKI", "Sensitive", argumentParser, unixSignals,
            ],
            swiftSettings: safe
        ),

        .executableTarget(
            name: "fleet",
            dependencies: ["Agent", "HTTP", "KeyVault", "Sensitive", argumentParser],
            path: "Tests/bench/fleet",
            swiftSettings: safe
        ),
        .target(
            name: "TestSupport",
            dependencies: [subprocess, system],
            path: "Tests/TestSupport",
            swiftSettings: safe
        ),
        .testTarget(name: "SensitiveTests", dependencies: ["Sensitive"], swiftSettings: safe),
        .testTarget(
            name: "HTTPTests",
            dependencies: ["HTTP", "Sensitive", "TestSupport"],
            swiftSettings: safe
        ),
        .testTarget(
            name: "AzureIdentityTests",
            dependencies: [
                "AzureIdentity", "HTTP", "KeyVaultEmulator", "PKI", "Sensitive", "TestSupport",
                system,
            ],
            swiftSettings: safe
        ),
        .testTarget(
            name: "KeyVaultTests",
            dependencies: ["AzureIdentity", "HTTP", "KeyVault", "Sensitive", "TestSupport"],
            swiftSettings: safe
        ),
        .testTarget(
            name: "PKITests",
            dependencies: ["PKI", "Sensitive", "TestSupport"],
            swiftSettings: safe
        ),
        .testTarget(
            name: "StoreTests",
            dependencies: ["Sensitive", "Store", "TestSupport", system],
            swiftSettings: safe
        ),
        .testTarget(
            name: "HooksTests",
            dependencies: ["Hooks", "TestSupport", system],
            swiftSettings: safe
        ),
        .testTarget(
            name: "HistoryTests",
            dependencies: ["History", "Migrations", "PKI", "TestSupport", grdb, system],
            swiftSettings: safe
        ),
        .testTarget(
            name: "AgentTests",
            dependencies: [
                "Agent", "AzureIdentity", "History", "HTTP", "KeyVault", "KeyVaultEmulator", "PKI",
                "Sensitive", "Store", "TestSupport", logging, system,
            ],
            swiftSettings: safe
        ),
        .testTarget(
            name: "ModelTests",
            dependencies: [
                "Agent", "History", "KeyVaultEmulator", "PKI", "Sensitive", "Store", "TestSupport",
                "kvagent", logging, subprocess, system,
            ],
            swiftSettings: safe
        ),
        .testTarget(name: "FleetTests", dependencies: ["fleet"], swiftSettings: safe),
        .testTarget(
            name: "KeyVaultEmulatorTests",
            dependencies: [
                "HTTP", "KeyVaultEmulator", "PKI", "Sensitive", "TestSupport", system,
            ],
            swiftSettings: safe
        ),
        .testTarget(
            name: "kvagentTests",
            dependencies: [
                "KeyVaultEmulator", "PKI", "Sensitive", "TestSupport", "kvagent",
                "kvagent-emulator", system,
            ],
            swiftSettings: safe
        ),
    ],
    swiftLanguageModes: [.v6]
)
