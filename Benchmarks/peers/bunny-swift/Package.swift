// swift-tools-version: 6.0
import PackageDescription

// BunnySwift 0.13 and what it needs are fetched from where they are published.
let package = Package(
    name: "bench",
    platforms: [.macOS(.v14)],
    dependencies: [.package(url: "https://github.com/michaelklishin/bunny-swift.git", from: "0.13.0")],
    targets: [
        .executableTarget(name: "bench", dependencies: [.product(name: "BunnySwift", package: "bunny-swift")])
    ]
)
