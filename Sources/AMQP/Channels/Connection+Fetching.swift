extension Connection {
    /// Settles a fetched message, if the channel it came on still lives.
    func settleFetched(
        _ settlement: DeliveryLedger.SettlingMethod,
        on id: SlotID
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        try perform { core, effects in
            Result { () throws(AMQPError) in try core.settleFetched(settlement, on: id, into: &effects) }
        }.get()
    }
}

extension ConnectionCore {
    fileprivate mutating func settleFetched(
        _ settlement: DeliveryLedger.SettlingMethod,
        on id: SlotID,
        into effects: inout Effects
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        let (tag, multiple) = settlement.scope
        if let box = channels[id], let number = box.value.openNumber {
            switch box.value.fetches.settle(tag, multiple: multiple) {
            case .settled:
                try send(settlement.method, on: number)
                return .sent
            case .alreadySettled: throw AMQPError(.alreadySettled, "fetched message \(tag) was settled before")
            case .stale: break
            }
        }
        staleSettlements += 1
        effects.events.append(AMQPEvent(kind: .staleDelivery, subject: "fetched message \(tag)", error: nil))
        return .staleDelivery
    }
}

extension DeliveryLedger.SettlingMethod {
    /// Which deliveries it is about.
    fileprivate var scope: (tag: UInt64, multiple: Bool) {
        switch self {
        case .ack(let tag, let multiple), .nack(let tag, let multiple, _): (tag, multiple)
        case .reject(let tag, _): (tag, false)
        }
    }
}
