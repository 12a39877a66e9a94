import Glibc
import WarrenRuntime

@main
enum Main {
    static func main() async {
        openMissingDescriptors()
        do throws(SystemError) {
            _ = try TerminationSignals.install()
            let console = Console(output: try OutputThread(descriptor: STDOUT_FILENO), talk: STDERR_FILENO)
            let status = await Program.run(Array(CommandLine.arguments.dropFirst()), console: console)
            // What a command still wants written it has waited for; a stalled reader is given up after a signal.
            _ = await TerminationSignals.patiently(.milliseconds(500)) { await console.output.finish() }
            exit(status.rawValue)
        } catch {
            Console.write("warren: \(error)\n", to: STDERR_FILENO)
            exit(ExitStatus.failed.rawValue)
        }
    }

    /// Whoever started us may have closed stdout: no other file must get its number, and our data with it.
    private static func openMissingDescriptors() {
        for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) < 0 {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}
