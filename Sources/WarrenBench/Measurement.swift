import Glibc

/// Wall-clock time and CPU of this process over the timed section.
struct Measurement {
    private let wall: Double
    private let usage: rusage

    /// Starts the timed section.
    init() {
        usage = Self.usage()
        wall = Self.now()
    }

    /// Ends it.
    func result(_ run: Run, latencies: [Double] = []) -> Result {
        let wall = Self.now() - wall
        let end = Self.usage()
        return Result(
            run: run,
            wall: wall,
            user: Self.seconds(end.ru_utime) - Self.seconds(usage.ru_utime),
            system: Self.seconds(end.ru_stime) - Self.seconds(usage.ru_stime),
            latencies: latencies.sorted()
        )
    }

    static func now() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private static func usage() -> rusage {
        var usage = rusage()
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
    }
}

/// What was measured, as the one JSON line that all measuring programs print.
struct Result {
    let run: Run
    let wall: Double
    let user: Double
    let system: Double
    /// Seconds, sorted; empty where none were taken.
    let latencies: [Double]

    var line: String {
        var fields = [
            "\"client\":\"warren\"",
            "\"mode\":\"\(run.mode.rawValue)\"",
            "\"n\":\(run.count)",
            "\"size\":\(run.size)",
            "\"wall_s\":\(decimal(wall, 4))",
            "\"msgs_per_s\":\(decimal(Double(run.count) / wall, 1))",
            "\"user_s\":\(decimal(user, 4))",
            "\"sys_s\":\(decimal(system, 4))",
        ]
        if !latencies.isEmpty {
            for percent in [50, 95, 99] {
                let latency = latencies[min(latencies.count - 1, latencies.count * percent / 100)]
                fields.append("\"p\(percent)_us\":\(decimal(latency * 1e6, 1))")
            }
        }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private func decimal(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }
}
