// Made by `cargo xtask bless` from protocol.schema.json; do not edit.

import Foundation

/// Any JSON value.
public enum JSONValue: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    public init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// Newest protocol version that is spoken.
public let gatewayProtocolVersion = 4

/// An account and how it is now.
public struct AccountOutput: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// Whether it is kept connected.
    public var running: Bool

    public init(
        accountId: String,
        channel: String,
        running: Bool
    ) {
        self.accountId = accountId
        self.channel = channel
        self.running = running
    }
}

/// Parameters that name an account.
public struct AccountParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// The platform: `telegram`, `discord` or `plugin`.
    public var channel: String

    public init(
        accountId: String? = nil,
        channel: String
    ) {
        self.accountId = accountId
        self.channel = channel
    }
}

/// One agent within [`Health`].
public struct AgentHealth: Codable, Hashable, Sendable {
    /// The agent's name in the configuration.
    public var agentId: String
    /// Its heartbeat.
    public var heartbeat: AgentHeartbeat
    /// Whether it answers when none is named.
    public var isDefault: Bool
    /// Its conversations.
    public var sessions: SessionsHealth

    public init(
        agentId: String,
        heartbeat: AgentHeartbeat,
        isDefault: Bool,
        sessions: SessionsHealth
    ) {
        self.agentId = agentId
        self.heartbeat = heartbeat
        self.isDefault = isDefault
        self.sessions = sessions
    }
}

/// When an agent is woken by itself.
public struct AgentHeartbeat: Codable, Hashable, Sendable {
    /// Characters up to which an answer counts as "nothing to say".
    public var ackMaxChars: Int
    /// Whether it is.
    public var enabled: Bool
    /// How often, in words.
    public var every: String
    /// How often, in milliseconds.
    public var everyMs: Int?
    /// With what prompt.
    public var prompt: String
    /// Where the answer goes.
    public var target: String

    public init(
        ackMaxChars: Int,
        enabled: Bool,
        every: String,
        everyMs: Int? = nil,
        prompt: String,
        target: String
    ) {
        self.ackMaxChars = ackMaxChars
        self.enabled = enabled
        self.every = every
        self.everyMs = everyMs
        self.prompt = prompt
        self.target = target
    }
}

/// Who an agent is.
public struct AgentIdentityOutput: Codable, Hashable, Sendable {
    /// Its name in the configuration.
    public var agentId: String
    /// Its name for people.
    public var name: String

    public init(
        agentId: String,
        name: String
    ) {
        self.agentId = agentId
        self.name = name
    }
}

/// Parameters of `agent.identity.get`.
public struct AgentIdentityParams: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// Or a conversation of it.
    public var sessionKey: String?

    public init(
        agentId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.sessionKey = sessionKey
    }
}

/// Facts about a run.
public struct AgentMeta: Codable, Hashable, Sendable {
    /// The executor's own facts.
    public var agentMeta: ExecutorMeta
    /// How long it took, in milliseconds.
    public var durationMs: Int

    public init(
        agentMeta: ExecutorMeta,
        durationMs: Int
    ) {
        self.agentMeta = agentMeta
        self.durationMs = durationMs
    }
}

/// An agent's model.
public struct AgentModel: Codable, Hashable, Sendable {
    /// `executor/model`.
    public var primary: String

    public init(
        primary: String
    ) {
        self.primary = primary
    }
}

/// Both answers of `agent`, told apart by `status`.
public struct AgentOutput: Codable, Hashable, Sendable {
    /// When it was stored.
    public var acceptedAt: Int?
    /// The agent.
    public var agentId: String?
    /// What was answered.
    public var result: AgentResult?
    /// The run: the idempotency key.
    public var runId: String
    /// The conversation.
    public var sessionKey: String?
    /// `accepted` first; then `ok` or `error`.
    public var status: String
    /// One line about the end.
    public var summary: String?

    public init(
        acceptedAt: Int? = nil,
        agentId: String? = nil,
        result: AgentResult? = nil,
        runId: String,
        sessionKey: String? = nil,
        status: String,
        summary: String? = nil
    ) {
        self.acceptedAt = acceptedAt
        self.agentId = agentId
        self.result = result
        self.runId = runId
        self.sessionKey = sessionKey
        self.status = status
        self.summary = summary
    }
}

/// Parameters of `agent`. Fields marked "accepted" come from stock clients and change nothing here.
public struct AgentParams: Codable, Hashable, Sendable {
    /// Accepted.
    public var accountId: JSONValue?
    /// The agent; the default one if absent.
    public var agentId: String?
    /// Pictures and files.
    public var attachments: [Attachment]?
    /// Accepted.
    public var bestEffortDeliver: JSONValue?
    /// Accepted.
    public var channel: JSONValue?
    /// Accepted.
    public var cleanupBundleMcpOnRunEnd: JSONValue?
    /// Accepted: the agent's configured folder is used.
    public var cwd: JSONValue?
    /// Accepted: the answer always comes back to the caller.
    public var deliver: JSONValue?
    /// Accepted.
    public var expectedExistingSessionId: JSONValue?
    /// Accepted.
    public var extraSystemPrompt: JSONValue?
    /// Accepted.
    public var groupChannel: JSONValue?
    /// Accepted.
    public var groupId: JSONValue?
    /// Accepted.
    public var groupSpace: JSONValue?
    /// Names the run; the same key joins it.
    public var idempotencyKey: String
    /// Accepted.
    public var inputProvenance: JSONValue?
    /// Name for the conversation.
    public var label: String?
    /// Accepted.
    public var lane: JSONValue?
    /// What to do.
    public var message: String
    /// Model for this run.
    public var model: String?
    /// Accepted.
    public var modelRun: JSONValue?
    /// Accepted.
    public var promptMode: JSONValue?
    /// Accepted.
    public var provider: JSONValue?
    /// Accepted.
    public var replyAccountId: JSONValue?
    /// Accepted.
    public var replyChannel: JSONValue?
    /// Accepted.
    public var replyTo: JSONValue?
    /// Must be the conversation's present id, if given.
    public var sessionId: String?
    /// The conversation; the agent's main one if absent.
    public var sessionKey: String?
    /// Accepted.
    public var thinking: JSONValue?
    /// Accepted.
    public var threadId: JSONValue?
    /// Time limit in seconds; 0: the agent's own.
    public var timeout: Int?
    /// Accepted.
    public var to: JSONValue?
    /// Accepted.
    public var voiceWakeTrigger: JSONValue?

    public init(
        accountId: JSONValue? = nil,
        agentId: String? = nil,
        attachments: [Attachment]? = nil,
        bestEffortDeliver: JSONValue? = nil,
        channel: JSONValue? = nil,
        cleanupBundleMcpOnRunEnd: JSONValue? = nil,
        cwd: JSONValue? = nil,
        deliver: JSONValue? = nil,
        expectedExistingSessionId: JSONValue? = nil,
        extraSystemPrompt: JSONValue? = nil,
        groupChannel: JSONValue? = nil,
        groupId: JSONValue? = nil,
        groupSpace: JSONValue? = nil,
        idempotencyKey: String,
        inputProvenance: JSONValue? = nil,
        label: String? = nil,
        lane: JSONValue? = nil,
        message: String,
        model: String? = nil,
        modelRun: JSONValue? = nil,
        promptMode: JSONValue? = nil,
        provider: JSONValue? = nil,
        replyAccountId: JSONValue? = nil,
        replyChannel: JSONValue? = nil,
        replyTo: JSONValue? = nil,
        sessionId: String? = nil,
        sessionKey: String? = nil,
        thinking: JSONValue? = nil,
        threadId: JSONValue? = nil,
        timeout: Int? = nil,
        to: JSONValue? = nil,
        voiceWakeTrigger: JSONValue? = nil
    ) {
        self.accountId = accountId
        self.agentId = agentId
        self.attachments = attachments
        self.bestEffortDeliver = bestEffortDeliver
        self.channel = channel
        self.cleanupBundleMcpOnRunEnd = cleanupBundleMcpOnRunEnd
        self.cwd = cwd
        self.deliver = deliver
        self.expectedExistingSessionId = expectedExistingSessionId
        self.extraSystemPrompt = extraSystemPrompt
        self.groupChannel = groupChannel
        self.groupId = groupId
        self.groupSpace = groupSpace
        self.idempotencyKey = idempotencyKey
        self.inputProvenance = inputProvenance
        self.label = label
        self.lane = lane
        self.message = message
        self.model = model
        self.modelRun = modelRun
        self.promptMode = promptMode
        self.provider = provider
        self.replyAccountId = replyAccountId
        self.replyChannel = replyChannel
        self.replyTo = replyTo
        self.sessionId = sessionId
        self.sessionKey = sessionKey
        self.thinking = thinking
        self.threadId = threadId
        self.timeout = timeout
        self.to = to
        self.voiceWakeTrigger = voiceWakeTrigger
    }
}

/// One part of an answer.
public struct AgentPayload: Codable, Hashable, Sendable {
    /// Address of a file, if it is one.
    public var mediaUrl: String?
    /// Text.
    public var text: String

    public init(
        mediaUrl: String? = nil,
        text: String
    ) {
        self.mediaUrl = mediaUrl
        self.text = text
    }
}

/// What a run answered.
public struct AgentResult: Codable, Hashable, Sendable {
    /// Facts about the run.
    public var meta: AgentMeta
    /// Parts of the answer.
    public var payloads: [AgentPayload]

    public init(
        meta: AgentMeta,
        payloads: [AgentPayload]
    ) {
        self.meta = meta
        self.payloads = payloads
    }
}

/// An agent, who executes it and why.
public struct AgentStatus: Codable, Hashable, Sendable {
    /// Its name in the configuration.
    public var agentId: String
    /// `builtin`, `claude_code`, `command`, `acp` or `model`.
    public var executor: String
    /// Whether it answers when none is named.
    public var isDefault: Bool
    /// Its model, if one is configured.
    public var model: String?
    /// Why, in plain words.
    public var reason: String

    public init(
        agentId: String,
        executor: String,
        isDefault: Bool,
        model: String? = nil,
        reason: String
    ) {
        self.agentId = agentId
        self.executor = executor
        self.isDefault = isDefault
        self.model = model
        self.reason = reason
    }
}

/// Payload of `agent`: one step of a run (protocol 6.1).
public struct AgentStep: Codable, Hashable, Sendable {
    /// Its agent.
    public var agentId: String
    /// What happened, by stream.
    public var data: JSONValue
    /// The run.
    public var runId: String
    /// Grows within the run; holes are allowed.
    public var seq: Int
    /// Its conversation.
    public var sessionKey: String
    /// `lifecycle`, `assistant`, `tool`, `item`, `thinking`, `usage`, `run_status`, `retry`.
    public var stream: String
    /// When.
    public var ts: Int

    public init(
        agentId: String,
        data: JSONValue,
        runId: String,
        seq: Int,
        sessionKey: String,
        stream: String,
        ts: Int
    ) {
        self.agentId = agentId
        self.data = data
        self.runId = runId
        self.seq = seq
        self.sessionKey = sessionKey
        self.stream = stream
        self.ts = ts
    }
}

/// One agent.
public struct AgentSummary: Codable, Hashable, Sendable {
    /// Its name in the configuration.
    public var id: String
    /// Its model.
    public var model: AgentModel?
    /// Its name for people.
    public var name: String
    /// The folder it works in.
    public var workspace: String?

    public init(
        id: String,
        model: AgentModel? = nil,
        name: String,
        workspace: String? = nil
    ) {
        self.id = id
        self.model = model
        self.name = name
        self.workspace = workspace
    }
}

/// The end of a run, or `timeout`.
public struct AgentWaitOutput: Codable, Hashable, Sendable {
    /// When it ended.
    public var endedAt: Int?
    /// Why it failed.
    public var error: String?
    /// The run.
    public var runId: String
    /// When it started.
    public var startedAt: Int?
    /// `ok`, `error` or `timeout`.
    public var status: String
    /// Why it stopped.
    public var stopReason: String?

    public init(
        endedAt: Int? = nil,
        error: String? = nil,
        runId: String,
        startedAt: Int? = nil,
        status: String,
        stopReason: String? = nil
    ) {
        self.endedAt = endedAt
        self.error = error
        self.runId = runId
        self.startedAt = startedAt
        self.status = status
        self.stopReason = stopReason
    }
}

/// Parameters of `agent.wait`.
public struct AgentWaitParams: Codable, Hashable, Sendable {
    /// The run.
    public var runId: String
    /// How long to wait; 30,000 if absent.
    public var timeoutMs: Int?

    public init(
        runId: String,
        timeoutMs: Int? = nil
    ) {
        self.runId = runId
        self.timeoutMs = timeoutMs
    }
}

/// All agents.
public struct AgentsListOutput: Codable, Hashable, Sendable {
    /// The agents.
    public var agents: [AgentSummary]
    /// The one that answers when none is named.
    public var defaultId: String
    /// Last part of the main session's key.
    public var mainKey: String
    /// How direct conversations are kept apart.
    public var scope: String

    public init(
        agents: [AgentSummary],
        defaultId: String,
        mainKey: String,
        scope: String
    ) {
        self.agents = agents
        self.defaultId = defaultId
        self.mainKey = mainKey
        self.scope = scope
    }
}

/// How a request stands after an answer.
public struct ApprovalAnswerOutput: Codable, Hashable, Sendable {
    /// Whether this answer counted: false when the request had ended.
    public var applied: Bool
    /// How it stands.
    public var approval: ApprovalSnapshot

    public init(
        applied: Bool,
        approval: ApprovalSnapshot
    ) {
        self.applied = applied
        self.approval = approval
    }
}

/// Parameters of `approval.resolve`.
public struct ApprovalAnswerParams: Codable, Hashable, Sendable {
    /// The answer.
    public var decision: ApprovalDecision
    /// Accepted.
    public var grantExpiresInDays: JSONValue?
    /// The request.
    public var id: String
    /// What it is about.
    public var kind: ApprovalKind
    /// Accepted.
    public var reviewer: JSONValue?

    public init(
        decision: ApprovalDecision,
        grantExpiresInDays: JSONValue? = nil,
        id: String,
        kind: ApprovalKind,
        reviewer: JSONValue? = nil
    ) {
        self.decision = decision
        self.grantExpiresInDays = grantExpiresInDays
        self.id = id
        self.kind = kind
        self.reviewer = reviewer
    }
}

/// Parameters of `exec.approval.request`.
public struct ApprovalAskParams: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// Accepted.
    public var approvalReviewerDeviceIds: JSONValue?
    /// `always`: the answer is not to be remembered.
    public var ask: String?
    /// What would be done, in one line; of `commandArgv` or the plan if absent.
    public var command: String?
    /// The program and its arguments.
    public var commandArgv: [String]?
    /// Accepted.
    public var commandSpans: JSONValue?
    /// The folder it would be done in.
    public var cwd: String?
    /// Accepted.
    public var deliverToApprovalClientsOnly: JSONValue?
    /// The environment variables that would be set. Approvers see their names; the answer counts for their values.
    public var env: [String: String]?
    /// Where: `gateway` if absent, `node` or `sandbox`.
    public var host: String?
    /// A name for it; made if absent.
    public var id: String?
    /// The node that would do it.
    public var nodeId: String?
    /// False: keep it open although nobody who could answer is connected.
    public var requireDeliveryRoute: Bool?
    /// The program's file, links followed.
    public var resolvedPath: String?
    /// The run that waits.
    public var runId: String?
    /// Accepted.
    public var scope: JSONValue?
    /// Accepted: the policy of this gateway counts.
    public var security: JSONValue?
    /// Accepted.
    public var sessionId: JSONValue?
    /// The conversation.
    public var sessionKey: String?
    /// Accepted.
    public var suppressDelivery: JSONValue?
    /// The plan of the node that would run it (`system.run.prepare`): the answer counts for that alone.
    public var systemRunPlan: SystemRunPlan?
    /// Time that approvers have, in milliseconds: half an hour if absent, at most a day.
    public var timeoutMs: Int?
    /// Accepted.
    public var toolCallId: JSONValue?
    /// Accepted.
    public var turnSourceAccountId: JSONValue?
    /// Accepted.
    public var turnSourceChannel: JSONValue?
    /// Accepted.
    public var turnSourceThreadId: JSONValue?
    /// Accepted.
    public var turnSourceTo: JSONValue?
    /// Answer twice: `accepted` at once, the decision later.
    public var twoPhase: Bool?
    /// What may not be answered.
    public var unavailableDecisions: [ApprovalDecision]?
    /// Why, in the words of who asks.
    public var warningText: String?

    public init(
        agentId: String? = nil,
        approvalReviewerDeviceIds: JSONValue? = nil,
        ask: String? = nil,
        command: String? = nil,
        commandArgv: [String]? = nil,
        commandSpans: JSONValue? = nil,
        cwd: String? = nil,
        deliverToApprovalClientsOnly: JSONValue? = nil,
        env: [String: String]? = nil,
        host: String? = nil,
        id: String? = nil,
        nodeId: String? = nil,
        requireDeliveryRoute: Bool? = nil,
        resolvedPath: String? = nil,
        runId: String? = nil,
        scope: JSONValue? = nil,
        security: JSONValue? = nil,
        sessionId: JSONValue? = nil,
        sessionKey: String? = nil,
        suppressDelivery: JSONValue? = nil,
        systemRunPlan: SystemRunPlan? = nil,
        timeoutMs: Int? = nil,
        toolCallId: JSONValue? = nil,
        turnSourceAccountId: JSONValue? = nil,
        turnSourceChannel: JSONValue? = nil,
        turnSourceThreadId: JSONValue? = nil,
        turnSourceTo: JSONValue? = nil,
        twoPhase: Bool? = nil,
        unavailableDecisions: [ApprovalDecision]? = nil,
        warningText: String? = nil
    ) {
        self.agentId = agentId
        self.approvalReviewerDeviceIds = approvalReviewerDeviceIds
        self.ask = ask
        self.command = command
        self.commandArgv = commandArgv
        self.commandSpans = commandSpans
        self.cwd = cwd
        self.deliverToApprovalClientsOnly = deliverToApprovalClientsOnly
        self.env = env
        self.host = host
        self.id = id
        self.nodeId = nodeId
        self.requireDeliveryRoute = requireDeliveryRoute
        self.resolvedPath = resolvedPath
        self.runId = runId
        self.scope = scope
        self.security = security
        self.sessionId = sessionId
        self.sessionKey = sessionKey
        self.suppressDelivery = suppressDelivery
        self.systemRunPlan = systemRunPlan
        self.timeoutMs = timeoutMs
        self.toolCallId = toolCallId
        self.turnSourceAccountId = turnSourceAccountId
        self.turnSourceChannel = turnSourceChannel
        self.turnSourceThreadId = turnSourceThreadId
        self.turnSourceTo = turnSourceTo
        self.twoPhase = twoPhase
        self.unavailableDecisions = unavailableDecisions
        self.warningText = warningText
    }
}

/// How a request was decided.
public struct ApprovalDecided: Codable, Hashable, Sendable {
    /// When it was asked.
    public var createdAtMs: Int
    /// The answer; null when nobody gave one, which is a no.
    public var decision: ApprovalDecision?
    /// When it counts as denied.
    public var expiresAtMs: Int
    /// Names it.
    public var id: String
    /// `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`.
    public var terminalReason: String

    public init(
        createdAtMs: Int,
        decision: ApprovalDecision? = nil,
        expiresAtMs: Int,
        id: String,
        terminalReason: String
    ) {
        self.createdAtMs = createdAtMs
        self.decision = decision
        self.expiresAtMs = expiresAtMs
        self.id = id
        self.terminalReason = terminalReason
    }
}

/// An answer.
public enum ApprovalDecision: String, Codable, Hashable, Sendable {
    /// Yes, this time.
    case allowOnce = "allow-once"
    /// Yes, and the same again without asking.
    case allowAlways = "allow-always"
    /// No.
    case deny = "deny"
}

/// One request.
public struct ApprovalDetail: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// What may be answered.
    public var allowedDecisions: [ApprovalDecision]
    /// Its beginning.
    public var commandPreview: String
    /// What would be done.
    public var commandText: String
    /// When it counts as denied.
    public var expiresAtMs: Int
    /// Where.
    public var host: String
    /// Names it.
    public var id: String
    /// The node, if it is one.
    public var nodeId: String?

    public init(
        agentId: String? = nil,
        allowedDecisions: [ApprovalDecision],
        commandPreview: String,
        commandText: String,
        expiresAtMs: Int,
        host: String,
        id: String,
        nodeId: String? = nil
    ) {
        self.agentId = agentId
        self.allowedDecisions = allowedDecisions
        self.commandPreview = commandPreview
        self.commandText = commandText
        self.expiresAtMs = expiresAtMs
        self.host = host
        self.id = id
        self.nodeId = nodeId
    }
}

/// A request that waits; also the payload of `exec.approval.requested`.
public struct ApprovalEntry: Codable, Hashable, Sendable {
    /// When it was asked.
    public var createdAtMs: Int
    /// When it counts as denied.
    public var expiresAtMs: Int
    /// Names it.
    public var id: String
    /// What is asked.
    public var request: ApprovalRequest

    public init(
        createdAtMs: Int,
        expiresAtMs: Int,
        id: String,
        request: ApprovalRequest
    ) {
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
        self.id = id
        self.request = request
    }
}

/// One request.
public struct ApprovalGetOutput: Codable, Hashable, Sendable {
    /// It.
    public var approval: ApprovalSnapshot

    public init(
        approval: ApprovalSnapshot
    ) {
        self.approval = approval
    }
}

/// Requests that have ended.
public struct ApprovalHistoryOutput: Codable, Hashable, Sendable {
    /// They, latest first.
    public var items: [ApprovalSnapshot]
    /// Where to go on, if there are more.
    public var nextCursor: String?

    public init(
        items: [ApprovalSnapshot],
        nextCursor: String? = nil
    ) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// Parameters of `approval.history`.
public struct ApprovalHistoryParams: Codable, Hashable, Sendable {
    /// Where to go on: `nextCursor` of the page before.
    public var cursor: String?
    /// Only those about this.
    public var kind: ApprovalKind?
    /// How many, 50 if absent.
    public var limit: Int?

    public init(
        cursor: String? = nil,
        kind: ApprovalKind? = nil,
        limit: Int? = nil
    ) {
        self.cursor = cursor
        self.kind = kind
        self.limit = limit
    }
}

/// What a request is about.
public enum ApprovalKind: String, Codable, Hashable, Sendable {
    /// A command, or a tool of an agent.
    case exec = "exec"
    /// A plugin's own; there are none.
    case plugin = "plugin"
    /// A proposal of a stock gateway's own agent; there are none.
    case systemAgent = "system-agent"
}

/// Parameters that name a request.
public struct ApprovalParams: Codable, Hashable, Sendable {
    /// The request.
    public var id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

/// What approvers are shown.
public struct ApprovalPresentation: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// What may be answered.
    public var allowedDecisions: [ApprovalDecision]
    /// Its beginning.
    public var commandPreview: String?
    /// What would be done.
    public var commandText: String
    /// Where.
    public var host: String?
    /// What it is about.
    public var kind: ApprovalKind
    /// The node, if it is one.
    public var nodeId: String?
    /// Why, in the words of who asks.
    public var warningText: String?

    public init(
        agentId: String? = nil,
        allowedDecisions: [ApprovalDecision],
        commandPreview: String? = nil,
        commandText: String,
        host: String? = nil,
        kind: ApprovalKind,
        nodeId: String? = nil,
        warningText: String? = nil
    ) {
        self.agentId = agentId
        self.allowedDecisions = allowedDecisions
        self.commandPreview = commandPreview
        self.commandText = commandText
        self.host = host
        self.kind = kind
        self.nodeId = nodeId
        self.warningText = warningText
    }
}

/// What is asked.
public struct ApprovalRequest: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// What may be answered: `deny` always, `allow-once`, and `allow-always` where that can be remembered.
    public var allowedDecisions: [ApprovalDecision]
    /// What would be done, in one line.
    public var command: String
    /// The program and its arguments, if it is a program.
    public var commandArgv: [String]?
    /// The folder it would be done in.
    public var cwd: String?
    /// The names of the environment variables that would be set; never their values.
    public var envKeys: [String]?
    /// Where: `gateway` or `node`.
    public var host: String
    /// The node, if it is one.
    public var nodeId: String?
    /// The program's file, links followed.
    public var resolvedPath: String?
    /// The run that waits.
    public var runId: String?
    /// Its conversation.
    public var sessionKey: String?
    /// The tool's whole input.
    public var toolInput: JSONValue?
    /// The tool.
    public var toolName: String?
    /// Why, in the words of who asks.
    public var warningText: String?

    public init(
        agentId: String? = nil,
        allowedDecisions: [ApprovalDecision],
        command: String,
        commandArgv: [String]? = nil,
        cwd: String? = nil,
        envKeys: [String]? = nil,
        host: String,
        nodeId: String? = nil,
        resolvedPath: String? = nil,
        runId: String? = nil,
        sessionKey: String? = nil,
        toolInput: JSONValue? = nil,
        toolName: String? = nil,
        warningText: String? = nil
    ) {
        self.agentId = agentId
        self.allowedDecisions = allowedDecisions
        self.command = command
        self.commandArgv = commandArgv
        self.cwd = cwd
        self.envKeys = envKeys
        self.host = host
        self.nodeId = nodeId
        self.resolvedPath = resolvedPath
        self.runId = runId
        self.sessionKey = sessionKey
        self.toolInput = toolInput
        self.toolName = toolName
        self.warningText = warningText
    }
}

/// Parameters of `exec.approval.resolve`.
public struct ApprovalResolveParams: Codable, Hashable, Sendable {
    /// The answer.
    public var decision: ApprovalDecision
    /// Accepted.
    public var grantExpiresInDays: JSONValue?
    /// The request.
    public var id: String
    /// Accepted.
    public var reviewer: JSONValue?

    public init(
        decision: ApprovalDecision,
        grantExpiresInDays: JSONValue? = nil,
        id: String,
        reviewer: JSONValue? = nil
    ) {
        self.decision = decision
        self.grantExpiresInDays = grantExpiresInDays
        self.id = id
        self.reviewer = reviewer
    }
}

/// Payload of `exec.approval.resolved`.
public struct ApprovalResolved: Codable, Hashable, Sendable {
    /// The answer.
    public var decision: ApprovalDecision
    /// The request.
    public var id: String
    /// What was asked.
    public var request: ApprovalRequest
    /// Who answered; absent when nobody did in time.
    public var resolvedBy: String?
    /// When.
    public var ts: Int

    public init(
        decision: ApprovalDecision,
        id: String,
        request: ApprovalRequest,
        resolvedBy: String? = nil,
        ts: Int
    ) {
        self.decision = decision
        self.id = id
        self.request = request
        self.resolvedBy = resolvedBy
        self.ts = ts
    }
}

/// Who answered.
public struct ApprovalResolver: Codable, Hashable, Sendable {
    /// The principal: `device:ID`, `token`, `local:UID`, or somebody on a chat platform.
    public var id: String
    /// `device`, `channel`, `runtime` or `system`.
    public var kind: String

    public init(
        id: String,
        kind: String
    ) {
        self.id = id
        self.kind = kind
    }
}

/// A request and what became of it.
public struct ApprovalSnapshot: Codable, Hashable, Sendable {
    /// When it was asked.
    public var createdAtMs: Int
    /// The answer.
    public var decision: ApprovalDecision?
    /// When it counts as denied.
    public var expiresAtMs: Int
    /// Names it.
    public var id: String
    /// What approvers are shown.
    public var presentation: ApprovalPresentation
    /// `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`.
    public var reason: String?
    /// When it ended.
    public var resolvedAtMs: Int?
    /// Who answered.
    public var resolver: ApprovalResolver?
    /// Who asked.
    public var source: ApprovalSource?
    /// `pending`, `allowed`, `denied`, `expired` or `cancelled`.
    public var status: String
    /// Its page in the panel.
    public var urlPath: String

    public init(
        createdAtMs: Int,
        decision: ApprovalDecision? = nil,
        expiresAtMs: Int,
        id: String,
        presentation: ApprovalPresentation,
        reason: String? = nil,
        resolvedAtMs: Int? = nil,
        resolver: ApprovalResolver? = nil,
        source: ApprovalSource? = nil,
        status: String,
        urlPath: String
    ) {
        self.createdAtMs = createdAtMs
        self.decision = decision
        self.expiresAtMs = expiresAtMs
        self.id = id
        self.presentation = presentation
        self.reason = reason
        self.resolvedAtMs = resolvedAtMs
        self.resolver = resolver
        self.source = source
        self.status = status
        self.urlPath = urlPath
    }
}

/// Who asked.
public struct ApprovalSource: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// The conversation.
    public var sessionKey: String?

    public init(
        agentId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.sessionKey = sessionKey
    }
}

/// How far a node's surface is approved.
public enum ApprovalState: String, Codable, Hashable, Sendable {
    /// Nothing is approved and nothing waits: it was rejected, or it offers nothing.
    case unapproved = "unapproved"
    /// Nothing is approved yet; a request waits.
    case pendingApproval = "pending-approval"
    /// It asks for more than was approved; that waits, the rest works.
    case pendingReapproval = "pending-reapproval"
    /// All that it offers.
    case approved = "approved"
}

/// What a run left besides its answer.
public struct Artifact: Codable, Hashable, Sendable {
    /// Its size in bytes, before any cut.
    public var bytes: Int
    /// What it is.
    public var kind: ArtifactKind
    /// Its name: of a patch, the commit it applies to; of a branch, the branch.
    public var ref: String

    public init(
        bytes: Int,
        kind: ArtifactKind,
        ref: String
    ) {
        self.bytes = bytes
        self.kind = kind
        self.ref = ref
    }
}

/// Kinds of what a run can leave.
public enum ArtifactKind: String, Codable, Hashable, Sendable {
    /// Changes as a patch.
    case patch = "patch"
    /// A branch in the repository.
    case branch = "branch"
}

/// A picture or file within a message.
public struct Attachment: Codable, Hashable, Sendable {
    /// Its bytes in base64.
    public var content: String
    /// Its name.
    public var fileName: String?
    /// What it is, such as `image/png`.
    public var mimeType: String?
    /// `image` or `file`.
    public var type: String?

    public init(
        content: String,
        fileName: String? = nil,
        mimeType: String? = nil,
        type: String? = nil
    ) {
        self.content = content
        self.fileName = fileName
        self.mimeType = mimeType
        self.type = type
    }
}

/// Limits of attachments.
public struct AttachmentPolicy: Codable, Hashable, Sendable {
    /// All attachments of a message together, in bytes.
    public var maxBytes: Int
    /// One image, in bytes.
    public var maxImageBytes: Int

    public init(
        maxBytes: Int,
        maxImageBytes: Int
    ) {
        self.maxBytes = maxBytes
        self.maxImageBytes = maxImageBytes
    }
}

/// Tokens shown on connect. Their values never reach a log: `Debug` prints which are present.
public struct AuthProof: Codable, Hashable, Sendable {
    /// The token of a setup code or of the browser's one-time link.
    public var bootstrapToken: String?
    /// A device token.
    public var deviceToken: String?
    /// The shared token under its other name.
    public var password: String?
    /// The shared token, or a device token.
    public var token: String?

    public init(
        bootstrapToken: String? = nil,
        deviceToken: String? = nil,
        password: String? = nil,
        token: String? = nil
    ) {
        self.bootstrapToken = bootstrapToken
        self.deviceToken = deviceToken
        self.password = password
        self.token = token
    }
}

/// A finished backup.
public struct BackupOutput: Codable, Hashable, Sendable {
    /// Its size in bytes.
    public var bytes: Int
    /// The file.
    public var path: String

    public init(
        bytes: Int,
        path: String
    ) {
        self.bytes = bytes
        self.path = path
    }
}

/// Parameters of `gateway.backup`.
public struct BackupParams: Codable, Hashable, Sendable {
    /// Absolute path of the new file; it must not exist.
    public var path: String

    public init(
        path: String
    ) {
        self.path = path
    }
}

/// They are shown.
public struct CanvasA2uiPushOutput: Codable, Hashable, Sendable {
    /// How many messages were taken.
    public var messages: Int
    /// Always true.
    public var ok: Bool
    /// The session.
    public var sessionKey: String
    /// Whether a page shows the canvas at this moment.
    public var watched: Bool

    public init(
        messages: Int,
        ok: Bool,
        sessionKey: String,
        watched: Bool
    ) {
        self.messages = messages
        self.ok = ok
        self.sessionKey = sessionKey
        self.watched = watched
    }
}

/// A2UI messages of version 0.8 or 0.9: `messages` or `jsonl`.
public struct CanvasA2uiPushParams: Codable, Hashable, Sendable {
    /// The messages as text, one a line.
    public var jsonl: String?
    /// The messages.
    public var messages: [JSONValue]?
    /// A node that is to show them as well, with its own renderer.
    public var nodeId: String?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        jsonl: String? = nil,
        messages: [JSONValue]? = nil,
        nodeId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.jsonl = jsonl
        self.messages = messages
        self.nodeId = nodeId
        self.sessionKey = sessionKey
    }
}

/// What was done with a canvas.
public enum CanvasAction: String, Codable, Hashable, Sendable {
    /// It is to be shown.
    case present = "present"
    /// It is not to be shown any more.
    case hide = "hide"
    /// A file was written.
    case write = "write"
    /// A file was removed, or all of them.
    case delete = "delete"
    /// A2UI surfaces changed.
    case a2ui = "a2ui"
}

/// A URL for a node of protocol 3.
public struct CanvasCapabilityOutput: Codable, Hashable, Sendable {
    /// The token within the URL.
    public var canvasCapability: String
    /// When it ends unless it is used.
    public var canvasCapabilityExpiresAtMs: Int
    /// The base of the URLs.
    public var canvasHostUrl: String

    public init(
        canvasCapability: String,
        canvasCapabilityExpiresAtMs: Int,
        canvasHostUrl: String
    ) {
        self.canvasCapability = canvasCapability
        self.canvasCapabilityExpiresAtMs = canvasCapabilityExpiresAtMs
        self.canvasHostUrl = canvasHostUrl
    }
}

