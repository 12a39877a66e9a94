import Testing
import WarrenTesting

@Suite("The tests that a source file declares")
struct DeclaredTestsTests {
    @Test("are those that run")
    func names() {
        let source = """
            @Suite("A suite", .serialized)
            struct SomeTests {
                @Test("runs")
                func one() {}

                @Test(
                    "runs (with arguments)",
                    arguments: [1, 2]
                )
                func two(_ number: Int) async throws {}

                // @Test("is in a comment")
                // func three() {}

                /*
                @Test("is in a long comment")
                func four() {}
                */

                @Test("is off", .disabled("for now"))
                func five() {}

                @Test("is off sometimes", .enabled(if: 1 > 2))
                func six() {}

                @Test func seven() {}
            }
            """
        #expect(DeclaredTests.names(in: source) == ["runs", "runs (with arguments)"])
        let suite = source.replacing(".serialized", with: ".disabled()")
        #expect(DeclaredTests.names(in: suite).isEmpty)
    }
}
