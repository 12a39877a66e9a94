import Glibc

extension ChildProcess {
    /// Waits for the end; kills the process group at the deadline, and when the waiting task is cancelled.
    ///
    /// - Returns: how it ended, or `nil` when it had to be killed at the deadline.
    func wait(within limit: Duration) async throws(CancellationError) -> ExitStatus? {
        let status = await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await Task.sleep(for: limit) } catch { return }
                    self.signal(SIGKILL)
                }
                let status = await self.wait()
                group.cancelAll()
                return status
            }
        } onCancel: {
            self.signal(SIGKILL)
        }
        if Task.isCancelled { throw CancellationError() }
        return status == .signalled(SIGKILL) ? nil : status
    }
}
