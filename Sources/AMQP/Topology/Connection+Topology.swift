extension Connection {
    /// Declares entities again on a fresh connection.
    ///
    /// A refused one is reported, and the others still get their turn.
    func declareAgain(_ topology: Topology) async {
        var channel: SlotID?
        for entity in topology.entities {
            do throws(AMQPError) {
                let id = if let channel { channel } else { try await openChannel("recovery", early: true) }
                channel = id
                _ = try await call(entity.declaration, on: id)
            } catch {
                owner.report(AMQPEvent(kind: .entityNotRecovered, subject: "\(entity)", error: error))
                // The refusal has closed the channel; a lost connection ends it all.
                if let id = channel { await remove(id) }
                channel = nil
                if error.code == .connectionLost { return }
            }
        }
        if let channel { await remove(channel) }
    }
}
