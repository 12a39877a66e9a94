/// A value as SQLite keeps it.
public enum SQLiteValue: Sendable, Hashable {
    /// Nothing.
    case null
    /// A number without a fraction, also a truth value.
    case integer(Int64)
    /// A number with one.
    case real(Double)
    /// Text.
    case text(String)
    /// Bytes.
    case blob([UInt8])

    /// The number, where it is one without a fraction.
    public var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// The number, where it is one.
    public var real: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        default: nil
        }
    }

    /// The text, where it is one.
    public var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The bytes, where they are some.
    public var blob: [UInt8]? {
        guard case .blob(let blob) = self else { return nil }
        return blob
    }
}

/// What can stand for a question mark in a statement.
public protocol SQLiteConvertible {
    /// The value as SQLite keeps it.
    var sqliteValue: SQLiteValue { get }
}

extension SQLiteValue: SQLiteConvertible {
    /// The value itself.
    public var sqliteValue: SQLiteValue { self }
}

extension Optional: SQLiteConvertible where Wrapped: SQLiteConvertible {
    /// The value, or nothing.
    public var sqliteValue: SQLiteValue { self?.sqliteValue ?? .null }
}

extension Int: SQLiteConvertible {
    /// A number.
    public var sqliteValue: SQLiteValue { .integer(Int64(self)) }
}

extension Int64: SQLiteConvertible {
    /// A number.
    public var sqliteValue: SQLiteValue { .integer(self) }
}

extension Bool: SQLiteConvertible {
    /// 1 or 0.
    public var sqliteValue: SQLiteValue { .integer(self ? 1 : 0) }
}

extension Double: SQLiteConvertible {
    /// A number with a fraction.
    public var sqliteValue: SQLiteValue { .real(self) }
}

extension String: SQLiteConvertible {
    /// Text.
    public var sqliteValue: SQLiteValue { .text(self) }
}

extension [UInt8]: SQLiteConvertible {
    /// Bytes.
    public var sqliteValue: SQLiteValue { .blob(self) }
}