/// Payload of `canvas.changed`.
public struct CanvasChanged: Codable, Hashable, Sendable {
    /// What was done.
    public var action: CanvasAction
    /// The file that was written, removed or presented.
    public var path: String?
    /// The conversation whose canvas it is.
    public var sessionKey: String
    /// When.
    public var ts: Int
    /// `files` or `a2ui`: what is presented.
    public var view: String?

    public init(
        action: CanvasAction,
        path: String? = nil,
        sessionKey: String,
        ts: Int,
        view: String? = nil
    ) {
        self.action = action
        self.path = path
        self.sessionKey = sessionKey
        self.ts = ts
        self.view = view
    }
}

/// What to remove.
public struct CanvasDeleteParams: Codable, Hashable, Sendable {
    /// True instead of a path: everything, surfaces too.
    public var all: Bool?
    /// The file.
    public var path: String?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        all: Bool? = nil,
        path: String? = nil,
        sessionKey: String? = nil
    ) {
        self.all = all
        self.path = path
        self.sessionKey = sessionKey
    }
}

/// What the script gave.
public struct CanvasEvalOutput: Codable, Hashable, Sendable {
    /// The result as JSON; `null` if it is nothing that JSON can say.
    public var result: JSONValue

    public init(
        result: JSONValue
    ) {
        self.result = result
    }
}

/// A script for a page.
public struct CanvasEvalParams: Codable, Hashable, Sendable {
    /// The script; its last expression is the result, a promise is waited for.
    public var javaScript: String
    /// The node; absent: a page that shows the canvas in a browser.
    public var nodeId: String?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?
    /// How long to wait, in milliseconds; 10 seconds if absent.
    public var timeoutMs: Int?

    public init(
        javaScript: String,
        nodeId: String? = nil,
        sessionKey: String? = nil,
        timeoutMs: Int? = nil
    ) {
        self.javaScript = javaScript
        self.nodeId = nodeId
        self.sessionKey = sessionKey
        self.timeoutMs = timeoutMs
    }
}

/// A file of a canvas.
public struct CanvasFile: Codable, Hashable, Sendable {
    /// Its size.
    public var bytes: Int
    /// When it was written.
    public var modifiedAtMs: Int
    /// Its path.
    public var path: String

    public init(
        bytes: Int,
        modifiedAtMs: Int,
        path: String
    ) {
        self.bytes = bytes
        self.modifiedAtMs = modifiedAtMs
        self.path = path
    }
}

/// A canvas.
public struct CanvasListOutput: Codable, Hashable, Sendable {
    /// The id in the canvas's URLs.
    public var documentId: String
    /// Its files, sorted by path.
    public var files: [CanvasFile]
    /// The session.
    public var sessionKey: String
    /// What is presented; absent: nothing.
    public var shown: CanvasShown?
    /// Whether there are A2UI surfaces.
    public var surfaces: Bool
    /// Whether a page shows the canvas at this moment.
    public var watched: Bool

    public init(
        documentId: String,
        files: [CanvasFile],
        sessionKey: String,
        shown: CanvasShown? = nil,
        surfaces: Bool,
        watched: Bool
    ) {
        self.documentId = documentId
        self.files = files
        self.sessionKey = sessionKey
        self.shown = shown
        self.surfaces = surfaces
        self.watched = watched
    }
}

/// Parameters that name a canvas and perhaps a node.
public struct CanvasNodeParams: Codable, Hashable, Sendable {
    /// The node; absent: the panels of the session's people.
    public var nodeId: String?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        nodeId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.nodeId = nodeId
        self.sessionKey = sessionKey
    }
}

/// Parameters that name a canvas.
public struct CanvasParams: Codable, Hashable, Sendable {
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        sessionKey: String? = nil
    ) {
        self.sessionKey = sessionKey
    }
}

/// Parameters that name a file of a canvas.
public struct CanvasPathParams: Codable, Hashable, Sendable {
    /// The file, relative to the canvas, such as `index.html`.
    public var path: String
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        path: String,
        sessionKey: String? = nil
    ) {
        self.path = path
        self.sessionKey = sessionKey
    }
}

/// Where on a screen, in points.
public struct CanvasPlacement: Codable, Hashable, Sendable {
    /// Height.
    public var height: Double?
    /// Width.
    public var width: Double?
    /// From the left.
    public var x: Double?
    /// From the top.
    public var y: Double?

    public init(
        height: Double? = nil,
        width: Double? = nil,
        x: Double? = nil,
        y: Double? = nil
    ) {
        self.height = height
        self.width = width
        self.x = x
        self.y = y
    }
}

/// It is shown.
public struct CanvasPresentOutput: Codable, Hashable, Sendable {
    /// The node, if it is on one.
    public var nodeId: String?
    /// Always true.
    public var ok: Bool
    /// The session.
    public var sessionKey: String
    /// Whether a page shows the canvas at this moment.
    public var watched: Bool

    public init(
        nodeId: String? = nil,
        ok: Bool,
        sessionKey: String,
        watched: Bool
    ) {
        self.nodeId = nodeId
        self.ok = ok
        self.sessionKey = sessionKey
        self.watched = watched
    }
}

/// What to show, and where.
public struct CanvasPresentParams: Codable, Hashable, Sendable {
    /// The node to show it on; absent: in the panels of the session's people.
    public var nodeId: String?
    /// The file to begin with; `index.html` if absent.
    public var path: String?
    /// Where on the node's screen.
    public var placement: CanvasPlacement?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?
    /// A page elsewhere (`https` or `http`), on a node only.
    public var url: String?
    /// `files` or `a2ui`; if absent, surfaces are shown where there are some and no path is named.
    public var view: CanvasView?

    public init(
        nodeId: String? = nil,
        path: String? = nil,
        placement: CanvasPlacement? = nil,
        sessionKey: String? = nil,
        url: String? = nil,
        view: CanvasView? = nil
    ) {
        self.nodeId = nodeId
        self.path = path
        self.placement = placement
        self.sessionKey = sessionKey
        self.url = url
        self.view = view
    }
}

/// A file: `content` if it is text, else `base64`.
public struct CanvasReadOutput: Codable, Hashable, Sendable {
    /// Its bytes, in base64.
    public var base64: String?
    /// Its size.
    public var bytes: Int
    /// Its text.
    public var content: String?
    /// The file.
    public var path: String
    /// The session.
    public var sessionKey: String

    public init(
        base64: String? = nil,
        bytes: Int,
        content: String? = nil,
        path: String,
        sessionKey: String
    ) {
        self.base64 = base64
        self.bytes = bytes
        self.content = content
        self.path = path
        self.sessionKey = sessionKey
    }
}

/// What is presented of a canvas.
public struct CanvasShown: Codable, Hashable, Sendable {
    /// The file, where files are shown.
    public var path: String?
    /// `files` or `a2ui`.
    public var view: CanvasView

    public init(
        path: String? = nil,
        view: CanvasView
    ) {
        self.path = path
        self.view = view
    }
}

/// A picture.
public struct CanvasSnapshotOutput: Codable, Hashable, Sendable {
    /// The picture.
    public var base64: String
    /// `png` or `jpeg`.
    public var format: String
    /// The node that took it.
    public var nodeId: String

    public init(
        base64: String,
        format: String,
        nodeId: String
    ) {
        self.base64 = base64
        self.format = format
        self.nodeId = nodeId
    }
}

/// A picture to take.
public struct CanvasSnapshotParams: Codable, Hashable, Sendable {
    /// `png` (default) or `jpeg`.
    public var format: PictureFormat?
    /// Greatest width in pixels.
    public var maxWidth: Int?
    /// The node; absent: the node that the canvas was last presented on.
    public var nodeId: String?
    /// Of a JPEG, between 0 and 1.
    public var quality: Double?
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        format: PictureFormat? = nil,
        maxWidth: Int? = nil,
        nodeId: String? = nil,
        quality: Double? = nil,
        sessionKey: String? = nil
    ) {
        self.format = format
        self.maxWidth = maxWidth
        self.nodeId = nodeId
        self.quality = quality
        self.sessionKey = sessionKey
    }
}

/// The two sides of a canvas.
public enum CanvasView: String, Codable, Hashable, Sendable {
    /// Files that were written with `canvas.write`.
    case files = "files"
    /// Surfaces that were pushed with `canvas.a2ui.push`.
    case a2ui = "a2ui"
}

/// A file was written.
public struct CanvasWriteOutput: Codable, Hashable, Sendable {
    /// Its size.
    public var bytes: Int
    /// Always true.
    public var ok: Bool
    /// The file.
    public var path: String
    /// Whether there was such a file before.
    public var replaced: Bool
    /// The session.
    public var sessionKey: String
    /// Whether a page shows the canvas at this moment.
    public var watched: Bool

    public init(
        bytes: Int,
        ok: Bool,
        path: String,
        replaced: Bool,
        sessionKey: String,
        watched: Bool
    ) {
        self.bytes = bytes
        self.ok = ok
        self.path = path
        self.replaced = replaced
        self.sessionKey = sessionKey
        self.watched = watched
    }
}

/// A file to write: `content` or `base64`.
public struct CanvasWriteParams: Codable, Hashable, Sendable {
    /// Its bytes, in base64.
    public var base64: String?
    /// Its text.
    public var content: String?
    /// The file, relative to the canvas; `index.html` is what people see first.
    public var path: String
    /// The session; an agent's own, or the main session, if absent.
    public var sessionKey: String?

    public init(
        base64: String? = nil,
        content: String? = nil,
        path: String,
        sessionKey: String? = nil
    ) {
        self.base64 = base64
        self.content = content
        self.path = path
        self.sessionKey = sessionKey
    }
}

/// Payload of the `connect.challenge` event, the first frame of every connection.
public struct Challenge: Codable, Hashable, Sendable {
    /// To be signed; good for this connection only.
    public var nonce: String
    /// The gateway's time, to be used as `signedAt`, so that clock skew does not matter.
    public var ts: Int

    public init(
        nonce: String,
        ts: Int
    ) {
        self.nonce = nonce
        self.ts = ts
    }
}

/// One account on a platform and how it is.
public struct ChannelAccount: Codable, Hashable, Sendable {
    /// Its name in the configuration.
    public var accountId: String
    /// Always true: it is in the configuration.
    public var configured: Bool
    /// Whether a poll or heartbeat was completed lately enough.
    public var connected: Bool
    /// Who may write to it directly.
    public var dmPolicy: String
    /// Whether the configuration switches it on.
    public var enabled: Bool
    /// Messages that could not be sent.
    public var failed: Int
    /// The bot's handle on the platform, without `@`.
    public var handle: String?
    /// When the present connection first worked.
    public var lastConnectedAt: Int?
    /// The last trouble, in plain words.
    public var lastError: String?
    /// When something last came in.
    public var lastInboundAt: Int?
    /// When something was last sent.
    public var lastOutboundAt: Int?
    /// When the platform last answered a poll or heartbeat; nothing else counts as a sign of life.
    public var lastTransportActivityAt: Int?
    /// The bot's name on the platform.
    public var name: String?
    /// Messages that wait to be sent.
    public var queued: Int
    /// Connections that failed since the last one that worked.
    public var reconnectAttempts: Int
    /// Whether it is kept connected.
    public var running: Bool
    /// Messages of which nobody knows whether they were sent.
    public var unknown: Int
    /// Messages that came in and have no answer yet.
    public var waiting: Int

    public init(
        accountId: String,
        configured: Bool,
        connected: Bool,
        dmPolicy: String,
        enabled: Bool,
        failed: Int,
        handle: String? = nil,
        lastConnectedAt: Int? = nil,
        lastError: String? = nil,
        lastInboundAt: Int? = nil,
        lastOutboundAt: Int? = nil,
        lastTransportActivityAt: Int? = nil,
        name: String? = nil,
        queued: Int,
        reconnectAttempts: Int,
        running: Bool,
        unknown: Int,
        waiting: Int
    ) {
        self.accountId = accountId
        self.configured = configured
        self.connected = connected
        self.dmPolicy = dmPolicy
        self.enabled = enabled
        self.failed = failed
        self.handle = handle
        self.lastConnectedAt = lastConnectedAt
        self.lastError = lastError
        self.lastInboundAt = lastInboundAt
        self.lastOutboundAt = lastOutboundAt
        self.lastTransportActivityAt = lastTransportActivityAt
        self.name = name
        self.queued = queued
        self.reconnectAttempts = reconnectAttempts
        self.running = running
        self.unknown = unknown
        self.waiting = waiting
    }
}

/// A stranger who waits; also the payload of `channels.pairing.requested`.
public struct ChannelPairingRequest: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// Its name for people.
    public var channelLabel: String
    /// When the code was given, as ISO 8601.
    public var createdAt: String
    /// When the code stops working, as ISO 8601.
    public var expiresAt: String
    /// The same.
    public var lastSeenAt: String
    /// What else is known, such as the handle.
    public var metadata: [String: String]?
    /// Whether the stranger is told of the decision.
    public var notifySupported: Bool
    /// The code that the stranger was given.
    public var requestId: String
    /// The platform's id of the stranger.
    public var senderId: String
    /// The name that the stranger chose; it proves nothing.
    public var senderLabel: String

    public init(
        accountId: String,
        channel: String,
        channelLabel: String,
        createdAt: String,
        expiresAt: String,
        lastSeenAt: String,
        metadata: [String: String]? = nil,
        notifySupported: Bool,
        requestId: String,
        senderId: String,
        senderLabel: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.channelLabel = channelLabel
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastSeenAt = lastSeenAt
        self.metadata = metadata
        self.notifySupported = notifySupported
        self.requestId = requestId
        self.senderId = senderId
        self.senderLabel = senderLabel
    }
}

/// Payload of `channels.pairing.resolved`.
public struct ChannelPairingResolved: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// `approved`, `denied` or `dismissed`.
    public var decision: String
    /// The code.
    public var requestId: String
    /// The platform's id of the person.
    public var senderId: String

    public init(
        accountId: String,
        channel: String,
        decision: String,
        requestId: String,
        senderId: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.decision = decision
        self.requestId = requestId
        self.senderId = senderId
    }
}

/// Parameters of `channels.add`. Exactly one of `token`, `tokenFile` and `tokenEnv` for a bot, `command` for a plugin.
public struct ChannelsAddParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// Where the platform is, for servers of one's own.
    public var apiRoot: String?
    /// The platform: `telegram`, `discord` or `plugin`.
    public var channel: String
    /// Program and arguments of a plugin.
    public var command: [String]?
    /// The bot's token.
    public var token: String?
    /// Name of an environment variable of the gateway that holds the token.
    public var tokenEnv: String?
    /// Absolute path of a file that holds the token.
    public var tokenFile: String?

    public init(
        accountId: String? = nil,
        apiRoot: String? = nil,
        channel: String,
        command: [String]? = nil,
        token: String? = nil,
        tokenEnv: String? = nil,
        tokenFile: String? = nil
    ) {
        self.accountId = accountId
        self.apiRoot = apiRoot
        self.channel = channel
        self.command = command
        self.token = token
        self.tokenEnv = tokenEnv
        self.tokenFile = tokenFile
    }
}

/// Payload of `channels.changed`: whoever shows accounts reads them again.
public struct ChannelsChanged: Codable, Hashable, Sendable {
    /// When.
    public var ts: Int

    public init(
        ts: Int
    ) {
        self.ts = ts
    }
}

/// Chat platforms and how they are; all empty while none is configured.
public struct ChannelsStatusOutput: Codable, Hashable, Sendable {
    /// Their accounts.
    public var channelAccounts: [String: [ChannelAccount]]
    /// The account used when none is named.
    public var channelDefaultAccountId: [String: String]
    /// Their names for people.
    public var channelLabels: [String: String]
    /// Their order.
    public var channelOrder: [String]
    /// Their state: `configured`, `running` and `connected`, each true if it holds for an account.
    public var channels: [String: JSONValue]
    /// When this was read.
    public var ts: Int

    public init(
        channelAccounts: [String: [ChannelAccount]],
        channelDefaultAccountId: [String: String],
        channelLabels: [String: String],
        channelOrder: [String],
        channels: [String: JSONValue],
        ts: Int
    ) {
        self.channelAccounts = channelAccounts
        self.channelDefaultAccountId = channelDefaultAccountId
        self.channelLabels = channelLabels
        self.channelOrder = channelOrder
        self.channels = channels
        self.ts = ts
    }
}

/// Parameters of `channels.status`.
public struct ChannelsStatusParams: Codable, Hashable, Sendable {
    /// Only this platform.
    public var channel: String?
    /// Whether to ask the platforms.
    public var probe: Bool?
    /// How long that may take.
    public var timeoutMs: Int?

    public init(
        channel: String? = nil,
        probe: Bool? = nil,
        timeoutMs: Int? = nil
    ) {
        self.channel = channel
        self.probe = probe
        self.timeoutMs = timeoutMs
    }
}

/// Payload of `chat`: the text of a run (protocol 6.2).
public struct Chat: Codable, Hashable, Sendable {
    /// Its agent.
    public var agentId: String
    /// What is new.
    public var deltaText: String?
    /// `refusal`, `timeout`, `rate_limit`, `context_length`, `unknown`.
    public var errorKind: String?
    /// What went wrong, for people.
    public var errorMessage: String?
    /// Everything so far.
    public var message: ChatMessage?
    /// `preparing_workspace`, `preparing_context`, `starting_model`.
    public var phase: String?
    /// True: forget the text so far, `message` replaces it.
    public var replace: Bool?
    /// The run.
    public var runId: String
    /// Grows within the run; holes are allowed.
    public var seq: Int
    /// Its conversation.
    public var sessionKey: String
    public var state: String
    /// Why it stopped.
    public var stopReason: String?

    public init(
        agentId: String,
        deltaText: String? = nil,
        errorKind: String? = nil,
        errorMessage: String? = nil,
        message: ChatMessage? = nil,
        phase: String? = nil,
        replace: Bool? = nil,
        runId: String,
        seq: Int,
        sessionKey: String,
        state: String,
        stopReason: String? = nil
    ) {
        self.agentId = agentId
        self.deltaText = deltaText
        self.errorKind = errorKind
        self.errorMessage = errorMessage
        self.message = message
        self.phase = phase
        self.replace = replace
        self.runId = runId
        self.seq = seq
        self.sessionKey = sessionKey
        self.state = state
        self.stopReason = stopReason
    }
}

/// The answer of `chat.abort`.
public struct ChatAbortOutput: Codable, Hashable, Sendable {
    /// Whether anything was stopped.
    public var aborted: Bool
    /// Always true.
    public var ok: Bool
    /// What was stopped.
    public var runIds: [String]

    public init(
        aborted: Bool,
        ok: Bool,
        runIds: [String]
    ) {
        self.aborted = aborted
        self.ok = ok
        self.runIds = runIds
    }
}

/// Parameters of `chat.abort`.
public struct ChatAbortParams: Codable, Hashable, Sendable {
    /// Agent of a short session key.
    public var agentId: String?
    /// Accepted.
    public var preserveSideRuns: JSONValue?
    /// Only this run; all of the conversation if absent.
    public var runId: String?
    /// The conversation.
    public var sessionKey: String

    public init(
        agentId: String? = nil,
        preserveSideRuns: JSONValue? = nil,
        runId: String? = nil,
        sessionKey: String
    ) {
        self.agentId = agentId
        self.preserveSideRuns = preserveSideRuns
        self.runId = runId
        self.sessionKey = sessionKey
    }
}

/// Messages of a conversation.
public struct ChatHistoryOutput: Codable, Hashable, Sendable {
    /// Where to go on: give it as `cursor` for the next older page.
    public var deltaCursor: String?
    /// Whether there are older ones.
    public var hasMore: Bool
    /// The run that is alive, with its text so far.
    public var inFlightRun: InFlightRun?
    /// Oldest first.
    public var messages: [HistoryMessage]
    /// Its present id.
    public var sessionId: String
    /// The conversation's row.
    public var sessionInfo: SessionRow?
    /// The conversation.
    public var sessionKey: String
    /// How many there are.
    public var totalMessages: Int

    public init(
        deltaCursor: String? = nil,
        hasMore: Bool,
        inFlightRun: InFlightRun? = nil,
        messages: [HistoryMessage],
        sessionId: String,
        sessionInfo: SessionRow? = nil,
        sessionKey: String,
        totalMessages: Int
    ) {
        self.deltaCursor = deltaCursor
        self.hasMore = hasMore
        self.inFlightRun = inFlightRun
        self.messages = messages
        self.sessionId = sessionId
        self.sessionInfo = sessionInfo
        self.sessionKey = sessionKey
        self.totalMessages = totalMessages
    }
}

/// Parameters of `chat.history` and `chat.startup`.
public struct ChatHistoryParams: Codable, Hashable, Sendable {
    /// Agent of a short session key.
    public var agentId: String?
    /// Only messages older than this position (`__openclaw.seq`).
    public var cursor: String?
    /// Accepted.
    public var inputRunIds: JSONValue?
    /// Messages at most; 200 if absent.
    public var limit: Int?
    /// Size of the answer at most, in bytes.
    public var maxBytes: Int?
    /// Cut each text after so many characters.
    public var maxChars: Int?
    /// Accepted.
    public var messageId: JSONValue?
    /// Messages to skip, counted from the newest.
    public var offset: Int?
    /// Accepted.
    public var pendingBefore: JSONValue?
    /// An earlier id of the conversation, to read what was before a reset.
    public var sessionId: String?
    /// The conversation.
    public var sessionKey: String

    public init(
        agentId: String? = nil,
        cursor: String? = nil,
        inputRunIds: JSONValue? = nil,
        limit: Int? = nil,
        maxBytes: Int? = nil,
        maxChars: Int? = nil,
        messageId: JSONValue? = nil,
        offset: Int? = nil,
        pendingBefore: JSONValue? = nil,
        sessionId: String? = nil,
        sessionKey: String
    ) {
        self.agentId = agentId
        self.cursor = cursor
        self.inputRunIds = inputRunIds
        self.limit = limit
        self.maxBytes = maxBytes
        self.maxChars = maxChars
        self.messageId = messageId
        self.offset = offset
        self.pendingBefore = pendingBefore
        self.sessionId = sessionId
        self.sessionKey = sessionKey
    }
}

/// The answer of `chat.inject`.
public struct ChatInjectOutput: Codable, Hashable, Sendable {
    /// The new message.
    public var messageId: String
    /// Always true.
    public var ok: Bool

    public init(
        messageId: String,
        ok: Bool
    ) {
        self.messageId = messageId
        self.ok = ok
    }
}

/// Parameters of `chat.inject`.
public struct ChatInjectParams: Codable, Hashable, Sendable {
    /// Agent of a short session key.
    public var agentId: String?
    /// Put before it in brackets.
    public var label: String?
    /// The line.
    public var message: String
    /// The conversation.
    public var sessionKey: String

    public init(
        agentId: String? = nil,
        label: String? = nil,
        message: String,
        sessionKey: String
    ) {
        self.agentId = agentId
        self.label = label
        self.message = message
        self.sessionKey = sessionKey
    }
}

/// A message as chat events carry it.
public struct ChatMessage: Codable, Hashable, Sendable {
    /// Text blocks.
    public var content: [TextBlock]
    /// Always `assistant`.
    public var role: String
    /// When.
    public var timestamp: Int

    public init(
        content: [TextBlock],
        role: String,
        timestamp: Int
    ) {
        self.content = content
        self.role = role
        self.timestamp = timestamp
    }
}

/// One whole message.
public struct ChatMessageGetOutput: Codable, Hashable, Sendable {
    /// The message.
    public var message: HistoryMessage?
    /// Whether it exists.
    public var ok: Bool
    /// `not_found`, if it does not.
    public var unavailableReason: String?

    public init(
        message: HistoryMessage? = nil,
        ok: Bool,
        unavailableReason: String? = nil
    ) {
        self.message = message
        self.ok = ok
        self.unavailableReason = unavailableReason
    }
}

/// Parameters of `chat.message.get`.
public struct ChatMessageGetParams: Codable, Hashable, Sendable {
    /// Agent of a short session key.
    public var agentId: String?
    /// Cut its text after so many characters.
    public var maxChars: Int?
    /// The message.
    public var messageId: String
    /// The conversation.
    public var sessionKey: String

    public init(
        agentId: String? = nil,
        maxChars: Int? = nil,
        messageId: String,
        sessionKey: String
    ) {
        self.agentId = agentId
        self.maxChars = maxChars
        self.messageId = messageId
        self.sessionKey = sessionKey
    }
}

/// Models and commands.
public struct ChatMetadataOutput: Codable, Hashable, Sendable {
    /// Slash commands.
    public var commands: [CommandEntry]
    /// Models to choose from.
    public var models: [ModelChoice]

    public init(
        commands: [CommandEntry],
        models: [ModelChoice]
    ) {
        self.commands = commands
        self.models = models
    }
}

/// Parameters of `chat.metadata`.
public struct ChatMetadataParams: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// Or a conversation of it.
    public var sessionKey: String?

    public init(
        agentId: String? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.sessionKey = sessionKey
    }
}

/// The answer of `chat.send`.
public struct ChatSendOutput: Codable, Hashable, Sendable {
    /// The run: the idempotency key.
    public var runId: String
    /// `started`; for a repeated key `in_flight` or `ok`.
    public var status: String

    public init(
        runId: String,
        status: String
    ) {
        self.runId = runId
        self.status = status
    }
}

/// Parameters of `chat.send`.
public struct ChatSendParams: Codable, Hashable, Sendable {
    /// Agent of a short session key.
    public var agentId: String?
    /// Pictures and files.
    public var attachments: [Attachment]?
    /// Accepted.
    public var deliver: JSONValue?
    /// Accepted.
    public var expectedLeafEntryId: JSONValue?
    /// Accepted.
    public var expectedPermissionMode: JSONValue?
    /// Accepted.
    public var expectedSessionRoutingContract: JSONValue?
    /// Accepted.
    public var expectedToolOverrides: JSONValue?
    /// Accepted.
    public var fastAutoOnSeconds: JSONValue?
    /// Accepted.
    public var fastMode: JSONValue?
    /// Names the run; the same key joins it.
    public var idempotencyKey: String
    /// Accepted.
    public var intent: JSONValue?
    /// What to say; may be empty when there are attachments.
    public var message: String
    /// Accepted.
    public var originatingAccountId: JSONValue?
    /// Accepted.
    public var originatingChannel: JSONValue?
    /// Accepted.
    public var originatingThreadId: JSONValue?
    /// Accepted.
    public var originatingTo: JSONValue?
    /// What to do while a run is alive.
    public var queueMode: QueueMode?
    /// Accepted.
    public var replyToId: JSONValue?
    /// Must be the conversation's present id, if given.
    public var sessionId: String?
    /// The conversation.
    public var sessionKey: String
    /// True: a message that starts with a slash is no command.
    public var suppressCommandInterpretation: Bool?
    /// Accepted.
    public var systemInputProvenance: JSONValue?
    /// Accepted.
    public var systemProvenanceReceipt: JSONValue?
    /// Accepted.
    public var thinking: JSONValue?
    /// Time limit of the run in milliseconds.
    public var timeoutMs: Int?
    /// Accepted.
    public var toolBindings: JSONValue?

    public init(
        agentId: String? = nil,
        attachments: [Attachment]? = nil,
        deliver: JSONValue? = nil,
        expectedLeafEntryId: JSONValue? = nil,
        expectedPermissionMode: JSONValue? = nil,
        expectedSessionRoutingContract: JSONValue? = nil,
        expectedToolOverrides: JSONValue? = nil,
        fastAutoOnSeconds: JSONValue? = nil,
        fastMode: JSONValue? = nil,
        idempotencyKey: String,
        intent: JSONValue? = nil,
        message: String,
        originatingAccountId: JSONValue? = nil,
        originatingChannel: JSONValue? = nil,
        originatingThreadId: JSONValue? = nil,
        originatingTo: JSONValue? = nil,
        queueMode: QueueMode? = nil,
        replyToId: JSONValue? = nil,
        sessionId: String? = nil,
        sessionKey: String,
        suppressCommandInterpretation: Bool? = nil,
        systemInputProvenance: JSONValue? = nil,
        systemProvenanceReceipt: JSONValue? = nil,
        thinking: JSONValue? = nil,
        timeoutMs: Int? = nil,
        toolBindings: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.attachments = attachments
        self.deliver = deliver
        self.expectedLeafEntryId = expectedLeafEntryId
        self.expectedPermissionMode = expectedPermissionMode
        self.expectedSessionRoutingContract = expectedSessionRoutingContract
        self.expectedToolOverrides = expectedToolOverrides
        self.fastAutoOnSeconds = fastAutoOnSeconds
        self.fastMode = fastMode
        self.idempotencyKey = idempotencyKey
        self.intent = intent
        self.message = message
        self.originatingAccountId = originatingAccountId
        self.originatingChannel = originatingChannel
        self.originatingThreadId = originatingThreadId
        self.originatingTo = originatingTo
        self.queueMode = queueMode
        self.replyToId = replyToId
        self.sessionId = sessionId
        self.sessionKey = sessionKey
        self.suppressCommandInterpretation = suppressCommandInterpretation
        self.systemInputProvenance = systemInputProvenance
        self.systemProvenanceReceipt = systemProvenanceReceipt
        self.thinking = thinking
        self.timeoutMs = timeoutMs
        self.toolBindings = toolBindings
    }
}

/// The answer of `chat.startup`.
public struct ChatStartupOutput: Codable, Hashable, Sendable {
    /// All agents.
    public var agentsList: AgentsListOutput
    /// Where to go on: give it as `cursor` for the next older page.
    public var deltaCursor: String?
    /// Whether there are older ones.
    public var hasMore: Bool
    /// The run that is alive, with its text so far.
    public var inFlightRun: InFlightRun?
    /// Oldest first.
    public var messages: [HistoryMessage]
    /// Models and commands.
    public var metadata: ChatMetadataOutput
    /// Its present id.
    public var sessionId: String
    /// The conversation's row.
    public var sessionInfo: SessionRow?
    /// The conversation.
    public var sessionKey: String
    /// How many there are.
    public var totalMessages: Int

    public init(
        agentsList: AgentsListOutput,
        deltaCursor: String? = nil,
        hasMore: Bool,
        inFlightRun: InFlightRun? = nil,
        messages: [HistoryMessage],
        metadata: ChatMetadataOutput,
        sessionId: String,
        sessionInfo: SessionRow? = nil,
        sessionKey: String,
        totalMessages: Int
    ) {
        self.agentsList = agentsList
        self.deltaCursor = deltaCursor
        self.hasMore = hasMore
        self.inFlightRun = inFlightRun
        self.messages = messages
        self.metadata = metadata
        self.sessionId = sessionId
        self.sessionInfo = sessionInfo
        self.sessionKey = sessionKey
        self.totalMessages = totalMessages
    }
}

/// The program that connects. Ids and modes are open lists: third-party clients exist.
public struct ClientInfo: Codable, Hashable, Sendable {
    /// Kind of device.
    public var deviceFamily: String?
    /// Its name for people.
    public var displayName: String?
    /// Which program.
    public var id: String
    /// Key of the presence entry of a client without device.
    public var instanceId: String?
    /// How it is used: webchat, cli, ui, backend, node, probe, test, …
    public var mode: String
    /// Model of the device.
    public var modelIdentifier: String?
    /// Its operating system, free text.
    public var platform: String
    /// IANA time zone.
    public var timeZone: String?
    /// Its version, free text.
    public var version: String

    public init(
        deviceFamily: String? = nil,
        displayName: String? = nil,
        id: String,
        instanceId: String? = nil,
        mode: String,
        modelIdentifier: String? = nil,
        platform: String,
        timeZone: String? = nil,
        version: String
    ) {
        self.deviceFamily = deviceFamily
        self.displayName = displayName
        self.id = id
        self.instanceId = instanceId
        self.mode = mode
        self.modelIdentifier = modelIdentifier
        self.platform = platform
        self.timeZone = timeZone
        self.version = version
    }
}

/// One slash command.
public struct CommandEntry: Codable, Hashable, Sendable {
    /// Whether words may follow.
    public var acceptsArgs: Bool
    /// What it does.
    public var description: String
    /// Its name without the slash.
    public var name: String
    /// Always `both`: typed text and menus.
    public var scope: String
    /// Always `native`.
    public var source: String

    public init(
        acceptsArgs: Bool,
        description: String,
        name: String,
        scope: String,
        source: String
    ) {
        self.acceptsArgs = acceptsArgs
        self.description = description
        self.name = name
        self.scope = scope
        self.source = source
    }
}

/// The slash commands.
public struct CommandsListOutput: Codable, Hashable, Sendable {
    /// The commands.
    public var commands: [CommandEntry]

    public init(
        commands: [CommandEntry]
    ) {
        self.commands = commands
    }
}

/// Parameters of `commands.list`.
public struct CommandsListParams: Codable, Hashable, Sendable {
    /// Accepted.
    public var agentId: JSONValue?
    /// Accepted.
    public var includeArgs: JSONValue?
    /// Accepted.
    public var provider: JSONValue?
    /// Accepted.
    public var scope: JSONValue?
    /// Accepted: the commands are the same everywhere.
    public var sessionKey: JSONValue?

    public init(
        agentId: JSONValue? = nil,
        includeArgs: JSONValue? = nil,
        provider: JSONValue? = nil,
        scope: JSONValue? = nil,
        sessionKey: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.includeArgs = includeArgs
        self.provider = provider
        self.scope = scope
        self.sessionKey = sessionKey
    }
}

/// Payload of `config.changed`.
public struct ConfigChanged: Codable, Hashable, Sendable {
    /// The new hash.
    public var hash: String
    /// The file.
    public var path: String
    /// When.
    public var ts: Int

    public init(
        hash: String,
        path: String,
        ts: Int
    ) {
        self.hash = hash
        self.path = path
        self.ts = ts
    }
}

/// The configuration.
public struct ConfigGetOutput: Codable, Hashable, Sendable {
    /// The values in force: file, environment, flags and defaults.
    public var config: JSONValue
    /// Whether it exists.
    public var exists: Bool
    /// To be given as `baseHash` with a change.
    public var hash: String
    /// Mistakes.
    public var issues: [ConfigIssue]
    /// Keys of older versions; none so far.
    public var legacyIssues: [ConfigIssue]
    /// Its values.
    public var parsed: JSONValue
    /// The file.
    public var path: String
    /// Its text (TOML), secrets hidden.
    public var raw: String
    /// Whether the file is without mistakes.
    public var valid: Bool
    /// Things to look at.
    public var warnings: [ConfigIssue]

