/// For people: never the data, which may be nobody's business.
extension EventEnvelope: CustomStringConvertible {
    /// Its type, id and source, and how large its data are: `Order.Paid 0190b6f4-… from shop, 34 bytes`.
    public var description: String {
        let id = eventID.isEmpty ? "without an id" : eventID
        let origin = source.map { " from \($0)" } ?? ""
        return "\(eventType) \(id)\(origin), \(payload.bytes.count) bytes"
    }
}
