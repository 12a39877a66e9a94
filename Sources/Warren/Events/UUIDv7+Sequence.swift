internal import WarrenRuntime

extension UUIDv7 {
    private static let shared = Locked(Sequence())

    /// A new one, greater than all that this process made before.
    public static func make() -> UUIDv7 {
        let milliseconds = UInt64(clamping: EventTimestamp.now().milliseconds)
        var generator = SystemRandomNumberGenerator()
        let (start, random): (UInt64, UInt64) = (generator.next(), generator.next())
        return shared.withLock { $0.next(milliseconds: milliseconds, start: start, random: random) }
    }

    /// Keeps the order within a millisecond, and when the clock is set back.
    package struct Sequence {
        package init() {}

        private var milliseconds: UInt64 = 0
        private var counter: UInt16 = 0

        /// The next one, out of two pieces of chance: where a new millisecond's counter begins, and the rest.
        package mutating func next(milliseconds now: UInt64, start: UInt64, random: UInt64) -> UUIDv7 {
            if now > milliseconds {
                begin(now, start)
            } else if counter == 0xFFF {
                // The counter is spent: borrow from the next millisecond (RFC 9562, section 6.2).
                begin(milliseconds + 1, start)
            } else {
                counter += 1
            }
            return UUIDv7(milliseconds: milliseconds, counter: counter, random: random)
        }

        /// Begins in the lower half of the counter, so that at least 2,048 fit into every millisecond.
        private mutating func begin(_ milliseconds: UInt64, _ start: UInt64) {
            self.milliseconds = milliseconds & 0xFFFF_FFFF_FFFF
            counter = UInt16(truncatingIfNeeded: start) & 0x7FF
        }
    }
}