    public init(
        config: JSONValue,
        exists: Bool,
        hash: String,
        issues: [ConfigIssue],
        legacyIssues: [ConfigIssue],
        parsed: JSONValue,
        path: String,
        raw: String,
        valid: Bool,
        warnings: [ConfigIssue]
    ) {
        self.config = config
        self.exists = exists
        self.hash = hash
        self.issues = issues
        self.legacyIssues = legacyIssues
        self.parsed = parsed
        self.path = path
        self.raw = raw
        self.valid = valid
        self.warnings = warnings
    }
}

/// A mistake in the configuration.
public struct ConfigIssue: Codable, Hashable, Sendable {
    /// What and how to mend it.
    public var message: String
    /// Where: dotted path, and line if known.
    public var path: String

    public init(
        message: String,
        path: String
    ) {
        self.message = message
        self.path = path
    }
}

/// Parameters of `config.patch`.
public struct ConfigPatchParams: Codable, Hashable, Sendable {
    /// `hash` of what was read; needed once a file exists.
    public var baseHash: String?
    /// Accepted.
    public var deliveryContext: JSONValue?
    /// Accepted.
    public var note: JSONValue?
    /// The merge patch: JSON5 text of an object; null removes a key.
    public var raw: String
    /// Accepted.
    public var replacePaths: JSONValue?
    /// Accepted.
    public var restartDelayMs: JSONValue?
    /// Accepted.
    public var sessionKey: JSONValue?

    public init(
        baseHash: String? = nil,
        deliveryContext: JSONValue? = nil,
        note: JSONValue? = nil,
        raw: String,
        replacePaths: JSONValue? = nil,
        restartDelayMs: JSONValue? = nil,
        sessionKey: JSONValue? = nil
    ) {
        self.baseHash = baseHash
        self.deliveryContext = deliveryContext
        self.note = note
        self.raw = raw
        self.replacePaths = replacePaths
        self.restartDelayMs = restartDelayMs
        self.sessionKey = sessionKey
    }
}

/// JSON Schema of the file.
public struct ConfigSchemaOutput: Codable, Hashable, Sendable {
    /// When the schema was made.
    public var generatedAt: String
    /// The schema.
    public var schema: JSONValue
    /// Hints for forms, by path.
    public var uiHints: JSONValue
    /// Landline's version.
    public var version: String

    public init(
        generatedAt: String,
        schema: JSONValue,
        uiHints: JSONValue,
        version: String
    ) {
        self.generatedAt = generatedAt
        self.schema = schema
        self.uiHints = uiHints
        self.version = version
    }
}

/// The changed configuration.
public struct ConfigSetOutput: Codable, Hashable, Sendable {
    /// The new values, secrets hidden.
    public var config: JSONValue
    /// The new hash.
    public var hash: String
    /// Always true.
    public var ok: Bool
    /// The file.
    public var path: String
    /// Whether some of it takes effect only after a restart.
    public var restartRequired: Bool

    public init(
        config: JSONValue,
        hash: String,
        ok: Bool,
        path: String,
        restartRequired: Bool
    ) {
        self.config = config
        self.hash = hash
        self.ok = ok
        self.path = path
        self.restartRequired = restartRequired
    }
}

/// Parameters of `config.set`.
public struct ConfigSetParams: Codable, Hashable, Sendable {
    /// `hash` of what was read; needed once a file exists.
    public var baseHash: String?
    /// The new text (TOML).
    public var raw: String

    public init(
        baseHash: String? = nil,
        raw: String
    ) {
        self.baseHash = baseHash
        self.raw = raw
    }
}

/// Parameters of `connect` (protocol 3.2). Unknown fields are ignored: newer clients add some.
public struct ConnectParams: Codable, Hashable, Sendable {
    /// Tokens.
    public var auth: AuthProof?
    /// Operators: what the client understands. Nodes: families of commands.
    public var caps: [String]?
    /// The program that connects.
    public var client: ClientInfo
    /// Nodes: commands offered.
    public var commands: [String]?
    /// Device identity and signature.
    public var device: DeviceProof?
    /// The person's language.
    public var locale: String?
    /// Newest version the client speaks.
    public var maxProtocol: Int
    /// Oldest version the client speaks.
    public var minProtocol: Int
    /// Nodes: the PATH on which commands are found.
    public var pathEnv: String?
    /// Nodes: permissions granted by the machine's owner.
    public var permissions: [String: Bool]?
    /// `operator` (default) or `node`.
    public var role: String?
    /// Scopes asked for.
    public var scopes: [String]?
    /// The browser's name of itself.
    public var userAgent: String?

    public init(
        auth: AuthProof? = nil,
        caps: [String]? = nil,
        client: ClientInfo,
        commands: [String]? = nil,
        device: DeviceProof? = nil,
        locale: String? = nil,
        maxProtocol: Int,
        minProtocol: Int,
        pathEnv: String? = nil,
        permissions: [String: Bool]? = nil,
        role: String? = nil,
        scopes: [String]? = nil,
        userAgent: String? = nil
    ) {
        self.auth = auth
        self.caps = caps
        self.client = client
        self.commands = commands
        self.device = device
        self.locale = locale
        self.maxProtocol = maxProtocol
        self.minProtocol = minProtocol
        self.pathEnv = pathEnv
        self.permissions = permissions
        self.role = role
        self.scopes = scopes
        self.userAgent = userAgent
    }
}

/// What happened to a job.
public enum CronAction: String, Codable, Hashable, Sendable {
    /// It was added.
    case added = "added"
    /// It was changed.
    case updated = "updated"
    /// It was removed.
    case removed = "removed"
    /// It runs.
    case started = "started"
    /// It has run.
    case finished = "finished"
}

/// A job as it is asked for.
public struct CronAddParams: Codable, Hashable, Sendable {
    /// The agent; the default one, without it.
    public var agentId: String?
    /// Whether it is removed once it ran well.
    public var deleteAfterRun: Bool?
    /// Where the answer goes.
    public var delivery: CronDelivery?
    /// More about it.
    public var description: String?
    /// Whether it is switched on, which it is without this.
    public var enabled: Bool?
    /// Same key, same job.
    public var idempotencyKey: String?
    /// What becomes of missed instants.
    public var misfire: Misfire?
    /// Its name for people.
    public var name: String
    /// What.
    public var payload: CronPayload
    /// When.
    public var schedule: CronSchedule
    /// The conversation of `current`.
    public var sessionKey: String?
    /// `main`, `isolated`, `current` or `session:<key>`.
    public var sessionTarget: String
    /// Whether to wait.
    public var wakeMode: CronWakeMode
    /// On which conditions its runs are performed; here, as the agent is configured, without it.
    public var work: RunOptions?

    public init(
        agentId: String? = nil,
        deleteAfterRun: Bool? = nil,
        delivery: CronDelivery? = nil,
        description: String? = nil,
        enabled: Bool? = nil,
        idempotencyKey: String? = nil,
        misfire: Misfire? = nil,
        name: String,
        payload: CronPayload,
        schedule: CronSchedule,
        sessionKey: String? = nil,
        sessionTarget: String,
        wakeMode: CronWakeMode,
        work: RunOptions? = nil
    ) {
        self.agentId = agentId
        self.deleteAfterRun = deleteAfterRun
        self.delivery = delivery
        self.description = description
        self.enabled = enabled
        self.idempotencyKey = idempotencyKey
        self.misfire = misfire
        self.name = name
        self.payload = payload
        self.schedule = schedule
        self.sessionKey = sessionKey
        self.sessionTarget = sessionTarget
        self.wakeMode = wakeMode
        self.work = work
    }
}

/// Where the answer of a run is sent.
public struct CronDelivery: Codable, Hashable, Sendable {
    /// The account on that platform.
    public var accountId: String?
    /// Whether a run counts as well although its answer could not be sent.
    public var bestEffort: Bool?
    /// The platform, for `announce`; `last` is where the conversation was last written to from.
    public var channel: String?
    /// How.
    public var mode: CronDeliveryMode
    /// The thread or topic in that chat.
    public var threadId: JSONValue?
    /// The chat on that platform, or the address to post to.
    public var to: String?

    public init(
        accountId: String? = nil,
        bestEffort: Bool? = nil,
        channel: String? = nil,
        mode: CronDeliveryMode,
        threadId: JSONValue? = nil,
        to: String? = nil
    ) {
        self.accountId = accountId
        self.bestEffort = bestEffort
        self.channel = channel
        self.mode = mode
        self.threadId = threadId
        self.to = to
    }
}

/// How the answer of a run is sent.
public enum CronDeliveryMode: String, Codable, Hashable, Sendable {
    /// Not at all; it stays in the conversation.
    case none = "none"
    /// As a message to a chat.
    case announce = "announce"
    /// As a post to an address.
    case webhook = "webhook"
}

/// Payload of `cron`: a job was changed, or runs, or has run.
public struct CronEvent: Codable, Hashable, Sendable {
    /// What happened.
    public var action: CronAction
    /// How long it took.
    public var durationMs: Int?
    /// Why it failed.
    public var error: String?
    /// The job as it is now.
    public var job: CronJob?
    /// The job.
    public var jobId: String
    /// When the job is due next.
    public var nextRunAtMs: Int?
    /// The instant that the run was due at.
    public var runAtMs: Int?
    /// How it ended.
    public var status: CronRunStatus?
    /// The beginning of the answer.
    public var summary: String?

    public init(
        action: CronAction,
        durationMs: Int? = nil,
        error: String? = nil,
        job: CronJob? = nil,
        jobId: String,
        nextRunAtMs: Int? = nil,
        runAtMs: Int? = nil,
        status: CronRunStatus? = nil,
        summary: String? = nil
    ) {
        self.action = action
        self.durationMs = durationMs
        self.error = error
        self.job = job
        self.jobId = jobId
        self.nextRunAtMs = nextRunAtMs
        self.runAtMs = runAtMs
        self.status = status
        self.summary = summary
    }
}

/// Names a job.
public struct CronIdParams: Codable, Hashable, Sendable {
    /// The job.
    public var id: String?
    /// The job, as some clients call it.
    public var jobId: String?

    public init(
        id: String? = nil,
        jobId: String? = nil
    ) {
        self.id = id
        self.jobId = jobId
    }
}

/// A job.
public struct CronJob: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// When it was added.
    public var createdAtMs: Int
    /// Whether it is removed once it ran well.
    public var deleteAfterRun: Bool?
    /// Where the answer goes.
    public var delivery: CronDelivery?
    /// More about it.
    public var description: String?
    /// Whether it is switched on.
    public var enabled: Bool
    /// Its id.
    public var id: String
    /// What becomes of missed instants.
    public var misfire: Misfire?
    /// Its name for people.
    public var name: String
    /// What a run is given.
    public var payload: CronPayload
    /// When it is due.
    public var schedule: CronSchedule
    /// The conversation.
    public var sessionKey: String?
    /// `main`, `isolated`, `current` or `session:<key>`.
    public var sessionTarget: String
    /// How it went.
    public var state: CronJobState
    /// When it was last changed.
    public var updatedAtMs: Int
    /// Whether it waits.
    public var wakeMode: CronWakeMode
    /// On which conditions its runs are performed; here, as the agent is configured, without it.
    public var work: RunOptions?

    public init(
        agentId: String? = nil,
        createdAtMs: Int,
        deleteAfterRun: Bool? = nil,
        delivery: CronDelivery? = nil,
        description: String? = nil,
        enabled: Bool,
        id: String,
        misfire: Misfire? = nil,
        name: String,
        payload: CronPayload,
        schedule: CronSchedule,
        sessionKey: String? = nil,
        sessionTarget: String,
        state: CronJobState,
        updatedAtMs: Int,
        wakeMode: CronWakeMode,
        work: RunOptions? = nil
    ) {
        self.agentId = agentId
        self.createdAtMs = createdAtMs
        self.deleteAfterRun = deleteAfterRun
        self.delivery = delivery
        self.description = description
        self.enabled = enabled
        self.id = id
        self.misfire = misfire
        self.name = name
        self.payload = payload
        self.schedule = schedule
        self.sessionKey = sessionKey
        self.sessionTarget = sessionTarget
        self.state = state
        self.updatedAtMs = updatedAtMs
        self.wakeMode = wakeMode
        self.work = work
    }
}

/// How a job went.
public struct CronJobState: Codable, Hashable, Sendable {
    /// Runs in a row that failed.
    public var consecutiveErrors: Int?
    /// How long it took.
    public var lastDurationMs: Int?
    /// Why it failed.
    public var lastError: String?
    /// When it last began to run.
    public var lastRunAtMs: Int?
    /// How that ended.
    public var lastRunStatus: CronRunStatus?
    /// When it is due next.
    public var nextRunAtMs: Int?
    /// Since when it runs.
    public var runningAtMs: Int?

    public init(
        consecutiveErrors: Int? = nil,
        lastDurationMs: Int? = nil,
        lastError: String? = nil,
        lastRunAtMs: Int? = nil,
        lastRunStatus: CronRunStatus? = nil,
        nextRunAtMs: Int? = nil,
        runningAtMs: Int? = nil
    ) {
        self.consecutiveErrors = consecutiveErrors
        self.lastDurationMs = lastDurationMs
        self.lastError = lastError
        self.lastRunAtMs = lastRunAtMs
        self.lastRunStatus = lastRunStatus
        self.nextRunAtMs = nextRunAtMs
        self.runningAtMs = runningAtMs
    }
}

/// A page of jobs. A half-filled page makes the stock command line fail (protocol 5.10).
public struct CronListOutput: Codable, Hashable, Sendable {
    /// Whether there is another page.
    public var hasMore: Bool
    /// The jobs.
    public var jobs: [CronJob]
    /// Jobs on a page.
    public var limit: Int
    /// Where that begins.
    public var nextOffset: Int?
    /// Where the page begins.
    public var offset: Int
    /// Changes with every change of any job.
    public var snapshotRevision: String
    /// Jobs that fit.
    public var total: Int

    public init(
        hasMore: Bool,
        jobs: [CronJob],
        limit: Int,
        nextOffset: Int? = nil,
        offset: Int,
        snapshotRevision: String,
        total: Int
    ) {
        self.hasMore = hasMore
        self.jobs = jobs
        self.limit = limit
        self.nextOffset = nextOffset
        self.offset = offset
        self.snapshotRevision = snapshotRevision
        self.total = total
    }
}

/// Parameters of `cron.list`.
public struct CronListParams: Codable, Hashable, Sendable {
    /// Only jobs of this agent.
    public var agentId: String?
    /// `all`, `enabled` or `disabled`; goes before `includeDisabled`.
    public var enabled: String?
    /// Also those that are switched off.
    public var includeDisabled: Bool?
    /// Jobs at most; 50 without it.
    public var limit: Int?
    /// Jobs to leave out at the beginning.
    public var offset: Int?
    /// Part of a name, description or id.
    public var query: String?
    /// `nextRunAtMs`, `updatedAtMs` or `name`.
    public var sortBy: String?
    /// `asc` or `desc`.
    public var sortDir: String?

    public init(
        agentId: String? = nil,
        enabled: String? = nil,
        includeDisabled: Bool? = nil,
        limit: Int? = nil,
        offset: Int? = nil,
        query: String? = nil,
        sortBy: String? = nil,
        sortDir: String? = nil
    ) {
        self.agentId = agentId
        self.enabled = enabled
        self.includeDisabled = includeDisabled
        self.limit = limit
        self.offset = offset
        self.query = query
        self.sortBy = sortBy
        self.sortDir = sortDir
    }
}

/// What a run of a job is given.
public typealias CronPayload = JSONValue

/// Whether a job was removed.
public struct CronRemoveOutput: Codable, Hashable, Sendable {
    /// Always true.
    public var ok: Bool
    /// False: there was none.
    public var removed: Bool

    public init(
        ok: Bool,
        removed: Bool
    ) {
        self.ok = ok
        self.removed = removed
    }
}

/// A run that has ended.
public struct CronRunEntry: Codable, Hashable, Sendable {
    /// Always `finished`.
    public var action: String
    /// How long it took.
    public var durationMs: Int?
    /// Why it failed or was left out.
    public var error: String?
    /// The job.
    public var jobId: String
    /// The job's name.
    public var jobName: String?
    /// The instant that it was due at.
    public var runAtMs: Int?
    /// The run.
    public var runId: String?
    /// The conversation.
    public var sessionKey: String?
    /// How.
    public var status: CronRunStatus
    /// The beginning of the answer.
    public var summary: String?
    /// When it ended.
    public var ts: Int

    public init(
        action: String,
        durationMs: Int? = nil,
        error: String? = nil,
        jobId: String,
        jobName: String? = nil,
        runAtMs: Int? = nil,
        runId: String? = nil,
        sessionKey: String? = nil,
        status: CronRunStatus,
        summary: String? = nil,
        ts: Int
    ) {
        self.action = action
        self.durationMs = durationMs
        self.error = error
        self.jobId = jobId
        self.jobName = jobName
        self.runAtMs = runAtMs
        self.runId = runId
        self.sessionKey = sessionKey
        self.status = status
        self.summary = summary
        self.ts = ts
    }
}

/// Which jobs `cron.run` runs.
public enum CronRunMode: String, Codable, Hashable, Sendable {
    /// Those that are due.
    case due = "due"
    /// Any.
    case force = "force"
    /// Those that are switched on.
    case ifEnabled = "if-enabled"
}

/// What became of `cron.run`.
public struct CronRunOutput: Codable, Hashable, Sendable {
    /// Whether it runs, or waits for its turn.
    public var enqueued: Bool
    /// Always true.
    public var ok: Bool
    /// Changes when the gateway is started anew.
    public var processInstanceId: String
    /// Why it does not run: `not-due` or `disabled`.
    public var reason: String?
    /// The run.
    public var runId: String?

    public init(
        enqueued: Bool,
        ok: Bool,
        processInstanceId: String,
        reason: String? = nil,
        runId: String? = nil
    ) {
        self.enqueued = enqueued
        self.ok = ok
        self.processInstanceId = processInstanceId
        self.reason = reason
        self.runId = runId
    }
}

/// Parameters of `cron.run`.
public struct CronRunParams: Codable, Hashable, Sendable {
    /// The job.
    public var id: String?
    /// Same key, same run.
    public var idempotencyKey: String?
    /// The job, as some clients call it.
    public var jobId: String?
    /// Which jobs may run: `force`, without it.
    public var mode: CronRunMode?

    public init(
        id: String? = nil,
        idempotencyKey: String? = nil,
        jobId: String? = nil,
        mode: CronRunMode? = nil
    ) {
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.jobId = jobId
        self.mode = mode
    }
}

/// How a run ended.
public enum CronRunStatus: String, Codable, Hashable, Sendable {
    /// Well.
    case ok = "ok"
    /// It failed, or was stopped.
    case error = "error"
    /// It was left out.
    case skipped = "skipped"
}

/// A page of runs.
public struct CronRunsOutput: Codable, Hashable, Sendable {
    /// The runs.
    public var entries: [CronRunEntry]
    /// Whether there is another page.
    public var hasMore: Bool
    /// Runs on a page.
    public var limit: Int
    /// Where that begins.
    public var nextOffset: Int?
    /// Where the page begins.
    public var offset: Int
    /// Runs that fit.
    public var total: Int

    public init(
        entries: [CronRunEntry],
        hasMore: Bool,
        limit: Int,
        nextOffset: Int? = nil,
        offset: Int,
        total: Int
    ) {
        self.entries = entries
        self.hasMore = hasMore
        self.limit = limit
        self.nextOffset = nextOffset
        self.offset = offset
        self.total = total
    }
}

/// Parameters of `cron.runs`.
public struct CronRunsParams: Codable, Hashable, Sendable {
    /// The job.
    public var id: String?
    /// The job, as some clients call it.
    public var jobId: String?
    /// Runs at most; 50 without it.
    public var limit: Int?
    /// Runs to leave out at the beginning.
    public var offset: Int?
    /// Only this run.
    public var runId: String?
    /// `job` or `all`.
    public var scope: String?
    /// `asc`, or `desc`: latest first, which it is without this.
    public var sortDir: String?
    /// `all`, `ok`, `error` or `skipped`.
    public var status: String?

    public init(
        id: String? = nil,
        jobId: String? = nil,
        limit: Int? = nil,
        offset: Int? = nil,
        runId: String? = nil,
        scope: String? = nil,
        sortDir: String? = nil,
        status: String? = nil
    ) {
        self.id = id
        self.jobId = jobId
        self.limit = limit
        self.offset = offset
        self.runId = runId
        self.scope = scope
        self.sortDir = sortDir
        self.status = status
    }
}

/// When a job is due.
public typealias CronSchedule = JSONValue

/// The scheduler.
public struct CronStatusOutput: Codable, Hashable, Sendable {
    /// Always true: it has no switch.
    public var enabled: Bool
    /// Jobs there are.
    public var jobs: Int
    /// When the next one is due.
    public var nextWakeAtMs: Int?
    /// The database.
    public var storePath: String

    public init(
        enabled: Bool,
        jobs: Int,
        nextWakeAtMs: Int? = nil,
        storePath: String
    ) {
        self.enabled = enabled
        self.jobs = jobs
        self.nextWakeAtMs = nextWakeAtMs
        self.storePath = storePath
    }
}

/// Parameters of `cron.update`.
public struct CronUpdateParams: Codable, Hashable, Sendable {
    /// The job.
    public var id: String?
    /// The job, as some clients call it.
    public var jobId: String?
    /// The fields of `cron.add` to change; null takes one away.
    public var patch: [String: JSONValue]

    public init(
        id: String? = nil,
        jobId: String? = nil,
        patch: [String: JSONValue]
    ) {
        self.id = id
        self.jobId = jobId
        self.patch = patch
    }
}

/// Whether a job waits for the agent's next heartbeat; both mean at once here.
public enum CronWakeMode: String, Codable, Hashable, Sendable {
    /// At once.
    case now = "now"
    /// With the next heartbeat.
    case nextHeartbeat = "next-heartbeat"
}

/// A one-time link.
public struct DashboardLinkOutput: Codable, Hashable, Sendable {
    /// When it stops working.
    public var expiresAtMs: Int
    /// The link; its fragment holds the token.
    public var url: String

    public init(
        expiresAtMs: Int,
        url: String
    ) {
        self.expiresAtMs = expiresAtMs
        self.url = url
    }
}

/// Codes in `details.code`: why exactly (protocol 3.6 and 4).
public enum DetailCode: String, Codable, Hashable, Sendable {
    /// A device without any token.
    case authTokenMissing = "AUTH_TOKEN_MISSING"
    /// The shared token is wrong.
    case authTokenMismatch = "AUTH_TOKEN_MISMATCH"
    /// A shared token was shown, but none is configured.
    case authTokenNotConfigured = "AUTH_TOKEN_NOT_CONFIGURED"
    /// The setup code or link is unknown, used or expired.
    case authBootstrapTokenInvalid = "AUTH_BOOTSTRAP_TOKEN_INVALID"
    /// The device token is unknown, rotated or revoked.
    case authDeviceTokenMismatch = "AUTH_DEVICE_TOKEN_MISMATCH"
    /// The device token does not carry the scopes asked for.
    case authScopeMismatch = "AUTH_SCOPE_MISMATCH"
    /// Too many failed proofs from this address.
    case authRateLimited = "AUTH_RATE_LIMITED"
    /// A device identity is needed.
    case deviceIdentityRequired = "DEVICE_IDENTITY_REQUIRED"
    /// A browser must show a device identity.
    case controlUiDeviceIdentityRequired = "CONTROL_UI_DEVICE_IDENTITY_REQUIRED"
    /// `device.id` is not the hash of `device.publicKey`.
    case deviceAuthDeviceIdMismatch = "DEVICE_AUTH_DEVICE_ID_MISMATCH"
    /// `device.signedAt` is too far from the gateway's time.
    case deviceAuthSignatureExpired = "DEVICE_AUTH_SIGNATURE_EXPIRED"
    /// `device.nonce` is missing.
    case deviceAuthNonceRequired = "DEVICE_AUTH_NONCE_REQUIRED"
    /// `device.nonce` is not this connection's challenge.
    case deviceAuthNonceMismatch = "DEVICE_AUTH_NONCE_MISMATCH"
    /// The signature does not fit key and text.
    case deviceAuthSignatureInvalid = "DEVICE_AUTH_SIGNATURE_INVALID"
    /// `device.publicKey` is not an Ed25519 key.
    case deviceAuthPublicKeyInvalid = "DEVICE_AUTH_PUBLIC_KEY_INVALID"
    /// An operator has to approve first.
    case pairingRequired = "PAIRING_REQUIRED"
    /// Client and gateway share no protocol version.
    case protocolMismatch = "PROTOCOL_MISMATCH"
    /// The connection lacks a scope.
    case missingScope = "MISSING_SCOPE"
    /// No such agent is configured.
    case unknownAgentId = "UNKNOWN_AGENT_ID"
    /// An agent may not do this; a person may.
    case agentNotAllowed = "AGENT_NOT_ALLOWED"
    /// An agent named another conversation than its own.
    case foreignSession = "FOREIGN_SESSION"
    /// The idempotency key was used for other content.
    case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
    /// The gateway is stopping.
    case shuttingDown = "SHUTTING_DOWN"
    /// A queue is full.
    case busy = "BUSY"
    /// No such account on a chat platform is configured, or it is stopped.
    case unknownChannel = "UNKNOWN_CHANNEL"
    /// The platform has no such thing.
    case channelUnsupported = "CHANNEL_UNSUPPORTED"
    /// Nobody waits with that code, or nobody of that id is known.
    case unknownPairingRequest = "UNKNOWN_PAIRING_REQUEST"
    /// The platform did not take a message yet; it is kept and sent later.
    case outboundDeliveryQueued = "OUTBOUND_DELIVERY_QUEUED"
    /// Nobody knows whether a message arrived.
    case outboundDeliveryUnknown = "OUTBOUND_DELIVERY_UNKNOWN"
    /// The platform refused a message.
    case outboundDeliveryFailed = "OUTBOUND_DELIVERY_FAILED"
    /// A schedule cannot be kept: no such time, expression or time zone.
    case scheduleInvalid = "SCHEDULE_INVALID"
    /// No scheduled job of that id.
    case unknownSchedule = "UNKNOWN_SCHEDULE"
    /// There are as many scheduled jobs as are kept.
    case tooManySchedules = "TOO_MANY_SCHEDULES"
    /// A scheduled job was changed by somebody else meanwhile.
    case scheduleChanged = "SCHEDULE_CHANGED"
    /// A webhook cannot be kept: its name, template, agent or target.
    case hookInvalid = "HOOK_INVALID"
    /// A webhook of that name exists.
    case hookExists = "HOOK_EXISTS"
    /// No webhook of that name.
    case unknownHook = "UNKNOWN_HOOK"
    /// A path leads out of the canvas, or is no path.
    case canvasPathInvalid = "CANVAS_PATH_INVALID"
    /// The canvas has no such file, or no such canvas is open to the caller.
    case canvasNotFound = "CANVAS_NOT_FOUND"
    /// A link, a folder or another thing that is no plain file of the canvas.
    case canvasFileRefused = "CANVAS_FILE_REFUSED"
    /// A file is larger than a file of a canvas may be.
    case canvasFileTooLarge = "CANVAS_FILE_TOO_LARGE"
    /// The canvas's files or surfaces are as many as may be.
    case canvasFull = "CANVAS_FULL"
    /// The canvas of another session than the caller's own.
    case canvasOtherSession = "CANVAS_OTHER_SESSION"
    /// No page and no node shows the canvas.
    case canvasNoViewer = "CANVAS_NO_VIEWER"
    /// A script failed in the page.
    case canvasEvalFailed = "CANVAS_EVAL_FAILED"
    /// A page did not answer in time.
    case canvasEvalTimeout = "CANVAS_EVAL_TIMEOUT"
    /// A capability URL is wrong, or has expired.
    case canvasCapabilityInvalid = "CANVAS_CAPABILITY_INVALID"
    /// Messages are not as A2UI wants them.
    case a2uiInvalid = "A2UI_INVALID"
    /// The node is not connected, or went away before it answered.
    case notConnected = "NOT_CONNECTED"
    /// The node did not answer in time.
    case timeout = "TIMEOUT"
    /// No such node, or it was removed meanwhile.
    case pairingChanged = "PAIRING_CHANGED"
    /// The node does not offer the command, nobody approved it, or the configuration does not allow it.
    case nodeCommandNotAllowed = "NODE_COMMAND_NOT_ALLOWED"
    /// The arguments are not what the node says that the command takes.
    case nodeArgumentsInvalid = "NODE_ARGUMENTS_INVALID"
    /// Running this was not approved.
    case execNotApproved = "EXEC_NOT_APPROVED"
    /// The node's plan is not one that could be approved.
    case execPlanInvalid = "EXEC_PLAN_INVALID"
    /// The command waits until the node's app is in the foreground.
    case queuedUntilForeground = "QUEUED_UNTIL_FOREGROUND"
    /// The node answered with something that is not JSON.
    case nodeAnswerInvalid = "NODE_ANSWER_INVALID"
    /// The beginning of an id fits several tasks.
    case taskIdAmbiguous = "TASK_ID_AMBIGUOUS"
    /// The task left no changes.
    case taskLeftNothing = "TASK_LEFT_NOTHING"
    /// No worker is connected that may take the work.
    case noWorker = "NO_WORKER"
    /// Another machine is the worker of that name.
    case workerNameTaken = "WORKER_NAME_TAKEN"
    /// A worker cannot have that name.
    case workerNameInvalid = "WORKER_NAME_INVALID"
    /// A worker must say who it is before anything else.
    case workerNotAnnounced = "WORKER_NOT_ANNOUNCED"
    /// Nobody has approved that the node works.
    case workerNotApproved = "WORKER_NOT_APPROVED"
    /// A worker's report is not as docs/workers.md has it.
    case workerReportInvalid = "WORKER_REPORT_INVALID"
    /// A worker's request is not signed, or with another key than its token's.
    case workerSignatureInvalid = "WORKER_SIGNATURE_INVALID"
    /// A worker's request was sent before.
    case workerNonceReused = "WORKER_NONCE_REUSED"
    /// Another process of the worker has taken its place.
    case workerReplaced = "WORKER_REPLACED"
}

/// An approved device.
public struct DevicePairApproveOutput: Codable, Hashable, Sendable {
    /// The device.
    public var device: PairedDevice
    /// The request.
    public var requestId: String

    public init(
        device: PairedDevice,
        requestId: String
    ) {
        self.device = device
        self.requestId = requestId
    }
}

/// Devices that wait and devices that are paired.
public struct DevicePairListOutput: Codable, Hashable, Sendable {
    /// Paired, latest first.
    public var paired: [PairedDevice]
    /// Waiting, oldest first.
    public var pending: [PairingRequest]

    public init(
        paired: [PairedDevice],
        pending: [PairingRequest]
    ) {
        self.paired = paired
        self.pending = pending
    }
}

/// A refused device.
public struct DevicePairRejectOutput: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// The request.
    public var requestId: String

    public init(
        deviceId: String,
        requestId: String
    ) {
        self.deviceId = deviceId
        self.requestId = requestId
    }
}

/// A forgotten device.
public struct DevicePairRemoveOutput: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String

    public init(
        deviceId: String
    ) {
        self.deviceId = deviceId
    }
}

/// A named device.
public struct DevicePairRenameOutput: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// Its name.
    public var label: String

    public init(
        deviceId: String,
        label: String
    ) {
        self.deviceId = deviceId
        self.label = label
    }
}

/// Parameters of `device.pair.rename`.
public struct DevicePairRenameParams: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// Its new name.
    public var label: String

    public init(
        deviceId: String,
        label: String
    ) {
        self.deviceId = deviceId
        self.label = label
    }
}

/// Parameters that name a device.
public struct DeviceParams: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String

    public init(
        deviceId: String
    ) {
        self.deviceId = deviceId
    }
}

/// Device identity and signature (protocol 3.4). Wrong values are told apart by `details.code`, so the
/// schema checks types only.
public struct DeviceProof: Codable, Hashable, Sendable {
    /// Lowercase hex SHA-256 of the public key.
    public var id: String
    /// The challenge's nonce.
    public var nonce: String?
    /// Base64url of the raw key.
    public var publicKey: String
    /// Base64url of the signature.
    public var signature: String
    /// When it was signed, in milliseconds.
    public var signedAt: Int

    public init(
        id: String,
        nonce: String? = nil,
        publicKey: String,
        signature: String,
        signedAt: Int
    ) {
        self.id = id
        self.nonce = nonce
        self.publicKey = publicKey
        self.signature = signature
        self.signedAt = signedAt
    }
}

/// Parameters that name a device's token.
public struct DeviceTokenParams: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// `operator` or `node`.
    public var role: String

    public init(
        deviceId: String,
        role: String
    ) {
        self.deviceId = deviceId
        self.role = role
    }
}

/// An ended token.
public struct DeviceTokenRevokeOutput: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// When.
    public var revokedAtMs: Int
    /// Its role.
    public var role: String

    public init(
        deviceId: String,
        revokedAtMs: Int,
        role: String
    ) {
        self.deviceId = deviceId
        self.revokedAtMs = revokedAtMs
        self.role = role
    }
}

/// A replaced token.
public struct DeviceTokenRotateOutput: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// Its role.
    public var role: String
    /// When.
    public var rotatedAtMs: Int
    /// Its scopes.
    public var scopes: [String]
    /// The new token; only for the device itself.
    public var token: String?
    /// `in-band` or `withheld-cross-device`.
    public var tokenDelivery: String

    public init(
        deviceId: String,
        role: String,
        rotatedAtMs: Int,
        scopes: [String],
        token: String? = nil,
        tokenDelivery: String
    ) {
        self.deviceId = deviceId
        self.role = role
        self.rotatedAtMs = rotatedAtMs
        self.scopes = scopes
        self.token = token
        self.tokenDelivery = tokenDelivery
    }
}

/// Parameters of `device.token.rotate`.
public struct DeviceTokenRotateParams: Codable, Hashable, Sendable {
    /// The device.
    public var deviceId: String
    /// `operator` or `node`.
    public var role: String
    /// Fewer scopes than before; more are refused. The same if absent.
    public var scopes: [String]?

