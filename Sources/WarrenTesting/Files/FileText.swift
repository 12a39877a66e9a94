import FoundationEssentials

/// The last part of a file, as text; empty when it cannot be read.
func fileText(_ path: String, last limit: Int = .max) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "" }
    return String(decoding: data.suffix(limit), as: UTF8.self)
}
