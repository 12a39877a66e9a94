import WarrenRuntime

extension ConnectionCore {
    /// Settles a delivery, if the channel it came on still lives.
    mutating func settle(
        _ id: SlotID,
        _ delivery: AMQPDelivery,
        _ settlement: DeliveryLedger.SettlingMethod
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        guard let box = channels[id], let number = box.value.openNumber,
            box.value.subscription?.position.current == delivery.subscription
        else {
            staleSettlements += 1
            return .staleDelivery
        }
        let isNew: Bool
        switch settlement {
        case .ack(let tag, let multiple):
            isNew = box.value.subscription?.ack(tag, multiple: multiple) ?? false
            // Gathered; the thread sends them with whatever else it writes.
            if isNew { noteAck(id, box) }
        case .reject(let tag, _):
            isNew = box.value.subscription?.ledger.settle(tag) ?? false
            if isNew { try send(settlement.method, on: number) }
        case .nack(let tag, let multiple, _):
            // Acks that wait are older: they go first, or a multiple nack would take their deliveries along.
            if multiple { try sendAcks(of: box, number) }
            isNew = box.value.subscription?.settle(tag, multiple: multiple) ?? false
            if isNew { try send(settlement.method, on: number) }
        }
        guard isNew else {
            throw AMQPError(.alreadySettled, "delivery \(delivery.deliveryTag) was settled before")
        }
        return .sent
    }

    /// Takes what waits for a consumer; if nothing does, `waiter` is resumed when something comes.
    ///
    /// - Returns: why nothing will come any more.
    mutating func takeDeliveries(
        _ id: SlotID,
        upTo limit: Int,
        into batch: inout [AMQPDelivery],
        orWake waiter: OneShot<Void>
    ) -> AMQPError? {
        guard let box = channels[id] else { return AMQPError(.closed, "the consumer was closed") }
        if let end = box.value.end { return end }
        if box.value.subscription?.isDropped == true { return AMQPError(.closed, "the consumer was stopped") }
        let wasOverfull = box.value.subscription?.isOverfull ?? false
        box.value.subscription?.take(upTo: limit, into: &batch)
        if box.value.subscription?.goOnIfDrained() == true { _ = reconcile(box) }
        if wasOverfull { wantsAttention = true }
        if batch.isEmpty { box.value.subscription?.wait(waiter) }
        return nil
    }

    /// Hands out no more deliveries of a consumer, and asks the broker to send no more.
    mutating func stopDeliveries(_ id: SlotID, into effects: inout Effects) {
        guard let box = channels[id] else { return }
        drop(box, into: &effects)
        box.value.subscription?.stop(into: &effects)
        // The answer brings the rest on its way.
        if !unbind(box) { _ = reconcile(box) }
    }

    /// Hands out no more deliveries of a consumer; those that nobody took hold up no reading.
    mutating func drop(_ box: SlotMap<ChannelMachine>.Box, into effects: inout Effects) {
        if box.value.subscription?.isOverfull == true { wantsAttention = true }
        box.value.subscription?.drop(into: &effects)
    }

    private mutating func noteAck(_ id: SlotID, _ box: SlotMap<ChannelMachine>.Box) {
        if !dirty.contains(id) {
            dirty.append(id)
            let delay = box.value.subscription?.coalescing.delay ?? .zero
            acksDue = min(acksDue, clock.now.advanced(by: delay))
        }
        if !acksMayWait || !(box.value.subscription?.mayGatherAcks ?? true) { acksDue = .distantPast }
        if acksDue < heededAcks { wantsAttention = true }
    }

    /// Whether applications are at work on deliveries, so that acks will come.
    var expectsAcks: Bool {
        // Most likely at the last that came.
        touched.contains { hasUnsettled($0) } || channels.ids.contains { hasUnsettled($0) }
    }

    private func hasUnsettled(_ id: SlotID) -> Bool {
        (channels[id]?.value.subscription?.ledger.unsettled ?? 0) > 0
    }

    /// Appends the acks gathered so far, as few frames as possible.
    mutating func sendGatheredAcks() {
        for id in dirty {
            guard let box = channels[id], let number = box.value.openNumber else { continue }
            // An ack has a fixed size and always fits.
            try? sendAcks(of: box, number)
        }
        dirty.removeAll(keepingCapacity: true)
        acksDue = .distantFuture
    }

    mutating func sendAcks(of box: SlotMap<ChannelMachine>.Box, _ number: UInt16) throws(AMQPError) {
        guard let settlements = box.value.subscription?.takeAcks() else { return }
        for settlement in settlements { try send(settlement.method, on: number) }
    }

    /// Whether a consumer has more than it asked for, so that reading has to stop.
    var isOverfull: Bool {
        mutating get {
            guard mayBeOverfull else { return false }
            mayBeOverfull = channels.ids.contains { id in
                guard let box = channels[id], box.value.openNumber != nil else { return false }
                return box.value.subscription?.isOverfull ?? false
            }
            return mayBeOverfull
        }
    }

    /// Takes back what an iterator took and nobody saw.
    mutating func giveBack(_ deliveries: [AMQPDelivery], to id: SlotID, into effects: inout Effects) {
        channels[id]?.value.subscription?.giveBack(deliveries, into: &effects)
        mayBeOverfull = true
    }

    /// Deliveries that brokers may send without hearing from us: how long reads can be put off.
    var deliveryAllowance: Int {
        channels.ids.reduce(0) { $0 + (channels[$1]?.value.subscription?.allowance ?? 0) }
    }
}

extension Subscription {
    fileprivate mutating func ack(_ tag: UInt64, multiple: Bool) -> Bool {
        multiple ? ledger.ackAll(upTo: tag) : ledger.ack(tag)
    }

    fileprivate mutating func settle(_ tag: UInt64, multiple: Bool) -> Bool {
        multiple ? ledger.settleAll(upTo: tag) : ledger.settle(tag)
    }
}
