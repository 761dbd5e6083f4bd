import Base
import Buffers
import Messages
import RadosTypes
import Reactors
import Wire

/// Commands and version requests that have no answer yet; asked again in every new session.
struct MonQuestions {
  typealias CommandAnswer = (Result<CommandReply, MonError>) -> Void
  typealias VersionAnswer = (Result<(newest: UInt64, oldest: UInt64), MonError>) -> Void

  private struct Command {
    var words: [String]
    var input: BufferList
    var isSent = false
    var answer: CommandAnswer
  }

  private struct Version {
    var what: String
    var isSent = false
    var answer: VersionAnswer
  }

  private var commands: [UInt64: Command] = [:]
  private var versions: [UInt64: Version] = [:]
  private var last: UInt64 = 0

  mutating func add(
    command words: [String], input: BufferList, _ answer: @escaping CommandAnswer
  )
    -> UInt64
  {
    last += 1
    commands[last] = Command(words: words, input: input, answer: answer)
    return last
  }

  mutating func add(version what: String, _ answer: @escaping VersionAnswer) -> UInt64 {
    last += 1
    versions[last] = Version(what: what, answer: answer)
    return last
  }

  /// What was sent is to be sent again.
  mutating func newSession() {
    for tid in commands.keys { commands[tid]?.isSent = false }
    for handle in versions.keys { versions[handle]?.isSent = false }
  }

  /// What is to be sent now, oldest first. Commands name the cluster, so they wait until it is known.
  mutating func takeUnsent(fsid: UniqueID?) -> [RawMessage] {
    var messages: [(UInt64, RawMessage)] = []
    if let fsid {
      for (tid, command) in commands where !command.isSent {
        let body = MMonCommand(fsid: fsid, command: command.words, data: command.input)
        messages.append((tid, RawMessage(encoding: body, tid: tid)))
        commands[tid]?.isSent = true
      }
    }
    for (handle, version) in versions where !version.isSent {
      messages.append(
        (handle, RawMessage(encoding: MMonGetVersion(handle: handle, what: version.what))))
      versions[handle]?.isSent = true
    }
    return messages.sorted { $0.0 < $1.0 }.map(\.1)
  }

  mutating func answer(_ reply: MMonCommandAck, tid: UInt64) {
    guard let command = commands.removeValue(forKey: tid) else { return }
    command.answer(
      .success(CommandReply(result: reply.result, status: reply.status, output: reply.data)))
  }

  mutating func answer(_ reply: MMonGetVersionReply) {
    guard let version = versions.removeValue(forKey: reply.handle) else { return }
    version.answer(.success((newest: reply.newest, oldest: reply.oldest)))
  }

  /// Gives one up.
  mutating func fail(_ number: UInt64, _ error: MonError) {
    commands.removeValue(forKey: number)?.answer(.failure(error))
    versions.removeValue(forKey: number)?.answer(.failure(error))
  }

  mutating func failAll(_ error: MonError) {
    for number in Set(commands.keys).union(versions.keys) { fail(number, error) }
  }
}

extension MonClient {
  /// Sends a command (`{"prefix": "osd crush create-or-move", ...}`) and returns what the monitor says;
  /// asks again in a new session if this one is lost meanwhile.
  package func command(
    _ json: String, input: BufferList = BufferList(), timeout: Duration = .seconds(300)
  )
    async throws(MonError) -> CommandReply
  {
    try await ask("an answer to \(json)", timeout) { client, answer in
      client.questions.add(command: [json], input: input, answer)
    }
  }

  /// The newest and oldest version of a map (`osdmap`) that the monitors have.
  package func version(
    of what: String, timeout: Duration = .seconds(300)
  ) async throws(MonError) -> (
    newest: UInt64, oldest: UInt64
  ) {
    try await ask("the version of \(what)", timeout) { client, answer in
      client.questions.add(version: what, answer)
    }
  }

  private func ask<Answer>(
    _ what: String, _ timeout: Duration,
    _ add: (MonClient, @escaping (Result<Answer, MonError>) -> Void) -> UInt64
  ) async throws(MonError) -> Answer {
    precondition(reactor.isCurrent, "the monitor client is asked on its reactor")
    if isStopped { throw .stopped }
    nonisolated(unsafe) var answer: Result<Answer, MonError>?
    var timer: ReactorTimer?
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let number = add(self) { result in
        answer = result
        continuation.resume()
      }
      timer = reactor.schedule(after: timeout) { [weak self] in
        self?.questions.fail(number, .timedOut(what))
      }
      sendQuestions()
    }
    timer?.cancel()
    guard let answer else { throw .stopped }
    return try answer.get()
  }

  /// In a new session, or when the cluster's id has become known.
  func askAgain(isNewSession: Bool) {
    if isNewSession { questions.newSession() }
    sendQuestions()
  }

  private func sendQuestions() {
    guard isOpen else { return }
    for message in questions.takeUnsent(fsid: fsid) { send(message) }
  }
}
