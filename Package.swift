// swift-tools-version: 6.2
import PackageDescription

/// For tests that use `#expect(processExitsWith:)`: what that macro expands to is not marked `unsafe`.
let exitTestSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// The same for every other target: the strictest language the toolchain has.
let settings = exitTestSettings + [.strictMemorySafety()]

/// A C library from the system: a module map and a shim, no logic.
func cLibrary(_ name: String, pkgConfig: String? = nil, apt: String? = nil) -> Target {
    .systemLibrary(
        name: name,
        path: "Sources/CLibraries/\(name)",
        pkgConfig: pkgConfig,
        providers: apt.map { [.apt([$0])] }
    )
}

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency],
    exclude: [String] = [],
    swiftSettings: [SwiftSetting] = settings
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swiftSettings)
}

let package = Package(
    name: "warren",
    products: [
        .library(name: "AMQP", targets: ["AMQP"]),
        .library(name: "Warren", targets: ["Warren"]),
        .library(name: "WarrenRabbitMQ", targets: ["WarrenRabbitMQ"]),
        .library(name: "WarrenStorage", targets: ["WarrenStorage"]),
        .library(name: "WarrenTesting", targets: ["WarrenTesting"]),
        .executable(name: "warren", targets: ["WarrenCLI"]),
        .executable(name: "warren-bench", targets: ["WarrenBench"]),
    ],
    targets: [
        // Floor 0: C libraries.
        cLibrary("CLinux"),
        cLibrary("CRabbitMQ", pkgConfig: "librabbitmq", apt: "librabbitmq-dev"),
        cLibrary("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        cLibrary("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        cLibrary("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),

        // Floors 1 to 3.
        library("WarrenRuntime", ["CLinux"]),
        library("WarrenTelemetry", ["WarrenRuntime"]),
        library("AMQP", ["WarrenRuntime", "WarrenTelemetry", "CLinux", "CRabbitMQ", "COpenSSL"]),
        library("Warren", ["WarrenRuntime", "WarrenTelemetry"]),

        // Floor 4: the bus on a broker, the stores in a database.
        library("WarrenRabbitMQ", ["AMQP", "Warren", "WarrenRuntime", "WarrenTelemetry"]),
        library("WarrenStorage", ["Warren", "WarrenRuntime", "CLinux", "CSQLite"]),

        // Floor 5: the daemon.
        library("WarrenBridge", ["AMQP", "Warren", "WarrenRabbitMQ", "WarrenRuntime", "WarrenStorage", "CYAML"]),

        // Floor 6: the executable.
        .executableTarget(
            name: "WarrenCLI",
            dependencies: ["AMQP", "Warren", "WarrenBridge", "WarrenRabbitMQ", "WarrenRuntime", "WarrenStorage"],
            swiftSettings: settings
        ),

        // Beside the house: the test kit and the measurements.
        library("WarrenTesting", ["Warren", "WarrenRuntime", "CLinux"]),
        .executableTarget(
            name: "WarrenBench",
            dependencies: ["AMQP", "Warren", "WarrenRuntime", "WarrenStorage", "CLinux"],
            swiftSettings: settings
        ),

        tests("LayersTests", []),
        tests("WarrenRuntimeTests", ["WarrenRuntime", "WarrenTesting"], swiftSettings: exitTestSettings),
        tests("WarrenTelemetryTests", ["WarrenTelemetry", "WarrenRuntime"]),
        tests(
            "AMQPTests",
            ["AMQP", "WarrenRuntime", "WarrenTelemetry", "WarrenTesting"],
            // Other languages, which the tests compile.
            exclude: ["Interop/Programs"]
        ),
        tests("WarrenTests", ["AMQP", "Warren", "WarrenRuntime", "WarrenTesting"]),
        tests(
            "WarrenRabbitMQTests",
            ["AMQP", "Warren", "WarrenRabbitMQ", "WarrenRuntime", "WarrenStorage", "WarrenTesting"],
            swiftSettings: exitTestSettings
        ),
        tests(
            "WarrenStorageTests",
            ["Warren", "WarrenRuntime", "WarrenStorage", "WarrenTesting", "CSQLite"],
            swiftSettings: exitTestSettings
        ),
        tests("WarrenBridgeTests", ["AMQP", "Warren", "WarrenBridge", "WarrenRuntime", "WarrenTesting"]),
        tests("WarrenTestingTests", ["Warren", "WarrenTesting", "WarrenRuntime"], swiftSettings: exitTestSettings),
        tests(
            "WarrenCLITests",
            ["AMQP", "Warren", "WarrenCLI", "WarrenRabbitMQ", "WarrenRuntime", "WarrenStorage", "WarrenTesting"]
        ),
    ]
)
