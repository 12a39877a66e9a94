import WarrenRuntime

extension ConfigurationSection {
    /// A secret that stands at `key`, or in the file that `<key>_file` names.
    ///
    /// It is never quoted. One line end at the end of the file does not belong to it.
    mutating func secret(_ key: String, _ what: String) -> Located<String>? {
        let inline = value(key)
        let file = value(key + "_file")
        if let inline, let file {
            file.report("given beside '\(key)', expected one of the two")
            return inline.text(expected: what).map { Located(value: $0, source: inline) }
        }
        if let inline { return inline.text(expected: what).map { Located(value: $0, source: inline) } }
        guard let file, let path = file.filePath() else { return nil }
        do throws(TextFile.Failure) {
            let text = try TextFile.secret(at: path)
            guard !text.isEmpty else { return file.wrong("the file is empty, expected \(what) in it") }
            return Located(value: text, source: file)
        } catch {
            return file.wrong("the file \(error.message)")
        }
    }
}
