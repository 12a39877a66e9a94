import FoundationEssentials
import Glibc
import WarrenRuntime

/// What the nodes of one private broker share: a folder, a port mapper (`epmd`), a cookie, and the guardian of it all.
final class BrokerHost: Sendable {
    let folder: String
    let options: LocalBroker.Options
    let installation: BrokerInstallation

    private let guardian: ProcessGuardian
    private let portMapperPort: ReservedPort

    /// Lays out the folder and starts the port mapper.
    static func start(options: LocalBroker.Options) async throws -> BrokerHost {
        let host = try BrokerHost(options: options, installation: try .find())
        do {
            try await host.startPortMapper()
        } catch {
            await host.end()
            throw error
        }
        return host
    }

    private init(options: LocalBroker.Options, installation: BrokerInstallation) throws {
        self.options = options
        self.installation = installation
        portMapperPort = try ReservedPort()
        folder = try TemporaryFolder.create(prefix: "warren-broker")
        // From here on the guardian removes the folder, whatever happens.
        guardian = try ProcessGuardian(removing: folder)
        try layOut()
    }

    /// Kills every process and removes the folder.
    func end() async {
        await guardian.end()
    }

    // MARK: - Processes

    /// Starts a node.
    ///
    /// Its output is appended to its log.
    func startNode(_ name: String, configuration: [String]) throws -> ChildProcess {
        let file = "\(folder)/\(name).conf"
        try write(configuration.joined(separator: "\n") + "\n", to: file)
        let log = try Descriptor.open(logFile(of: name), O_WRONLY | O_CREAT | O_APPEND)
        return try guardian.start(
            [installation.server],
            environment: environment(node: name) + [
                "RABBITMQ_CONFIG_FILE=\(file)",
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=\(Self.serverArguments(node: name))",
            ],
            output: log,
            error: log
        )
    }

    func logFile(of name: String) -> String { "\(folder)/\(name).log" }

    /// Runs a command to its end.
    ///
    /// - Returns: what it wrote to its standard output.
    func run(_ arguments: [String], node: String, input: String = "", within limit: Duration) async throws -> String {
        let command = arguments.map { String($0.split(separator: "/").last ?? "") }.joined(separator: " ")
        return try await guardian.run(
            arguments,
            title: "`\(command)` on \(node)",
            environment: environment(node: node),
            input: input,
            within: limit
        )
    }

    // MARK: - Private

    private func startPortMapper() async throws {
        let log = try Descriptor.open("\(folder)/epmd.log", O_WRONLY | O_CREAT | O_APPEND)
        let process = try guardian.start(
            [installation.portMapper, "-port", "\(portMapperPort.number)", "-address", "127.0.0.1"],
            environment: commonEnvironment,
            output: log,
            error: log
        )
        try await eventually("epmd listens on port \(portMapperPort.number)", within: .seconds(10)) {
            if let status = process.exitStatus {
                throw WarrenTestingError(.startFailed, "epmd ended with \(status): \(fileText("\(folder)/epmd.log"))")
            }
            return try TCPSocket.connected(port: portMapperPort.number) != nil
        }
    }

    private func layOut() throws {
        let cookie = (0..<20).map { _ in String(UnicodeScalar(UInt8.random(in: 65...90))) }.joined()
        try write(cookie, to: "\(folder)/.erlang.cookie")
        _ = unsafe chmod("\(folder)/.erlang.cookie", 0o400)
        let plugins = options.enabledPlugins
        try write("[\(plugins.joined(separator: ","))].\n", to: "\(folder)/enabled_plugins")
        guard plugins.isEmpty, let home = installation.home else { return }
        // Erlang looks for each of its 700 modules in the folder of every plugin first: half of a start is spent
        // there. So show it a home with the plugins left out.
        let manager = FileManager.default
        try manager.createDirectory(atPath: slimPlugins, withIntermediateDirectories: true)
        for part in ["sbin", "escript"] {
            try manager.createSymbolicLink(atPath: "\(slimHome)/\(part)", withDestinationPath: "\(home)/\(part)")
        }
        for entry in try manager.contentsOfDirectory(atPath: "\(home)/plugins")
        where !entry.hasPrefix("rabbitmq_") || entry.hasPrefix("rabbitmq_prelaunch") {
            try manager.createSymbolicLink(
                atPath: "\(slimPlugins)/\(entry)",
                withDestinationPath: "\(home)/plugins/\(entry)"
            )
        }
    }

    private var slimHome: String { "\(folder)/home" }
    private var slimPlugins: String { "\(slimHome)/plugins" }

    private func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    private var commonEnvironment: [String] {
        [
            "PATH=\(installation.searchPath.joined(separator: ":"))",
            "LANG=C.UTF-8",
            "HOME=\(folder)",
            "ERL_EPMD_PORT=\(portMapperPort.number)",
            "ERL_EPMD_ADDRESS=127.0.0.1",
            // A node that fails to start would leave megabytes in the caller's folder.
            "ERL_CRASH_DUMP_SECONDS=0",
        ]
    }

    private func environment(node: String) -> [String] {
        var environment =
            commonEnvironment + [
                "RABBITMQ_NODENAME=\(node)",
                "RABBITMQ_MNESIA_BASE=\(folder)/data",
                "RABBITMQ_LOG_BASE=\(folder)/log",
                "RABBITMQ_LOGS=-",
                "RABBITMQ_ENABLED_PLUGINS_FILE=\(folder)/enabled_plugins",
                "RABBITMQ_ADVANCED_CONFIG_FILE=\(folder)/advanced.config",
                "RABBITMQ_CONF_ENV_FILE=\(folder)/rabbitmq-env.conf",
                // The script becomes the node instead of waiting beside it: one process to stop, to kill, to suspend.
                "RUNNING_UNDER_SYSTEMD=true",
                "RABBITMQ_CTL_ERL_ARGS=-start_epmd false +S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
                "RABBITMQ_CTL_DIST_PORT_MIN=0",
                "RABBITMQ_CTL_DIST_PORT_MAX=0",
            ]
        if unsafe access(slimPlugins, R_OK) == 0 { environment.append("RABBITMQ_SCRIPTS_DIR=\(slimHome)/sbin") }
        return environment
    }

    /// A node that is named at once does not start Erlang twice more to look for `epmd` and for a namesake (1 s).
    private static func serverArguments(node: String) -> String {
        [
            "-sname \(node) -start_epmd false",
            "-kernel inet_dist_listen_min 0 -kernel inet_dist_listen_max 0",
            "-kernel inet_dist_use_interface {127,0,0,1}",
            "+S 2:2 +SDcpu 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none",
        ].joined(separator: " ")
    }
}
