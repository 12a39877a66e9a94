import FoundationEssentials
import Glibc

/// How large the tests are: short by default, as large as promised with `WARREN_TEST_FULL=1`.
func scaled(_ short: Int, full: Int) -> Int { isFull ? full : short }

private let isFull = ProcessInfo.processInfo.environment["WARREN_TEST_FULL"] == "1"

/// The resident memory of this process, in bytes.
func residentMemory() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * sysconf(Int32(_SC_PAGESIZE))
}

/// How many entries a folder of `/proc/self` has: descriptors in `fd`, threads in `task`.
func processEntries(_ folder: String) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(folder)").count) ?? 0
}
