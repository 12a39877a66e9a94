import Glibc
import WarrenRuntime

/// Ends what this process has started, also when this process can no longer do so itself.
///
/// A small shell holds one end of a socket whose other end only this process has. When that closes (at ``end()``, at a
/// normal exit, at a crash, at SIGKILL), the shell kills each process group it was told of and removes the folder.
final class ProcessGuardian: Sendable {
    private static let script = """
        trap '' HUP INT QUIT TERM
        groups=' '
        while read -r verb group; do
            case "$verb" in
                watch) groups="$groups$group " ;;
                forget) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
            esac
        done
        for group in $groups; do kill -s KILL -- "-$group"; done
        tries=0
        while [ -e "$1" ] && [ "$tries" -lt 100 ]; do
            rm -rf -- "$1" || sleep 0.05
            tries=$((tries + 1))
        done
        """

    /// Starts what follows only once a line was read: before that the guardian has been told of it.
    ///
    /// If this process dies in between, there is no line and nothing starts. What follows the line is the input of the
    /// command.
    private static let gate = "IFS= read -r go && exec \"$@\""

    private static let environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"]

    /// What is removed in the end.
    let folder: String

    private let shell: ChildProcess
    private let line: Locked<Descriptor?>

    /// Starts the shell; it removes `folder` when everything has ended.
    init(removing folder: String) throws(WarrenTestingError) {
        self.folder = folder
        let (ours, theirs) = try Descriptor.connectedPair()
        let nowhere = try Descriptor.open("/dev/null", O_RDWR)
        // Its own output goes nowhere: whoever collects this process's output must not wait for the guardian.
        shell = try ChildProcess(
            ["/bin/sh", "-c", Self.script, "warren-guardian", folder],
            environment: Self.environment,
            input: theirs,
            output: nowhere,
            error: nowhere
        )
        line = Locked(ours)
    }

    /// Starts a process that ends with this one at the latest; its standard input holds `input` and then ends.
    func start(
        _ arguments: [String],
        environment: [String],
        input: String = "",
        output: Descriptor,
        error: Descriptor
    ) throws(WarrenTestingError) -> ChildProcess {
        let (ours, theirs) = try Descriptor.connectedPair()
        let process = try ChildProcess(
            ["/bin/sh", "-c", Self.gate, "warren-gate"] + arguments,
            environment: environment,
            input: theirs,
            output: output,
            error: error,
            willReap: { [weak self] in self?.forget($0) }
        )
        guard tell("watch \(process.processID)") else {
            process.signal(SIGKILL)
            throw WarrenTestingError(.wrongState, "cannot start \(arguments.first ?? ""): its guardian has ended")
        }
        ours.send(Array("go\n\(input)".utf8))
        return process
    }

    /// Kills everything, removes the folder, and returns when that is done.
    func end() async {
        line.withLock { $0 = nil }
        _ = await shell.wait()
    }

    /// Leaves a process group alone from now on: its id may be given to another.
    func forget(_ processID: pid_t) {
        tell("forget \(processID)")
    }

    @discardableResult
    private func tell(_ text: String) -> Bool {
        line.withLock { $0?.send(Array("\(text)\n".utf8)) ?? false }
    }
}
