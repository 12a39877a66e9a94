import AMQP

extension Command {
    package static let doctor = Command(
        name: "doctor",
        summary: "says step by step what is wrong between here and the broker",
        forms: ["doctor [options]"],
        options: [.url, .exchange],
        notes: """
            One line on stdout for each check: its name, 'ok' or 'failed', and what was found. With several hosts in the
            URL each is examined. It leaves nothing behind in the broker.

            exit status: 0 when all is well, 69 when a check failed
            """,
        run: DoctorCommand.run
    )
}

enum DoctorCommand {
    static func run(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        guard arguments.operands.isEmpty else { throw .usage("doctor takes no operand") }
        let address = try BrokerAddress(arguments)
        let url = address.url
        try await console.print(Finding.ok(.url, "\(url)").line)
        var isHealthy = true
        for host in url.hosts {
            var single = url
            single.hosts = [host]
            isHealthy = try await examine(single, host, address, console) && isHealthy
        }
        return isHealthy ? .done : .unavailable
    }

    /// Reports on one host, and says whether all is well with it.
    private static func examine(
        _ url: AMQPURL,
        _ host: AMQPURL.Host,
        _ address: BrokerAddress,
        _ console: Console
    ) async throws(CommandFailure) -> Bool {
        func report(_ finding: Finding) async throws(CommandFailure) {
            try await console.print(finding.line)
        }
        do {
            let examination = HostExamination(host: host)
            let addresses = try await examination.addresses()
            let list = Set(addresses.map { "\($0)" }).sorted().joined(separator: ", ")
            try await report(.ok(.dns, list == "\(host)" ? "\(host) is an address" : "\(host) is \(list)"))
            let time = try await examination.connect(to: addresses)
            try await report(.ok(.tcp, "connected to \(host) in \(time.text(in: .milliseconds(1))) ms"))
            try await SessionExamination(url: url, exchange: address.exchange, report: report).run()
            return true
        } catch let finding as Finding {
            try await report(finding)
            return false
        } catch {
            throw CommandFailure(error)
        }
    }
}
