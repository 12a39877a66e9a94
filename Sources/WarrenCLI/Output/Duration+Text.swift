extension Duration {
    /// How many of `unit`, with two digits after the point, cut off.
    func text(in unit: Duration) -> String {
        let hundredths = Int64(self * 100 / unit)
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