    public init(
        deviceId: String,
        role: String,
        scopes: [String]? = nil
    ) {
        self.deviceId = deviceId
        self.role = role
        self.scopes = scopes
    }
}

/// Output of a method that only says that it was done.
public struct Done: Codable, Hashable, Sendable {
    /// Always true.
    public var ok: Bool

    public init(
        ok: Bool
    ) {
        self.ok = ok
    }
}

/// Top-level error codes (protocol 4). `docs/errors.md` lists each with its fix.
public enum ErrorCode: String, Codable, Hashable, Sendable {
    /// The request itself is wrong: repeating it unchanged cannot help.
    case invalidRequest = "INVALID_REQUEST"
    /// Temporarily impossible, or the work failed; `retryable` says whether to try again.
    case unavailable = "UNAVAILABLE"
    /// The connection lacks a scope.
    case forbidden = "FORBIDDEN"
    /// The device must be paired first.
    case notPaired = "NOT_PAIRED"
    /// What the request names does not exist, or the caller may not see it.
    case notFound = "NOT_FOUND"
    /// Our fault; the log has the cause under the request id.
    case internalError = "INTERNAL_ERROR"
}

/// The wire shape of an event.
public struct EventFrame: Codable, Hashable, Sendable {
    /// The event's name.
    public var event: String
    /// What happened.
    public var payload: JSONValue?
    /// Number of this event on this connection; a hole means that events were dropped.
    public var seq: Int?
    /// Age of the snapshot that the payload describes.
    public var stateVersion: StateVersion?
    /// Always `event`.
    public var type: EventKind

    public init(
        event: String,
        payload: JSONValue? = nil,
        seq: Int? = nil,
        stateVersion: StateVersion? = nil,
        type: EventKind
    ) {
        self.event = event
        self.payload = payload
        self.seq = seq
        self.stateVersion = stateVersion
        self.type = type
    }
}

/// The literal `event`.
public enum EventKind: String, Codable, Hashable, Sendable {
    /// An event.
    case event = "event"
}

/// What counts for one agent.
public struct ExecAgent: Codable, Hashable, Sendable {
    /// The commands that may be run.
    public var allowlist: [ExecAllowed]?
    /// When somebody is asked.
    public var ask: ExecAsk?
    /// What may be run when nobody answers.
    public var askFallback: ExecSecurity?
    /// Kept for stock clients.
    public var autoAllowSkills: Bool?
    /// Kept for stock clients.
    public var mcpTools: JSONValue?
    /// What may be run at all.
    public var security: ExecSecurity?

    public init(
        allowlist: [ExecAllowed]? = nil,
        ask: ExecAsk? = nil,
        askFallback: ExecSecurity? = nil,
        autoAllowSkills: Bool? = nil,
        mcpTools: JSONValue? = nil,
        security: ExecSecurity? = nil
    ) {
        self.allowlist = allowlist
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
        self.mcpTools = mcpTools
        self.security = security
    }
}

/// Commands that may be run.
public struct ExecAllowed: Codable, Hashable, Sendable {
    /// A regular expression that all arguments, joined by spaces, have to match as a whole.
    public var argPattern: String?
    /// What was answered, to be read by people.
    public var commandText: String?
    /// Names it.
    public var id: String?
    /// Kept for stock clients.
    public var lastResolvedPath: String?
    /// Kept for stock clients: when it last let something be run. Here the audit trail tells.
    public var lastUsedAt: Int?
    /// Kept for stock clients.
    public var lastUsedCommand: String?
    /// The program's file, links followed: `*` stands for anything within a folder's name, `**` for folders too.
    /// `node:ID:` before it: on that node only.
    public var pattern: String
    /// `allow-always`: remembered from an answer.
    public var source: ExecSource?

    public init(
        argPattern: String? = nil,
        commandText: String? = nil,
        id: String? = nil,
        lastResolvedPath: String? = nil,
        lastUsedAt: Int? = nil,
        lastUsedCommand: String? = nil,
        pattern: String,
        source: ExecSource? = nil
    ) {
        self.argPattern = argPattern
        self.commandText = commandText
        self.id = id
        self.lastResolvedPath = lastResolvedPath
        self.lastUsedAt = lastUsedAt
        self.lastUsedCommand = lastUsedCommand
        self.pattern = pattern
        self.source = source
    }
}

/// Parameters of `exec.approvals.node.set`.
public struct ExecApprovalsNodeSetParams: Codable, Hashable, Sendable {
    /// The hash of the file that was changed.
    public var baseHash: String?
    /// The file's new content; the node checks it.
    public var file: [String: JSONValue]
    /// The node.
    public var nodeId: String

    public init(
        baseHash: String? = nil,
        file: [String: JSONValue],
        nodeId: String
    ) {
        self.baseHash = baseHash
        self.file = file
        self.nodeId = nodeId
    }
}

/// The policy and its file.
public struct ExecApprovalsOutput: Codable, Hashable, Sendable {
    /// Whether it exists.
    public var exists: Bool
    /// What it says.
    public var file: ExecPolicy
    /// SHA-256 of its text in lowercase hex.
    public var hash: String
    /// The file, on the gateway's machine.
    public var path: String
    /// What counts where no agent says anything else.
    public var resolvedDefaults: ExecResolved

    public init(
        exists: Bool,
        file: ExecPolicy,
        hash: String,
        path: String,
        resolvedDefaults: ExecResolved
    ) {
        self.exists = exists
        self.file = file
        self.hash = hash
        self.path = path
        self.resolvedDefaults = resolvedDefaults
    }
}

/// Parameters of `exec.approvals.set`.
public struct ExecApprovalsSetParams: Codable, Hashable, Sendable {
    /// `hash` of the one that was seen; needed once there is a file.
    public var baseHash: String?
    /// The new policy, whole.
    public var file: ExecPolicy

    public init(
        baseHash: String? = nil,
        file: ExecPolicy
    ) {
        self.baseHash = baseHash
        self.file = file
    }
}

/// When somebody is asked.
public enum ExecAsk: String, Codable, Hashable, Sendable {
    /// Never: what is not on the list is refused.
    case off = "off"
    /// When something is not on the list.
    case onMiss = "on-miss"
    /// Always.
    case always = "always"
}

/// The policy, as it stands in the file.
public struct ExecPolicy: Codable, Hashable, Sendable {
    /// By agent; `*` is every agent.
    public var agents: [String: ExecAgent]?
    /// What counts where an agent says nothing else.
    public var defaults: ExecRules?
    /// Not kept: stock hosts write the address of a socket of their own here.
    public var socket: JSONValue?
    /// The file's format: 1.
    public var version: Int

    public init(
        agents: [String: ExecAgent]? = nil,
        defaults: ExecRules? = nil,
        socket: JSONValue? = nil,
        version: Int
    ) {
        self.agents = agents
        self.defaults = defaults
        self.socket = socket
        self.version = version
    }
}

/// What counts, nothing left open.
public struct ExecResolved: Codable, Hashable, Sendable {
    /// When somebody is asked.
    public var ask: ExecAsk
    /// What may be run when nobody answers.
    public var askFallback: ExecSecurity
    /// Kept for stock clients.
    public var autoAllowSkills: Bool
    /// What may be run at all.
    public var security: ExecSecurity

    public init(
        ask: ExecAsk,
        askFallback: ExecSecurity,
        autoAllowSkills: Bool,
        security: ExecSecurity
    ) {
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
        self.security = security
    }
}

/// What counts for everyone or for one agent; what is absent is inherited.
public struct ExecRules: Codable, Hashable, Sendable {
    /// When somebody is asked.
    public var ask: ExecAsk?
    /// What may be run when nobody answers.
    public var askFallback: ExecSecurity?
    /// Kept for stock clients: skills' own programs count as listed.
    public var autoAllowSkills: Bool?
    /// What may be run at all.
    public var security: ExecSecurity?

    public init(
        ask: ExecAsk? = nil,
        askFallback: ExecSecurity? = nil,
        autoAllowSkills: Bool? = nil,
        security: ExecSecurity? = nil
    ) {
        self.ask = ask
        self.askFallback = askFallback
        self.autoAllowSkills = autoAllowSkills
        self.security = security
    }
}

/// What may be run.
public enum ExecSecurity: String, Codable, Hashable, Sendable {
    /// Nothing.
    case deny = "deny"
    /// What is on the list.
    case allowlist = "allowlist"
    /// Everything.
    case full = "full"
}

/// Where an entry of the list comes from.
public enum ExecSource: String, Codable, Hashable, Sendable {
    /// Somebody answered a request with it.
    case allowAlways = "allow-always"
}

/// What the executor says about a run.
public struct ExecutorMeta: Codable, Hashable, Sendable {
    /// The model, if known.
    public var model: String
    /// The executor.
    public var provider: String
    /// The conversation's id.
    public var sessionId: String
    /// Tokens and cost, if known.
    public var usage: Usage?

    public init(
        model: String,
        provider: String,
        sessionId: String,
        usage: Usage? = nil
    ) {
        self.model = model
        self.provider = provider
        self.sessionId = sessionId
        self.usage = usage
    }
}

/// What the gateway can do; the same for every connection.
public struct Features: Codable, Hashable, Sendable {
    /// Events that are pushed.
    public var events: [String]
    /// Methods that exist.
    public var methods: [String]

    public init(
        events: [String],
        methods: [String]
    ) {
        self.events = events
        self.methods = methods
    }
}

/// A file that a plan counts on.
public struct FileOperand: Codable, Hashable, Sendable {
    /// Which argument.
    public var argvIndex: Int
    /// The file.
    public var path: String
    /// Its digest when it was planned, in hex.
    public var sha256: String

    public init(
        argvIndex: Int,
        path: String,
        sha256: String
    ) {
        self.argvIndex = argvIndex
        self.path = path
        self.sha256 = sha256
    }
}

/// SHA-256 of a certificate's DER form. Printed as 64 lowercase hex digits; read with or without colons, in
/// either case, with or without `sha256:` in front.
public typealias Fingerprint = String

/// The gateway's own identity.
public struct GatewayIdentityOutput: Codable, Hashable, Sendable {
    /// Hex SHA-256 of the public key.
    public var deviceId: String
    /// Base64url of the raw Ed25519 key.
    public var publicKey: String

    public init(
        deviceId: String,
        publicKey: String
    ) {
        self.deviceId = deviceId
        self.publicKey = publicKey
    }
}

/// The result of `health` (protocol 5.2). Stock clients take no other fields; what Landline knows besides is in
/// `status`.
public struct Health: Codable, Hashable, Sendable {
    /// The agents.
    public var agents: [AgentHealth]
    /// Their names for people.
    public var channelLabels: [String: String]
    /// Their order.
    public var channelOrder: [String]
    /// Chat platforms by id; empty while none is configured.
    public var channels: [String: JSONValue]
    /// The agent that answers when none is named.
    public var defaultAgentId: String
    /// How long that took, in milliseconds.
    public var durationMs: Int
    /// Seconds between heartbeats of the agents; 0: none.
    public var heartbeatSeconds: Int
    /// Always true: a gateway that is not well does not answer, or is named degraded in `status`.
    public var ok: Bool
    /// Conversations.
    public var sessions: SessionsHealth
    /// When this state was taken.
    public var ts: Int

    public init(
        agents: [AgentHealth],
        channelLabels: [String: String],
        channelOrder: [String],
        channels: [String: JSONValue],
        defaultAgentId: String,
        durationMs: Int,
        heartbeatSeconds: Int,
        ok: Bool,
        sessions: SessionsHealth,
        ts: Int
    ) {
        self.agents = agents
        self.channelLabels = channelLabels
        self.channelOrder = channelOrder
        self.channels = channels
        self.defaultAgentId = defaultAgentId
        self.durationMs = durationMs
        self.heartbeatSeconds = heartbeatSeconds
        self.ok = ok
        self.sessions = sessions
        self.ts = ts
    }
}

/// Parameters of `health`.
public struct HealthParams: Codable, Hashable, Sendable {
    /// Accepted for older clients; the state is always fresh.
    public var probe: Bool?

    public init(
        probe: Bool? = nil
    ) {
        self.probe = probe
    }
}

/// A heartbeat of an agent.
public struct Heartbeat: Codable, Hashable, Sendable {
    /// The beginning of what was said.
    public var preview: String?
    /// How it ended.
    public var status: String
    /// When.
    public var ts: Int

    public init(
        preview: String? = nil,
        status: String,
        ts: Int
    ) {
        self.preview = preview
        self.status = status
        self.ts = ts
    }
}

/// Heartbeats within [`StatusOutput`].
public struct HeartbeatStatus: Codable, Hashable, Sendable {
    /// Their heartbeats.
    public var agents: [JSONValue]
    /// The agent that answers when none is named.
    public var defaultAgentId: String

    public init(
        agents: [JSONValue],
        defaultAgentId: String
    ) {
        self.agents = agents
        self.defaultAgentId = defaultAgentId
    }
}

/// What the connection was granted.
public struct HelloAuth: Codable, Hashable, Sendable {
    /// The device's token for its next connections.
    public var deviceToken: String?
    /// Tokens for the device's other roles (protocol 7.4).
    public var deviceTokens: [IssuedToken]?
    /// When that token was issued.
    public var issuedAtMs: Int?
    /// `operator` or `node`.
    public var role: String
    /// Scopes in force.
    public var scopes: [String]

    public init(
        deviceToken: String? = nil,
        deviceTokens: [IssuedToken]? = nil,
        issuedAtMs: Int? = nil,
        role: String,
        scopes: [String]
    ) {
        self.deviceToken = deviceToken
        self.deviceTokens = deviceTokens
        self.issuedAtMs = issuedAtMs
        self.role = role
        self.scopes = scopes
    }
}

/// The literal `hello-ok`.
public enum HelloKind: String, Codable, Hashable, Sendable {
    /// The handshake succeeded.
    case helloOk = "hello-ok"
}

/// The answer to a good `connect` (protocol 3.7).
public struct HelloOk: Codable, Hashable, Sendable {
    /// What the connection was granted.
    public var auth: HelloAuth
    /// The same for clients of protocol 3.
    public var canvasHostUrl: String?
    /// What it can do.
    public var features: Features
    /// By surface: the base of its capability URLs; for nodes, and for operators with the cap `canvas`.
    public var pluginSurfaceUrls: [String: String]?
    /// Limits to keep.
    public var policy: Policy
    /// The version that is spoken from here on.
    public var `protocol`: Int
    /// Who answers.
    public var server: ServerInfo
    /// The state to start from.
    public var snapshot: Snapshot
    /// Always `hello-ok`.
    public var type: HelloKind

    public init(
        auth: HelloAuth,
        canvasHostUrl: String? = nil,
        features: Features,
        pluginSurfaceUrls: [String: String]? = nil,
        policy: Policy,
        `protocol`: Int,
        server: ServerInfo,
        snapshot: Snapshot,
        type: HelloKind
    ) {
        self.auth = auth
        self.canvasHostUrl = canvasHostUrl
        self.features = features
        self.pluginSurfaceUrls = pluginSurfaceUrls
        self.policy = policy
        self.`protocol` = `protocol`
        self.server = server
        self.snapshot = snapshot
        self.type = type
    }
}

/// A stored message.
public struct HistoryMessage: Codable, Hashable, Sendable {
    /// Position and run; clients match live runs and history by it.
    public var __openclaw: MessageMeta
    /// Blocks: text, thinking, toolCall, image, file.
    public var content: [JSONValue]
    /// Why it failed.
    public var errorMessage: String?
    /// `<runId>:user` on the message that started the run.
    public var idempotencyKey: String?
    /// Whether the tool of a `toolResult` failed.
    public var isError: Bool?
    /// The model that answered.
    public var model: String?
    /// The executor that answered.
    public var provider: String?
    /// `user`, `assistant`, `toolResult` or `system`.
    public var role: String
    /// Why it stopped; `aborted` and `error` for runs that did not finish.
    public var stopReason: String?
    /// When.
    public var timestamp: Int
    /// The call that a `toolResult` answers.
    public var toolCallId: String?
    /// The tool of a `toolResult`.
    public var toolName: String?
    /// Tokens and cost.
    public var usage: JSONValue?

    public init(
        __openclaw: MessageMeta,
        content: [JSONValue],
        errorMessage: String? = nil,
        idempotencyKey: String? = nil,
        isError: Bool? = nil,
        model: String? = nil,
        provider: String? = nil,
        role: String,
        stopReason: String? = nil,
        timestamp: Int,
        toolCallId: String? = nil,
        toolName: String? = nil,
        usage: JSONValue? = nil
    ) {
        self.__openclaw = __openclaw
        self.content = content
        self.errorMessage = errorMessage
        self.idempotencyKey = idempotencyKey
        self.isError = isError
        self.model = model
        self.provider = provider
        self.role = role
        self.stopReason = stopReason
        self.timestamp = timestamp
        self.toolCallId = toolCallId
        self.toolName = toolName
        self.usage = usage
    }
}

/// A webhook.
public struct Hook: Codable, Hashable, Sendable {
    /// The agent; the default one, without it.
    public var agentId: String?
    /// Whether calls need no signature.
    public var allowUnsigned: Bool?
    /// Calls that were accepted.
    public var calls: Int
    /// When it was added.
    public var createdAtMs: Int
    /// Whether it has a secret.
    public var hasSecret: Bool
    /// The owner's own words, before what came from outside.
    public var instruction: String?
    /// When the last one was.
    public var lastCallAtMs: Int?
    /// Whether values that the payload does not have are left out; a call is refused for them otherwise.
    public var lenient: Bool?
    /// Model for these runs.
    public var model: String?
    /// The last part of its address: a-z, 0-9, - and _.
    public var name: String
    /// Where programs post to, without the gateway's own address.
    public var path: String
    /// The conversation; one of the hook's own, without it.
    public var sessionKey: String?
    /// What the agent is told of the payload; `{{payload.a[0].b}}` stands for a value.
    public var template: String
    /// Time limit of a run in milliseconds.
    public var timeoutMs: Int?
    /// Whether what came from outside is given to the agent as if the owner had said it.
    public var trusted: Bool?
    /// On which conditions its runs are performed.
    public var work: RunOptions?

    public init(
        agentId: String? = nil,
        allowUnsigned: Bool? = nil,
        calls: Int,
        createdAtMs: Int,
        hasSecret: Bool,
        instruction: String? = nil,
        lastCallAtMs: Int? = nil,
        lenient: Bool? = nil,
        model: String? = nil,
        name: String,
        path: String,
        sessionKey: String? = nil,
        template: String,
        timeoutMs: Int? = nil,
        trusted: Bool? = nil,
        work: RunOptions? = nil
    ) {
        self.agentId = agentId
        self.allowUnsigned = allowUnsigned
        self.calls = calls
        self.createdAtMs = createdAtMs
        self.hasSecret = hasSecret
        self.instruction = instruction
        self.lastCallAtMs = lastCallAtMs
        self.lenient = lenient
        self.model = model
        self.name = name
        self.path = path
        self.sessionKey = sessionKey
        self.template = template
        self.timeoutMs = timeoutMs
        self.trusted = trusted
        self.work = work
    }
}

/// Names a webhook.
public struct HookNameParams: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String

    public init(
        name: String
    ) {
        self.name = name
    }
}

/// A webhook that was added.
public struct HooksAddOutput: Codable, Hashable, Sendable {
    /// The webhook.
    public var hook: Hook
    /// Its secret, which is not shown again.
    public var secret: String?

    public init(
        hook: Hook,
        secret: String? = nil
    ) {
        self.hook = hook
        self.secret = secret
    }
}

/// Parameters of `hooks.add`.
public struct HooksAddParams: Codable, Hashable, Sendable {
    /// The agent; the default one, without it.
    public var agentId: String?
    /// Whether calls need no signature.
    public var allowUnsigned: Bool?
    /// The owner's own words, before what came from outside.
    public var instruction: String?
    /// Whether values that the payload does not have are left out; a call is refused for them otherwise.
    public var lenient: Bool?
    /// Model for these runs.
    public var model: String?
    /// The last part of its address: a-z, 0-9, - and _.
    public var name: String
    /// The secret that calls are signed with, from 16 characters; one is made, without it.
    public var secret: String?
    /// The conversation; one of the hook's own, without it.
    public var sessionKey: String?
    /// What the agent is told of the payload; `{{payload.a[0].b}}` stands for a value.
    public var template: String
    /// Time limit of a run in milliseconds.
    public var timeoutMs: Int?
    /// Whether what came from outside is given to the agent as if the owner had said it.
    public var trusted: Bool?
    /// On which conditions its runs are performed.
    public var work: RunOptions?

    public init(
        agentId: String? = nil,
        allowUnsigned: Bool? = nil,
        instruction: String? = nil,
        lenient: Bool? = nil,
        model: String? = nil,
        name: String,
        secret: String? = nil,
        sessionKey: String? = nil,
        template: String,
        timeoutMs: Int? = nil,
        trusted: Bool? = nil,
        work: RunOptions? = nil
    ) {
        self.agentId = agentId
        self.allowUnsigned = allowUnsigned
        self.instruction = instruction
        self.lenient = lenient
        self.model = model
        self.name = name
        self.secret = secret
        self.sessionKey = sessionKey
        self.template = template
        self.timeoutMs = timeoutMs
        self.trusted = trusted
        self.work = work
    }
}

/// Every webhook.
public struct HooksListOutput: Codable, Hashable, Sendable {
    /// By name.
    public var hooks: [Hook]

    public init(
        hooks: [Hook]
    ) {
        self.hooks = hooks
    }
}

/// Whether a webhook was removed.
public struct HooksRemoveOutput: Codable, Hashable, Sendable {
    /// Always true.
    public var ok: Bool
    /// False: there was none.
    public var removed: Bool

    public init(
        ok: Bool,
        removed: Bool
    ) {
        self.ok = ok
        self.removed = removed
    }
}

/// What an agent would be told.
public struct HooksTestOutput: Codable, Hashable, Sendable {
    /// The message.
    public var message: String

    public init(
        message: String
    ) {
        self.message = message
    }
}

/// Parameters of `hooks.test`.
public struct HooksTestParams: Codable, Hashable, Sendable {
    /// Its name.
    public var name: String
    /// What would be posted.
    public var payload: JSONValue

    public init(
        name: String,
        payload: JSONValue
    ) {
        self.name = name
        self.payload = payload
    }
}

/// What a node tells of its machine.
public struct HostStats: Codable, Hashable, Sendable {
    /// Processors.
    public var cpuCount: Int
    /// Of that, free.
    public var diskAvailableBytes: Int?
    /// Disk in bytes.
    public var diskTotalBytes: Int?
    /// Load over one, five and fifteen minutes.
    public var loadAverage: [Double]?
    /// Of that, free.
    public var memoryFreeBytes: Int
    /// Memory in bytes.
    public var memoryTotalBytes: Int
    /// When it was told; set by the gateway.
    public var updatedAtMs: Int?

    public init(
        cpuCount: Int,
        diskAvailableBytes: Int? = nil,
        diskTotalBytes: Int? = nil,
        loadAverage: [Double]? = nil,
        memoryFreeBytes: Int,
        memoryTotalBytes: Int,
        updatedAtMs: Int? = nil
    ) {
        self.cpuCount = cpuCount
        self.diskAvailableBytes = diskAvailableBytes
        self.diskTotalBytes = diskTotalBytes
        self.loadAverage = loadAverage
        self.memoryFreeBytes = memoryFreeBytes
        self.memoryTotalBytes = memoryTotalBytes
        self.updatedAtMs = updatedAtMs
    }
}

/// A run that is alive.
public struct InFlightRun: Codable, Hashable, Sendable {
    /// Its latest `agent` events, to show its tools.
    public var events: [JSONValue]
    /// The run.
    public var runId: String
    /// When it started.
    public var startedAt: Int
    /// Its text so far.
    public var text: String

    public init(
        events: [JSONValue],
        runId: String,
        startedAt: Int,
        text: String
    ) {
        self.events = events
        self.runId = runId
        self.startedAt = startedAt
        self.text = text
    }
}

/// How a run is kept apart from others in the same folder.
public enum Isolation: String, Codable, Hashable, Sendable {
    /// It works in the agent's folder itself.
    case none = "none"
    /// In a work tree of its own of the folder's repository; what it changed comes back as a branch and a patch.
    case worktree = "worktree"
    /// In a copy of the folder, without what its ignore rules name; what it changed comes back as a patch.
    case tmpdir = "tmpdir"
}

/// A device token for one role.
public struct IssuedToken: Codable, Hashable, Sendable {
    /// The token.
    public var deviceToken: String
    /// When it was issued.
    public var issuedAtMs: Int
    /// Its role.
    public var role: String
    /// Its scopes.
    public var scopes: [String]

    public init(
        deviceToken: String,
        issuedAtMs: Int,
        role: String,
        scopes: [String]
    ) {
        self.deviceToken = deviceToken
        self.issuedAtMs = issuedAtMs
        self.role = role
        self.scopes = scopes
    }
}

/// The last lines of the log.
public struct LogsTailOutput: Codable, Hashable, Sendable {
    /// Where to go on.
    public var cursor: Int
    /// The log file.
    public var file: String
    /// Whole lines.
    public var lines: [String]
    /// Whether the cursor was no longer valid, so that the answer starts anew.
    public var reset: Bool?
    /// The file's size.
    public var size: Int
    /// Whether lines were left out.
    public var truncated: Bool?

    public init(
        cursor: Int,
        file: String,
        lines: [String],
        reset: Bool? = nil,
        size: Int,
        truncated: Bool? = nil
    ) {
        self.cursor = cursor
        self.file = file
        self.lines = lines
        self.reset = reset
        self.size = size
        self.truncated = truncated
    }
}

/// Parameters of `logs.tail`.
public struct LogsTailParams: Codable, Hashable, Sendable {
    /// Byte position to go on from; absent: the last lines.
    public var cursor: Int?
    /// Lines at most; 500 if absent.
    public var limit: Int?
    /// Bytes at most; 250,000 if absent.
    public var maxBytes: Int?

    public init(
        cursor: Int? = nil,
        limit: Int? = nil,
        maxBytes: Int? = nil
    ) {
        self.cursor = cursor
        self.limit = limit
        self.maxBytes = maxBytes
    }
}

/// What came of an action.
public struct MessageActionOutput: Codable, Hashable, Sendable {
    /// The thread or poll that came of it.
    public var made: String?
    /// The platform's id of the message, if one came of it.
    public var messageId: String?
    /// What was read: objects with `id`, `text` and `author`.
    public var messages: [JSONValue]?
    /// Always true.
    public var ok: Bool

    public init(
        made: String? = nil,
        messageId: String? = nil,
        messages: [JSONValue]? = nil,
        ok: Bool
    ) {
        self.made = made
        self.messageId = messageId
        self.messages = messages
        self.ok = ok
    }
}

/// Parameters of `message.action`.
public struct MessageActionParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// What to do: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read.
    public var action: String
    /// Accepted.
    public var agentId: JSONValue?
    /// The platform.
    public var channel: String
    /// Accepted.
    public var conversationReadOrigin: JSONValue?
    /// The same key acts once.
    public var idempotencyKey: String
    /// Accepted.
    public var inboundTurnKind: JSONValue?
    /// What the action takes: `to` or `target`, `message`, `messageId`, `emoji`, `threadId`, and so on.
    public var params: [String: JSONValue]
    /// Accepted.
    public var reply: JSONValue?
    /// Accepted.
    public var requesterAccountId: JSONValue?
    /// Accepted.
    public var requesterSenderId: JSONValue?
    /// Accepted.
    public var senderIsOwner: JSONValue?
    /// Accepted.
    public var sessionId: JSONValue?
    /// Accepted.
    public var sessionKey: JSONValue?
    /// Accepted.
    public var toolContext: JSONValue?

    public init(
        accountId: String? = nil,
        action: String,
        agentId: JSONValue? = nil,
        channel: String,
        conversationReadOrigin: JSONValue? = nil,
        idempotencyKey: String,
        inboundTurnKind: JSONValue? = nil,
        params: [String: JSONValue],
        reply: JSONValue? = nil,
        requesterAccountId: JSONValue? = nil,
        requesterSenderId: JSONValue? = nil,
        senderIsOwner: JSONValue? = nil,
        sessionId: JSONValue? = nil,
        sessionKey: JSONValue? = nil,
        toolContext: JSONValue? = nil
    ) {
        self.accountId = accountId
        self.action = action
        self.agentId = agentId
        self.channel = channel
        self.conversationReadOrigin = conversationReadOrigin
        self.idempotencyKey = idempotencyKey
        self.inboundTurnKind = inboundTurnKind
        self.params = params
        self.reply = reply
        self.requesterAccountId = requesterAccountId
        self.requesterSenderId = requesterSenderId
        self.senderIsOwner = senderIsOwner
        self.sessionId = sessionId
        self.sessionKey = sessionKey
        self.toolContext = toolContext
    }
}

/// Position and run of a stored message.
public struct MessageMeta: Codable, Hashable, Sendable {
    /// The message's id.
    public var id: String
    /// As on the message.
    public var idempotencyKey: String?
    /// When it was stored.
    public var recordTimestampMs: Int
    /// The run it belongs to.
    public var runId: String?
    /// Grows within the conversation.
    public var seq: Int

    public init(
        id: String,
        idempotencyKey: String? = nil,
        recordTimestampMs: Int,
        runId: String? = nil,
        seq: Int
    ) {
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.recordTimestampMs = recordTimestampMs
        self.runId = runId
        self.seq = seq
    }
}

/// Parameters of `sessions.messages.subscribe` and `.unsubscribe`.
public struct MessagesSubscribeParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// Accepted: approvals come as events of their own.
    public var includeApprovals: JSONValue?
    /// The conversation.
    public var key: String

    public init(
        agentId: String? = nil,
        includeApprovals: JSONValue? = nil,
        key: String
    ) {
        self.agentId = agentId
        self.includeApprovals = includeApprovals
        self.key = key
    }
}

/// What becomes of instants that passed while the gateway was not running.
public enum Misfire: String, Codable, Hashable, Sendable {
    /// They are left out.
    case skip = "skip"
    /// The job runs once for all of them.
    case once = "once"
    /// The job runs for each, oldest first.
    case all = "all"
}

/// One model.
public struct ModelChoice: Codable, Hashable, Sendable {
    /// Whether it can be used now.
    public var available: Bool
    /// Its id.
    public var id: String
    /// Its name for people.
    public var name: String
    /// The executor that offers it.
    public var provider: String

    public init(
        available: Bool,
        id: String,
        name: String,
        provider: String
    ) {
        self.available = available
        self.id = id
        self.name = name
        self.provider = provider
    }
}

/// Models to choose from.
public struct ModelsListOutput: Codable, Hashable, Sendable {
    /// The models.
    public var models: [ModelChoice]

    public init(
        models: [ModelChoice]
    ) {
        self.models = models
    }
}

/// Parameters of `models.list`.
public struct ModelsListParams: Codable, Hashable, Sendable {
    /// Only models of this agent.
    public var agentId: String?
    /// Accepted.
    public var includeProviderCapabilities: JSONValue?
    /// Accepted.
    public var preparedOnly: JSONValue?
    /// Accepted.
    public var refresh: JSONValue?
    /// Accepted.
    public var view: JSONValue?

    public init(
        agentId: String? = nil,
        includeProviderCapabilities: JSONValue? = nil,
        preparedOnly: JSONValue? = nil,
        refresh: JSONValue? = nil,
        view: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.includeProviderCapabilities = includeProviderCapabilities
        self.preparedOnly = preparedOnly
        self.refresh = refresh
        self.view = view
    }
}

/// What must become of a task that another one waits for.
public enum Need: String, Codable, Hashable, Sendable {
    /// It must complete; if it does not, the waiting task fails.
    case success = "success"
    /// It must end, in whatever way.
    case end = "end"
}

/// Parameters of a method that takes none; what a client sends all the same is ignored.
public typealias NoParams = [String: JSONValue]

/// Output of `node.describe`.
public struct NodeDescribeOutput: Codable, Hashable, Sendable {
    /// How far what it offers is approved.
    public var approvalState: ApprovalState
    /// When its surface was last approved.
    public var approvedAtMs: Int?
    /// Families of commands that were approved.
    public var caps: [String]
    /// The program.
    public var clientId: String?
    /// How it is used.
    public var clientMode: String?
    /// JSON Schemas of the arguments of its commands, as far as it published them.
    public var commandSchemas: [String: JSONValue]?
    /// Commands that can be called: approved, offered now and allowed by the configuration.
    public var commands: [String]
    /// Whether it is connected.
    public var connected: Bool
    /// Since when it is connected.
    public var connectedAtMs: Int?
    /// Its kind.
    public var deviceFamily: String?
    /// Its name for people.
    public var displayName: String?
    /// What it last told of its machine.
    public var hostStats: HostStats?
    /// When somebody last did something there.
    public var lastActiveAtMs: Int?
    /// When it last connected.
    public var lastConnectedAtMs: Int?
    /// When it last gave a sign of life.
    public var lastSeenAtMs: Int?
    /// Which: `connect`, `disconnect`, or a trigger of `node.presence.alive`.
    public var lastSeenReason: String?
    /// Its model.
    public var modelIdentifier: String?
    /// The node, which is its device's id.
    public var nodeId: String
    /// Always true: who is not paired is not shown.
    public var paired: Bool
    /// The PATH on which it finds programs.
    public var pathEnv: String?
    /// Families it asks for.
    public var pendingDeclaredCaps: [String]?
    /// Commands it asks for.
    public var pendingDeclaredCommands: [String]?
    /// Permissions it asks for.
    public var pendingDeclaredPermissions: [String: Bool]?
    /// To approve or reject; for those who may.
    public var pendingRequestId: String?
    /// Work that waits for it.
    public var pendingWork: Int?
    /// What the machine's owner granted its program.
    public var permissions: [String: Bool]?
    /// Its operating system, as it says.
    public var platform: String?
    /// When the node said so.
    public var presenceUpdatedAtMs: Int?
    /// Where it was last connected from, unless that was this machine.
    public var remoteIp: String?
    /// When this was read.
    public var ts: Int
    /// Its program's version.
    public var version: String?
    /// Commands that it offers and that cannot be called, with the reason.
    public var withheld: [String: String]?

