import Glibc
import Testing
import WarrenRuntime

@Suite("System errors")
struct SystemErrorTests {
    @Test("The description names the call and the kernel's reason")
    func description() {
        #expect(SystemError(call: "open", code: ENOENT).description == "open: No such file or directory")
    }

    @Test("A number without a name is still told", arguments: [Int32.max, -1, 4095])
    func unknown(code: Int32) {
        #expect(SystemError.reason(code).contains("\(code)"))
    }
}
