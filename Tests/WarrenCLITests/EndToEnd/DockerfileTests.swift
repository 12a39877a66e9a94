import Foundation
import Testing

@Suite("The Dockerfile")
struct DockerfileTests {
    /// In every image of Debian.
    private static let base: Set = ["libc6", "libgcc-s1"]

    @Test("installs each library of Debian's that the program needs")
    func libraries() async throws {
        let file = Readme.root.appending(path: "config/Dockerfile")
        let stages = try String(contentsOf: file, encoding: .utf8).split(separator: "\nFROM ")
        let stage = try #require(stages.last)
        let words = Set(stage.split { $0.isWhitespace }.map(String.init))
        // What no package of Debian's has is the toolchain's, and linked statically there. The packages of libraries know
        // them by the folder that they were in before '/lib' became a link, or by the one that it leads to.
        let packages = """
            ldd "$1" | sed -n 's/.* => \\(.*\\) (.*/\\1/p' | while read -r path
            do dpkg -S "$path" "/usr$path" 2>/dev/null
            done | cut -d: -f1 | sort -u
            """
        let result = try await RunningProgram.shell(packages, []).finish()
        let needed = Set(result.output.split(separator: "\n").map(String.init))
        #expect(needed.contains("libssl3"), "\(result.errors)")
        #expect(needed.subtracting(Self.base).subtracting(words) == [])
    }
}
