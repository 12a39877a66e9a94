import Testing

@testable import WarrenTesting

@Suite("The workshop")
struct WorkshopTests {
    @Test("runs a program to its end, and has the lines that it prints, whatever it says beside them")
    func lines() async throws {
        let script = "echo one; echo aside >&2; echo; echo \"$VALUE ö\"; cat"
        let lines = try await Workshop().run(["/bin/sh", "-c", script], environment: ["VALUE=two"])
        #expect(lines == ["one", "two ö"])
    }

    @Test("tells of a program that fails all that it has printed")
    func failing() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: WarrenTestingError.self) {
            try await workshop.run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"])
        }
        #expect(error == WarrenTestingError(.commandFailed, "/bin/sh ended with exit status 3: out\nerr\n"))
        #expect(try await workshop.run(["/bin/echo", "goes on"]) == ["goes on"])
    }

    @Test("kills a program at its limit, and one whose test is cancelled")
    func killing() async throws {
        let workshop = try Workshop()
        let error = await #expect(throws: WarrenTestingError.self) {
            try await workshop.run(["/bin/sleep", "600"], within: .milliseconds(50))
        }
        #expect(error == WarrenTestingError(.commandFailed, "/bin/sleep was killed after 0.05 seconds: "))
        let running = Task {
            try await workshop.run(["/bin/sh", "-c", "echo > \"$0\"; exec sleep 600", workshop.path(of: "x")])
        }
        try await eventually("the program runs") { exists(workshop.path(of: "x")) }
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    @Test("keeps its folder as long as it is there, and no longer")
    func folder() async throws {
        var workshop: Workshop? = try Workshop()
        let file = try #require(workshop).path(of: "made")
        try await workshop?.run(["/bin/sh", "-c", "echo > \"$0\"; pwd", file])
        #expect(exists(file))
        workshop = nil
        try await eventually("its folder is removed") { !exists(file) }
    }

    @Test("that is shared is one")
    func shared() throws {
        #expect(try Workshop.shared() === Workshop.shared())
    }
}
