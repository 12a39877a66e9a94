import CLinux
import Glibc
import WarrenRuntime

/// A process of ours, leader of its own process group.
///
/// It is reaped as soon as it ends, so it never stays a zombie.
final class ChildProcess: Sendable {
    private enum State {
        case running(waiting: [CheckedContinuation<ExitStatus, Never>])
        case ended(ExitStatus)
    }

    let processID: pid_t
    private let state = Locked(State.running(waiting: []))

    /// Starts `arguments[0]` (an absolute path) with the three standard descriptors given, and no other.
    ///
    /// `willReap` is called with the process id after the end, while the id cannot have been given away yet.
    init(
        _ arguments: [String],
        environment: [String],
        input: Descriptor,
        output: Descriptor,
        error: Descriptor,
        willReap: @escaping @Sendable (pid_t) -> Void = { _ in }
    ) throws(WarrenTestingError) {
        processID = try Self.spawn(
            arguments,
            environment: environment,
            descriptors: [input.number, output.number, error.number]
        )
        do {
            try IOThread.start(name: "child-\(processID)") { [self] in
                self.reap(willReap: willReap)
            }
        } catch {
            _ = Glibc.kill(-processID, SIGKILL)
            reap(willReap: willReap)
            throw WarrenTestingError(.system, error.description)
        }
    }

    /// How it ended; `nil` while it runs.
    var exitStatus: ExitStatus? {
        state.withLock { state in
            guard case .ended(let status) = state else { return nil }
            return status
        }
    }

    /// Signals the whole process group; nothing happens when the process has ended.
    func signal(_ signal: Int32) {
        state.withLock { state in
            guard case .running = state else { return }
            _ = Glibc.kill(-processID, signal)
        }
    }

    /// Waits for the end.
    ///
    /// Not cut short by cancellation: who cancels also kills.
    func wait() async -> ExitStatus {
        await withCheckedContinuation { continuation in
            let status: ExitStatus? = state.withLock { state in
                switch state {
                case .running(let waiting):
                    state = .running(waiting: waiting + [continuation])
                    return nil
                case .ended(let status):
                    return status
                }
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    // MARK: - Private

    private func reap(willReap: (pid_t) -> Void) {
        var info = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        _ = Glibc.kill(-processID, SIGKILL)
        willReap(processID)
        let (status, waiting) = state.withLock { state -> (ExitStatus, [CheckedContinuation<ExitStatus, Never>]) in
            var waitStatus: Int32 = 0
            while unsafe waitpid(processID, &waitStatus, 0) < 0 && errno == EINTR {}
            let status = ExitStatus(waitStatus: waitStatus)
            guard case .running(let waiting) = state else { return (status, []) }
            state = .ended(status)
            return (status, waiting)
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    private static func spawn(
        _ arguments: [String],
        environment: [String],
        descriptors: [Int32]
    ) throws(WarrenTestingError) -> pid_t {
        guard let executable = arguments.first else {
            throw WarrenTestingError(.invalidArgument, "cannot start a process without a command")
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        unsafe posix_spawn_file_actions_addclosefrom_np(&actions, Int32(descriptors.count))

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The child must not inherit what this process blocks or ignores (SIGPIPE, as a rule).
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var all = sigset_t()
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
        )

        var argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            for index in unsafe argumentPointers.indices { unsafe free(argumentPointers[index]) }
            for index in unsafe environmentPointers.indices { unsafe free(environmentPointers[index]) }
        }
        var processID: pid_t = 0
        let code = unsafe posix_spawn(
            &processID,
            executable,
            &actions,
            &attributes,
            &argumentPointers,
            &environmentPointers
        )
        guard code == 0 else { throw .system("posix_spawn \(executable)", code) }
        return processID
    }
}
