/// Remembers which events a subscription has handled, so that what a broker delivers twice is handled once.
///
/// Whoever is about to handle an event claims it first. A claim is exclusive for as long as it is held, also towards
/// other processes that use the same store; that of a process that died is free again.
///
/// ```swift
/// switch try await inbox.claim(key, waitingUpTo: .seconds(5)) {
/// case .handled: …        // accept the delivery
/// case .busy: …           // release it
/// case .admitted(let claim):
///     // One of: claim.commit { … }, claim.complete(), claim.forget(), claim.release()
/// }
/// ```
/// A cancelled task waits no longer, see ``StorageError/Code/cancelled`` and ``StorageError/Code/unknown``.
public protocol InboxStore: Sendable {
    /// Claims an event; waits while somebody else has it.
    ///
    /// - Parameters:
    ///   - key: the event, and who is to handle it.
    ///   - wait: how long to wait for somebody else who is at work on the event.
    /// - Returns: whether it was handled, is to be handled, or is still in somebody else's hands.
    /// - Throws: ``StorageError``.
    func claim(_ key: InboxKey, waitingUpTo wait: Duration) async throws(StorageError) -> InboxAdmission

    /// Whether the event was handled; waits for nobody.
    ///
    /// - Parameter key: the event, and who would handle it.
    /// - Returns: whether it was.
    /// - Throws: ``StorageError``.
    func isHandled(_ key: InboxKey) async throws(StorageError) -> Bool

    /// Forgets what was handled, or crashed, longer ago than the store is to remember.
    ///
    /// A broker that delivers such an event again has it handled again. Others have their turn while it goes on.
    ///
    /// - Returns: how many events were forgotten.
    /// - Throws: ``StorageError``; what was forgotten by then stays so.
    @discardableResult
    func prune() async throws(StorageError) -> Int

    /// Ends the store's work: claims still held are given back without a crash on record.
    ///
    /// What is under way is finished; what comes later fails with ``StorageError/Code/closed``.
    func close() async
}

/// An event, and the subscription that is to handle it.
public struct InboxKey: Sendable, Hashable, CustomStringConvertible {
    /// The service that published the event; ids are unique within it.
    public let source: String
    /// The event's id.
    public let eventID: String
    /// The subscription.
    public let subscription: String

    /// Creates a key.
    public init(source: String, eventID: String, subscription: String) {
        self.source = source
        self.eventID = eventID
        self.subscription = subscription
    }

    /// All three, for people.
    public var description: String { "event '\(eventID)' of '\(source)' for '\(subscription)'" }
}

/// What an inbox answers whoever claims an event.
public enum InboxAdmission: Sendable {
    /// It was handled before: there is nothing to do but to say so.
    case handled
    /// Somebody else is still at work on it: it is to be given back to where it came from.
    case busy
    /// It is to be handled; nobody else will until the claim has ended.
    case admitted(any InboxClaim)
}
