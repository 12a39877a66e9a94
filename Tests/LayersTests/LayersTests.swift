import Testing

@Suite("The house")
struct LayersTests {
    private let files: [Sources.File]

    init() throws {
        files = try Sources.read()
        try #require(
            files.contains { $0.path == "WarrenRuntime/Concurrency/Locked.swift" },
            "the sources were not found"
        )
    }

    @Test("Every import goes to a lower floor")
    func imports() {
        for file in files {
            for module in file.text.imports {
                let objection = Floors.objection(to: module.name, in: file.path)
                #expect(objection == nil, "\(file.path):\(module.line): import \(module.name)")
            }
        }
    }

    @Test("Every unchecked promise says why it is safe")
    func unchecked() {
        for file in files {
            for place in RiskyCode.unexplained(in: file.text) {
                Issue.record(
                    "\(file.path):\(place.line): \(place.construct) without a sentence that says why it is safe"
                )
            }
        }
    }

    @Test("Nothing ends the process, but for what is on the list with its reason")
    func traps() {
        for file in files {
            #expect(RiskyCode.objections(to: file.text, path: file.path) == [])
        }
    }

    @Test("The list of allowed traps names no file that is gone")
    func allowances() {
        for allowance in RiskyCode.allowances {
            #expect(files.contains { $0.path == allowance.path }, "\(allowance.path) is gone")
        }
    }
}
