/// Finds the word that somebody meant who wrote another.
package enum Spelling {
    /// The word that is at most two letters away, if there is one.
    package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let nearest = words.map { (word: $0, distance: distance($0, word)) }.min { $0.distance < $1.distance }
        // Two changes turn any two letters into any other two.
        guard let nearest, nearest.distance <= 2, nearest.distance < word.utf8.count else { return nil }
        return nearest.word
    }

    /// How many letters have to be added, removed or changed (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (index, byte) in left.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let changed = diagonal + (right[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
