import Foundation

/// How much of something a test has: little by default, as much as is promised with `WARREN_FULL=1`.
func scaled(_ short: Int, full: Int) -> Int { isFull ? full : short }

private let isFull = ProcessInfo.processInfo.environment["WARREN_FULL"] != nil
