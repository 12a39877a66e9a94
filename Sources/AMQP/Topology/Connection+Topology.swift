import WarrenRuntime

extension Connection {
    /// Declares entities again on a fresh connection.
    ///
    /// A refused one is reported, and the others still get their turn.
    func declareAgain(_ topology: Topology, accepting accepts: (Topology.Entity) -> Bool) async {
        let epoch = core.withLock { core in core.epoch }
        var channel: SlotID?
        for entity in topology.entities {
            do throws(AMQPError) {
                let id = if let channel { channel } else { try await openChannel("recovery", early: true) }
                channel = id
                _ = try await call(entity.declaration, on: id)
            } catch {
                let isAccepted = error.conflict != nil && accepts(entity)
                let kind: AMQPEvent.Kind = isAccepted ? .entityDiffers : .entityNotRecovered
                owner.report(AMQPEvent(kind: kind, subject: "\(entity)", error: error))
                // The refusal has closed the channel. On a connection lost meanwhile there is nothing left to do.
                if let id = channel { await remove(id) }
                channel = nil
                if core.withLock({ core in core.epoch != epoch || core.refusal != nil }) { return }
            }
        }
        if let channel { await remove(channel) }
    }
}
