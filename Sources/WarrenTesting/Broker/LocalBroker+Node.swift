import Glibc
import WarrenRuntime

extension LocalBroker {
    /// One node of a broker, and the verbs that break it.
    ///
    /// One verb at a time: a verb that meets another one's work throws ``WarrenTestingError`` with `.wrongState`.
    /// On a broker that `WARREN_TEST_URL` names, every verb throws `.notOurBroker`.
    public final class Node: Sendable {
        private enum State {
            case down
            case starting
            case up(ChildProcess)
        }

        /// Its Erlang name, for example `warren1@localhost`.
        public let name: String

        /// Its AMQP port, the same for its whole life.
        public let port: Int

        /// Its TLS port, when ``Options/tls`` asked for one.
        public let tlsPort: Int?

        private let address: BrokerAddress
        private let host: BrokerHost?
        private let ports: [ReservedPort]
        private let cluster: [String]
        private let state = Locked(State.down)

        init(external address: BrokerAddress) {
            name = "external"
            self.address = address
            port = address.port
            tlsPort = address.isTLS ? address.port : nil
            host = nil
            ports = []
            cluster = []
        }

        init(number: Int, host: BrokerHost, joining first: Node? = nil) throws(WarrenTestingError) {
            let plain = try ReservedPort()
            let tls = host.options.tls == nil ? nil : try ReservedPort()
            name = "warren\(number)@localhost"
            address = try BrokerAddress("amqp://guest:guest@127.0.0.1:\(plain.number)")
            port = plain.number
            tlsPort = tls?.number
            ports = [plain] + (tls.map { [$0] } ?? [])
            self.host = host
            cluster = first.map { [$0.name] } ?? []
        }

        /// `amqp://guest:guest@127.0.0.1:PORT`.
        public var url: String { address.url }

        /// `amqps://guest:guest@localhost:PORT`, when ``Options/tls`` asked for a TLS listener.
        public var tlsURL: String? {
            host == nil ? (address.isTLS ? url : nil) : tlsPort.map { "amqps://guest:guest@localhost:\($0)" }
        }

        /// The node's address with another vhost; the name is percent-encoded.
        public func url(vhost: String) -> String { address.url(vhost: vhost) }

        /// The process id, while the node runs on this machine.
        public var processID: Int32? { running?.processID }

        /// The end of the node's log, at most 16 KiB.
        public var log: String { host.map { fileText($0.logFile(of: name), last: 16 << 10) } ?? "" }

        // MARK: - Verbs

        /// Ends the node at once, with all its children, as a power cut would.
        ///
        /// Returns when the processes are gone.
        ///
        /// Its data and its port remain for ``restart()``. Nothing happens when it is down.
        public func kill() async throws {
            _ = try local("kill")
            try await end(SIGKILL)
        }

        /// Ends the node in order: clients get `connection.close` with 320 `CONNECTION_FORCED`.
        ///
        /// Returns when it is gone.
        ///
        /// Its data and its port remain for ``restart()``. Nothing happens when it is down.
        public func shutDown() async throws {
            _ = try local("shut down")
            try await end(SIGTERM)
        }

        /// Starts the node on the same port with the same data, killing it first where it runs.
        ///
        /// Returns when it answers.
        ///
        /// - Throws: ``WarrenTestingError`` with `.startFailed` and the end of its log when it does not come up.
        public func restart() async throws {
            try await kill()
            try await start()
        }

        /// Halts the node where it stands (SIGSTOP): connections stay open, and nothing answers.
        public func suspend() throws {
            _ = try local("suspend")
            try signal(SIGSTOP)
        }

        /// Lets a suspended node go on (SIGCONT).
        public func resume() throws {
            _ = try local("resume")
            try signal(SIGCONT)
        }