    public init(
        approvalState: ApprovalState,
        approvedAtMs: Int? = nil,
        caps: [String],
        clientId: String? = nil,
        clientMode: String? = nil,
        commandSchemas: [String: JSONValue]? = nil,
        commands: [String],
        connected: Bool,
        connectedAtMs: Int? = nil,
        deviceFamily: String? = nil,
        displayName: String? = nil,
        hostStats: HostStats? = nil,
        lastActiveAtMs: Int? = nil,
        lastConnectedAtMs: Int? = nil,
        lastSeenAtMs: Int? = nil,
        lastSeenReason: String? = nil,
        modelIdentifier: String? = nil,
        nodeId: String,
        paired: Bool,
        pathEnv: String? = nil,
        pendingDeclaredCaps: [String]? = nil,
        pendingDeclaredCommands: [String]? = nil,
        pendingDeclaredPermissions: [String: Bool]? = nil,
        pendingRequestId: String? = nil,
        pendingWork: Int? = nil,
        permissions: [String: Bool]? = nil,
        platform: String? = nil,
        presenceUpdatedAtMs: Int? = nil,
        remoteIp: String? = nil,
        ts: Int,
        version: String? = nil,
        withheld: [String: String]? = nil
    ) {
        self.approvalState = approvalState
        self.approvedAtMs = approvedAtMs
        self.caps = caps
        self.clientId = clientId
        self.clientMode = clientMode
        self.commandSchemas = commandSchemas
        self.commands = commands
        self.connected = connected
        self.connectedAtMs = connectedAtMs
        self.deviceFamily = deviceFamily
        self.displayName = displayName
        self.hostStats = hostStats
        self.lastActiveAtMs = lastActiveAtMs
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.lastSeenReason = lastSeenReason
        self.modelIdentifier = modelIdentifier
        self.nodeId = nodeId
        self.paired = paired
        self.pathEnv = pathEnv
        self.pendingDeclaredCaps = pendingDeclaredCaps
        self.pendingDeclaredCommands = pendingDeclaredCommands
        self.pendingDeclaredPermissions = pendingDeclaredPermissions
        self.pendingRequestId = pendingRequestId
        self.pendingWork = pendingWork
        self.permissions = permissions
        self.platform = platform
        self.presenceUpdatedAtMs = presenceUpdatedAtMs
        self.remoteIp = remoteIp
        self.ts = ts
        self.version = version
        self.withheld = withheld
    }
}

/// A node's reason for not doing something.
public struct NodeError: Codable, Hashable, Sendable {
    /// Such as `CAMERA_DISABLED`.
    public var code: String?
    /// For people.
    public var message: String?

    public init(
        code: String? = nil,
        message: String? = nil
    ) {
        self.code = code
        self.message = message
    }
}

/// Output of `node.event`.
public struct NodeEventOutput: Codable, Hashable, Sendable {
    /// Its name.
    public var event: String
    /// Whether something was done with it.
    public var handled: Bool
    /// Always true.
    public var ok: Bool
    /// What, or why not: `persisted`, `updated`, `unmatched_exec_event`, `unsupported_event` …
    public var reason: String?

    public init(
        event: String,
        handled: Bool,
        ok: Bool,
        reason: String? = nil
    ) {
        self.event = event
        self.handled = handled
        self.ok = ok
        self.reason = reason
    }
}

/// Parameters of `node.event`.
public struct NodeEventParams: Codable, Hashable, Sendable {
    /// Its name.
    public var event: String
    /// Particulars.
    public var payload: JSONValue?
    /// The same as text; it goes before `payload`.
    public var payloadJSON: String?

    public init(
        event: String,
        payload: JSONValue? = nil,
        payloadJSON: String? = nil
    ) {
        self.event = event
        self.payload = payload
        self.payloadJSON = payloadJSON
    }
}

/// Output of `node.exec`.
public struct NodeExecOutput: Codable, Hashable, Sendable {
    /// The request that was answered, if somebody was asked.
    public var approvalId: String?
    /// Why it could not be run, or not to its end.
    public var error: String?
    /// Exit code; absent when a signal ended it.
    public var exitCode: Int?
    /// The node.
    public var nodeId: String
    /// Always true: it was run, whatever came of it.
    public var ok: Bool
    /// The node's answer as it is.
    public var payload: JSONValue
    /// Names this run on the node.
    public var runId: String
    /// What it complained about.
    public var stderr: String
    /// What it printed.
    public var stdout: String
    /// Whether it ended with exit code 0.
    public var success: Bool
    /// Whether it was ended because it ran too long.
    public var timedOut: Bool

    public init(
        approvalId: String? = nil,
        error: String? = nil,
        exitCode: Int? = nil,
        nodeId: String,
        ok: Bool,
        payload: JSONValue,
        runId: String,
        stderr: String,
        stdout: String,
        success: Bool,
        timedOut: Bool
    ) {
        self.approvalId = approvalId
        self.error = error
        self.exitCode = exitCode
        self.nodeId = nodeId
        self.ok = ok
        self.payload = payload
        self.runId = runId
        self.stderr = stderr
        self.stdout = stdout
        self.success = success
        self.timedOut = timedOut
    }
}

/// Parameters of `node.exec`.
public struct NodeExecParams: Codable, Hashable, Sendable {
    /// The program and its arguments; no shell reads them.
    public var command: [String]
    /// The folder on the node; its own choice if absent.
    public var cwd: String?
    /// Environment variables to set besides.
    public var env: [String: String]?
    /// A repeat under the same key gets the first answer.
    public var idempotencyKey: String
    /// The node.
    public var nodeId: String
    /// Whether `node.invoke.progress` events are wanted while it runs.
    public var progress: Bool?
    /// The conversation on whose behalf; for an agent always its own.
    public var sessionKey: String?
    /// How long the program may run; two minutes if absent.
    public var timeoutMs: Int?

    public init(
        command: [String],
        cwd: String? = nil,
        env: [String: String]? = nil,
        idempotencyKey: String,
        nodeId: String,
        progress: Bool? = nil,
        sessionKey: String? = nil,
        timeoutMs: Int? = nil
    ) {
        self.command = command
        self.cwd = cwd
        self.env = env
        self.idempotencyKey = idempotencyKey
        self.nodeId = nodeId
        self.progress = progress
        self.sessionKey = sessionKey
        self.timeoutMs = timeoutMs
    }
}

/// Payload of `node.hostStats`.
public struct NodeHostStats: Codable, Hashable, Sendable {
    /// What it told.
    public var hostStats: HostStats
    /// The node.
    public var nodeId: String

    public init(
        hostStats: HostStats,
        nodeId: String
    ) {
        self.hostStats = hostStats
        self.nodeId = nodeId
    }
}

/// Payload of `node.invoke.cancel`, which goes to the node alone and has no `seq`.
public struct NodeInvokeCancel: Codable, Hashable, Sendable {
    /// Which request is not waited for any more.
    public var invokeId: String
    /// The node itself.
    public var nodeId: String

    public init(
        invokeId: String,
        nodeId: String
    ) {
        self.invokeId = invokeId
        self.nodeId = nodeId
    }
}

/// Output of `node.invoke`.
public struct NodeInvokeOutput: Codable, Hashable, Sendable {
    /// The command.
    public var command: String
    /// The node.
    public var nodeId: String
    /// Always true.
    public var ok: Bool
    /// What it answered.
    public var payload: JSONValue
    /// The same as text.
    public var payloadJSON: String?

    public init(
        command: String,
        nodeId: String,
        ok: Bool,
        payload: JSONValue,
        payloadJSON: String? = nil
    ) {
        self.command = command
        self.nodeId = nodeId
        self.ok = ok
        self.payload = payload
        self.payloadJSON = payloadJSON
    }
}

/// Parameters of `node.invoke`.
public struct NodeInvokeParams: Codable, Hashable, Sendable {
    /// The command.
    public var command: String
    /// A repeat under the same key gets the first answer.
    public var idempotencyKey: String
    /// The node.
    public var nodeId: String
    /// Its arguments.
    public var params: JSONValue?
    /// Whether `node.invoke.progress` events are wanted while it runs.
    public var progress: Bool?
    /// The conversation on whose behalf.
    public var sessionKey: String?
    /// How long to wait; half a minute if absent or 0.
    public var timeoutMs: Int?

    public init(
        command: String,
        idempotencyKey: String,
        nodeId: String,
        params: JSONValue? = nil,
        progress: Bool? = nil,
        sessionKey: String? = nil,
        timeoutMs: Int? = nil
    ) {
        self.command = command
        self.idempotencyKey = idempotencyKey
        self.nodeId = nodeId
        self.params = params
        self.progress = progress
        self.sessionKey = sessionKey
        self.timeoutMs = timeoutMs
    }
}

/// Parameters of `node.invoke.progress`.
public struct NodeInvokeProgressParams: Codable, Hashable, Sendable {
    /// Output, at most 16384 bytes.
    public var chunk: String
    /// Which request it belongs to.
    public var invokeId: String
    /// The node itself.
    public var nodeId: String
    /// Its number, from 0.
    public var seq: Int

    public init(
        chunk: String,
        invokeId: String,
        nodeId: String,
        seq: Int
    ) {
        self.chunk = chunk
        self.invokeId = invokeId
        self.nodeId = nodeId
        self.seq = seq
    }
}

/// Payload of `node.invoke.progress`, which goes to the caller alone, if it asked for it, and has no `seq`.
public struct NodeInvokeProgressed: Codable, Hashable, Sendable {
    /// Output.
    public var chunk: String
    /// The caller's key.
    public var idempotencyKey: String
    /// The node.
    public var nodeId: String
    /// Its number, from 0; holes are allowed.
    public var seq: Int

    public init(
        chunk: String,
        idempotencyKey: String,
        nodeId: String,
        seq: Int
    ) {
        self.chunk = chunk
        self.idempotencyKey = idempotencyKey
        self.nodeId = nodeId
        self.seq = seq
    }
}

/// Payload of `node.invoke.request`, which goes to the node alone and has no `seq`.
public struct NodeInvokeRequest: Codable, Hashable, Sendable {
    /// The command.
    public var command: String
    /// To be named in the answer.
    public var id: String
    /// The caller's key.
    public var idempotencyKey: String?
    /// The node itself.
    public var nodeId: String
    /// Its arguments as text.
    public var paramsJSON: String?
    /// How long the caller still waits.
    public var timeoutMs: Int?

    public init(
        command: String,
        id: String,
        idempotencyKey: String? = nil,
        nodeId: String,
        paramsJSON: String? = nil,
        timeoutMs: Int? = nil
    ) {
        self.command = command
        self.id = id
        self.idempotencyKey = idempotencyKey
        self.nodeId = nodeId
        self.paramsJSON = paramsJSON
        self.timeoutMs = timeoutMs
    }
}

/// Parameters of `node.invoke.result`. Older programs send `null` for what is absent and values where text is due.
public struct NodeInvokeResultParams: Codable, Hashable, Sendable {
    /// Why it was not done.
    public var error: NodeError?
    /// Which request is answered.
    public var id: String
    /// The node itself.
    public var nodeId: String
    /// Whether it was done.
    public var ok: Bool
    /// What came of it.
    public var payload: JSONValue?
    /// The same as text; it goes before `payload`.
    public var payloadJSON: JSONValue?

    public init(
        error: NodeError? = nil,
        id: String,
        nodeId: String,
        ok: Bool,
        payload: JSONValue? = nil,
        payloadJSON: JSONValue? = nil
    ) {
        self.error = error
        self.id = id
        self.nodeId = nodeId
        self.ok = ok
        self.payload = payload
        self.payloadJSON = payloadJSON
    }
}

/// Output of `node.list`.
public struct NodeListOutput: Codable, Hashable, Sendable {
    /// All nodes; connected ones first, then by name.
    public var nodes: [NodeRow]
    /// When this was read.
    public var ts: Int

    public init(
        nodes: [NodeRow],
        ts: Int
    ) {
        self.nodes = nodes
        self.ts = ts
    }
}

/// Output of `node.pair.approve`.
public struct NodePairApproveOutput: Codable, Hashable, Sendable {
    /// The node as it is now.
    public var node: NodeRow
    /// The request.
    public var requestId: String

    public init(
        node: NodeRow,
        requestId: String
    ) {
        self.node = node
        self.requestId = requestId
    }
}

/// Output of `node.pair.list`.
public struct NodePairListOutput: Codable, Hashable, Sendable {
    /// Those that have something approved, latest first.
    public var paired: [PairedNode]
    /// Those that wait, oldest first.
    public var pending: [NodePairRequest]

    public init(
        paired: [PairedNode],
        pending: [NodePairRequest]
    ) {
        self.paired = paired
        self.pending = pending
    }
}

/// Output of `node.pair.reject`.
public struct NodePairRejectOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String
    /// The request.
    public var requestId: String

    public init(
        nodeId: String,
        requestId: String
    ) {
        self.nodeId = nodeId
        self.requestId = requestId
    }
}

/// Output of `node.pair.remove`.
public struct NodePairRemoveOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

/// A node that waits for approval of what it offers; also the payload of `node.pair.requested`.
public struct NodePairRequest: Codable, Hashable, Sendable {
    /// Families of commands.
    public var caps: [String]
    /// The program.
    public var clientId: String?
    /// How it is used.
    public var clientMode: String?
    /// Commands.
    public var commands: [String]
    /// Its kind.
    public var deviceFamily: String?
    /// Its name for people.
    public var displayName: String?
    /// Whether something of it is approved already.
    public var isRepair: Bool
    /// The node.
    public var nodeId: String
    /// What the machine's owner granted its program.
    public var permissions: [String: Bool]?
    /// Its operating system.
    public var platform: String?
    /// Where it came from, unless that was this machine.
    public var remoteIp: String?
    /// To approve or reject. It is the digest of node and surface: a request cannot be changed under its id.
    public var requestId: String
    /// Scopes that an approver needs.
    public var requiredApproveScopes: [String]
    /// When it asked.
    public var ts: Int
    /// Its program's version.
    public var version: String?

    public init(
        caps: [String],
        clientId: String? = nil,
        clientMode: String? = nil,
        commands: [String],
        deviceFamily: String? = nil,
        displayName: String? = nil,
        isRepair: Bool,
        nodeId: String,
        permissions: [String: Bool]? = nil,
        platform: String? = nil,
        remoteIp: String? = nil,
        requestId: String,
        requiredApproveScopes: [String],
        ts: Int,
        version: String? = nil
    ) {
        self.caps = caps
        self.clientId = clientId
        self.clientMode = clientMode
        self.commands = commands
        self.deviceFamily = deviceFamily
        self.displayName = displayName
        self.isRepair = isRepair
        self.nodeId = nodeId
        self.permissions = permissions
        self.platform = platform
        self.remoteIp = remoteIp
        self.requestId = requestId
        self.requiredApproveScopes = requiredApproveScopes
        self.ts = ts
        self.version = version
    }
}

/// Payload of `node.pair.resolved`.
public struct NodePairResolved: Codable, Hashable, Sendable {
    /// `approved`, `rejected`, `superseded` or `removed`.
    public var decision: String
    /// The node.
    public var nodeId: String
    /// The request; for a removal the node.
    public var requestId: String
    /// When.
    public var ts: Int

    public init(
        decision: String,
        nodeId: String,
        requestId: String,
        ts: Int
    ) {
        self.decision = decision
        self.nodeId = nodeId
        self.requestId = requestId
        self.ts = ts
    }
}

/// Parameters that name a node.
public struct NodeParams: Codable, Hashable, Sendable {
    /// The node, which is its device's id.
    public var nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

/// Output of `node.pending.ack`.
public struct NodePendingAckOutput: Codable, Hashable, Sendable {
    /// What was acknowledged.
    public var ackedIds: [String]
    /// The node.
    public var nodeId: String
    /// What still waits.
    public var remainingCount: Int

    public init(
        ackedIds: [String],
        nodeId: String,
        remainingCount: Int
    ) {
        self.ackedIds = ackedIds
        self.nodeId = nodeId
        self.remainingCount = remainingCount
    }
}

/// Parameters of `node.pending.ack`.
public struct NodePendingAckParams: Codable, Hashable, Sendable {
    /// What is done.
    public var ids: [String]

    public init(
        ids: [String]
    ) {
        self.ids = ids
    }
}

/// Output of `node.pending.drain`.
public struct NodePendingDrainOutput: Codable, Hashable, Sendable {
    /// Whether there is more.
    public var hasMore: Bool
    /// Work, most urgent first.
    public var items: [WorkItem]
    /// The node.
    public var nodeId: String
    /// Grows with each change.
    public var revision: Int

    public init(
        hasMore: Bool,
        items: [WorkItem],
        nodeId: String,
        revision: Int
    ) {
        self.hasMore = hasMore
        self.items = items
        self.nodeId = nodeId
        self.revision = revision
    }
}

/// Parameters of `node.pending.drain`.
public struct NodePendingDrainParams: Codable, Hashable, Sendable {
    /// How many at most.
    public var maxItems: Int?

    public init(
        maxItems: Int? = nil
    ) {
        self.maxItems = maxItems
    }
}

/// Output of `node.pending.enqueue`.
public struct NodePendingEnqueueOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String
    /// What was left. The same work that waits already is not left twice.
    public var queued: WorkItem
    /// Grows with each change of what waits for the node.
    public var revision: Int
    /// Whether the node was woken.
    public var wakeTriggered: Bool

    public init(
        nodeId: String,
        queued: WorkItem,
        revision: Int,
        wakeTriggered: Bool
    ) {
        self.nodeId = nodeId
        self.queued = queued
        self.revision = revision
        self.wakeTriggered = wakeTriggered
    }
}

/// Parameters of `node.pending.enqueue`.
public struct NodePendingEnqueueParams: Codable, Hashable, Sendable {
    /// When it is no longer wanted; a day if absent.
    public var expiresInMs: Int?
    /// The node.
    public var nodeId: String
    /// How soon.
    public var priority: WorkPriority?
    /// What.
    public var type: WorkType
    /// Whether to wake the node. Landline has no push service, so it never does.
    public var wake: Bool?

    public init(
        expiresInMs: Int? = nil,
        nodeId: String,
        priority: WorkPriority? = nil,
        type: WorkType,
        wake: Bool? = nil
    ) {
        self.expiresInMs = expiresInMs
        self.nodeId = nodeId
        self.priority = priority
        self.type = type
        self.wake = wake
    }
}

/// Output of `node.pending.pull`.
public struct NodePendingPullOutput: Codable, Hashable, Sendable {
    /// Commands, oldest first.
    public var actions: [PendingAction]
    /// The node.
    public var nodeId: String

    public init(
        actions: [PendingAction],
        nodeId: String
    ) {
        self.actions = actions
        self.nodeId = nodeId
    }
}

/// None of the tools.
public struct NodePluginToolsOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String
    /// Always empty.
    public var tools: [JSONValue]

    public init(
        nodeId: String,
        tools: [JSONValue]
    ) {
        self.nodeId = nodeId
        self.tools = tools
    }
}

/// Payload of `node.presence`.
public struct NodePresence: Codable, Hashable, Sendable {
    /// Whether it is connected.
    public var connected: Bool
    /// When somebody last did something there.
    public var lastActiveAtMs: Int?
    /// The node.
    public var nodeId: String
    /// When the node said so.
    public var presenceUpdatedAtMs: Int?
    /// `connect`, `disconnect`, `activity`, or what the node gave as reason for its sign of life.
    public var reason: String
    /// When.
    public var ts: Int

    public init(
        connected: Bool,
        lastActiveAtMs: Int? = nil,
        nodeId: String,
        presenceUpdatedAtMs: Int? = nil,
        reason: String,
        ts: Int
    ) {
        self.connected = connected
        self.lastActiveAtMs = lastActiveAtMs
        self.nodeId = nodeId
        self.presenceUpdatedAtMs = presenceUpdatedAtMs
        self.reason = reason
        self.ts = ts
    }
}

/// Output of `node.rename`.
public struct NodeRenameOutput: Codable, Hashable, Sendable {
    /// Its name from now on.
    public var displayName: String
    /// The node.
    public var nodeId: String

    public init(
        displayName: String,
        nodeId: String
    ) {
        self.displayName = displayName
        self.nodeId = nodeId
    }
}

/// Parameters of `node.rename`.
public struct NodeRenameParams: Codable, Hashable, Sendable {
    /// Its name for people.
    public var displayName: String
    /// The node.
    public var nodeId: String

    public init(
        displayName: String,
        nodeId: String
    ) {
        self.displayName = displayName
        self.nodeId = nodeId
    }
}

/// A node as lists show it.
public struct NodeRow: Codable, Hashable, Sendable {
    /// How far what it offers is approved.
    public var approvalState: ApprovalState
    /// When its surface was last approved.
    public var approvedAtMs: Int?
    /// Families of commands that were approved.
    public var caps: [String]
    /// The program.
    public var clientId: String?
    /// How it is used.
    public var clientMode: String?
    /// Commands that can be called: approved, offered now and allowed by the configuration.
    public var commands: [String]
    /// Whether it is connected.
    public var connected: Bool
    /// Since when it is connected.
    public var connectedAtMs: Int?
    /// Its kind.
    public var deviceFamily: String?
    /// Its name for people.
    public var displayName: String?
    /// What it last told of its machine.
    public var hostStats: HostStats?
    /// When somebody last did something there.
    public var lastActiveAtMs: Int?
    /// When it last connected.
    public var lastConnectedAtMs: Int?
    /// When it last gave a sign of life.
    public var lastSeenAtMs: Int?
    /// Which: `connect`, `disconnect`, or a trigger of `node.presence.alive`.
    public var lastSeenReason: String?
    /// Its model.
    public var modelIdentifier: String?
    /// The node, which is its device's id.
    public var nodeId: String
    /// Always true: who is not paired is not shown.
    public var paired: Bool
    /// The PATH on which it finds programs.
    public var pathEnv: String?
    /// Families it asks for.
    public var pendingDeclaredCaps: [String]?
    /// Commands it asks for.
    public var pendingDeclaredCommands: [String]?
    /// Permissions it asks for.
    public var pendingDeclaredPermissions: [String: Bool]?
    /// To approve or reject; for those who may.
    public var pendingRequestId: String?
    /// Work that waits for it.
    public var pendingWork: Int?
    /// What the machine's owner granted its program.
    public var permissions: [String: Bool]?
    /// Its operating system, as it says.
    public var platform: String?
    /// When the node said so.
    public var presenceUpdatedAtMs: Int?
    /// Where it was last connected from, unless that was this machine.
    public var remoteIp: String?
    /// Its program's version.
    public var version: String?

    public init(
        approvalState: ApprovalState,
        approvedAtMs: Int? = nil,
        caps: [String],
        clientId: String? = nil,
        clientMode: String? = nil,
        commands: [String],
        connected: Bool,
        connectedAtMs: Int? = nil,
        deviceFamily: String? = nil,
        displayName: String? = nil,
        hostStats: HostStats? = nil,
        lastActiveAtMs: Int? = nil,
        lastConnectedAtMs: Int? = nil,
        lastSeenAtMs: Int? = nil,
        lastSeenReason: String? = nil,
        modelIdentifier: String? = nil,
        nodeId: String,
        paired: Bool,
        pathEnv: String? = nil,
        pendingDeclaredCaps: [String]? = nil,
        pendingDeclaredCommands: [String]? = nil,
        pendingDeclaredPermissions: [String: Bool]? = nil,
        pendingRequestId: String? = nil,
        pendingWork: Int? = nil,
        permissions: [String: Bool]? = nil,
        platform: String? = nil,
        presenceUpdatedAtMs: Int? = nil,
        remoteIp: String? = nil,
        version: String? = nil
    ) {
        self.approvalState = approvalState
        self.approvedAtMs = approvedAtMs
        self.caps = caps
        self.clientId = clientId
        self.clientMode = clientMode
        self.commands = commands
        self.connected = connected
        self.connectedAtMs = connectedAtMs
        self.deviceFamily = deviceFamily
        self.displayName = displayName
        self.hostStats = hostStats
        self.lastActiveAtMs = lastActiveAtMs
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastSeenAtMs = lastSeenAtMs
        self.lastSeenReason = lastSeenReason
        self.modelIdentifier = modelIdentifier
        self.nodeId = nodeId
        self.paired = paired
        self.pathEnv = pathEnv
        self.pendingDeclaredCaps = pendingDeclaredCaps
        self.pendingDeclaredCommands = pendingDeclaredCommands
        self.pendingDeclaredPermissions = pendingDeclaredPermissions
        self.pendingRequestId = pendingRequestId
        self.pendingWork = pendingWork
        self.permissions = permissions
        self.platform = platform
        self.presenceUpdatedAtMs = presenceUpdatedAtMs
        self.remoteIp = remoteIp
        self.version = version
    }
}

/// Taken note of.
public struct NodeRunnerInventoryOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String

    public init(
        nodeId: String
    ) {
        self.nodeId = nodeId
    }
}

/// Output of `node.schemas.update`.
public struct NodeSchemasUpdateOutput: Codable, Hashable, Sendable {
    /// How many are in force.
    public var count: Int
    /// Always true.
    public var ok: Bool

    public init(
        count: Int,
        ok: Bool
    ) {
        self.count = count
        self.ok = ok
    }
}

/// Parameters of `node.schemas.update`.
public struct NodeSchemasUpdateParams: Codable, Hashable, Sendable {
    /// A JSON Schema for the arguments of each command that has one; all others from before are forgotten.
    public var commands: [String: JSONValue]

    public init(
        commands: [String: JSONValue]
    ) {
        self.commands = commands
    }
}

/// None of the skills.
public struct NodeSkillsOutput: Codable, Hashable, Sendable {
    /// The node.
    public var nodeId: String
    /// Always empty.
    public var skills: [JSONValue]

    public init(
        nodeId: String,
        skills: [JSONValue]
    ) {
        self.nodeId = nodeId
        self.skills = skills
    }
}

/// A URL for a node.
public struct NodeSurfaceRefreshOutput: Codable, Hashable, Sendable {
    /// When the URL ends unless it is used.
    public var expiresAtMs: Int
    /// By surface: the base of its URLs.
    public var pluginSurfaceUrls: [String: String]
    /// `canvas`.
    public var surface: String

    public init(
        expiresAtMs: Int,
        pluginSurfaceUrls: [String: String],
        surface: String
    ) {
        self.expiresAtMs = expiresAtMs
        self.pluginSurfaceUrls = pluginSurfaceUrls
        self.surface = surface
    }
}

/// Which surface a node wants a URL for.
public struct NodeSurfaceRefreshParams: Codable, Hashable, Sendable {
    /// The URL that the node has; accepted.
    public var observedUrl: String?
    /// `canvas`.
    public var surface: String

    public init(
        observedUrl: String? = nil,
        surface: String
    ) {
        self.observedUrl = observedUrl
        self.surface = surface
    }
}

/// How many nodes there are.
public struct NodesStatus: Codable, Hashable, Sendable {
    /// Of these, connected.
    public var connected: Int
    /// All that are known.
    public var known: Int
    /// Of these, waiting for approval of something.
    public var pending: Int
    /// Requests that nodes have not answered yet.
    public var waiting: Int

    public init(
        connected: Int,
        known: Int,
        pending: Int,
        waiting: Int
    ) {
        self.connected = connected
        self.known = known
        self.pending = pending
        self.waiting = waiting
    }
}

/// Messages that wait, failed, or whose fate is unknown; oldest first.
public struct OutboxListOutput: Codable, Hashable, Sendable {
    /// The messages.
    public var messages: [OutboxMessage]

    public init(
        messages: [OutboxMessage]
    ) {
        self.messages = messages
    }
}

/// Parameters of `channels.outbox.list`.
public struct OutboxListParams: Codable, Hashable, Sendable {
    /// Only this account.
    public var accountId: String?
    /// Only this platform.
    public var channel: String?
    /// At most so many, 1 to 200; 50 without it.
    public var limit: Int?

    public init(
        accountId: String? = nil,
        channel: String? = nil,
        limit: Int? = nil
    ) {
        self.accountId = accountId
        self.channel = channel
        self.limit = limit
    }
}

/// A message to a platform that was not sent, or of which nobody knows.
public struct OutboxMessage: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// How often it was tried.
    public var attempts: Int
    /// The platform.
    public var channel: String
    /// The conversation on the platform.
    public var chat: String
    /// When it was to be sent first.
    public var createdAt: Int
    /// What went wrong last.
    public var error: String?
    /// To resend or drop it.
    public var id: String
    /// Its beginning.
    public var preview: String
    /// `queued`, `started`, `failed` or `unknown`.
    public var state: String

    public init(
        accountId: String,
        attempts: Int,
        channel: String,
        chat: String,
        createdAt: Int,
        error: String? = nil,
        id: String,
        preview: String,
        state: String
    ) {
        self.accountId = accountId
        self.attempts = attempts
        self.channel = channel
        self.chat = chat
        self.createdAt = createdAt
        self.error = error
        self.id = id
        self.preview = preview
        self.state = state
    }
}

/// Parameters that name a message of the outbox.
public struct OutboxParams: Codable, Hashable, Sendable {
    /// Its id, from `channels.outbox.list`.
    public var id: String

    public init(
        id: String
    ) {
        self.id = id
    }
}

/// One step of a task's output.
public struct OutputChunk: Codable, Hashable, Sendable {
    /// When it was stored.
    public var at: Int
    /// Which run of the task it belongs to, from 1.
    public var fence: Int
    /// Its number within the task, from 0, without holes.
    public var seq: Int
    /// What happened; `step` in it is its kind: `text`, `tool_start`, `gap`, …
    public var step: JSONValue

    public init(
        at: Int,
        fence: Int,
        seq: Int,
        step: JSONValue
    ) {
        self.at = at
        self.fence = fence
        self.seq = seq
        self.step = step
    }
}

/// A paired device.
public struct PairedDevice: Codable, Hashable, Sendable {
    /// When it was last approved.
    public var approvedAtMs: Int
    /// `silent`, `owner` or `bootstrap`.
    public var approvedVia: String
    /// The program.
    public var clientId: String?
    /// How it is used.
    public var clientMode: String?
    /// Whether it is here now.
    public var connected: Bool
    /// When it was first seen.
    public var createdAtMs: Int
    /// Its kind.
    public var deviceFamily: String?
    /// The device.
    public var deviceId: String
    /// Its name for people.
    public var displayName: String?
    /// When it was last here.
    public var lastSeenAtMs: Int?
    /// Its operating system.
    public var platform: String?
    /// Its key.
    public var publicKey: String
    /// Its first role.
    public var role: String?
    /// All its roles.
    public var roles: [String]
    /// All its scopes.
    public var scopes: [String]
    /// Its tokens, without their values.
    public var tokens: [TokenInfo]

    public init(
        approvedAtMs: Int,
        approvedVia: String,
        clientId: String? = nil,
        clientMode: String? = nil,
        connected: Bool,
        createdAtMs: Int,
        deviceFamily: String? = nil,
        deviceId: String,
        displayName: String? = nil,
        lastSeenAtMs: Int? = nil,
        platform: String? = nil,
        publicKey: String,
        role: String? = nil,
        roles: [String],
        scopes: [String],
        tokens: [TokenInfo]
    ) {
        self.approvedAtMs = approvedAtMs
        self.approvedVia = approvedVia
        self.clientId = clientId
        self.clientMode = clientMode
        self.connected = connected
        self.createdAtMs = createdAtMs
        self.deviceFamily = deviceFamily
        self.deviceId = deviceId
        self.displayName = displayName
        self.lastSeenAtMs = lastSeenAtMs
        self.platform = platform
        self.publicKey = publicKey
        self.role = role
        self.roles = roles
        self.scopes = scopes
        self.tokens = tokens
    }
}

/// A node whose surface was approved.
public struct PairedNode: Codable, Hashable, Sendable {
    /// When its surface was last approved.
    public var approvedAtMs: Int
    /// Families of commands.
    public var caps: [String]
    /// Commands.
    public var commands: [String]
    /// When it was first seen.
    public var createdAtMs: Int
    /// Its kind.
    public var deviceFamily: String?
    /// Its name for people.
    public var displayName: String?
    /// When it last connected.
    public var lastConnectedAtMs: Int?
    /// What it last told of its machine.
    public var lastHostStats: HostStats?
    /// The node.
    public var nodeId: String
    /// What the machine's owner granted its program.
    public var permissions: [String: Bool]?
    /// Its operating system.
    public var platform: String?
    /// Where it was last connected from.
    public var remoteIp: String?
    /// Its program's version.
    public var version: String?

    public init(
        approvedAtMs: Int,
        caps: [String],
        commands: [String],
        createdAtMs: Int,
        deviceFamily: String? = nil,
        displayName: String? = nil,
        lastConnectedAtMs: Int? = nil,
        lastHostStats: HostStats? = nil,
        nodeId: String,
        permissions: [String: Bool]? = nil,
        platform: String? = nil,
        remoteIp: String? = nil,
        version: String? = nil
    ) {
        self.approvedAtMs = approvedAtMs
        self.caps = caps
        self.commands = commands
        self.createdAtMs = createdAtMs
        self.deviceFamily = deviceFamily
        self.displayName = displayName
        self.lastConnectedAtMs = lastConnectedAtMs
        self.lastHostStats = lastHostStats
        self.nodeId = nodeId
        self.permissions = permissions
        self.platform = platform
        self.remoteIp = remoteIp
        self.version = version
    }
}

/// An account that strangers may ask.
public struct PairingAccount: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// Its name for people.
    public var channelLabel: String
    /// Whether the stranger is told of the decision.
    public var notifySupported: Bool

    public init(
        accountId: String,
        channel: String,
        channelLabel: String,
        notifySupported: Bool
    ) {
        self.accountId = accountId
        self.channel = channel
        self.channelLabel = channelLabel
        self.notifySupported = notifySupported
    }
}

/// Who was let in.
public struct PairingApproveOutput: Codable, Hashable, Sendable {
    /// `not-requested`, `configured` or `already-configured`.
    public var commandOwnerBootstrap: String
    /// `not-requested` or `sent`: telling them is in the outbox.
    public var notification: String
    /// The code.
    public var requestId: String
    /// The platform's id of the person.
    public var senderId: String

    public init(
        commandOwnerBootstrap: String,
        notification: String,
        requestId: String,
        senderId: String
    ) {
        self.commandOwnerBootstrap = commandOwnerBootstrap
        self.notification = notification
        self.requestId = requestId
        self.senderId = senderId
    }
}

