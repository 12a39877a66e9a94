/// What one check found out.
package struct Finding: Error, Hashable {
    package enum Check: String, CaseIterable, Sendable {
        case url, dns, tcp, tls, amqp, login, vhost, broker, permissions, alarms, exchange
    }

    package let check: Check
    package let isGood: Bool
    package let detail: String

    package static func ok(_ check: Check, _ detail: String) -> Finding {
        Finding(check: check, isGood: true, detail: detail)
    }

    package static func failed(_ check: Check, _ detail: String) -> Finding {
        Finding(check: check, isGood: false, detail: detail)
    }

    /// One line: `tcp          ok      connected to localhost:5672`.
    package var line: String {
        let width = 13
        let name = check.rawValue + String(repeating: " ", count: width - check.rawValue.utf8.count)
        return name + (isGood ? "ok      " : "failed  ") + detail.replacing("\n", with: " ") + "\n"
    }
}
