import WarrenRuntime

/// Messages that are published together to one place: their heads are encoded before the first is sent.
struct PublishBatch: ~Copyable {
    private let messages: [AMQPMessage]
    private let target: PublishTarget
    private let confirmation: PublishConfirmation?
    private var heads = ByteBuffer()
    private var layouts: [PublishHeadLayout] = []
    /// Where the head of each begins.
    private var starts: [Int] = []

    /// - Throws: `.invalidArgument` saying which message cannot be encoded and why.
    init(
        _ messages: [AMQPMessage],
        _ target: PublishTarget,
        _ confirmation: PublishConfirmation?
    ) throws(AMQPError) {
        self.messages = messages
        self.target = target
        self.confirmation = confirmation
        layouts.reserveCapacity(messages.count)
        starts.reserveCapacity(messages.count)
        for (index, message) in messages.enumerated() {
            starts.append(heads.count)
            do throws(AMQPError) {
                let layout = unsafe try PublishEncoder.withHead(target, message) { head, layout in
                    unsafe heads.append(UnsafeRawBufferPointer(head))
                    return layout
                }
                layouts.append(layout)
            } catch {
                throw AMQPError(error.code, "message \(index) of the batch: \(error.message)")
            }
        }
    }

    var count: Int { messages.count }

    /// Lends one of them to `body`, which must not keep its head.
    mutating func withPublish<Result>(at index: Int, _ body: (ConnectionCore.Publish) -> Result) -> Result {
        let (message, layout, start) = (messages[index], layouts[index], starts[index])
        return unsafe heads.withUnsafeMutableBytes { bytes in
            unsafe body(
                ConnectionCore.Publish(
                    head: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + layout.size]),
                    layout: layout,
                    body: message.body,
                    identity: target.identity(of: message),
                    confirmation: confirmation,
                    index: index
                )
            )
        }
    }
}