/// Parameters of `channels.pairing.approve`.
public struct PairingApproveParams: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// Makes this person an owner, who is asked on the platform when strangers want in; needs admin.
    public var bootstrapCommandOwner: Bool?
    /// The platform.
    public var channel: String
    /// Whether the stranger is told; true without it.
    public var notify: Bool?
    /// The code.
    public var requestId: String

    public init(
        accountId: String,
        bootstrapCommandOwner: Bool? = nil,
        channel: String,
        notify: Bool? = nil,
        requestId: String
    ) {
        self.accountId = accountId
        self.bootstrapCommandOwner = bootstrapCommandOwner
        self.channel = channel
        self.notify = notify
        self.requestId = requestId
    }
}

/// Whom a decision was about.
public struct PairingDecided: Codable, Hashable, Sendable {
    /// The code, or the person's id where there is none.
    public var requestId: String
    /// The platform's id of the person.
    public var senderId: String

    public init(
        requestId: String,
        senderId: String
    ) {
        self.requestId = requestId
        self.senderId = senderId
    }
}

/// How many strangers may wait, and how long.
public struct PairingLimits: Codable, Hashable, Sendable {
    /// Requests of one account at the same time.
    public var pendingPerAccount: Int
    /// Life of a request in milliseconds.
    public var ttlMs: Int

    public init(
        pendingPerAccount: Int,
        ttlMs: Int
    ) {
        self.pendingPerAccount = pendingPerAccount
        self.ttlMs = ttlMs
    }
}

/// Strangers who wait with a code.
public struct PairingListOutput: Codable, Hashable, Sendable {
    /// The accounts that strangers may ask.
    public var accounts: [PairingAccount]
    /// Whether there is an owner who is asked on the platform itself.
    public var commandOwnerConfigured: Bool
    /// How many may wait, and how long.
    public var limits: PairingLimits
    /// The requests, oldest first.
    public var requests: [ChannelPairingRequest]

    public init(
        accounts: [PairingAccount],
        commandOwnerConfigured: Bool,
        limits: PairingLimits,
        requests: [ChannelPairingRequest]
    ) {
        self.accounts = accounts
        self.commandOwnerConfigured = commandOwnerConfigured
        self.limits = limits
        self.requests = requests
    }
}

/// Parameters that choose platform and account.
public struct PairingListParams: Codable, Hashable, Sendable {
    /// Only this account.
    public var accountId: String?
    /// Only this platform.
    public var channel: String?

    public init(
        accountId: String? = nil,
        channel: String? = nil
    ) {
        self.accountId = accountId
        self.channel = channel
    }
}

/// Parameters that name a request.
public struct PairingParams: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// The code.
    public var requestId: String

    public init(
        accountId: String,
        channel: String,
        requestId: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.requestId = requestId
    }
}

/// A device that waits for approval; also the payload of `device.pair.requested`.
public struct PairingRequest: Codable, Hashable, Sendable {
    /// The program.
    public var clientId: String?
    /// How it is used.
    public var clientMode: String?
    /// Its kind.
    public var deviceFamily: String?
    /// The device.
    public var deviceId: String
    /// Its name for people.
    public var displayName: String?
    /// Whether the device is known already and asks for more.
    public var isRepair: Bool
    /// Its operating system.
    public var platform: String?
    /// Its key.
    public var publicKey: String
    /// Where it came from.
    public var remoteIp: String?
    /// To approve or reject. It is the digest of everything below but `ts`: a request cannot be changed under
    /// its id, and approving the id approves just what was shown.
    public var requestId: String
    /// Role asked for.
    public var role: String
    /// Scopes asked for.
    public var scopes: [String]
    /// When it asked last.
    public var ts: Int

    public init(
        clientId: String? = nil,
        clientMode: String? = nil,
        deviceFamily: String? = nil,
        deviceId: String,
        displayName: String? = nil,
        isRepair: Bool,
        platform: String? = nil,
        publicKey: String,
        remoteIp: String? = nil,
        requestId: String,
        role: String,
        scopes: [String],
        ts: Int
    ) {
        self.clientId = clientId
        self.clientMode = clientMode
        self.deviceFamily = deviceFamily
        self.deviceId = deviceId
        self.displayName = displayName
        self.isRepair = isRepair
        self.platform = platform
        self.publicKey = publicKey
        self.remoteIp = remoteIp
        self.requestId = requestId
        self.role = role
        self.scopes = scopes
        self.ts = ts
    }
}

/// Additional data of a refused `connect`, so that pairing can be finished by hand (protocol 3.6).
public struct PairingRequired: Codable, Hashable, Sendable {
    /// Roles it has.
    public var approvedRoles: [String]
    /// Scopes it has.
    public var approvedScopes: [String]
    /// Always `PAIRING_REQUIRED`.
    public var code: String
    /// The device.
    public var deviceId: String
    /// Always false: clients that would stop reconnecting must not.
    public var pauseReconnect: Bool
    /// not-paired, role-upgrade, scope-upgrade or metadata-upgrade.
    public var reason: String
    /// `wait_then_retry`: keep connecting, approval lets you in.
    public var recommendedNextStep: String
    /// The command that approves it.
    public var remediationHint: String
    /// The request to approve.
    public var requestId: String
    /// Role asked for.
    public var requestedRole: String
    /// Scopes asked for.
    public var requestedScopes: [String]
    /// Always true.
    public var retryable: Bool

    public init(
        approvedRoles: [String],
        approvedScopes: [String],
        code: String,
        deviceId: String,
        pauseReconnect: Bool,
        reason: String,
        recommendedNextStep: String,
        remediationHint: String,
        requestId: String,
        requestedRole: String,
        requestedScopes: [String],
        retryable: Bool
    ) {
        self.approvedRoles = approvedRoles
        self.approvedScopes = approvedScopes
        self.code = code
        self.deviceId = deviceId
        self.pauseReconnect = pauseReconnect
        self.reason = reason
        self.recommendedNextStep = recommendedNextStep
        self.remediationHint = remediationHint
        self.requestId = requestId
        self.requestedRole = requestedRole
        self.requestedScopes = requestedScopes
        self.retryable = retryable
    }
}

/// Payload of `device.pair.resolved`.
public struct PairingResolved: Codable, Hashable, Sendable {
    /// `approved`, `rejected` or `removed`.
    public var decision: String
    /// The device.
    public var deviceId: String
    /// The request.
    public var requestId: String
    /// When.
    public var ts: Int

    public init(
        decision: String,
        deviceId: String,
        requestId: String,
        ts: Int
    ) {
        self.decision = decision
        self.deviceId = deviceId
        self.requestId = requestId
        self.ts = ts
    }
}

/// A command that waits until the node's app is in the foreground.
public struct PendingAction: Codable, Hashable, Sendable {
    /// The command.
    public var command: String
    /// When it was asked.
    public var enqueuedAtMs: Int
    /// To acknowledge it.
    public var id: String
    /// Its arguments as text.
    public var paramsJSON: String?

    public init(
        command: String,
        enqueuedAtMs: Int,
        id: String,
        paramsJSON: String? = nil
    ) {
        self.command = command
        self.enqueuedAtMs = enqueuedAtMs
        self.id = id
        self.paramsJSON = paramsJSON
    }
}

/// People who were let in or turned away.
public struct PeopleListOutput: Codable, Hashable, Sendable {
    /// The people.
    public var people: [Person]

    public init(
        people: [Person]
    ) {
        self.people = people
    }
}

/// Parameters of `channels.people.remove`.
public struct PeopleRemoveParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// The platform.
    public var channel: String
    /// The platform's id of the person.
    public var senderId: String

    public init(
        accountId: String? = nil,
        channel: String,
        senderId: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.senderId = senderId
    }
}

/// Somebody who was let in or turned away.
public struct Person: Codable, Hashable, Sendable {
    /// The account.
    public var accountId: String
    /// The platform.
    public var channel: String
    /// When that was decided.
    public var decidedAt: Int?
    /// Who decided it.
    public var decidedBy: String
    /// Whether they are asked on the platform when strangers want in.
    public var owner: Bool
    /// The platform's id of the person.
    public var senderId: String
    /// The name that they chose.
    public var senderLabel: String
    /// `allowed` or `denied`.
    public var state: String

    public init(
        accountId: String,
        channel: String,
        decidedAt: Int? = nil,
        decidedBy: String,
        owner: Bool,
        senderId: String,
        senderLabel: String,
        state: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
        self.owner = owner
        self.senderId = senderId
        self.senderLabel = senderLabel
        self.state = state
    }
}

/// How a picture is written.
public enum PictureFormat: String, Codable, Hashable, Sendable {
    /// Without loss.
    case png = "png"
    /// Smaller.
    case jpeg = "jpeg"
}

/// Limits to keep.
public struct Policy: Codable, Hashable, Sendable {
    /// Limits of attachments.
    public var attachments: AttachmentPolicy
    /// Bytes that may lie unread before events are dropped or the socket is closed.
    public var maxBufferedBytes: Int
    /// Largest message in bytes.
    public var maxPayload: Int
    /// Interval of `tick`; a client hears nothing for twice that: the gateway is gone.
    public var tickIntervalMs: Int

    public init(
        attachments: AttachmentPolicy,
        maxBufferedBytes: Int,
        maxPayload: Int,
        tickIntervalMs: Int
    ) {
        self.attachments = attachments
        self.maxBufferedBytes = maxBufferedBytes
        self.maxPayload = maxPayload
        self.tickIntervalMs = tickIntervalMs
    }
}

/// Parameters of `poll`.
public struct PollParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// The platform; needed unless `to` names it.
    public var channel: String?
    /// How long it is open, in hours.
    public var durationHours: Int?
    /// How long it is open, in seconds.
    public var durationSeconds: Int?
    /// The same key asks once.
    public var idempotencyKey: String
    /// Whether nobody sees who chose what.
    public var isAnonymous: Bool?
    /// How many may be chosen; one without it.
    public var maxSelections: Int?
    /// The options.
    public var options: [String]
    /// What is asked.
    public var question: String
    /// Whether it makes no sound.
    public var silent: Bool?
    /// The thread or topic.
    public var threadId: String?
    /// The conversation: its id on the platform, or `PLATFORM:ID`.
    public var to: String

    public init(
        accountId: String? = nil,
        channel: String? = nil,
        durationHours: Int? = nil,
        durationSeconds: Int? = nil,
        idempotencyKey: String,
        isAnonymous: Bool? = nil,
        maxSelections: Int? = nil,
        options: [String],
        question: String,
        silent: Bool? = nil,
        threadId: String? = nil,
        to: String
    ) {
        self.accountId = accountId
        self.channel = channel
        self.durationHours = durationHours
        self.durationSeconds = durationSeconds
        self.idempotencyKey = idempotencyKey
        self.isAnonymous = isAnonymous
        self.maxSelections = maxSelections
        self.options = options
        self.question = question
        self.silent = silent
        self.threadId = threadId
        self.to = to
    }
}

/// Payload of `presence`.
public struct Presence: Codable, Hashable, Sendable {
    /// All entries.
    public var presence: [PresenceEntry]

    public init(
        presence: [PresenceEntry]
    ) {
        self.presence = presence
    }
}

/// One connected device or program (protocol 5.2).
public struct PresenceEntry: Codable, Hashable, Sendable {
    /// Its kind of device.
    public var deviceFamily: String?
    /// Its device id.
    public var deviceId: String?
    /// Name of the machine or program.
    public var host: String?
    /// The client's own instance id.
    public var instanceId: String?
    /// Address it came from.
    public var ip: String?
    /// Its client mode; `gateway` for the gateway itself.
    public var mode: String?
    /// Its model.
    public var modelIdentifier: String?
    /// Since when it is connected.
    public var onlineSince: Int?
    /// Its operating system.
    public var platform: String?
    /// Why the entry last changed: self, connect, disconnect, periodic.
    public var reason: String?
    /// Roles of its open connections.
    public var roles: [String]?
    /// Scopes of its open connections.
    public var scopes: [String]?
    /// Free text, from `system-event`.
    public var text: String?
    /// Its time zone.
    public var timeZone: String?
    /// Last sign of life.
    public var ts: Int
    /// Version of its software.
    public var version: String?

    public init(
        deviceFamily: String? = nil,
        deviceId: String? = nil,
        host: String? = nil,
        instanceId: String? = nil,
        ip: String? = nil,
        mode: String? = nil,
        modelIdentifier: String? = nil,
        onlineSince: Int? = nil,
        platform: String? = nil,
        reason: String? = nil,
        roles: [String]? = nil,
        scopes: [String]? = nil,
        text: String? = nil,
        timeZone: String? = nil,
        ts: Int,
        version: String? = nil
    ) {
        self.deviceFamily = deviceFamily
        self.deviceId = deviceId
        self.host = host
        self.instanceId = instanceId
        self.ip = ip
        self.mode = mode
        self.modelIdentifier = modelIdentifier
        self.onlineSince = onlineSince
        self.platform = platform
        self.reason = reason
        self.roles = roles
        self.scopes = scopes
        self.text = text
        self.timeZone = timeZone
        self.ts = ts
        self.version = version
    }
}

/// One line.
public struct PreviewItem: Codable, Hashable, Sendable {
    /// Who said it.
    public var role: String
    /// Its beginning.
    public var text: String

    public init(
        role: String,
        text: String
    ) {
        self.role = role
        self.text = text
    }
}

/// No questions.
public struct QuestionListOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var questions: [JSONValue]

    public init(
        questions: [JSONValue]
    ) {
        self.questions = questions
    }
}

/// What happens with a message that arrives while a run of its session is alive (protocol 11).
public enum QueueMode: String, Codable, Hashable, Sendable {
    /// Handed to the running agent; where that is impossible, as followup.
    case steer = "steer"
    /// Its own run afterwards, in order.
    case followup = "followup"
    /// One run afterwards for everything that came meanwhile.
    case collect = "collect"
    /// The running run is cancelled and this one takes its place.
    case interrupt = "interrupt"
}

/// A recently used conversation.
public struct RecentSession: Codable, Hashable, Sendable {
    /// How long ago that was, in milliseconds.
    public var age: Int
    /// Its session key.
    public var key: String
    /// When it last changed.
    public var updatedAt: Int

    public init(
        age: Int,
        key: String,
        updatedAt: Int
    ) {
        self.age = age
        self.key = key
        self.updatedAt = updatedAt
    }
}

/// The wire shape of a request, as clients of the typed models write it.
public struct RequestFrame: Codable, Hashable, Sendable {
    /// Chosen by the client, repeated in the response.
    public var id: String
    /// `noun.verb`.
    public var method: String
    /// The method's parameters; absent counts as `{}`.
    public var params: JSONValue?
    /// Always `req`.
    public var type: RequestKind

    public init(
        id: String,
        method: String,
        params: JSONValue? = nil,
        type: RequestKind
    ) {
        self.id = id
        self.method = method
        self.params = params
        self.type = type
    }
}

/// The literal `req`.
public enum RequestKind: String, Codable, Hashable, Sendable {
    /// A request.
    case req = "req"
}

/// Parameters that name a pairing request.
public struct RequestParams: Codable, Hashable, Sendable {
    /// The request.
    public var requestId: String

    public init(
        requestId: String
    ) {
        self.requestId = requestId
    }
}

/// The wire shape of a response.
public struct ResponseFrame: Codable, Hashable, Sendable {
    /// Why it failed.
    public var error: WireError?
    /// The request's id.
    public var id: String
    /// Whether the request succeeded.
    public var ok: Bool
    /// The method's output.
    public var payload: JSONValue?
    /// Always `res`.
    public var type: ResponseKind

    public init(
        error: WireError? = nil,
        id: String,
        ok: Bool,
        payload: JSONValue? = nil,
        type: ResponseKind
    ) {
        self.error = error
        self.id = id
        self.ok = ok
        self.payload = payload
        self.type = type
    }
}

/// The literal `res`.
public enum ResponseKind: String, Codable, Hashable, Sendable {
    /// A response.
    case res = "res"
}

/// On which conditions the runs of a job or hook are performed, as in `tasks.dispatch`.
public struct RunOptions: Codable, Hashable, Sendable {
    /// The most that a run may cost, in US dollars.
    public var budgetUsd: Double?
    /// How a run is kept apart from other work in the same folder.
    public var isolation: Isolation?
    /// Further runs after one that failed through something that passes; 3 if absent.
    public var maxRetries: Int?
    /// Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`.
    public var on: String?
    /// What a run may do; never more than the agent and the worker allow.
    public var permissions: TaskPermissions?
    /// Which goes first among those that wait for a place; 0 if absent, more is sooner.
    public var priority: Int?

    public init(
        budgetUsd: Double? = nil,
        isolation: Isolation? = nil,
        maxRetries: Int? = nil,
        on: String? = nil,
        permissions: TaskPermissions? = nil,
        priority: Int? = nil
    ) {
        self.budgetUsd = budgetUsd
        self.isolation = isolation
        self.maxRetries = maxRetries
        self.on = on
        self.permissions = permissions
        self.priority = priority
    }
}

/// A found message.
public struct SearchHit: Codable, Hashable, Sendable {
    /// The message.
    public var messageId: String
    /// Who said it: `user` or `assistant`.
    public var role: String
    /// Greater is better.
    public var score: Double
    /// The conversation's id at that time.
    public var sessionId: String
    /// Its conversation.
    public var sessionKey: String
    /// The words around the hit.
    public var snippet: String
    /// When.
    public var timestamp: Int

    public init(
        messageId: String,
        role: String,
        score: Double,
        sessionId: String,
        sessionKey: String,
        snippet: String,
        timestamp: Int
    ) {
        self.messageId = messageId
        self.role = role
        self.score = score
        self.sessionId = sessionId
        self.sessionKey = sessionKey
        self.snippet = snippet
        self.timestamp = timestamp
    }
}

/// Parameters of `send`.
public struct SendParams: Codable, Hashable, Sendable {
    /// The account; `main` without it.
    public var accountId: String?
    /// Accepted.
    public var agentId: JSONValue?
    /// Whether it is a spoken message.
    public var asVoice: Bool?
    /// A file as base64.
    public var buffer: String?
    /// The platform; needed unless `to` names it.
    public var channel: String?
    /// Its media type.
    public var contentType: String?
    /// Its name.
    public var filename: String?
    /// Whether files are sent as files, whatever they are.
    public var forceDocument: Bool?
    /// Accepted.
    public var gifPlayback: JSONValue?
    /// The same key sends once.
    public var idempotencyKey: String
    /// The path of a file: of the state directory's, and for agents of their working folder or of what came with their
    /// conversation. Addresses are not fetched.
    public var mediaUrl: String?
    /// Several of these, at most ten.
    public var mediaUrls: [String]?
    /// Markdown.
    public var message: String?
    /// Accepted: text is always Markdown.
    public var parseMode: JSONValue?
    /// The message that it answers to.
    public var replyToId: String?
    /// The conversation in whose name it is sent, and to which it goes without `to`. An agent names its own or none.
    public var sessionKey: String?
    /// Whether it makes no sound.
    public var silent: Bool?
    /// The thread or topic.
    public var threadId: String?
    /// The conversation: its id on the platform, or `PLATFORM:ID`. Without it the one where `sessionKey` is held.
    public var to: String?

    public init(
        accountId: String? = nil,
        agentId: JSONValue? = nil,
        asVoice: Bool? = nil,
        buffer: String? = nil,
        channel: String? = nil,
        contentType: String? = nil,
        filename: String? = nil,
        forceDocument: Bool? = nil,
        gifPlayback: JSONValue? = nil,
        idempotencyKey: String,
        mediaUrl: String? = nil,
        mediaUrls: [String]? = nil,
        message: String? = nil,
        parseMode: JSONValue? = nil,
        replyToId: String? = nil,
        sessionKey: String? = nil,
        silent: Bool? = nil,
        threadId: String? = nil,
        to: String? = nil
    ) {
        self.accountId = accountId
        self.agentId = agentId
        self.asVoice = asVoice
        self.buffer = buffer
        self.channel = channel
        self.contentType = contentType
        self.filename = filename
        self.forceDocument = forceDocument
        self.gifPlayback = gifPlayback
        self.idempotencyKey = idempotencyKey
        self.mediaUrl = mediaUrl
        self.mediaUrls = mediaUrls
        self.message = message
        self.parseMode = parseMode
        self.replyToId = replyToId
        self.sessionKey = sessionKey
        self.silent = silent
        self.threadId = threadId
        self.to = to
    }
}

/// A message that was sent.
public struct SentOutput: Codable, Hashable, Sendable {
    /// The platform.
    public var channel: String
    /// The conversation.
    public var chatId: String
    /// The platform's id of the message; of several the last.
    public var messageId: String
    /// The poll that came of it.
    public var pollId: String?
    /// The idempotency key.
    public var runId: String

    public init(
        channel: String,
        chatId: String,
        messageId: String,
        pollId: String? = nil,
        runId: String
    ) {
        self.channel = channel
        self.chatId = chatId
        self.messageId = messageId
        self.pollId = pollId
        self.runId = runId
    }
}

/// Who answers. There is no `buildId`: a foreign one makes the stock panel reload for ever (protocol 0).
public struct ServerInfo: Codable, Hashable, Sendable {
    /// This connection's id.
    public var connId: String
    /// Landline's version.
    public var version: String

    public init(
        connId: String,
        version: String
    ) {
        self.connId = connId
        self.version = version
    }
}

/// Where a message goes when no session is named.
public struct SessionDefaults: Codable, Hashable, Sendable {
    /// The agent that answers.
    public var defaultAgentId: String
    /// Last part of the main session's key.
    public var mainKey: String
    /// The main session's key.
    public var mainSessionKey: String
    /// Whether a model is behind the default agent.
    public var modelConfigured: Bool
    /// How direct conversations are kept apart.
    public var scope: String

    public init(
        defaultAgentId: String,
        mainKey: String,
        mainSessionKey: String,
        modelConfigured: Bool,
        scope: String
    ) {
        self.defaultAgentId = defaultAgentId
        self.mainKey = mainKey
        self.mainSessionKey = mainSessionKey
        self.modelConfigured = modelConfigured
        self.scope = scope
    }
}

/// The model of new conversations.
public struct SessionModel: Codable, Hashable, Sendable {
    /// Its context window, if known.
    public var contextTokens: Int?
    /// Its name, if one is configured.
    public var model: String?
    /// Its provider.
    public var modelProvider: String?

    public init(
        contextTokens: Int? = nil,
        model: String? = nil,
        modelProvider: String? = nil
    ) {
        self.contextTokens = contextTokens
        self.model = model
        self.modelProvider = modelProvider
    }
}

/// The last lines of one conversation.
public struct SessionPreview: Codable, Hashable, Sendable {
    /// Oldest first.
    public var items: [PreviewItem]
    /// The conversation.
    public var key: String
    /// `ok`, `empty` or `missing`.
    public var status: String

    public init(
        items: [PreviewItem],
        key: String,
        status: String
    ) {
        self.items = items
        self.key = key
        self.status = status
    }
}

/// A conversation's row.
public struct SessionRow: Codable, Hashable, Sendable {
    /// Runs that are alive or wait.
    public var activeRunIds: [String]
    /// The agent.
    public var agentId: String
    /// Hidden from the list.
    public var archived: Bool?
    /// When it began.
    public var createdAt: Int
    /// Taken from its first message.
    public var derivedTitle: String?
    /// What to show as its name.
    public var displayName: String?
    /// Cost so far in US dollars, as the executors say.
    public var estimatedCostUsd: Double
    /// Whether a run is alive.
    public var hasActiveRun: Bool
    /// Tokens read so far.
    public var inputTokens: Int
    /// Whether it is the agent's main one.
    public var isMain: Bool
    /// Its name.
    public var key: String
    /// `direct`, `group`, `global` or `unknown`.
    public var kind: String
    /// The person's name for it.
    public var label: String?
    /// The beginning of its last line.
    public var lastMessagePreview: String?
    /// Model for its runs, if it is not the agent's.
    public var model: String?
    /// The executor.
    public var modelProvider: String?
    /// Tokens written so far.
    public var outputTokens: Int
    /// Kept on top.
    public var pinned: Bool?
    /// Its present id; a reset gives a new one.
    public var sessionId: String
    /// Both.
    public var totalTokens: Int
    /// Has lines that were not seen.
    public var unread: Bool?
    /// When it last changed.
    public var updatedAt: Int

    public init(
        activeRunIds: [String],
        agentId: String,
        archived: Bool? = nil,
        createdAt: Int,
        derivedTitle: String? = nil,
        displayName: String? = nil,
        estimatedCostUsd: Double,
        hasActiveRun: Bool,
        inputTokens: Int,
        isMain: Bool,
        key: String,
        kind: String,
        label: String? = nil,
        lastMessagePreview: String? = nil,
        model: String? = nil,
        modelProvider: String? = nil,
        outputTokens: Int,
        pinned: Bool? = nil,
        sessionId: String,
        totalTokens: Int,
        unread: Bool? = nil,
        updatedAt: Int
    ) {
        self.activeRunIds = activeRunIds
        self.agentId = agentId
        self.archived = archived
        self.createdAt = createdAt
        self.derivedTitle = derivedTitle
        self.displayName = displayName
        self.estimatedCostUsd = estimatedCostUsd
        self.hasActiveRun = hasActiveRun
        self.inputTokens = inputTokens
        self.isMain = isMain
        self.key = key
        self.kind = kind
        self.label = label
        self.lastMessagePreview = lastMessagePreview
        self.model = model
        self.modelProvider = modelProvider
        self.outputTokens = outputTokens
        self.pinned = pinned
        self.sessionId = sessionId
        self.totalTokens = totalTokens
        self.unread = unread
        self.updatedAt = updatedAt
    }
}

/// The answer of `sessions.abort`.
public struct SessionsAbortOutput: Codable, Hashable, Sendable {
    /// The run that was alive.
    public var abortedRunId: String?
    /// Always true.
    public var ok: Bool
    /// `aborted` or `no-active-run`.
    public var status: String

    public init(
        abortedRunId: String? = nil,
        ok: Bool,
        status: String
    ) {
        self.abortedRunId = abortedRunId
        self.ok = ok
        self.status = status
    }
}

/// Parameters of `sessions.abort`.
public struct SessionsAbortParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// Accepted: what waits is always stopped as well.
    public var clearQueued: JSONValue?
    /// The conversation.
    public var key: String?
    /// Or one run.
    public var runId: String?

    public init(
        agentId: String? = nil,
        clearQueued: JSONValue? = nil,
        key: String? = nil,
        runId: String? = nil
    ) {
        self.agentId = agentId
        self.clearQueued = clearQueued
        self.key = key
        self.runId = runId
    }
}

/// The answer of `sessions.compact`.
public struct SessionsCompactOutput: Codable, Hashable, Sendable {
    /// Always false.
    public var compacted: Bool
    /// Its key.
    public var key: String
    /// Always true.
    public var ok: Bool
    /// Why not.
    public var reason: String

    public init(
        compacted: Bool,
        key: String,
        ok: Bool,
        reason: String
    ) {
        self.compacted = compacted
        self.key = key
        self.ok = ok
        self.reason = reason
    }
}

/// Parameters of `sessions.compact`.
public struct SessionsCompactParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// The conversation.
    public var key: String
    /// Accepted.
    public var maxLines: JSONValue?

    public init(
        agentId: String? = nil,
        key: String,
        maxLines: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.key = key
        self.maxLines = maxLines
    }
}

/// A new conversation.
public struct SessionsCreateOutput: Codable, Hashable, Sendable {
    /// Its row.
    public var entry: SessionRow
    /// Its key.
    public var key: String
    /// Always true.
    public var ok: Bool
    /// That run.
    public var runId: String?
    /// Whether the first message started a run.
    public var runStarted: Bool
    /// Its id.
    public var sessionId: String

    public init(
        entry: SessionRow,
        key: String,
        ok: Bool,
        runId: String? = nil,
        runStarted: Bool,
        sessionId: String
    ) {
        self.entry = entry
        self.key = key
        self.ok = ok
        self.runId = runId
        self.runStarted = runStarted
        self.sessionId = sessionId
    }
}

/// Parameters of `sessions.create`.
public struct SessionsCreateParams: Codable, Hashable, Sendable {
    /// Its agent; the default one if absent.
    public var agentId: String?
    /// Accepted.
    public var category: JSONValue?
    /// Accepted.
    public var contextWindow: JSONValue?
    /// Accepted.
    public var displayName: JSONValue?
    /// Accepted.
    public var emitCommandHooks: JSONValue?
    /// Accepted.
    public var fastMode: JSONValue?
    /// The same key gets the same answer.
    public var idempotencyKey: String?
    /// Its key; a new one is made if absent.
    public var key: String?
    /// The person's name for it.
    public var label: String?
    /// First message.
    public var message: String?
    /// Model for its runs.
    public var model: String?
    /// Accepted.
    public var parentSessionKey: JSONValue?
    /// Accepted.
    public var succeedsParent: JSONValue?
    /// First message under its other name.
    public var task: String?
    /// Accepted.
    public var thinkingLevel: JSONValue?
    /// Accepted.
    public var visibility: JSONValue?

    public init(
        agentId: String? = nil,
        category: JSONValue? = nil,
        contextWindow: JSONValue? = nil,
        displayName: JSONValue? = nil,
        emitCommandHooks: JSONValue? = nil,
        fastMode: JSONValue? = nil,
        idempotencyKey: String? = nil,
        key: String? = nil,
        label: String? = nil,
        message: String? = nil,
        model: String? = nil,
        parentSessionKey: JSONValue? = nil,
        succeedsParent: JSONValue? = nil,
        task: String? = nil,
        thinkingLevel: JSONValue? = nil,
        visibility: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.category = category
        self.contextWindow = contextWindow
        self.displayName = displayName
        self.emitCommandHooks = emitCommandHooks
        self.fastMode = fastMode
        self.idempotencyKey = idempotencyKey
        self.key = key
        self.label = label
        self.message = message
        self.model = model
        self.parentSessionKey = parentSessionKey
        self.succeedsParent = succeedsParent
        self.task = task
        self.thinkingLevel = thinkingLevel
        self.visibility = visibility
    }
}

/// The answer of `sessions.delete`.
public struct SessionsDeleteOutput: Codable, Hashable, Sendable {
    /// Files it was kept in; none here, the database keeps it.
    public var archived: [String]
    /// Whether there was one.
    public var deleted: Bool
    /// Its key.
    public var key: String
    /// Always true.
    public var ok: Bool

    public init(
        archived: [String],
        deleted: Bool,
        key: String,
        ok: Bool
    ) {
        self.archived = archived
        self.deleted = deleted
        self.key = key
        self.ok = ok
    }
}

/// Parameters of `sessions.delete`.
public struct SessionsDeleteParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// Accepted.
    public var archivedOnly: JSONValue?
    /// True: remove its messages as well; otherwise they stay in the database.
    public var deleteTranscript: Bool?
    /// Accepted.
    public var emitLifecycleHooks: JSONValue?
    /// Accepted.
    public var expectedLifecycleRevision: JSONValue?
    /// Accepted.
    public var expectedSessionId: JSONValue?
    /// Accepted.
    public var expectedSessionUpdatedAt: JSONValue?
    /// The conversation.
    public var key: String

    public init(
        agentId: String? = nil,
        archivedOnly: JSONValue? = nil,
        deleteTranscript: Bool? = nil,
        emitLifecycleHooks: JSONValue? = nil,
        expectedLifecycleRevision: JSONValue? = nil,
        expectedSessionId: JSONValue? = nil,
        expectedSessionUpdatedAt: JSONValue? = nil,
        key: String
    ) {
        self.agentId = agentId
        self.archivedOnly = archivedOnly
        self.deleteTranscript = deleteTranscript
        self.emitLifecycleHooks = emitLifecycleHooks
        self.expectedLifecycleRevision = expectedLifecycleRevision
        self.expectedSessionId = expectedSessionId
        self.expectedSessionUpdatedAt = expectedSessionUpdatedAt
        self.key = key
    }
}

/// One conversation's row; null if there is none.
public struct SessionsDescribeOutput: Codable, Hashable, Sendable {
    /// The row.
    public var session: SessionRow?

    public init(
        session: SessionRow? = nil
    ) {
        self.session = session
    }
}

/// Parameters of `sessions.describe`.
public struct SessionsDescribeParams: Codable, Hashable, Sendable {
    /// Accepted: always given.
    public var includeDerivedTitles: JSONValue?
    /// Accepted: always given.
    public var includeLastMessage: JSONValue?
    /// The conversation.
    public var key: String

    public init(
        includeDerivedTitles: JSONValue? = nil,
        includeLastMessage: JSONValue? = nil,
        key: String
    ) {
        self.includeDerivedTitles = includeDerivedTitles
        self.includeLastMessage = includeLastMessage
        self.key = key
    }
}

/// A conversation and its row.
public struct SessionsEntryOutput: Codable, Hashable, Sendable {
    /// Its row.
    public var entry: SessionRow
    /// Its key.
    public var key: String
    /// Always true.
    public var ok: Bool

    public init(
        entry: SessionRow,
        key: String,
        ok: Bool
    ) {
        self.entry = entry
        self.key = key
        self.ok = ok
    }
}

/// Conversations within [`Health`].
public struct SessionsHealth: Codable, Hashable, Sendable {
    /// How many there are.
    public var count: Int
    /// Where they are stored.
    public var path: String
    /// The latest ones.
    public var recent: [RecentSession]

    public init(
        count: Int,
        path: String,
        recent: [RecentSession]
    ) {
        self.count = count
        self.path = path
        self.recent = recent
    }
}

/// Conversations.
public struct SessionsListOutput: Codable, Hashable, Sendable {
    /// Rows in this answer.
    public var count: Int
    /// The model of new ones.
    public var defaults: SessionModel
    /// Whether there are more.
    public var hasMore: Bool
    /// The limit in force.
    public var limitApplied: Int
    /// Where the next page begins.
    public var nextOffset: Int?
    /// Rows skipped.
    public var offset: Int
    /// Where they are stored.
    public var path: String
    /// Latest first, pinned ones on top.
    public var sessions: [SessionRow]
    /// Rows in all.
    public var totalCount: Int
    /// When this was read.
    public var ts: Int

