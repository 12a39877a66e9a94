import FoundationEssentials
import Glibc

/// Where RabbitMQ is on this machine.
struct BrokerInstallation: Sendable {
    let server: String
    let control: String
    let portMapper: String
    /// Evaluates Erlang in a running node within milliseconds; not installed everywhere.
    let call: String?
    /// The folder with `sbin`, `escript` and `plugins`, where the layout is the usual one.
    let home: String?
    /// Where its scripts look for `erl` and everything else.
    let searchPath: [String]

    /// The variable that names another root than `/` to take RabbitMQ and its Erlang from.
    static let variable = "WARREN_TEST_RABBITMQ_ROOT"

    /// Debian's scripts that run as the caller; those in its PATH change to the user `rabbitmq`.
    private static let scripts = "/usr/lib/rabbitmq/bin"
    private static let erlang = "/usr/lib/erlang/bin"

    /// Looks on this machine, or, where a root is given, only below that.
    static func find(root: String? = environmentVariable(variable)) throws(WarrenTestingError) -> BrokerInstallation {
        guard let root, !root.isEmpty else { return try find(in: [scripts] + machinePath + [erlang]) }
        return try find(in: [root + scripts, root + erlang], searchingFirst: [root + erlang])
    }

    /// Looks in the folders for each file; the first that has it wins.
    static func find(
        in folders: [String],
        searchingFirst preferred: [String] = []
    ) throws(WarrenTestingError) -> BrokerInstallation {
        let server = try locate("rabbitmq-server", in: folders, package: "rabbitmq-server")
        let home = parent(of: parent(of: resolve(server)))
        let isUsual = ["sbin", "escript", "plugins"].allSatisfy { unsafe access("\(home)/\($0)", R_OK) == 0 }
        return BrokerInstallation(
            server: server,
            control: try locate("rabbitmqctl", in: folders, package: "rabbitmq-server"),
            portMapper: try locate("epmd", in: folders, package: "erlang-base"),
            call: first("erl_call", in: folders),
            home: isUsual ? home : nil,
            searchPath: preferred + machinePath + ["/usr/sbin", "/usr/bin", "/bin"]
        )
    }

    /// The folders of the PATH.
    private static var machinePath: [String] {
        (environmentVariable("PATH") ?? "").split(separator: ":").map(String.init)
    }

    // MARK: - Private

    private static func locate(
        _ name: String,
        in folders: [String],
        package: String
    ) throws(WarrenTestingError) -> String {
        if let path = first(name, in: folders) { return path }
        throw WarrenTestingError(
            .brokerMissing,
            """
            no \(name) in \(folders.joined(separator: ", ")): install the package \(package) \
            (apt-get install rabbitmq-server), name a running broker in \(LocalBroker.variable), or correct \(variable) \
            where that is set
            """
        )
    }

    private static func first(_ name: String, in folders: [String]) -> String? {
        folders.map { "\($0)/\(name)" }.first { unsafe access($0, X_OK) == 0 }
    }

    private static func resolve(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved) ?? path
    }

    private static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }
}

/// A variable of this process's environment.
func environmentVariable(_ name: String) -> String? {
    unsafe getenv(name).flatMap { unsafe String(validatingCString: $0) }
}
