/// Something that happened, as a type of the program's own.
///
/// ```swift
/// struct OrderPaid: Event {
///     static let type = "Order.Paid"
///     var orderID: Int
///     var amount: Double
/// }
/// ```
/// Its members travel as JSON: dates as RFC 3339, bytes as base64, keys as `Codable` has them.
public protocol Event: Codable, Sendable {
    /// The event's type, as ``EventType`` has it: `Order.Paid`, `Billing.Invoice.Sent`, `user.logged_in`.
    ///
    /// Also its routing key.
    static var type: String { get }

    /// The version of the type's data; `"1"` unless told otherwise.
    static var version: String { get }
}

extension Event {
    /// The first version.
    public static var version: String { EventEnvelope.defaultVersion }
}
