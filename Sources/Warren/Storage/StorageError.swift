/// What went wrong in a store: a code to decide on, and one sentence that says what, where, and what to do.
public struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is; new codes may come in minor versions.
    public let code: Code

    /// One sentence for people, with the file or server concerned.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }

    /// The kind of a failure.
    ///
    /// Unless its code says otherwise, nothing was changed by what failed.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidConfiguration, cannotOpen, inUse, readOnly, damaged, newerVersion
            case busy, full, boundReached, failed
            case constraint, invalidStatement, wrongTransaction, alreadyHandled
            case cancelled, unknown, closed
        }

        private let kind: Kind

        /// The name of the code.
        public var description: String { kind.rawValue }

        // MARK: - What opening finds

        /// A configuration value makes no sense.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// There is no such folder, no right to it, or no such server; or not in it what was to be there.
        public static let cannotOpen = Code(kind: .cannotOpen)
        /// Another process owns what can have one owner only.
        public static let inUse = Code(kind: .inUse)
        /// It may be read, but not written.
        public static let readOnly = Code(kind: .readOnly)
        /// What is there is no database, or a damaged one; found when opening it or later.
        public static let damaged = Code(kind: .damaged)
        /// A newer version of Warren has written it, in a form that this one does not know.
        public static let newerVersion = Code(kind: .newerVersion)

        // MARK: - What passes

        /// Others had it locked for longer than it was waited.
        public static let busy = Code(kind: .busy)
        /// There is no room left on the disk; work goes on as soon as there is.
        public static let full = Code(kind: .full)
        /// The store holds as much as it may, or holds it for longer than it may.
        public static let boundReached = Code(kind: .boundReached)
        /// The system refused: a broken disk, a lost connection.
        ///
        /// What was to be written may be found all the same after the next start.
        public static let failed = Code(kind: .failed)

        // MARK: - What a handler's own transaction may run into

        /// A row would break a rule of its table.
        public static let constraint = Code(kind: .constraint)
        /// A statement cannot be understood or may not stand in a transaction, or the transaction is over: ended, or rolled
        /// back by a statement whose failure the handler has caught.
        public static let invalidStatement = Code(kind: .invalidStatement)
        /// The handler expects the transaction of another kind of store.
        public static let wrongTransaction = Code(kind: .wrongTransaction)
        /// The event was handled before; the handler's rows were not written.
        public static let alreadyHandled = Code(kind: .alreadyHandled)

        // MARK: - How a wait ends

        /// The waiting task was cancelled before anything was begun.
        public static let cancelled = Code(kind: .cancelled)
        /// The waiting task was cancelled while the store was at it: it may be done or not.
        public static let unknown = Code(kind: .unknown)
        /// The store was closed.
        public static let closed = Code(kind: .closed)
    }
}
