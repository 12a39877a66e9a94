package import AMQP
import Warren

extension MessageCopy {
    /// How many bytes of names are listed; names alone could fill a frame.
    private static let maximumNames = 1024

    /// The copy with its header frame cut to what a connection with frames of `frameMax` bytes can send.
    ///
    /// Foreign headers that do not fit are left out, the largest first, and named in a header.
    package func fitted(to frameMax: Int) -> AMQPMessage {
        var properties = message.properties
        var dropped = properties.omitLongTexts()
        if dropped.isEmpty, properties.fits(frameMax) { return message }
        let headers = properties.headers
        if case .array(let earlier) = headers[WarrenHeader.droppedHeaders] {
            dropped = earlier.compactMap(\.string) + dropped
        }
        let sizes = headers.map { $0.encodedSize }
        // The largest first; of equal ones the last, so that the order of the others stays.
        let foreign = headers.entries.indices
            .filter { !WarrenHeader.all.contains(headers.entries[$0].key) || sizes[$0] == .max }
            .sorted { (sizes[$0], $0) > (sizes[$1], $1) }
        func without(_ count: Int) -> AMQPProperties {
            let gone = Set(foreign.prefix(count))
            let names = dropped + gone.sorted().map { headers.entries[$0].key }
            var properties = properties
            properties.headers = AMQPTable(
                headers.entries.indices.filter { !gone.contains($0) }.map { headers.entries[$0] }
            )
            properties.headers[WarrenHeader.droppedHeaders] = Self.list(names)
            return properties
        }
        var (fewest, most) = (0, foreign.count)
        while fewest < most {
            let middle = (fewest + most) / 2
            if without(middle).fits(frameMax) { most = middle } else { fewest = middle + 1 }
        }
        properties = without(fewest)
        dropped += foreign.prefix(fewest).map { headers.entries[$0].key }
        properties.cutOwn(to: frameMax, dropped)
        return AMQPMessage(body: message.body, properties: properties)
    }

    /// The names as a header; beyond a kilobyte only how many more there are.
    fileprivate static func list(_ names: [String]) -> AMQPValue? {
        guard !names.isEmpty else { return nil }
        var listed: [AMQPValue] = []
        var size = 0
        for (index, name) in names.enumerated() {
            size += name.utf8.count + 5
            guard size <= maximumNames else {
                listed.append(.string("and \(names.count - index) more"))
                break
            }
            listed.append(.string(name))
        }
        return .array(listed)
    }
}

extension AMQPProperties {
    fileprivate func fits(_ frameMax: Int) -> Bool {
        guard let size = try? encodedHeaderSize(mandatory: true) else { return false }
        return size <= frameMax
    }

    /// Leaves out texts that are longer than a short string: bytes that were no UTF-8 have grown when they were replaced.
    ///
    /// - Returns: their names.
    fileprivate mutating func omitLongTexts() -> [String] {
        var dropped: [String] = []
        func omit(_ text: inout String?, _ name: String) {
            guard let length = text?.utf8.count, length > 255 else { return }
            text = nil
            dropped.append(name)
        }
        omit(&contentType, "content-type")
        omit(&contentEncoding, "content-encoding")
        omit(&correlationID, "correlation-id")
        omit(&replyTo, "reply-to")
        omit(&messageID, "message-id")
        omit(&type, "type")
        omit(&appID, "app-id")
        omit(&clusterID, "cluster-id")
        return dropped
    }

    /// Where our own headers are too large for a small frame: first the error's text is cut, then whole ones go.
    fileprivate mutating func cutOwn(to frameMax: Int, _ dropped: [String]) {
        var dropped = dropped
        if let error = headers[WarrenHeader.error]?.string,
            let size = try? encodedHeaderSize(mandatory: true), size > frameMax
        {
            headers[WarrenHeader.error] = .string(error.cut(toBytes: error.utf8.count - (size - frameMax)))
        }
        while !fits(frameMax), let largest = headers.max(by: { $0.encodedSize < $1.encodedSize }) {
            headers[largest.key] = nil
            guard largest.key != WarrenHeader.droppedHeaders else { continue }
            dropped.append(largest.key)
            headers[WarrenHeader.droppedHeaders] = MessageCopy.list(dropped)
        }
    }
}

extension AMQPTable.Entry {
    /// What it takes in a frame, give or take what every frame takes; `.max` when it cannot be encoded at all.
    fileprivate var encodedSize: Int {
        let properties = AMQPProperties(headers: AMQPTable([self]))
        return (try? properties.encodedHeaderSize(mandatory: false)) ?? .max
    }
}
