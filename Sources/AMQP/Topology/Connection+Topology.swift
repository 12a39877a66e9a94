import WarrenRuntime

extension Connection {
    /// Declares entities again on a fresh connection.
    ///
    /// A refused one is reported, and the others still get their turn; `recorder` hears of each.
    func declareAgain(_ topology: Topology, _ recorder: TopologyRecorder) async {
        let epoch = core.withLock { core in core.epoch }
        var channel: SlotID?
        for entity in topology.entities {
            do throws(AMQPError) {
                let id = if let channel { channel } else { try await openChannel("recovery", early: true) }
                channel = id
                _ = try await call(entity.declaration, on: id)
                recorder.declared(entity, isRefused: false)
            } catch {
                let isOver = core.withLock { core in core.epoch != epoch || core.refusal != nil }
                // The refusal has closed the channel.
                if let id = channel { await remove(id) }
                channel = nil
                // On a connection that was lost or closed meanwhile there is nothing left to do, nor to tell.
                if isOver { return }
                let isAccepted = error.conflict != nil && recorder.accepts(entity)
                let kind: AMQPEvent.Kind = isAccepted ? .entityDiffers : .entityNotRecovered
                recorder.declared(entity, isRefused: !isAccepted)
                owner.report(AMQPEvent(kind: kind, subject: "\(entity)", error: error))
            }
        }
        if let channel { await remove(channel) }
    }
}