    public init(
        count: Int,
        defaults: SessionModel,
        hasMore: Bool,
        limitApplied: Int,
        nextOffset: Int? = nil,
        offset: Int,
        path: String,
        sessions: [SessionRow],
        totalCount: Int,
        ts: Int
    ) {
        self.count = count
        self.defaults = defaults
        self.hasMore = hasMore
        self.limitApplied = limitApplied
        self.nextOffset = nextOffset
        self.offset = offset
        self.path = path
        self.sessions = sessions
        self.totalCount = totalCount
        self.ts = ts
    }
}

/// Parameters of `sessions.list`.
public struct SessionsListParams: Codable, Hashable, Sendable {
    /// Only those that changed in the last so many minutes.
    public var activeMinutes: Int?
    /// Only this agent's.
    public var agentId: String?
    /// True: only archived ones; otherwise they are left out. `all`: both.
    public var archived: JSONValue?
    /// Accepted.
    public var boardFace: JSONValue?
    /// Accepted.
    public var configuredAgentsOnly: JSONValue?
    /// Accepted.
    public var creatorId: JSONValue?
    /// Accepted: derived titles are always given.
    public var includeDerivedTitles: JSONValue?
    /// Accepted.
    public var includeGlobal: JSONValue?
    /// Accepted: previews are always given.
    public var includeLastMessage: JSONValue?
    /// Accepted.
    public var includePeople: JSONValue?
    /// Accepted.
    public var includeUnknown: JSONValue?
    /// Accepted.
    public var involvingMe: JSONValue?
    /// Accepted.
    public var involvingProfileId: JSONValue?
    /// Only with this label.
    public var label: String?
    /// Rows at most; 100 if absent.
    public var limit: Int?
    /// Rows to skip.
    public var offset: Int?
    /// Accepted.
    public var ownerFirst: JSONValue?
    /// Accepted.
    public var ownerId: JSONValue?
    /// Accepted.
    public var requireLastInteraction: JSONValue?
    /// Only those whose label, key or messages hold these words.
    public var search: String?
    /// Accepted: always by last change.
    public var sortBy: JSONValue?
    /// Accepted.
    public var spawnedBy: JSONValue?

    public init(
        activeMinutes: Int? = nil,
        agentId: String? = nil,
        archived: JSONValue? = nil,
        boardFace: JSONValue? = nil,
        configuredAgentsOnly: JSONValue? = nil,
        creatorId: JSONValue? = nil,
        includeDerivedTitles: JSONValue? = nil,
        includeGlobal: JSONValue? = nil,
        includeLastMessage: JSONValue? = nil,
        includePeople: JSONValue? = nil,
        includeUnknown: JSONValue? = nil,
        involvingMe: JSONValue? = nil,
        involvingProfileId: JSONValue? = nil,
        label: String? = nil,
        limit: Int? = nil,
        offset: Int? = nil,
        ownerFirst: JSONValue? = nil,
        ownerId: JSONValue? = nil,
        requireLastInteraction: JSONValue? = nil,
        search: String? = nil,
        sortBy: JSONValue? = nil,
        spawnedBy: JSONValue? = nil
    ) {
        self.activeMinutes = activeMinutes
        self.agentId = agentId
        self.archived = archived
        self.boardFace = boardFace
        self.configuredAgentsOnly = configuredAgentsOnly
        self.creatorId = creatorId
        self.includeDerivedTitles = includeDerivedTitles
        self.includeGlobal = includeGlobal
        self.includeLastMessage = includeLastMessage
        self.includePeople = includePeople
        self.includeUnknown = includeUnknown
        self.involvingMe = involvingMe
        self.involvingProfileId = involvingProfileId
        self.label = label
        self.limit = limit
        self.offset = offset
        self.ownerFirst = ownerFirst
        self.ownerId = ownerId
        self.requireLastInteraction = requireLastInteraction
        self.search = search
        self.sortBy = sortBy
        self.spawnedBy = spawnedBy
    }
}

/// The changed conversation.
public struct SessionsPatchOutput: Codable, Hashable, Sendable {
    /// Its row.
    public var entry: SessionRow
    /// Its key.
    public var key: String
    /// Always true.
    public var ok: Bool
    /// Where it is stored.
    public var path: String

    public init(
        entry: SessionRow,
        key: String,
        ok: Bool,
        path: String
    ) {
        self.entry = entry
        self.key = key
        self.ok = ok
        self.path = path
    }
}

/// Parameters of `sessions.patch`; null clears a field. Anything beyond label, model, archived, pinned and
/// unread needs admin and has no effect here.
public struct SessionsPatchParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// Hide it from the list.
    public var archived: Bool?
    /// The conversation.
    public var key: String
    /// The person's name for it.
    public var label: String?
    /// Model for its runs.
    public var model: String?
    /// Keep it on top.
    public var pinned: Bool?
    /// Mark it.
    public var unread: Bool?

    public init(
        agentId: String? = nil,
        archived: Bool? = nil,
        key: String,
        label: String? = nil,
        model: String? = nil,
        pinned: Bool? = nil,
        unread: Bool? = nil
    ) {
        self.agentId = agentId
        self.archived = archived
        self.key = key
        self.label = label
        self.model = model
        self.pinned = pinned
        self.unread = unread
    }
}

/// The last lines of several conversations.
public struct SessionsPreviewOutput: Codable, Hashable, Sendable {
    /// In the order asked for.
    public var previews: [SessionPreview]
    /// When this was read.
    public var ts: Int

    public init(
        previews: [SessionPreview],
        ts: Int
    ) {
        self.previews = previews
        self.ts = ts
    }
}

/// Parameters of `sessions.preview`.
public struct SessionsPreviewParams: Codable, Hashable, Sendable {
    /// The conversations.
    public var keys: [String]
    /// Lines of each; 12 if absent.
    public var limit: Int?
    /// Characters of each line; 240 if absent.
    public var maxChars: Int?

    public init(
        keys: [String],
        limit: Int? = nil,
        maxChars: Int? = nil
    ) {
        self.keys = keys
        self.limit = limit
        self.maxChars = maxChars
    }
}

/// Parameters of `sessions.reset`.
public struct SessionsResetParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// The conversation.
    public var key: String
    /// `new` or `reset`; both do the same.
    public var reason: String?

    public init(
        agentId: String? = nil,
        key: String,
        reason: String? = nil
    ) {
        self.agentId = agentId
        self.key = key
        self.reason = reason
    }
}

/// A found conversation.
public struct SessionsResolveOutput: Codable, Hashable, Sendable {
    /// Its agent.
    public var agentId: String?
    /// Its key.
    public var key: String?
    /// Whether it was found.
    public var ok: Bool

    public init(
        agentId: String? = nil,
        key: String? = nil,
        ok: Bool
    ) {
        self.agentId = agentId
        self.key = key
        self.ok = ok
    }
}

/// Parameters of `sessions.resolve`: one of key, sessionId, label, shortId.
public struct SessionsResolveParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// True: absence is no error.
    public var allowMissing: Bool?
    /// Accepted.
    public var includeGlobal: JSONValue?
    /// Accepted.
    public var includeUnknown: JSONValue?
    /// The key.
    public var key: String?
    /// Or the label.
    public var label: String?
    /// Or the present id.
    public var sessionId: String?
    /// Or the beginning of the present id.
    public var shortId: String?
    /// Accepted.
    public var slugHint: JSONValue?
    /// Accepted.
    public var spawnedBy: JSONValue?

    public init(
        agentId: String? = nil,
        allowMissing: Bool? = nil,
        includeGlobal: JSONValue? = nil,
        includeUnknown: JSONValue? = nil,
        key: String? = nil,
        label: String? = nil,
        sessionId: String? = nil,
        shortId: String? = nil,
        slugHint: JSONValue? = nil,
        spawnedBy: JSONValue? = nil
    ) {
        self.agentId = agentId
        self.allowMissing = allowMissing
        self.includeGlobal = includeGlobal
        self.includeUnknown = includeUnknown
        self.key = key
        self.label = label
        self.sessionId = sessionId
        self.shortId = shortId
        self.slugHint = slugHint
        self.spawnedBy = spawnedBy
    }
}

/// Found messages.
public struct SessionsSearchOutput: Codable, Hashable, Sendable {
    /// Best first.
    public var results: [SearchHit]

    public init(
        results: [SearchHit]
    ) {
        self.results = results
    }
}

/// Parameters of `sessions.search`.
public struct SessionsSearchParams: Codable, Hashable, Sendable {
    /// Only this agent's.
    public var agentId: String?
    /// Hits at most; 20 if absent.
    public var limit: Int?
    /// Words; all must occur.
    public var query: String
    /// Only these conversations.
    public var sessionKeys: [String]?

    public init(
        agentId: String? = nil,
        limit: Int? = nil,
        query: String,
        sessionKeys: [String]? = nil
    ) {
        self.agentId = agentId
        self.limit = limit
        self.query = query
        self.sessionKeys = sessionKeys
    }
}

/// Parameters of `sessions.send` and `sessions.steer`.
public struct SessionsSendParams: Codable, Hashable, Sendable {
    /// Agent of a short key.
    public var agentId: String?
    /// Pictures and files.
    public var attachments: [Attachment]?
    /// Names the run; a new name is made if absent.
    public var idempotencyKey: String?
    /// The conversation.
    public var key: String
    /// What to say.
    public var message: String
    /// Accepted.
    public var thinking: JSONValue?
    /// Time limit of the run in milliseconds.
    public var timeoutMs: Int?

    public init(
        agentId: String? = nil,
        attachments: [Attachment]? = nil,
        idempotencyKey: String? = nil,
        key: String,
        message: String,
        thinking: JSONValue? = nil,
        timeoutMs: Int? = nil
    ) {
        self.agentId = agentId
        self.attachments = attachments
        self.idempotencyKey = idempotencyKey
        self.key = key
        self.message = message
        self.thinking = thinking
        self.timeoutMs = timeoutMs
    }
}

/// Conversations within [`StatusOutput`].
public struct SessionsStatus: Codable, Hashable, Sendable {
    /// The same by agent.
    public var byAgent: [AgentHealth]
    /// How many there are.
    public var count: Int
    /// The model of new ones.
    public var defaults: SessionModel
    /// Where they are stored.
    public var paths: [String]
    /// The latest ones.
    public var recent: [RecentSession]

    public init(
        byAgent: [AgentHealth],
        count: Int,
        defaults: SessionModel,
        paths: [String],
        recent: [RecentSession]
    ) {
        self.byAgent = byAgent
        self.count = count
        self.defaults = defaults
        self.paths = paths
        self.recent = recent
    }
}

/// What a setup code lets its device do (protocol 7.4).
public enum SetupAccess: String, Codable, Hashable, Sendable {
    /// Node, and operator with every scope.
    case full = "full"
    /// Node, and operator without admin and pairing.
    case limited = "limited"
    /// Node only.
    case node = "node"
}

/// A setup code.
public struct SetupCodeOutput: Codable, Hashable, Sendable {
    /// What it lets the device do.
    public var access: SetupAccess
    /// Always `token`.
    public var auth: String
    /// When it stops working.
    public var expiresAtMs: Int
    /// The address within.
    public var gatewayUrl: String
    /// The same as a picture.
    public var qrDataUrl: String?
    /// Base64url of `{url, bootstrapToken, expiresAtMs, tlsFingerprint?}`.
    public var setupCode: String
    /// Names it in `device.pair.setup.completed`.
    public var setupId: String
    /// Where the address came from.
    public var urlSource: String

    public init(
        access: SetupAccess,
        auth: String,
        expiresAtMs: Int,
        gatewayUrl: String,
        qrDataUrl: String? = nil,
        setupCode: String,
        setupId: String,
        urlSource: String
    ) {
        self.access = access
        self.auth = auth
        self.expiresAtMs = expiresAtMs
        self.gatewayUrl = gatewayUrl
        self.qrDataUrl = qrDataUrl
        self.setupCode = setupCode
        self.setupId = setupId
        self.urlSource = urlSource
    }
}

/// Parameters of `device.pair.setupCode`.
public struct SetupCodeParams: Codable, Hashable, Sendable {
    /// `limited` or `node`; full access if absent.
    public var bootstrapProfile: SetupAccess?
    /// Whether to draw a QR code.
    public var includeQr: Bool?
    /// Accepted.
    public var joinUrl: JSONValue?
    /// Accepted.
    public var preferRemoteUrl: JSONValue?
    /// The address the device shall dial; the gateway's own if absent.
    public var publicUrl: String?

    public init(
        bootstrapProfile: SetupAccess? = nil,
        includeQr: Bool? = nil,
        joinUrl: JSONValue? = nil,
        preferRemoteUrl: JSONValue? = nil,
        publicUrl: String? = nil
    ) {
        self.bootstrapProfile = bootstrapProfile
        self.includeQr = includeQr
        self.joinUrl = joinUrl
        self.preferRemoteUrl = preferRemoteUrl
        self.publicUrl = publicUrl
    }
}

/// Payload of `device.pair.setup.completed`.
public struct SetupCompleted: Codable, Hashable, Sendable {
    /// What it may do.
    public var access: SetupAccess
    /// The device that used it.
    public var deviceId: String
    /// Its name for people.
    public var deviceName: String?
    /// The setup code's id.
    public var setupId: String
    /// When.
    public var ts: Int

    public init(
        access: SetupAccess,
        deviceId: String,
        deviceName: String? = nil,
        setupId: String,
        ts: Int
    ) {
        self.access = access
        self.deviceId = deviceId
        self.deviceName = deviceName
        self.setupId = setupId
        self.ts = ts
    }
}

/// Payload of `shutdown`; the close code 1012 follows.
public struct Shutdown: Codable, Hashable, Sendable {
    /// Why.
    public var reason: String
    /// When it expects to be back, if it does.
    public var restartExpectedMs: Int?

    public init(
        reason: String,
        restartExpectedMs: Int? = nil
    ) {
        self.reason = reason
        self.restartExpectedMs = restartExpectedMs
    }
}

/// No programs.
public struct SkillsBinsOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var bins: [String]

    public init(
        bins: [String]
    ) {
        self.bins = bins
    }
}

/// No skills.
public struct SkillsStatusOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var managedSkillsDir: String
    /// Always empty.
    public var skills: [JSONValue]
    /// Always empty.
    public var workspaceDir: String

    public init(
        managedSkillsDir: String,
        skills: [JSONValue],
        workspaceDir: String
    ) {
        self.managedSkillsDir = managedSkillsDir
        self.skills = skills
        self.workspaceDir = workspaceDir
    }
}

/// The state that a client starts from.
public struct Snapshot: Codable, Hashable, Sendable {
    /// Path of the configuration, for administrators only.
    public var configPath: String?
    /// How the gateway is.
    public var health: Health
    /// Who is here.
    public var presence: [PresenceEntry]
    /// Where a message goes when no session is named.
    public var sessionDefaults: SessionDefaults
    /// Path of the state directory, for administrators only.
    public var stateDir: String?
    /// Versions of both.
    public var stateVersion: StateVersion
    /// Milliseconds since the gateway's start.
    public var uptimeMs: Int

    public init(
        configPath: String? = nil,
        health: Health,
        presence: [PresenceEntry],
        sessionDefaults: SessionDefaults,
        stateDir: String? = nil,
        stateVersion: StateVersion,
        uptimeMs: Int
    ) {
        self.configPath = configPath
        self.health = health
        self.presence = presence
        self.sessionDefaults = sessionDefaults
        self.stateDir = stateDir
        self.stateVersion = stateVersion
        self.uptimeMs = uptimeMs
    }
}

/// Counters that grow with each change of presence and health, so that older state can be told and dropped.
public struct StateVersion: Codable, Hashable, Sendable {
    /// Version of the health state.
    public var health: Int
    /// Version of the presence list.
    public var presence: Int

    public init(
        health: Int,
        presence: Int
    ) {
        self.health = health
        self.presence = presence
    }
}

/// What the gateway is doing.
public struct StatusOutput: Codable, Hashable, Sendable {
    /// Agents, who executes them and why.
    public var agents: [AgentStatus]
    /// One line a channel.
    public var channelSummary: [String]
    /// Open connections.
    public var connections: Int
    /// Parts that keep failing and are begun again.
    public var degraded: [String]
    /// Heartbeats of the agents.
    public var heartbeat: HeartbeatStatus
    /// Resident memory of the gateway in bytes, where the system tells.
    public var memoryBytes: Int?
    /// Nodes.
    public var nodes: NodesStatus
    /// Its process id.
    public var pid: Int
    /// Events that wait for an agent's next turn.
    public var queuedSystemEvents: [String]
    /// Landline's version.
    public var runtimeVersion: String
    /// Conversations.
    public var sessions: SessionsStatus
    /// Findings about them.
    public var taskAudit: TaskAudit
    /// Tasks of all time.
    public var tasks: TaskCounts
    /// SHA-256 of the certificate that the port shows, if it speaks TLS.
    public var tlsFingerprint: Fingerprint?
    /// Milliseconds since its start.
    public var uptimeMs: Int
    /// Address under which others reach the gateway.
    public var url: String

    public init(
        agents: [AgentStatus],
        channelSummary: [String],
        connections: Int,
        degraded: [String],
        heartbeat: HeartbeatStatus,
        memoryBytes: Int? = nil,
        nodes: NodesStatus,
        pid: Int,
        queuedSystemEvents: [String],
        runtimeVersion: String,
        sessions: SessionsStatus,
        taskAudit: TaskAudit,
        tasks: TaskCounts,
        tlsFingerprint: Fingerprint? = nil,
        uptimeMs: Int,
        url: String
    ) {
        self.agents = agents
        self.channelSummary = channelSummary
        self.connections = connections
        self.degraded = degraded
        self.heartbeat = heartbeat
        self.memoryBytes = memoryBytes
        self.nodes = nodes
        self.pid = pid
        self.queuedSystemEvents = queuedSystemEvents
        self.runtimeVersion = runtimeVersion
        self.sessions = sessions
        self.taskAudit = taskAudit
        self.tasks = tasks
        self.tlsFingerprint = tlsFingerprint
        self.uptimeMs = uptimeMs
        self.url = url
    }
}

/// Parameters of `status`.
public struct StatusParams: Codable, Hashable, Sendable {
    /// Whether to list the channels.
    public var includeChannelSummary: Bool?

    public init(
        includeChannelSummary: Bool? = nil
    ) {
        self.includeChannelSummary = includeChannelSummary
    }
}

/// Whether a subscription is in force.
public struct Subscribed: Codable, Hashable, Sendable {
    /// The conversation, if it is about one.
    public var key: String?
    /// True after subscribing, false after unsubscribing.
    public var subscribed: Bool

    public init(
        key: String? = nil,
        subscribed: Bool
    ) {
        self.key = key
        self.subscribed = subscribed
    }
}

/// A URL for an operator.
public struct SurfaceRefreshOutput: Codable, Hashable, Sendable {
    /// Path of the canvas's surfaces on the gateway's origin; with a session only.
    public var a2uiPath: String?
    /// When the URL ends unless it is used.
    public var expiresAtMs: Int
    /// Path of the canvas's files on the gateway's origin; with a session only.
    public var filesPath: String?
    /// By surface: the base of its URLs.
    public var pluginSurfaceUrls: [String: String]
    /// `canvas`.
    public var surface: String

    public init(
        a2uiPath: String? = nil,
        expiresAtMs: Int,
        filesPath: String? = nil,
        pluginSurfaceUrls: [String: String],
        surface: String
    ) {
        self.a2uiPath = a2uiPath
        self.expiresAtMs = expiresAtMs
        self.filesPath = filesPath
        self.pluginSurfaceUrls = pluginSurfaceUrls
        self.surface = surface
    }
}

/// Which surface an operator wants a URL for.
public struct SurfaceRefreshParams: Codable, Hashable, Sendable {
    /// The URL that the client has; accepted.
    public var observedUrl: String?
    /// The one session that the URL is to open; absent: all that the client may read.
    public var sessionKey: String?
    /// `canvas`.
    public var surface: String

    public init(
        observedUrl: String? = nil,
        sessionKey: String? = nil,
        surface: String
    ) {
        self.observedUrl = observedUrl
        self.sessionKey = sessionKey
        self.surface = surface
    }
}

/// Parameters of `system-event`. Further fields of beacons are accepted.
public struct SystemEventParams: Codable, Hashable, Sendable {
    /// What happened.
    public var text: String

    public init(
        text: String
    ) {
        self.text = text
    }
}

/// What a node would run, frozen (protocol 8.4).
public struct SystemRunPlan: Codable, Hashable, Sendable {
    /// The agent.
    public var agentId: String?
    /// The program's file and its arguments.
    public var argv: [String]
    /// Its beginning.
    public var commandPreview: String?
    /// The same in one line.
    public var commandText: String
    /// The folder.
    public var cwd: String?
    /// The file among the arguments that decides what is run.
    public var mutableFileOperand: FileOperand?
    /// The node's own policy when it planned.
    public var policySnapshot: JSONValue?
    /// The conversation.
    public var sessionKey: String?

    public init(
        agentId: String? = nil,
        argv: [String],
        commandPreview: String? = nil,
        commandText: String,
        cwd: String? = nil,
        mutableFileOperand: FileOperand? = nil,
        policySnapshot: JSONValue? = nil,
        sessionKey: String? = nil
    ) {
        self.agentId = agentId
        self.argv = argv
        self.commandPreview = commandPreview
        self.commandText = commandText
        self.cwd = cwd
        self.mutableFileOperand = mutableFileOperand
        self.policySnapshot = policySnapshot
        self.sessionKey = sessionKey
    }
}

/// Whether something that a node sent was still waited for.
public struct Taken: Codable, Hashable, Sendable {
    /// True: nobody waits for it any more.
    public var ignored: Bool?
    /// Always true.
    public var ok: Bool

    public init(
        ignored: Bool? = nil,
        ok: Bool
    ) {
        self.ignored = ignored
        self.ok = ok
    }
}

/// Findings about tasks within [`StatusOutput`]; none are made so far.
public struct TaskAudit: Codable, Hashable, Sendable {
    /// By kind.
    public var byCode: [String: Int]
    /// Wrong.
    public var errors: Int
    /// All of them.
    public var total: Int
    /// Worth a look.
    public var warnings: Int

    public init(
        byCode: [String: Int],
        errors: Int,
        total: Int,
        warnings: Int
    ) {
        self.byCode = byCode
        self.errors = errors
        self.total = total
        self.warnings = warnings
    }
}

/// Tasks of all time within [`StatusOutput`].
public struct TaskCounts: Codable, Hashable, Sendable {
    /// Those that have not ended.
    public var active: Int
    /// By state.
    public var byStatus: [String: Int]
    /// Those that failed.
    public var failures: Int
    /// Those that have.
    public var terminal: Int
    /// All of them.
    public var total: Int

    public init(
        active: Int,
        byStatus: [String: Int],
        failures: Int,
        terminal: Int,
        total: Int
    ) {
        self.active = active
        self.byStatus = byStatus
        self.failures = failures
        self.terminal = terminal
        self.total = total
    }
}

/// The group that a task counts in.
public struct TaskGroup: Codable, Hashable, Sendable {
    /// Its name, of the caller's choice.
    public var id: String
    /// Tasks of the group that are enough: once so many have completed, the others are stopped.
    public var quorum: Int?

    public init(
        id: String,
        quorum: Int? = nil
    ) {
        self.id = id
        self.quorum = quorum
    }
}

/// A task that another one waits for.
public struct TaskNeed: Codable, Hashable, Sendable {
    /// What must become of it; `success` if absent.
    public var need: Need?
    /// The task.
    public var taskId: String

    public init(
        need: Need? = nil,
        taskId: String
    ) {
        self.need = need
        self.taskId = taskId
    }
}

/// What a task may do, as whoever dispatched it asks. It only ever narrows what the agent and the worker allow.
public struct TaskPermissions: Codable, Hashable, Sendable {
    /// Further folders that the agent may use.
    public var addDirs: [String]?
    /// Tools that run without asking; an empty list means none.
    public var allowedTools: [String]?
    /// Tools that are refused.
    public var disallowedTools: [String]?
    /// The permission mode, in the agent's own words.
    public var mode: String?

    public init(
        addDirs: [String]? = nil,
        allowedTools: [String]? = nil,
        disallowedTools: [String]? = nil,
        mode: String? = nil
    ) {
        self.addDirs = addDirs
        self.allowedTools = allowedTools
        self.disallowedTools = disallowedTools
        self.mode = mode
    }
}

/// A task's state as the protocol names it: pending, planning and waiting are `queued`.
public enum TaskStatus: String, Codable, Hashable, Sendable {
    /// Not running yet, or between two runs.
    case queued = "queued"
    /// A run is alive.
    case running = "running"
    /// Ended with a result.
    case completed = "completed"
    /// Ended with an error.
    case failed = "failed"
    /// Ended by request.
    case cancelled = "cancelled"
    /// Ended by its time limit.
    case timedOut = "timed_out"
}

/// One state or several.
public typealias TaskStatusFilter = JSONValue

/// No suggestions.
public struct TaskSuggestionsOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var suggestions: [JSONValue]

    public init(
        suggestions: [JSONValue]
    ) {
        self.suggestions = suggestions
    }
}

/// One task; also the payload of the `task` event.
public struct TaskSummary: Codable, Hashable, Sendable {
    /// Its agent.
    public var agentId: String
    /// What it left besides its answer.
    public var artifact: Artifact?
    /// Which run of it is the latest, from 1.
    public var attempt: Int?
    /// When it was stored.
    public var createdAt: Int
    /// Whether it was given up; `tasks.retry` tries it anew.
    public var deadLettered: Bool?
    /// When it ended.
    public var endedAt: Int?
    /// Why it failed.
    public var error: String?
    /// The group that it counts in.
    public var group: TaskGroup?
    /// Its id (UUID version 7).
    public var id: String
    /// What started it: chat, agent, wake, channel, work.
    public var kind: String
    /// Further runs that it may have after failures that pass.
    public var maxRetries: Int?
    /// The task that it is a part of.
    public var parentTaskId: String?
    /// How far it is, from 0 to 100, as its agent says.
    public var progress: Int?
    /// Why it waits or how it ended.
    public var progressSummary: String?
    /// What was asked; in `tasks.get` only.
    public var prompt: String?
    /// The answer; in `tasks.get` only.
    public var result: String?
    /// The task that it repeats.
    public var retryOf: String?
    /// Its run, as chat clients know it.
    public var runId: String
    /// Its conversation.
    public var sessionKey: String
    /// When its first run started.
    public var startedAt: Int?
    /// Its state.
    public var status: TaskStatus
    /// Where it is to be performed; dispatched work only, as all that follows.
    public var target: String?
    /// The beginning of its prompt.
    public var title: String
    /// When it last changed.
    public var updatedAt: Int
    /// What it cost.
    public var usage: TaskUsage?
    /// Until when it waits, if that is known.
    public var waitUntil: Int?
    /// The worker of its latest run.
    public var worker: String?

    public init(
        agentId: String,
        artifact: Artifact? = nil,
        attempt: Int? = nil,
        createdAt: Int,
        deadLettered: Bool? = nil,
        endedAt: Int? = nil,
        error: String? = nil,
        group: TaskGroup? = nil,
        id: String,
        kind: String,
        maxRetries: Int? = nil,
        parentTaskId: String? = nil,
        progress: Int? = nil,
        progressSummary: String? = nil,
        prompt: String? = nil,
        result: String? = nil,
        retryOf: String? = nil,
        runId: String,
        sessionKey: String,
        startedAt: Int? = nil,
        status: TaskStatus,
        target: String? = nil,
        title: String,
        updatedAt: Int,
        usage: TaskUsage? = nil,
        waitUntil: Int? = nil,
        worker: String? = nil
    ) {
        self.agentId = agentId
        self.artifact = artifact
        self.attempt = attempt
        self.createdAt = createdAt
        self.deadLettered = deadLettered
        self.endedAt = endedAt
        self.error = error
        self.group = group
        self.id = id
        self.kind = kind
        self.maxRetries = maxRetries
        self.parentTaskId = parentTaskId
        self.progress = progress
        self.progressSummary = progressSummary
        self.prompt = prompt
        self.result = result
        self.retryOf = retryOf
        self.runId = runId
        self.sessionKey = sessionKey
        self.startedAt = startedAt
        self.status = status
        self.target = target
        self.title = title
        self.updatedAt = updatedAt
        self.usage = usage
        self.waitUntil = waitUntil
        self.worker = worker
    }
}

/// What a task cost, as its agent reckons it.
public struct TaskUsage: Codable, Hashable, Sendable {
    /// Price in US dollars, if the agent said so.
    public var costUsd: Double?
    /// Tokens read.
    public var inputTokens: Int
    /// Tokens written.
    public var outputTokens: Int

