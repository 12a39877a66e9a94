extension ScriptedBroker {
    /// A method of AMQP 0-9-1, by class and number.
    public struct Method: Sendable, Hashable, CustomStringConvertible {
        /// The number of its class, for example 60 for `basic`.
        public let classID: UInt16
        /// Its number in the class, for example 40 for `publish`.
        public let methodID: UInt16

        /// Names a method by its numbers; any numbers, known or not.
        public init(_ classID: UInt16, _ methodID: UInt16) {
            self.classID = classID
            self.methodID = methodID
        }

        /// Its name as the specification has it, for example `basic.publish`, or `60.40` when it is not known.
        public var description: String { Self.names[self] ?? "\(classID).\(methodID)" }
    }
}

extension ScriptedBroker.Method {
    private static let classes: [(classID: UInt16, name: String, methods: [(UInt16, String)])] = [
        (
            10, "connection",
            [
                (10, "start"), (11, "start-ok"), (20, "secure"), (21, "secure-ok"), (30, "tune"), (31, "tune-ok"),
                (40, "open"), (41, "open-ok"), (50, "close"), (51, "close-ok"), (60, "blocked"), (61, "unblocked"),
                (70, "update-secret"), (71, "update-secret-ok"),
            ]
        ),
        (
            20, "channel",
            [(10, "open"), (11, "open-ok"), (20, "flow"), (21, "flow-ok"), (40, "close"), (41, "close-ok")]
        ),
        (
            40, "exchange",
            [
                (10, "declare"), (11, "declare-ok"), (20, "delete"), (21, "delete-ok"), (30, "bind"), (31, "bind-ok"),
                (40, "unbind"), (51, "unbind-ok"),
            ]
        ),
        (
            50, "queue",
            [
                (10, "declare"), (11, "declare-ok"), (20, "bind"), (21, "bind-ok"), (30, "purge"), (31, "purge-ok"),
                (40, "delete"), (41, "delete-ok"), (50, "unbind"), (51, "unbind-ok"),
            ]
        ),
        (
            60, "basic",
            [
                (10, "qos"), (11, "qos-ok"), (20, "consume"), (21, "consume-ok"), (30, "cancel"), (31, "cancel-ok"),
                (40, "publish"), (50, "return"), (60, "deliver"), (70, "get"), (71, "get-ok"), (72, "get-empty"),
                (80, "ack"), (90, "reject"), (100, "recover-async"), (110, "recover"), (111, "recover-ok"),
                (120, "nack"),
            ]
        ),
        (85, "confirm", [(10, "select"), (11, "select-ok")]),
        (
            90, "tx",
            [
                (10, "select"), (11, "select-ok"), (20, "commit"), (21, "commit-ok"), (30, "rollback"),
                (31, "rollback-ok"),
            ]
        ),
    ]

    private static let names: [Self: String] = classes.reduce(into: [:]) { names, entry in
        for (methodID, name) in entry.methods {
            names[Self(entry.classID, methodID)] = "\(entry.name).\(name)"
        }
    }
}
