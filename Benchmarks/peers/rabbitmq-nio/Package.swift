// swift-tools-version: 5.9
import PackageDescription

// rabbitmq-nio and what it needs are fetched from where they are published.
let package = Package(
    name: "bench",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(url: "https://github.com/funcmike/rabbitmq-nio.git", exact: "0.1.0-beta4"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.48.0"),
        .package(url: "https://github.com/apple/swift-atomics.git", from: "1.1.0"),
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "AMQPClient", package: "rabbitmq-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Atomics", package: "swift-atomics"),
            ]
        )
    ]
)
