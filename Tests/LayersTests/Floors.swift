/// Who may import what: the floors of the house.
///
/// A target imports only from lower floors, so two targets on one floor never see each other.
enum Floors {
    static let targets: [String: Int] = [
        "WarrenRuntime": 1,
        "WarrenTelemetry": 2,
        "AMQP": 3,
        "Warren": 3,
        "WarrenRabbitMQ": 4,
        "WarrenStorage": 4,
        "WarrenBridge": 5,
        "WarrenCLI": 6,
    ]

    /// Targets beside the house: nobody imports them, and each says what it needs.
    static let side: [String: Set<String>] = [
        "WarrenTesting": ["WarrenRuntime", "WarrenTelemetry", "Warren"],
        "WarrenBench": [
            "WarrenRuntime", "WarrenTelemetry", "AMQP", "Warren", "WarrenRabbitMQ", "WarrenStorage", "WarrenBridge",
        ],
    ]

    /// C libraries and the folders below `Sources` that may import them; no folder: every target may.
    static let cLibraries: [String: [String]] = [
        "CLinux": [],
        "CRabbitMQ": ["AMQP/Wire/"],
        "COpenSSL": ["AMQP/Transport/"],
        "CSQLite": ["WarrenStorage/SQLite/Connection/"],
        "CPostgreSQL": ["WarrenStorage/PostgreSQL/"],
        "CYAML": ["WarrenBridge/YAML/"],
        "CMicroHTTPD": ["WarrenBridge/"],
        "CCurl": ["WarrenBridge/"],
    ]

    /// Modules of the toolchain that any target may import.
    static let toolchain: Set<String> = ["Swift", "Glibc", "Synchronization", "FoundationEssentials"]

    /// Why the file at `path` (below `Sources`) may not import `module`; `nil` when it may.
    static func objection(to module: String, in path: String) -> String? {
        let target = String(path.prefix { $0 != "/" })
        guard let floor = targets[target] ?? side[target].map({ _ in .max }) else {
            return "\(target) has no floor: add it to the table"
        }
        if toolchain.contains(module) { return nil }
        if module == "Foundation" { return "import FoundationEssentials instead of the whole of Foundation" }
        if let folders = cLibraries[module] {
            guard !folders.isEmpty, !folders.contains(where: path.hasPrefix) else { return nil }
            return "only \(folders.joined(separator: ", ")) may import \(module)"
        }
        if side[module] != nil { return "\(module) stands beside the house: no other target imports it" }
        guard let imported = targets[module] else { return "\(module) is not in the table of floors" }
        if let allowed = side[target] {
            return allowed.contains(module) ? nil : "\(target) does without \(module)"
        }
        guard imported >= floor else { return nil }
        return "\(module) is on floor \(imported), \(target) on floor \(floor): only lower floors may be imported"
    }
}
