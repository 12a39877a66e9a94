import CRabbitMQ

/// rabbitmq-c's memory pool: what its decoder allocates from, and where arguments for its encoder live.
@safe
struct CodecPool: ~Copyable {
    private var pool = unsafe amqp_pool_t()

    init() {
        unsafe init_amqp_pool(&pool, 4096)
    }

    deinit {
        var pool = unsafe pool
        unsafe empty_amqp_pool(&pool)
    }

    /// Takes everything back that was allocated so far.
    mutating func recycle() {
        unsafe recycle_amqp_pool(&pool)
    }

    mutating func withPointer<Result>(_ body: (UnsafeMutablePointer<amqp_pool_t>) -> Result) -> Result {
        unsafe withUnsafeMutablePointer(to: &pool) { unsafe body($0) }
    }

    /// Copies bytes into the pool; they stay until `recycle`.
    mutating func copy(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> amqp_bytes_t {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return unsafe amqp_empty_bytes }
        guard let target = unsafe amqp_pool_alloc(&pool, bytes.count) else { throw .outOfMemory(bytes.count) }
        unsafe target.copyMemory(from: source, byteCount: bytes.count)
        return unsafe amqp_bytes_t(len: bytes.count, bytes: target)
    }

    mutating func copy(_ bytes: [UInt8]) throws(AMQPError) -> amqp_bytes_t {
        // A closure with typed throws is not inferred through `withUnsafeBytes`, so the result carries the error.
        let result = unsafe bytes.withUnsafeBytes { buffer -> Result<amqp_bytes_t, AMQPError> in
            do throws(AMQPError) {
                return unsafe .success(try copy(buffer))
            } catch {
                return unsafe .failure(error)
            }
        }
        return unsafe try result.get()
    }

    mutating func copy(_ text: String) throws(AMQPError) -> amqp_bytes_t {
        unsafe try copy(Array(text.utf8))
    }

    mutating func allocate<Element>(
        _ type: Element.Type,
        count: Int
    ) throws(AMQPError)
        -> UnsafeMutablePointer<Element>
    {
        let size = MemoryLayout<Element>.stride * count
        guard let memory = unsafe amqp_pool_alloc(&pool, size) else { throw .outOfMemory(size) }
        return unsafe memory.bindMemory(to: Element.self, capacity: count)
    }
}

extension AMQPError {
    static func outOfMemory(_ size: Int) -> AMQPError {
        AMQPError(.invalidArgument, "out of memory for \(size) bytes of arguments")
    }
}