        /// Runs `rabbitmqctl --silent` with these arguments on this node; it takes half a second.
        ///
        /// - Parameters:
        ///   - arguments: the command and its arguments, for example `["list_queues", "name"]`.
        ///   - limit: how long it may take before it is killed. Default: 60 s.
        /// - Returns: what it printed.
        /// - Throws: ``WarrenTestingError`` with `.commandFailed` and all it printed when it fails.
        @discardableResult
        public func rabbitmqctl(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> String {
            let host = try local("run rabbitmqctl on")
            let command = [host.installation.control, "--silent"] + arguments
            return try await host.run(command, node: name, within: limit)
        }

        /// Evaluates Erlang expressions, ended by a full stop, inside the node; it takes some 10 ms.
        ///
        /// - Parameters:
        ///   - expressions: Erlang, for example `rabbit_vhost:count().`
        ///   - limit: how long it may take before it is given up. Default: 60 s.
        /// - Returns: the value of the last expression, as Erlang prints it.
        /// - Throws: ``WarrenTestingError`` with `.commandFailed` and Erlang's reason when it fails.
        @discardableResult
        public func evaluate(_ expressions: String, within limit: Duration = .seconds(60)) async throws -> String {
            let host = try local("evaluate Erlang in")
            guard let call = host.installation.call else {
                return try await rabbitmqctl(["eval", expressions], within: limit)
            }
            // A name from the node (-R), because two callers of one name shut each other out.
            let command = [call, "-R", "-sname", name, "-e"]
            let answer = try await host.run(command, node: name, input: expressions + "\n", within: limit)
            let (opening, closing) = ("{ok, ", "}")
            guard answer.hasPrefix(opening), answer.hasSuffix(closing) else {
                throw WarrenTestingError(.commandFailed, "\(name) cannot evaluate `\(expressions)`: \(answer)")
            }
            return String(answer.dropFirst(opening.count).dropLast(closing.count))
        }

        // MARK: - Life

        /// Starts the node and returns when it answers.
        func start() async throws {
            let host = try local("start")
            let process = try state.withLock { state throws in
                switch state {
                case .up(let process) where process.exitStatus == nil:
                    throw WarrenTestingError(.wrongState, "cannot start \(name): it runs")
                case .starting:
                    throw WarrenTestingError(.wrongState, "cannot start \(name): it is starting")
                case .down, .up:
                    let process = try host.startNode(name, configuration: configuration)
                    state = .starting
                    return process
                }
            }
            do {
                try await ready(process, limit: host.options.startLimit)
            } catch {
                process.signal(SIGKILL)
                _ = await process.wait()
                state.withLock { $0 = .down }
                throw error
            }
            state.withLock { $0 = .up(process) }
        }

        /// Waits until its process is reaped, after the guardian has killed it.
        func ended() async {
            guard case .up(let process) = state.withLock({ $0 }) else { return }
            _ = await process.wait()
        }

        // MARK: - Private

        private var running: ChildProcess? {
            guard case .up(let process) = state.withLock({ $0 }), process.exitStatus == nil else { return nil }
            return process
        }

        private func local(_ verb: String) throws(WarrenTestingError) -> BrokerHost {
            guard let host else {
                throw WarrenTestingError(
                    .notOurBroker,
                    "cannot \(verb) the broker of \(LocalBroker.variable): unset it to test on a private broker"
                )
            }
            return host
        }

        private func signal(_ signal: Int32) throws(WarrenTestingError) {
            guard let process = running else { throw WarrenTestingError(.wrongState, "\(name) does not run") }
            process.signal(signal)
        }

        private func end(_ signal: Int32) async throws {
            guard case .up(let process) = state.withLock({ $0 }) else { return }
            process.signal(signal)
            if try await process.wait(within: .seconds(60)) == nil, signal != SIGKILL {
                throw WarrenTestingError(.timedOut, "\(name) did not end within 60 s and was killed")
            }
            state.withLock { $0 = .down }
        }

        private func ready(_ process: ChildProcess, limit: Duration) async throws {
            do {
                try await eventually("\(name) answers on port \(port)", within: limit) {
                    if let status = process.exitStatus {
                        throw WarrenTestingError(.startFailed, "\(name) ended with \(status) while it started")
                    }
                    return try await BlockingCall.run("probe") { [port, tlsPort] in
                        guard try BrokerProbe.answers(port: port) else { return false }
                        // The one listener is up before the other.
                        return try tlsPort.map { try TCPSocket.connected(port: $0) != nil } ?? true
                    }
                }
            } catch let error as WarrenTestingError {
                throw WarrenTestingError(.startFailed, "\(error.message). The end of its log:\n\(log.suffix(8000))")
            }
        }

        private var configuration: [String] {
            var lines = ["listeners.tcp.1 = 127.0.0.1:\(port)"]
            if let tls = host?.options.tls, let tlsPort {
                lines += [
                    "listeners.ssl.1 = 127.0.0.1:\(tlsPort)",
                    "ssl_options.cacertfile = \(tls.authorityFile)",
                    "ssl_options.certfile = \(tls.certificateFile)",
                    "ssl_options.keyfile = \(tls.keyFile)",
                    "ssl_options.verify = \(tls.clients.verify)",
                    "ssl_options.fail_if_no_peer_cert = \(tls.clients.mustShow)",
                ]
                if tls.clients.logIn {
                    lines += [
                        "auth_mechanisms.1 = PLAIN",
                        "auth_mechanisms.2 = AMQPLAIN",
                        "auth_mechanisms.3 = EXTERNAL",
                        "ssl_cert_login_from = common_name",
                    ]
                }
            }
            if !cluster.isEmpty { lines.append("cluster_formation.peer_discovery_backend = classic_config") }
            for (index, peer) in cluster.enumerated() {
                lines.append("cluster_formation.classic_config.nodes.\(index + 1) = \(peer)")
            }
            return lines + (host?.options.configuration ?? [])
        }
    }
}
