/// What a proxy does to the bytes that pass.
struct ProxyFaults: Sendable, Hashable {
    enum Flow: Sendable, Hashable {
        case passing
        case stalled
        case silent
    }

    var flow = Flow.passing
    var delay = Duration.zero
    var bytesPerSecond: Int?
    var segment: Int?
}

/// What a proxy has seen.
struct ProxyCounts: Sendable {
    var open = 0
    var total = 0
    var fromClients = 0
    var fromBroker = 0
    var hasEnded = false
}