    public init(
        costUsd: Double? = nil,
        inputTokens: Int,
        outputTokens: Int
    ) {
        self.costUsd = costUsd
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// The answer of `tasks.cancel`.
public struct TasksCancelOutput: Codable, Hashable, Sendable {
    /// Whether this call stopped it.
    public var cancelled: Bool
    /// Whether there is such a task.
    public var found: Bool
    /// Why not.
    public var reason: String?
    /// The task.
    public var task: TaskSummary?

    public init(
        cancelled: Bool,
        found: Bool,
        reason: String? = nil,
        task: TaskSummary? = nil
    ) {
        self.cancelled = cancelled
        self.found = found
        self.reason = reason
        self.task = task
    }
}

/// Parameters of `tasks.cancel`.
public struct TasksCancelParams: Codable, Hashable, Sendable {
    /// Why, for the audit.
    public var reason: String?
    /// The task, or the first six or more characters of its id.
    public var taskId: String

    public init(
        reason: String? = nil,
        taskId: String
    ) {
        self.reason = reason
        self.taskId = taskId
    }
}

/// What a task changed.
public struct TasksDiffOutput: Codable, Hashable, Sendable {
    /// What it is.
    public var kind: ArtifactKind
    /// Of a patch, the commit it applies to; of a branch, the branch.
    public var ref: String
    /// The patch.
    public var text: String
    /// Whether the patch was larger than is kept.
    public var truncated: Bool

    public init(
        kind: ArtifactKind,
        ref: String,
        text: String,
        truncated: Bool
    ) {
        self.kind = kind
        self.ref = ref
        self.text = text
        self.truncated = truncated
    }
}

/// Parameters of `tasks.diff`.
public struct TasksDiffParams: Codable, Hashable, Sendable {
    /// The task, or the first six or more characters of its id.
    public var taskId: String

    public init(
        taskId: String
    ) {
        self.taskId = taskId
    }
}

/// The answer of `tasks.dispatch`, once the task is stored.
public struct TasksDispatchOutput: Codable, Hashable, Sendable {
    /// Its agent.
    public var agentId: String
    /// Tasks that wait for a place, this one included if it does.
    public var queueDepth: Int
    /// Its run, as chat clients know it.
    public var runId: String
    /// Its conversation.
    public var sessionKey: String
    /// Its state.
    public var status: TaskStatus
    /// The task.
    public var taskId: String

    public init(
        agentId: String,
        queueDepth: Int,
        runId: String,
        sessionKey: String,
        status: TaskStatus,
        taskId: String
    ) {
        self.agentId = agentId
        self.queueDepth = queueDepth
        self.runId = runId
        self.sessionKey = sessionKey
        self.status = status
        self.taskId = taskId
    }
}

/// Parameters of `tasks.dispatch`.
public struct TasksDispatchParams: Codable, Hashable, Sendable {
    /// Tasks that come first.
    public var after: [TaskNeed]?
    /// Who does it; the default agent if absent.
    public var agentId: String?
    /// Files that go with it.
    public var attachments: [Attachment]?
    /// The most that it may cost, in US dollars.
    public var budgetUsd: Double?
    /// Whether it is stopped when its parent ends as failed or cancelled; true if absent.
    public var cascade: Bool?
    /// It fails unless it has started by this time.
    public var expiresAt: Int?
    /// The group that it counts in.
    public var group: TaskGroup?
    /// Names the task: a repeat joins it. It is the run's id as well.
    public var idempotencyKey: String
    /// How it is kept apart from other work in the same folder; as the worker has it if absent.
    public var isolation: Isolation?
    /// Words of the caller's own.
    public var labels: [String: String]?
    /// Further runs after one that failed through something that passes; 3 if absent.
    public var maxRetries: Int?
    /// What to do.
    public var message: String
    /// Model for this task.
    public var model: String?
    /// It does not start before this time.
    public var notBefore: Int?
    /// Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`.
    public var on: String?
    /// The task that this one is a part of.
    public var parentTaskId: String?
    /// What it may do; never more than the agent and the worker allow.
    public var permissions: TaskPermissions?
    /// Which goes first among those that wait for a place; 0 if absent, more is sooner.
    public var priority: Int?
    /// Whether a run that used up its time limit is tried again; false if absent.
    public var retryOnTimeout: Bool?
    /// The conversation that it belongs to; one of its own if absent.
    public var sessionKey: String?
    /// Time limit of a run in milliseconds; the agent's own if absent.
    public var timeoutMs: Int?
    /// What lists show; the beginning of the message if absent.
    public var title: String?

    public init(
        after: [TaskNeed]? = nil,
        agentId: String? = nil,
        attachments: [Attachment]? = nil,
        budgetUsd: Double? = nil,
        cascade: Bool? = nil,
        expiresAt: Int? = nil,
        group: TaskGroup? = nil,
        idempotencyKey: String,
        isolation: Isolation? = nil,
        labels: [String: String]? = nil,
        maxRetries: Int? = nil,
        message: String,
        model: String? = nil,
        notBefore: Int? = nil,
        on: String? = nil,
        parentTaskId: String? = nil,
        permissions: TaskPermissions? = nil,
        priority: Int? = nil,
        retryOnTimeout: Bool? = nil,
        sessionKey: String? = nil,
        timeoutMs: Int? = nil,
        title: String? = nil
    ) {
        self.after = after
        self.agentId = agentId
        self.attachments = attachments
        self.budgetUsd = budgetUsd
        self.cascade = cascade
        self.expiresAt = expiresAt
        self.group = group
        self.idempotencyKey = idempotencyKey
        self.isolation = isolation
        self.labels = labels
        self.maxRetries = maxRetries
        self.message = message
        self.model = model
        self.notBefore = notBefore
        self.on = on
        self.parentTaskId = parentTaskId
        self.permissions = permissions
        self.priority = priority
        self.retryOnTimeout = retryOnTimeout
        self.sessionKey = sessionKey
        self.timeoutMs = timeoutMs
        self.title = title
    }
}

/// One task.
public struct TasksGetOutput: Codable, Hashable, Sendable {
    /// The task.
    public var task: TaskSummary

    public init(
        task: TaskSummary
    ) {
        self.task = task
    }
}

/// Parameters of `tasks.get`.
public struct TasksGetParams: Codable, Hashable, Sendable {
    /// The task, or the first six or more characters of its id.
    public var taskId: String

    public init(
        taskId: String
    ) {
        self.taskId = taskId
    }
}

/// A page of tasks.
public struct TasksListOutput: Codable, Hashable, Sendable {
    /// Where the next page begins.
    public var nextCursor: String?
    /// Latest first.
    public var tasks: [TaskSummary]

    public init(
        nextCursor: String? = nil,
        tasks: [TaskSummary]
    ) {
        self.nextCursor = nextCursor
        self.tasks = tasks
    }
}

/// Parameters of `tasks.list`.
public struct TasksListParams: Codable, Hashable, Sendable {
    /// Only this agent's.
    public var agentId: String?
    /// `nextCursor` of the page before.
    public var cursor: String?
    /// Only those that were given up after their retries, or only the others.
    public var deadLettered: Bool?
    /// Only of this group.
    public var group: String?
    /// Only of this kind: `work` is what was dispatched.
    public var kind: String?
    /// Rows at most; 100 if absent.
    public var limit: Int?
    /// Only with this target, as it was written.
    public var on: String?
    /// Only this conversation's.
    public var sessionKey: String?
    /// Only in these states.
    public var status: TaskStatusFilter?
    /// Only those whose latest run is this worker's.
    public var worker: String?

    public init(
        agentId: String? = nil,
        cursor: String? = nil,
        deadLettered: Bool? = nil,
        group: String? = nil,
        kind: String? = nil,
        limit: Int? = nil,
        on: String? = nil,
        sessionKey: String? = nil,
        status: TaskStatusFilter? = nil,
        worker: String? = nil
    ) {
        self.agentId = agentId
        self.cursor = cursor
        self.deadLettered = deadLettered
        self.group = group
        self.kind = kind
        self.limit = limit
        self.on = on
        self.sessionKey = sessionKey
        self.status = status
        self.worker = worker
    }
}

/// The answer of `tasks.output`.
public struct TasksOutputOutput: Codable, Hashable, Sendable {
    /// What happened, in order.
    public var chunks: [OutputChunk]
    /// Whether the task has ended and this was the last of it.
    public var done: Bool
    /// Where to go on.
    public var next: Int
    /// The task, once it is done.
    public var task: TaskSummary?

    public init(
        chunks: [OutputChunk],
        done: Bool,
        next: Int,
        task: TaskSummary? = nil
    ) {
        self.chunks = chunks
        self.done = done
        self.next = next
        self.task = task
    }
}

/// Parameters of `tasks.output`.
public struct TasksOutputParams: Codable, Hashable, Sendable {
    /// `next` of the answer before; everything from the beginning if absent.
    public var after: Int?
    /// Steps at most; 500 if absent.
    public var limit: Int?
    /// The task, or the first six or more characters of its id.
    public var taskId: String
    /// How long to wait for more if there is none yet, in milliseconds; no wait if absent.
    public var waitMs: Int?

    public init(
        after: Int? = nil,
        limit: Int? = nil,
        taskId: String,
        waitMs: Int? = nil
    ) {
        self.after = after
        self.limit = limit
        self.taskId = taskId
        self.waitMs = waitMs
    }
}

/// Parameters of `tasks.retry`.
public struct TasksRetryParams: Codable, Hashable, Sendable {
    /// Names the new task: a repeat joins it.
    public var idempotencyKey: String
    /// The task, or the first six or more characters of its id.
    public var taskId: String

    public init(
        idempotencyKey: String,
        taskId: String
    ) {
        self.idempotencyKey = idempotencyKey
        self.taskId = taskId
    }
}

/// The answer of `tasks.send`.
public struct TasksSendOutput: Codable, Hashable, Sendable {
    /// Whether the run that is alive took it; otherwise it is the conversation's next message.
    public var taken: Bool
    /// The task that the message became: part of the live run, or with a run of its own.
    public var taskId: String

    public init(
        taken: Bool,
        taskId: String
    ) {
        self.taken = taken
        self.taskId = taskId
    }
}

/// Parameters of `tasks.send`.
public struct TasksSendParams: Codable, Hashable, Sendable {
    /// Names the message: a repeat is not sent twice.
    public var idempotencyKey: String
    /// What to tell its agent.
    public var message: String
    /// The task, or the first six or more characters of its id.
    public var taskId: String

    public init(
        idempotencyKey: String,
        message: String,
        taskId: String
    ) {
        self.idempotencyKey = idempotencyKey
        self.message = message
        self.taskId = taskId
    }
}

/// How much work there is and was.
public struct TasksStatsOutput: Codable, Hashable, Sendable {
    /// Tasks that run.
    public var activeTasks: Int
    /// Workers that are connected.
    public var connectedAgents: Int
    /// Tasks that wait.
    public var queueDepth: Int
    /// Those of them that completed.
    public var tasksCompleted: Int
    /// Tasks accepted.
    public var tasksDispatched: Int
    /// Those that failed.
    public var tasksErrored: Int
    /// Time since the gateway started.
    public var uptimeMs: Int

    public init(
        activeTasks: Int,
        connectedAgents: Int,
        queueDepth: Int,
        tasksCompleted: Int,
        tasksDispatched: Int,
        tasksErrored: Int,
        uptimeMs: Int
    ) {
        self.activeTasks = activeTasks
        self.connectedAgents = connectedAgents
        self.queueDepth = queueDepth
        self.tasksCompleted = tasksCompleted
        self.tasksDispatched = tasksDispatched
        self.tasksErrored = tasksErrored
        self.uptimeMs = uptimeMs
    }
}

/// A block of text.
public struct TextBlock: Codable, Hashable, Sendable {
    /// The text.
    public var text: String
    /// Always `text`.
    public var type: String

    public init(
        text: String,
        type: String
    ) {
        self.text = text
        self.type = type
    }
}

/// Payload of `tick`.
public struct Tick: Codable, Hashable, Sendable {
    /// The gateway's time.
    public var ts: Int

    public init(
        ts: Int
    ) {
        self.ts = ts
    }
}

/// A device token without its value.
public struct TokenInfo: Codable, Hashable, Sendable {
    /// When it was issued.
    public var createdAtMs: Int
    /// When it was last shown.
    public var lastUsedAtMs: Int?
    /// When it was ended.
    public var revokedAtMs: Int?
    /// Its role.
    public var role: String
    /// When it was replaced.
    public var rotatedAtMs: Int?
    /// Its scopes.
    public var scopes: [String]

    public init(
        createdAtMs: Int,
        lastUsedAtMs: Int? = nil,
        revokedAtMs: Int? = nil,
        role: String,
        rotatedAtMs: Int? = nil,
        scopes: [String]
    ) {
        self.createdAtMs = createdAtMs
        self.lastUsedAtMs = lastUsedAtMs
        self.revokedAtMs = revokedAtMs
        self.role = role
        self.rotatedAtMs = rotatedAtMs
        self.scopes = scopes
    }
}

/// No tools.
public struct ToolsCatalogOutput: Codable, Hashable, Sendable {
    /// The default agent.
    public var agentId: String
    /// Always empty.
    public var groups: [JSONValue]
    /// The one profile there is.
    public var profiles: [ToolsProfile]

    public init(
        agentId: String,
        groups: [JSONValue],
        profiles: [ToolsProfile]
    ) {
        self.agentId = agentId
        self.groups = groups
        self.profiles = profiles
    }
}

/// A named set of tools.
public struct ToolsProfile: Codable, Hashable, Sendable {
    /// `full`.
    public var id: String
    /// Its name for people.
    public var label: String

    public init(
        id: String,
        label: String
    ) {
        self.id = id
        self.label = label
    }
}

/// No update.
public struct UpdateStatusOutput: Codable, Hashable, Sendable {
    /// Always null.
    public var sentinel: JSONValue
    /// Always null.
    public var updateAvailable: JSONValue

    public init(
        sentinel: JSONValue,
        updateAvailable: JSONValue
    ) {
        self.sentinel = sentinel
        self.updateAvailable = updateAvailable
    }
}

/// Tokens and cost of a run.
public struct Usage: Codable, Hashable, Sendable {
    /// Tokens read from the provider's cache.
    public var cacheReadTokens: Int
    /// Tokens written to it.
    public var cacheWriteTokens: Int
    /// Cost in US dollars, as the executor says.
    public var costUsd: Double
    /// Tokens read.
    public var inputTokens: Int
    /// Tokens written.
    public var outputTokens: Int

    public init(
        cacheReadTokens: Int,
        cacheWriteTokens: Int,
        costUsd: Double,
        inputTokens: Int,
        outputTokens: Int
    ) {
        self.cacheReadTokens = cacheReadTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.costUsd = costUsd
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// No providers.
public struct UsageStatusOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var providers: [JSONValue]
    /// Always 0.
    public var updatedAt: Int

    public init(
        providers: [JSONValue],
        updatedAt: Int
    ) {
        self.providers = providers
        self.updatedAt = updatedAt
    }
}

/// No wake words.
public struct VoicewakeOutput: Codable, Hashable, Sendable {
    /// Always empty.
    public var triggers: [String]

    public init(
        triggers: [String]
    ) {
        self.triggers = triggers
    }
}

/// When to wake.
public enum WakeMode: String, Codable, Hashable, Sendable {
    /// At once.
    case now = "now"
    /// With the next heartbeat.
    case nextHeartbeat = "next-heartbeat"
}

/// Parameters of `wake`.
public struct WakeParams: Codable, Hashable, Sendable {
    /// The agent; the default one if absent.
    public var agentId: String?
    /// Whether to start at once. Without heartbeats, `next-heartbeat` starts at once as well.
    public var mode: WakeMode
    /// The conversation; the main one if absent.
    public var sessionKey: String?
    /// What to think about.
    public var text: String

    public init(
        agentId: String? = nil,
        mode: WakeMode,
        sessionKey: String? = nil,
        text: String
    ) {
        self.agentId = agentId
        self.mode = mode
        self.sessionKey = sessionKey
        self.text = text
    }
}

/// An error as a `res` frame carries it (protocol 4).
public struct WireError: Codable, Hashable, Sendable {
    /// Stable code.
    public var code: ErrorCode
    /// Machine-readable particulars; `details.code` is a [`DetailCode`] where one fits.
    public var details: JSONValue?
    /// What went wrong and what to do, without secrets.
    public var message: String
    /// How long to wait before that, in milliseconds.
    public var retryAfterMs: Int?
    /// Whether trying again can help.
    public var retryable: Bool?

    public init(
        code: ErrorCode,
        details: JSONValue? = nil,
        message: String,
        retryAfterMs: Int? = nil,
        retryable: Bool? = nil
    ) {
        self.code = code
        self.details = details
        self.message = message
        self.retryAfterMs = retryAfterMs
        self.retryable = retryable
    }
}

/// One piece of work.
public struct WorkItem: Codable, Hashable, Sendable {
    /// When it was left.
    public var createdAtMs: Int
    /// When it is no longer wanted.
    public var expiresAtMs: Int?
    /// To acknowledge it.
    public var id: String
    /// Particulars.
    public var payload: JSONValue?
    /// How soon.
    public var priority: WorkPriority
    /// What.
    public var type: WorkType

    public init(
        createdAtMs: Int,
        expiresAtMs: Int? = nil,
        id: String,
        payload: JSONValue? = nil,
        priority: WorkPriority,
        type: WorkType
    ) {
        self.createdAtMs = createdAtMs
        self.expiresAtMs = expiresAtMs
        self.id = id
        self.payload = payload
        self.priority = priority
        self.type = type
    }
}

/// How soon.
public enum WorkPriority: String, Codable, Hashable, Sendable {
    /// In its turn.
    case normal = "normal"
    /// Before everything that is not.
    case high = "high"
}

/// What can be left for a node.
public enum WorkType: String, Codable, Hashable, Sendable {
    /// To tell how it is.
    case statusRequest = "status.request"
    /// To tell where it is.
    case locationRequest = "location.request"
}

/// How a worker is.
public struct WorkerHealth: Codable, Hashable, Sendable {
    /// What is wrong, or worth knowing.
    public var detail: String?
    /// Whether it can work.
    public var ok: Bool

    public init(
        detail: String? = nil,
        ok: Bool
    ) {
        self.detail = detail
        self.ok = ok
    }
}

/// Payload of `worker.orders`.
public struct WorkerOrders: Codable, Hashable, Sendable {
    /// Orders (docs/workers.md), in order.
    public var messages: [JSONValue]

    public init(
        messages: [JSONValue]
    ) {
        self.messages = messages
    }
}

/// The most that a run on a worker may do. Empty lists mean nothing, not everything.
public struct WorkerPermissions: Codable, Hashable, Sendable {
    /// Tools that may run without asking.
    public var allowed: [String]
    /// Folders that runs may work in.
    public var dirs: [String]
    /// Tools that never run.
    public var disallowed: [String]
    /// The widest permission mode.
    public var mode: String?

    public init(
        allowed: [String],
        dirs: [String],
        disallowed: [String],
        mode: String? = nil
    ) {
        self.allowed = allowed
        self.dirs = dirs
        self.disallowed = disallowed
        self.mode = mode
    }
}

/// Output of `worker.report`.
public typealias WorkerReportOutput = [String: JSONValue]

/// Parameters of `worker.report`.
public struct WorkerReportParams: Codable, Hashable, Sendable {
    /// Reports (docs/workers.md), in order; the first of a connection is an announcement.
    public var messages: [JSONValue]

    public init(
        messages: [JSONValue]
    ) {
        self.messages = messages
    }
}

/// A worker; also, as `worker`, the payload of `workers.changed`.
public struct WorkerRow: Codable, Hashable, Sendable {
    /// The agents that it knows by name.
    public var agents: [String]
    /// Processor architecture, for example `x86_64`.
    public var arch: String
    /// Since when it is connected.
    public var connectedAt: Int?
    /// The executors that it has, by their names in the configuration.
    public var executors: [String]
    /// How it is.
    public var health: WorkerHealth
    /// How it keeps runs apart where a task does not say.
    public var isolation: Isolation
    /// Labels by which it can be chosen.
    public var labels: [String: String]?
    /// When it was last heard.
    public var lastSeenAt: Int?
    /// Runs that it performs at the same time.
    public var maxConcurrent: Int
    /// Its name, unique among the workers that are connected.
    public var name: String
    /// The node it is, if it is one.
    public var nodeId: String?
    /// Whether it is.
    public var online: Bool
    /// Operating system, for example `linux`.
    public var os: String
    /// The most that a run on it may do.
    public var permissions: WorkerPermissions
    /// The pool it belongs to.
    public var pool: String?
    /// Runs that it was given.
    public var running: Int
    /// How busy it is.
    public var status: WorkerStatus
    /// Their tasks.
    public var taskIds: [String]
    /// How it is connected: `websocket`, `http`, `grpc`.
    public var transport: String
    /// The version of its program.
    public var version: String

    public init(
        agents: [String],
        arch: String,
        connectedAt: Int? = nil,
        executors: [String],
        health: WorkerHealth,
        isolation: Isolation,
        labels: [String: String]? = nil,
        lastSeenAt: Int? = nil,
        maxConcurrent: Int,
        name: String,
        nodeId: String? = nil,
        online: Bool,
        os: String,
        permissions: WorkerPermissions,
        pool: String? = nil,
        running: Int,
        status: WorkerStatus,
        taskIds: [String],
        transport: String,
        version: String
    ) {
        self.agents = agents
        self.arch = arch
        self.connectedAt = connectedAt
        self.executors = executors
        self.health = health
        self.isolation = isolation
        self.labels = labels
        self.lastSeenAt = lastSeenAt
        self.maxConcurrent = maxConcurrent
        self.name = name
        self.nodeId = nodeId
        self.online = online
        self.os = os
        self.permissions = permissions
        self.pool = pool
        self.running = running
        self.status = status
        self.taskIds = taskIds
        self.transport = transport
        self.version = version
    }
}

/// How busy a worker is.
public enum WorkerStatus: String, Codable, Hashable, Sendable {
    /// It has nothing to do.
    case idle = "idle"
    /// It has something to do, and room for more.
    case active = "active"
    /// It has no room.
    case busy = "busy"
    /// It is not connected.
    case offline = "offline"
    /// It is given nothing new.
    case draining = "draining"
}

/// Payload of `workers.changed`.
public struct WorkersChanged: Codable, Hashable, Sendable {
    /// The worker as it is now.
    public var worker: WorkerRow

    public init(
        worker: WorkerRow
    ) {
        self.worker = worker
    }
}

/// Output of `workers.drain`.
public struct WorkersDrainOutput: Codable, Hashable, Sendable {
    /// The worker as it is now.
    public var worker: WorkerRow

    public init(
        worker: WorkerRow
    ) {
        self.worker = worker
    }
}

/// Parameters of `workers.drain`.
public struct WorkersDrainParams: Codable, Hashable, Sendable {
    /// Out of use, or back.
    public var drain: Bool
    /// Which worker.
    public var name: String

    public init(
        drain: Bool,
        name: String
    ) {
        self.drain = drain
        self.name = name
    }
}

/// Output of `workers.list`.
public struct WorkersListOutput: Codable, Hashable, Sendable {
    /// By name.
    public var workers: [WorkerRow]

    public init(
        workers: [WorkerRow]
    ) {
        self.workers = workers
    }
}

/// Parameters of `workers.list`.
public struct WorkersListParams: Codable, Hashable, Sendable {
    /// Only those that are connected.
    public var online: Bool?
    /// Only those of this pool.
    public var pool: String?

    public init(
        online: Bool? = nil,
        pool: String? = nil
    ) {
        self.online = online
        self.pool = pool
    }
}

/// Output of `workers.token.create`.
public struct WorkersTokenCreateOutput: Codable, Hashable, Sendable {
    /// The worker's name.
    public var name: String
    /// The token; the gateway keeps only a digest of it.
    public var token: String

    public init(
        name: String,
        token: String
    ) {
        self.name = name
        self.token = token
    }
}

/// Parameters of `workers.token.create`.
public struct WorkersTokenCreateParams: Codable, Hashable, Sendable {
    /// The worker's name.
    public var name: String

    public init(
        name: String
    ) {
        self.name = name
    }
}

/// Output of `workers.token.revoke`.
public struct WorkersTokenRevokeOutput: Codable, Hashable, Sendable {
    /// Whether there was one.
    public var revoked: Bool

    public init(
        revoked: Bool
    ) {
        self.revoked = revoked
    }
}

/// Parameters of `workers.token.revoke`.
public struct WorkersTokenRevokeParams: Codable, Hashable, Sendable {
    /// The worker's name.
    public var name: String

    public init(
        name: String
    ) {
        self.name = name
    }
}

/// The names of all methods.
public enum GatewayMethod: String, Codable, Hashable, Sendable {
    /// Runs an agent once: two responses, `accepted` and the final one. Reset commands need admin.
    case agent = "agent"
    /// Who an agent is.
    case agentIdentityGet = "agent.identity.get"
    /// Waits for the end of a run.
    case agentWait = "agent.wait"
    /// All agents.
    case agentsList = "agents.list"
    /// One request, open or not.
    case approvalGet = "approval.get"
    /// Requests that have ended, latest first.
    case approvalHistory = "approval.history"
    /// Answers a request and returns how it stands; the first answer counts.
    case approvalResolve = "approval.resolve"
    /// Shows A2UI surfaces, or changes them.
    case canvasA2uiPush = "canvas.a2ui.push"
    /// Removes all A2UI surfaces of a session.
    case canvasA2uiReset = "canvas.a2ui.reset"
    /// Removes a file of a session's canvas, or the whole canvas.
    case canvasDelete = "canvas.delete"
    /// Runs a script in a page that shows the canvas, and returns what it gives.
    case canvasEval = "canvas.eval"
    /// Takes a canvas off the screen again.
    case canvasHide = "canvas.hide"
    /// The files of a session's canvas, and what of it is shown.
    case canvasList = "canvas.list"
    /// Shows a session's canvas to its people, or on a node.
    case canvasPresent = "canvas.present"
    /// Reads a file of a session's canvas.
    case canvasRead = "canvas.read"
    /// A picture of what a node shows.
    case canvasSnapshot = "canvas.snapshot"
    /// Writes a file of a session's canvas; whoever looks at it sees the change at once.
    case canvasWrite = "canvas.write"
    /// Adds a bot to the configuration and starts it.
    case channelsAdd = "channels.add"
    /// Stops a bot and forgets its token; its other settings stay, switched off.
    case channelsLogout = "channels.logout"
    /// Gives up a message that waits, failed, or whose fate is unknown.
    case channelsOutboxDrop = "channels.outbox.drop"
    /// Messages to platforms that wait, failed, or whose fate is unknown.
    case channelsOutboxList = "channels.outbox.list"
    /// Sends a message again that failed or whose fate is unknown.
    case channelsOutboxResend = "channels.outbox.resend"
    /// Lets a stranger in.
    case channelsPairingApprove = "channels.pairing.approve"
    /// Turns a stranger away: no further code is given.
    case channelsPairingDeny = "channels.pairing.deny"
    /// Drops a request; the stranger may ask again.
    case channelsPairingDismiss = "channels.pairing.dismiss"
    /// Strangers who wait with a code.
    case channelsPairingList = "channels.pairing.list"
    /// People who were let in or turned away.
    case channelsPeopleList = "channels.people.list"
    /// Forgets somebody: who was let in is out at once, who was turned away may ask again.
    case channelsPeopleRemove = "channels.people.remove"
    /// Stops a bot and removes it from the configuration. Its conversations stay.
    case channelsRemove = "channels.remove"
    /// Starts a bot that was stopped.
    case channelsStart = "channels.start"
    /// Chat platforms and how they are.
    case channelsStatus = "channels.status"
    /// Stops a bot until it is started again or the gateway restarts.
    case channelsStop = "channels.stop"
    /// Stops runs of a conversation.
    case chatAbort = "chat.abort"
    /// The latest messages of one conversation, oldest first.
    case chatHistory = "chat.history"
    /// Writes an assistant's line without running an agent.
    case chatInject = "chat.inject"
    /// One whole message.
    case chatMessageGet = "chat.message.get"
    /// Models and commands of a conversation.
    case chatMetadata = "chat.metadata"
    /// Sends a message; answers when it is stored.
    case chatSend = "chat.send"
    /// The same with what a chat page needs besides.
    case chatStartup = "chat.startup"
    /// The slash commands.
    case commandsList = "commands.list"
    /// The configuration, secrets hidden.
    case configGet = "config.get"
    /// Changes some values (RFC 7396 merge patch); comments in the file stay.
    case configPatch = "config.patch"
    /// JSON Schema of the file.
    case configSchema = "config.schema"
    /// Replaces the file.
    case configSet = "config.set"
    /// Adds a job.
    case cronAdd = "cron.add"
    /// Returns one job.
    case cronGet = "cron.get"
    /// Lists scheduled jobs.
    case cronList = "cron.list"
    /// Removes a job and its history; runs that are alive go on.
    case cronRemove = "cron.remove"
    /// Runs a job now, beside its schedule.
    case cronRun = "cron.run"
    /// Lists runs that have ended, of one job or of all.
    case cronRuns = "cron.runs"
    /// Says how many jobs there are and when the next one is due.
    case cronStatus = "cron.status"
    /// Changes a job; what the patch does not name stays.
    case cronUpdate = "cron.update"
    /// Lets a device in.
    case devicePairApprove = "device.pair.approve"
    /// Devices that wait and devices that are paired.
    case devicePairList = "device.pair.list"
    /// Refuses a device.
    case devicePairReject = "device.pair.reject"
    /// Forgets a device and closes its connections. Others than one's own need admin.
    case devicePairRemove = "device.pair.remove"
    /// Names a device. Others than one's own need admin.
    case devicePairRename = "device.pair.rename"
    /// Makes a setup code for a phone or another machine.
    case devicePairSetupCode = "device.pair.setupCode"
    /// Ends a device's token and closes its connections. Others than one's own need admin.
    case deviceTokenRevoke = "device.token.revoke"
    /// Replaces a device's token and closes its connections. Others than one's own need admin.
    case deviceTokenRotate = "device.token.rotate"
    /// One request.
    case execApprovalGet = "exec.approval.get"
    /// Requests that wait for an answer.
    case execApprovalList = "exec.approval.list"
    /// Asks for permission; answers when that is decided. With `twoPhase` it says first that the request was accepted.
    case execApprovalRequest = "exec.approval.request"
    /// Answers a request; the first answer counts.
    case execApprovalResolve = "exec.approval.resolve"
    /// Waits until a request is decided.
    case execApprovalWaitDecision = "exec.approval.waitDecision"
    /// The policy for commands as its file has it.
    case execApprovalsGet = "exec.approvals.get"
    /// Which programs a node itself lets be run without asking, as its own file has it.
    case execApprovalsNodeGet = "exec.approvals.node.get"
    /// Replaces that.
    case execApprovalsNodeSet = "exec.approvals.node.set"
    /// Replaces the policy for commands; it counts from the next command on.
    case execApprovalsSet = "exec.approvals.set"
    /// A consistent copy of the database, made while running.
    case gatewayBackup = "gateway.backup"
    /// A one-time link that lets a browser in.
    case gatewayDashboardLink = "gateway.dashboardLink"
    /// The gateway's own identity.
    case gatewayIdentityGet = "gateway.identity.get"
    /// How the gateway is. Needs no scope and also answers nodes.
    case health = "health"
    /// Adds a webhook, and shows its secret this once.
    case hooksAdd = "hooks.add"
    /// Lists webhooks, without their secrets.
    case hooksList = "hooks.list"
    /// Removes a webhook.
    case hooksRemove = "hooks.remove"
    /// Shows what an agent would be told of a payload; nothing runs.
    case hooksTest = "hooks.test"
    /// The last heartbeat of an agent; null before the first.
    case lastHeartbeat = "last-heartbeat"
    /// The last lines of the log.
    case logsTail = "logs.tail"
    /// Does something on a platform: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read.
    case messageAction = "message.action"
    /// Models to choose from.
    case modelsList = "models.list"
    /// The same, as nodes of protocol 3 ask for it.
    case nodeCanvasCapabilityRefresh = "node.canvas.capability.refresh"
    /// One node, with the arguments that its commands take.
    case nodeDescribe = "node.describe"
    /// What a node tells of itself and asks of agents.
    case nodeEvent = "node.event"
    /// Runs a program on a node: the node plans it, the policy or somebody allows just that plan, the node runs it. This is how agents run programs.
    case nodeExec = "node.exec"
    /// Has a node do something. Commands that run programs on it need admin.
    case nodeInvoke = "node.invoke"
    /// A piece of output before that answer.
    case nodeInvokeProgress = "node.invoke.progress"
    /// A node's answer to `node.invoke.request`.
    case nodeInvokeResult = "node.invoke.result"
    /// Nodes: what each is, offers and may be asked.
    case nodeList = "node.list"
    /// Allows what a node offers. What runs programs needs admin, anything else that can be called needs write.
    case nodePairApprove = "node.pair.approve"
    /// Nodes that wait for approval of what they offer, and those that have it.
    case nodePairList = "node.pair.list"
    /// Refuses what a node asks for; what was approved before stays.
    case nodePairReject = "node.pair.reject"
    /// Forgets a node and closes its connection. Others than one's own need admin.
    case nodePairRemove = "node.pair.remove"
    /// Says that work is done.
    case nodePendingAck = "node.pending.ack"
    /// Takes work that was left for the node; it comes again until it is acknowledged.
    case nodePendingDrain = "node.pending.drain"
    /// Leaves work for a node that may be asleep.
    case nodePendingEnqueue = "node.pending.enqueue"
    /// Commands that wait until the node's app is in the foreground.
    case nodePendingPull = "node.pending.pull"
    /// A capability URL for a node.
    case nodePluginSurfaceRefresh = "node.pluginSurface.refresh"
    /// Tools that a node has besides its commands; agents are not shown them.
    case nodePluginToolsUpdate = "node.pluginTools.update"
    /// Names a node. Others than one's own need admin.
    case nodeRename = "node.rename"
    /// Programs that a node could run agents with; Landline runs none there.
    case nodeRunnerInventoryUpdate = "node.runnerInventory.update"
    /// Publishes which arguments the node's commands take.
    case nodeSchemasUpdate = "node.schemas.update"
    /// Skills that a node has; agents are not shown them.
    case nodeSkillsUpdate = "node.skills.update"
    /// Permission requests of plugins.
    case pluginApprovalList = "plugin.approval.list"
    /// A capability URL for an operator: with a session's name for its canvas and surfaces.
    case pluginSurfaceRefresh = "plugin.surface.refresh"
    /// Asks a poll on a platform.
    case poll = "poll"
    /// Questions of agents.
    case questionList = "question.list"
    /// Sends a message to a conversation on a platform.
    case send = "send"
    /// Stops a conversation's runs.
    case sessionsAbort = "sessions.abort"
    /// Asks for a shorter transcript. Landline never shortens one; the answer says so.
    case sessionsCompact = "sessions.compact"
    /// Starts a conversation.
    case sessionsCreate = "sessions.create"
    /// Removes a conversation from the list.
    case sessionsDelete = "sessions.delete"
    /// One conversation's row.
    case sessionsDescribe = "sessions.describe"
    /// Conversations, latest first.
    case sessionsList = "sessions.list"
    /// From here on `session.message` events of one conversation are sent to this connection.
    case sessionsMessagesSubscribe = "sessions.messages.subscribe"
    /// Ends that.
    case sessionsMessagesUnsubscribe = "sessions.messages.unsubscribe"
    /// Changes label, model, flags of a conversation.
    case sessionsPatch = "sessions.patch"
    /// The last lines of several conversations.
    case sessionsPreview = "sessions.preview"
    /// Begins anew under the same key; what was said stays readable under the earlier id.
    case sessionsReset = "sessions.reset"
    /// Finds a conversation by key, id or label.
    case sessionsResolve = "sessions.resolve"
    /// Searches the words of all conversations.
    case sessionsSearch = "sessions.search"
    /// Sends a message, as `chat.send`.
    case sessionsSend = "sessions.send"
    /// Hands a message to the running agent; without one, as `sessions.send`.
    case sessionsSteer = "sessions.steer"
    /// From here on `sessions.changed` events are sent to this connection.
    case sessionsSubscribe = "sessions.subscribe"
    /// Ends that.
    case sessionsUnsubscribe = "sessions.unsubscribe"
    /// Programs that skills would need on a node.
    case skillsBins = "skills.bins"
    /// Skills that agents could be given; each agent brings its own.
    case skillsStatus = "skills.status"
    /// What it is doing.
    case status = "status"
    /// Tells the gateway something about the caller's machine; shown in its presence entry.
    case systemEvent = "system-event"
    /// Who is here.
    case systemPresence = "system-presence"
    /// Suggested tasks.
    case taskSuggestionsList = "taskSuggestions.list"
    /// Stops a task.
    case tasksCancel = "tasks.cancel"
    /// What a task changed in its work tree.
    case tasksDiff = "tasks.diff"
    /// Gives an agent work, here or on another machine. Answers when it is stored.
    case tasksDispatch = "tasks.dispatch"
    /// One task.
    case tasksGet = "tasks.get"
    /// Tasks, latest first.
    case tasksList = "tasks.list"
    /// What a dispatched task said and did, from any point on; waits for more if asked to.
    case tasksOutput = "tasks.output"
    /// Makes a new task of what an ended one was asked.
    case tasksRetry = "tasks.retry"
    /// Tells the agent of a task something more: within its run if that is alive, as the next message otherwise.
    case tasksSend = "tasks.send"
    /// How much work there is and was.
    case tasksStats = "tasks.stats"
    /// Tools that agents could be given; each agent brings its own.
    case toolsCatalog = "tools.catalog"
    /// Whether a newer version is known; Landline does not look for one by itself.
    case updateStatus = "update.status"
    /// What providers report about usage.
    case usageStatus = "usage.status"
    /// Words that wake a device.
    case voicewakeGet = "voicewake.get"
    /// Gives an agent something to think about, as a message into its main conversation.
    case wake = "wake"
    /// What a worker tells of its runs and of itself; the gateway's orders come as `worker.orders`.
    case workerReport = "worker.report"
    /// Takes a worker out of use, or back: one that drains is given nothing new and ends what it has.
    case workersDrain = "workers.drain"
    /// The workers that are connected, and those that were since the gateway started.
    case workersList = "workers.list"
    /// Makes the token with which a worker shows who it is over HTTP and gRPC. It is shown this once; another one of the same name makes it invalid.
    case workersTokenCreate = "workers.token.create"
    /// Makes a worker's token invalid and ends its connection.
    case workersTokenRevoke = "workers.token.revoke"
}

/// The names of all events.
public enum GatewayEvent: String, Codable, Hashable, Sendable {
    case agent = "agent"
    case canvasChanged = "canvas.changed"
    case channelsChanged = "channels.changed"
    case channelsPairingRequested = "channels.pairing.requested"
    case channelsPairingResolved = "channels.pairing.resolved"
    case chat = "chat"
    case configChanged = "config.changed"
    case connectChallenge = "connect.challenge"
    case cron = "cron"
    case devicePairRequested = "device.pair.requested"
    case devicePairResolved = "device.pair.resolved"
    case devicePairSetupCompleted = "device.pair.setup.completed"
    case execApprovalRequested = "exec.approval.requested"
    case execApprovalResolved = "exec.approval.resolved"
    case health = "health"
    case nodeHostStats = "node.hostStats"
    case nodeInvokeCancel = "node.invoke.cancel"
    case nodeInvokeProgress = "node.invoke.progress"
    case nodeInvokeRequest = "node.invoke.request"
    case nodePairRequested = "node.pair.requested"
    case nodePairResolved = "node.pair.resolved"
    case nodePresence = "node.presence"
    case presence = "presence"
    case sessionMessage = "session.message"
    case sessionsChanged = "sessions.changed"
    case shutdown = "shutdown"
    case task = "task"
    case tick = "tick"
    case workerOrders = "worker.orders"
    case workersChanged = "workers.changed"
}
