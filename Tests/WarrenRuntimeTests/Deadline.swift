import Testing
import WarrenRuntime

/// Waits until the condition holds; an issue when it does not within ten seconds.
func untilTrue(_ condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async {
    let deadline = SystemClock().now.advanced(by: .seconds(10))
    while !condition() {
        guard SystemClock().now < deadline else {
            Issue.record("the condition did not come true within 10 seconds", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}
