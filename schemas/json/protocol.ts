// Made by `cargo xtask bless` from protocol.schema.json; do not edit.

/** Newest protocol version that is spoken. */
export const PROTOCOL = 4;

/** An account and how it is now. */
export interface AccountOutput {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** Whether it is kept connected. */
  running: boolean;
}

/** Parameters that name an account. */
export interface AccountParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** The platform: `telegram`, `discord` or `plugin`. */
  channel: string;
}

/** One agent within [`Health`]. */
export interface AgentHealth {
  /** The agent's name in the configuration. */
  agentId: string;
  /** Its heartbeat. */
  heartbeat: AgentHeartbeat;
  /** Whether it answers when none is named. */
  isDefault: boolean;
  /** Its conversations. */
  sessions: SessionsHealth;
}

/** When an agent is woken by itself. */
export interface AgentHeartbeat {
  /** Characters up to which an answer counts as "nothing to say". */
  ackMaxChars: number;
  /** Whether it is. */
  enabled: boolean;
  /** How often, in words. */
  every: string;
  /** How often, in milliseconds. */
  everyMs: number | null;
  /** With what prompt. */
  prompt: string;
  /** Where the answer goes. */
  target: string;
}

/** Who an agent is. */
export interface AgentIdentityOutput {
  /** Its name in the configuration. */
  agentId: string;
  /** Its name for people. */
  name: string;
}

/** Parameters of `agent.identity.get`. */
export interface AgentIdentityParams {
  /** The agent. */
  agentId?: string | null;
  /** Or a conversation of it. */
  sessionKey?: string | null;
}

/** Facts about a run. */
export interface AgentMeta {
  /** The executor's own facts. */
  agentMeta: ExecutorMeta;
  /** How long it took, in milliseconds. */
  durationMs: number;
}

/** An agent's model. */
export interface AgentModel {
  /** `executor/model`. */
  primary: string;
}

/** Both answers of `agent`, told apart by `status`. */
export interface AgentOutput {
  /** When it was stored. */
  acceptedAt?: number;
  /** The agent. */
  agentId?: string;
  /** What was answered. */
  result?: AgentResult;
  /** The run: the idempotency key. */
  runId: string;
  /** The conversation. */
  sessionKey?: string;
  /** `accepted` first; then `ok` or `error`. */
  status: string;
  /** One line about the end. */
  summary?: string;
}

/** Parameters of `agent`. Fields marked "accepted" come from stock clients and change nothing here. */
export interface AgentParams {
  /** Accepted. */
  accountId?: unknown;
  /** The agent; the default one if absent. */
  agentId?: string | null;
  /** Pictures and files. */
  attachments?: Attachment[];
  /** Accepted. */
  bestEffortDeliver?: unknown;
  /** Accepted. */
  channel?: unknown;
  /** Accepted. */
  cleanupBundleMcpOnRunEnd?: unknown;
  /** Accepted: the agent's configured folder is used. */
  cwd?: unknown;
  /** Accepted: the answer always comes back to the caller. */
  deliver?: unknown;
  /** Accepted. */
  expectedExistingSessionId?: unknown;
  /** Accepted. */
  extraSystemPrompt?: unknown;
  /** Accepted. */
  groupChannel?: unknown;
  /** Accepted. */
  groupId?: unknown;
  /** Accepted. */
  groupSpace?: unknown;
  /** Names the run; the same key joins it. */
  idempotencyKey: string;
  /** Accepted. */
  inputProvenance?: unknown;
  /** Name for the conversation. */
  label?: string | null;
  /** Accepted. */
  lane?: unknown;
  /** What to do. */
  message: string;
  /** Model for this run. */
  model?: string | null;
  /** Accepted. */
  modelRun?: unknown;
  /** Accepted. */
  promptMode?: unknown;
  /** Accepted. */
  provider?: unknown;
  /** Accepted. */
  replyAccountId?: unknown;
  /** Accepted. */
  replyChannel?: unknown;
  /** Accepted. */
  replyTo?: unknown;
  /** Must be the conversation's present id, if given. */
  sessionId?: string | null;
  /** The conversation; the agent's main one if absent. */
  sessionKey?: string | null;
  /** Accepted. */
  thinking?: unknown;
  /** Accepted. */
  threadId?: unknown;
  /** Time limit in seconds; 0: the agent's own. */
  timeout?: number | null;
  /** Accepted. */
  to?: unknown;
  /** Accepted. */
  voiceWakeTrigger?: unknown;
}

/** One part of an answer. */
export interface AgentPayload {
  /** Address of a file, if it is one. */
  mediaUrl: string | null;
  /** Text. */
  text: string;
}

/** What a run answered. */
export interface AgentResult {
  /** Facts about the run. */
  meta: AgentMeta;
  /** Parts of the answer. */
  payloads: AgentPayload[];
}

/** An agent, who executes it and why. */
export interface AgentStatus {
  /** Its name in the configuration. */
  agentId: string;
  /** `builtin`, `claude_code`, `command`, `acp` or `model`. */
  executor: string;
  /** Whether it answers when none is named. */
  isDefault: boolean;
  /** Its model, if one is configured. */
  model?: string;
  /** Why, in plain words. */
  reason: string;
}

/** Payload of `agent`: one step of a run (protocol 6.1). */
export interface AgentStep {
  /** Its agent. */
  agentId: string;
  /** What happened, by stream. */
  data: unknown;
  /** The run. */
  runId: string;
  /** Grows within the run; holes are allowed. */
  seq: number;
  /** Its conversation. */
  sessionKey: string;
  /** `lifecycle`, `assistant`, `tool`, `item`, `thinking`, `usage`, `run_status`, `retry`. */
  stream: string;
  /** When. */
  ts: number;
}

/** One agent. */
export interface AgentSummary {
  /** Its name in the configuration. */
  id: string;
  /** Its model. */
  model?: AgentModel;
  /** Its name for people. */
  name: string;
  /** The folder it works in. */
  workspace?: string;
}

/** The end of a run, or `timeout`. */
export interface AgentWaitOutput {
  /** When it ended. */
  endedAt?: number;
  /** Why it failed. */
  error?: string;
  /** The run. */
  runId: string;
  /** When it started. */
  startedAt?: number;
  /** `ok`, `error` or `timeout`. */
  status: string;
  /** Why it stopped. */
  stopReason?: string;
}

/** Parameters of `agent.wait`. */
export interface AgentWaitParams {
  /** The run. */
  runId: string;
  /** How long to wait; 30,000 if absent. */
  timeoutMs?: number | null;
}

/** All agents. */
export interface AgentsListOutput {
  /** The agents. */
  agents: AgentSummary[];
  /** The one that answers when none is named. */
  defaultId: string;
  /** Last part of the main session's key. */
  mainKey: string;
  /** How direct conversations are kept apart. */
  scope: string;
}

/** How a request stands after an answer. */
export interface ApprovalAnswerOutput {
  /** Whether this answer counted: false when the request had ended. */
  applied: boolean;
  /** How it stands. */
  approval: ApprovalSnapshot;
}

/** Parameters of `approval.resolve`. */
export interface ApprovalAnswerParams {
  /** The answer. */
  decision: ApprovalDecision;
  /** Accepted. */
  grantExpiresInDays?: unknown;
  /** The request. */
  id: string;
  /** What it is about. */
  kind: ApprovalKind;
  /** Accepted. */
  reviewer?: unknown;
}

/** Parameters of `exec.approval.request`. */
export interface ApprovalAskParams {
  /** The agent. */
  agentId?: string | null;
  /** Accepted. */
  approvalReviewerDeviceIds?: unknown;
  /** `always`: the answer is not to be remembered. */
  ask?: string | null;
  /** What would be done, in one line; of `commandArgv` or the plan if absent. */
  command?: string | null;
  /** The program and its arguments. */
  commandArgv?: string[] | null;
  /** Accepted. */
  commandSpans?: unknown;
  /** The folder it would be done in. */
  cwd?: string | null;
  /** Accepted. */
  deliverToApprovalClientsOnly?: unknown;
  /** The environment variables that would be set. Approvers see their names; the answer counts for their values. */
  env?: Record<string, string> | null;
  /** Where: `gateway` if absent, `node` or `sandbox`. */
  host?: string | null;
  /** A name for it; made if absent. */
  id?: string | null;
  /** The node that would do it. */
  nodeId?: string | null;
  /** False: keep it open although nobody who could answer is connected. */
  requireDeliveryRoute?: boolean | null;
  /** The program's file, links followed. */
  resolvedPath?: string | null;
  /** The run that waits. */
  runId?: string | null;
  /** Accepted. */
  scope?: unknown;
  /** Accepted: the policy of this gateway counts. */
  security?: unknown;
  /** Accepted. */
  sessionId?: unknown;
  /** The conversation. */
  sessionKey?: string | null;
  /** Accepted. */
  suppressDelivery?: unknown;
  /** The plan of the node that would run it (`system.run.prepare`): the answer counts for that alone. */
  systemRunPlan?: SystemRunPlan | null;
  /** Time that approvers have, in milliseconds: half an hour if absent, at most a day. */
  timeoutMs?: number | null;
  /** Accepted. */
  toolCallId?: unknown;
  /** Accepted. */
  turnSourceAccountId?: unknown;
  /** Accepted. */
  turnSourceChannel?: unknown;
  /** Accepted. */
  turnSourceThreadId?: unknown;
  /** Accepted. */
  turnSourceTo?: unknown;
  /** Answer twice: `accepted` at once, the decision later. */
  twoPhase?: boolean | null;
  /** What may not be answered. */
  unavailableDecisions?: ApprovalDecision[] | null;
  /** Why, in the words of who asks. */
  warningText?: string | null;
}

/** How a request was decided. */
export interface ApprovalDecided {
  /** When it was asked. */
  createdAtMs: number;
  /** The answer; null when nobody gave one, which is a no. */
  decision: ApprovalDecision | null;
  /** When it counts as denied. */
  expiresAtMs: number;
  /** Names it. */
  id: string;
  /** `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`. */
  terminalReason: string;
}

/** An answer. */
export type ApprovalDecision =
  /** Yes, this time. */
  | "allow-once"
  /** Yes, and the same again without asking. */
  | "allow-always"
  /** No. */
  | "deny";

/** One request. */
export interface ApprovalDetail {
  /** The agent. */
  agentId: string | null;
  /** What may be answered. */
  allowedDecisions: ApprovalDecision[];
  /** Its beginning. */
  commandPreview: string;
  /** What would be done. */
  commandText: string;
  /** When it counts as denied. */
  expiresAtMs: number;
  /** Where. */
  host: string;
  /** Names it. */
  id: string;
  /** The node, if it is one. */
  nodeId: string | null;
}

/** A request that waits; also the payload of `exec.approval.requested`. */
export interface ApprovalEntry {
  /** When it was asked. */
  createdAtMs: number;
  /** When it counts as denied. */
  expiresAtMs: number;
  /** Names it. */
  id: string;
  /** What is asked. */
  request: ApprovalRequest;
}

/** One request. */
export interface ApprovalGetOutput {
  /** It. */
  approval: ApprovalSnapshot;
}

/** Requests that have ended. */
export interface ApprovalHistoryOutput {
  /** They, latest first. */
  items: ApprovalSnapshot[];
  /** Where to go on, if there are more. */
  nextCursor?: string;
}

/** Parameters of `approval.history`. */
export interface ApprovalHistoryParams {
  /** Where to go on: `nextCursor` of the page before. */
  cursor?: string | null;
  /** Only those about this. */
  kind?: ApprovalKind | null;
  /** How many, 50 if absent. */
  limit?: number | null;
}

/** What a request is about. */
export type ApprovalKind =
  /** A command, or a tool of an agent. */
  | "exec"
  /** A plugin's own; there are none. */
  | "plugin"
  /** A proposal of a stock gateway's own agent; there are none. */
  | "system-agent";

/** Parameters that name a request. */
export interface ApprovalParams {
  /** The request. */
  id: string;
}

/** What approvers are shown. */
export interface ApprovalPresentation {
  /** The agent. */
  agentId: string | null;
  /** What may be answered. */
  allowedDecisions: ApprovalDecision[];
  /** Its beginning. */
  commandPreview: string | null;
  /** What would be done. */
  commandText: string;
  /** Where. */
  host: string | null;
  /** What it is about. */
  kind: ApprovalKind;
  /** The node, if it is one. */
  nodeId: string | null;
  /** Why, in the words of who asks. */
  warningText: string | null;
}

/** What is asked. */
export interface ApprovalRequest {
  /** The agent. */
  agentId?: string;
  /** What may be answered: `deny` always, `allow-once`, and `allow-always` where that can be remembered. */
  allowedDecisions: ApprovalDecision[];
  /** What would be done, in one line. */
  command: string;
  /** The program and its arguments, if it is a program. */
  commandArgv?: string[];
  /** The folder it would be done in. */
  cwd: string | null;
  /** The names of the environment variables that would be set; never their values. */
  envKeys?: string[];
  /** Where: `gateway` or `node`. */
  host: string;
  /** The node, if it is one. */
  nodeId?: string;
  /** The program's file, links followed. */
  resolvedPath?: string;
  /** The run that waits. */
  runId?: string;
  /** Its conversation. */
  sessionKey?: string;
  /** The tool's whole input. */
  toolInput?: unknown;
  /** The tool. */
  toolName?: string;
  /** Why, in the words of who asks. */
  warningText: string | null;
}

/** Parameters of `exec.approval.resolve`. */
export interface ApprovalResolveParams {
  /** The answer. */
  decision: ApprovalDecision;
  /** Accepted. */
  grantExpiresInDays?: unknown;
  /** The request. */
  id: string;
  /** Accepted. */
  reviewer?: unknown;
}

/** Payload of `exec.approval.resolved`. */
export interface ApprovalResolved {
  /** The answer. */
  decision: ApprovalDecision;
  /** The request. */
  id: string;
  /** What was asked. */
  request: ApprovalRequest;
  /** Who answered; absent when nobody did in time. */
  resolvedBy?: string;
  /** When. */
  ts: number;
}

/** Who answered. */
export interface ApprovalResolver {
  /** The principal: `device:ID`, `token`, `local:UID`, or somebody on a chat platform. */
  id: string;
  /** `device`, `channel`, `runtime` or `system`. */
  kind: string;
}

/** A request and what became of it. */
export interface ApprovalSnapshot {
  /** When it was asked. */
  createdAtMs: number;
  /** The answer. */
  decision?: ApprovalDecision;
  /** When it counts as denied. */
  expiresAtMs: number;
  /** Names it. */
  id: string;
  /** What approvers are shown. */
  presentation: ApprovalPresentation;
  /** `user`, `timeout`, `no-route`, `run-aborted` or `gateway-restart`. */
  reason?: string;
  /** When it ended. */
  resolvedAtMs?: number;
  /** Who answered. */
  resolver?: ApprovalResolver;
  /** Who asked. */
  source?: ApprovalSource;
  /** `pending`, `allowed`, `denied`, `expired` or `cancelled`. */
  status: string;
  /** Its page in the panel. */
  urlPath: string;
}

/** Who asked. */
export interface ApprovalSource {
  /** The agent. */
  agentId?: string;
  /** The conversation. */
  sessionKey?: string;
}

/** How far a node's surface is approved. */
export type ApprovalState =
  /** Nothing is approved and nothing waits: it was rejected, or it offers nothing. */
  | "unapproved"
  /** Nothing is approved yet; a request waits. */
  | "pending-approval"
  /** It asks for more than was approved; that waits, the rest works. */
  | "pending-reapproval"
  /** All that it offers. */
  | "approved";

/** What a run left besides its answer. */
export interface Artifact {
  /** Its size in bytes, before any cut. */
  bytes: number;
  /** What it is. */
  kind: ArtifactKind;
  /** Its name: of a patch, the commit it applies to; of a branch, the branch. */
  ref: string;
}

/** Kinds of what a run can leave. */
export type ArtifactKind =
  /** Changes as a patch. */
  | "patch"
  /** A branch in the repository. */
  | "branch";

/** A picture or file within a message. */
export interface Attachment {
  /** Its bytes in base64. */
  content: string;
  /** Its name. */
  fileName?: string | null;
  /** What it is, such as `image/png`. */
  mimeType?: string | null;
  /** `image` or `file`. */
  type?: string | null;
}

/** Limits of attachments. */
export interface AttachmentPolicy {
  /** All attachments of a message together, in bytes. */
  maxBytes: number;
  /** One image, in bytes. */
  maxImageBytes: number;
}

/** Tokens shown on connect. Their values never reach a log: `Debug` prints which are present. */
export interface AuthProof {
  /** The token of a setup code or of the browser's one-time link. */
  bootstrapToken?: string | null;
  /** A device token. */
  deviceToken?: string | null;
  /** The shared token under its other name. */
  password?: string | null;
  /** The shared token, or a device token. */
  token?: string | null;
}

/** A finished backup. */
export interface BackupOutput {
  /** Its size in bytes. */
  bytes: number;
  /** The file. */
  path: string;
}

/** Parameters of `gateway.backup`. */
export interface BackupParams {
  /** Absolute path of the new file; it must not exist. */
  path: string;
}

/** They are shown. */
export interface CanvasA2uiPushOutput {
  /** How many messages were taken. */
  messages: number;
  /** Always true. */
  ok: boolean;
  /** The session. */
  sessionKey: string;
  /** Whether a page shows the canvas at this moment. */
  watched: boolean;
}

/** A2UI messages of version 0.8 or 0.9: `messages` or `jsonl`. */
export interface CanvasA2uiPushParams {
  /** The messages as text, one a line. */
  jsonl?: string | null;
  /** The messages. */
  messages?: unknown[] | null;
  /** A node that is to show them as well, with its own renderer. */
  nodeId?: string | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** What was done with a canvas. */
export type CanvasAction =
  /** It is to be shown. */
  | "present"
  /** It is not to be shown any more. */
  | "hide"
  /** A file was written. */
  | "write"
  /** A file was removed, or all of them. */
  | "delete"
  /** A2UI surfaces changed. */
  | "a2ui";

/** A URL for a node of protocol 3. */
export interface CanvasCapabilityOutput {
  /** The token within the URL. */
  canvasCapability: string;
  /** When it ends unless it is used. */
  canvasCapabilityExpiresAtMs: number;
  /** The base of the URLs. */
  canvasHostUrl: string;
}

/** Payload of `canvas.changed`. */
export interface CanvasChanged {
  /** What was done. */
  action: CanvasAction;
  /** The file that was written, removed or presented. */
  path?: string;
  /** The conversation whose canvas it is. */
  sessionKey: string;
  /** When. */
  ts: number;
  /** `files` or `a2ui`: what is presented. */
  view?: string;
}

/** What to remove. */
export interface CanvasDeleteParams {
  /** True instead of a path: everything, surfaces too. */
  all?: boolean | null;
  /** The file. */
  path?: string | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** What the script gave. */
export interface CanvasEvalOutput {
  /** The result as JSON; `null` if it is nothing that JSON can say. */
  result: unknown;
}

/** A script for a page. */
export interface CanvasEvalParams {
  /** The script; its last expression is the result, a promise is waited for. */
  javaScript: string;
  /** The node; absent: a page that shows the canvas in a browser. */
  nodeId?: string | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
  /** How long to wait, in milliseconds; 10 seconds if absent. */
  timeoutMs?: number | null;
}

/** A file of a canvas. */
export interface CanvasFile {
  /** Its size. */
  bytes: number;
  /** When it was written. */
  modifiedAtMs: number;
  /** Its path. */
  path: string;
}

/** A canvas. */
export interface CanvasListOutput {
  /** The id in the canvas's URLs. */
  documentId: string;
  /** Its files, sorted by path. */
  files: CanvasFile[];
  /** The session. */
  sessionKey: string;
  /** What is presented; absent: nothing. */
  shown?: CanvasShown;
  /** Whether there are A2UI surfaces. */
  surfaces: boolean;
  /** Whether a page shows the canvas at this moment. */
  watched: boolean;
}

/** Parameters that name a canvas and perhaps a node. */
export interface CanvasNodeParams {
  /** The node; absent: the panels of the session's people. */
  nodeId?: string | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** Parameters that name a canvas. */
export interface CanvasParams {
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** Parameters that name a file of a canvas. */
export interface CanvasPathParams {
  /** The file, relative to the canvas, such as `index.html`. */
  path: string;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** Where on a screen, in points. */
export interface CanvasPlacement {
  /** Height. */
  height?: number | null;
  /** Width. */
  width?: number | null;
  /** From the left. */
  x?: number | null;
  /** From the top. */
  y?: number | null;
}

/** It is shown. */
export interface CanvasPresentOutput {
  /** The node, if it is on one. */
  nodeId?: string;
  /** Always true. */
  ok: boolean;
  /** The session. */
  sessionKey: string;
  /** Whether a page shows the canvas at this moment. */
  watched: boolean;
}

/** What to show, and where. */
export interface CanvasPresentParams {
  /** The node to show it on; absent: in the panels of the session's people. */
  nodeId?: string | null;
  /** The file to begin with; `index.html` if absent. */
  path?: string | null;
  /** Where on the node's screen. */
  placement?: CanvasPlacement | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
  /** A page elsewhere (`https` or `http`), on a node only. */
  url?: string | null;
  /** `files` or `a2ui`; if absent, surfaces are shown where there are some and no path is named. */
  view?: CanvasView | null;
}

/** A file: `content` if it is text, else `base64`. */
export interface CanvasReadOutput {
  /** Its bytes, in base64. */
  base64?: string;
  /** Its size. */
  bytes: number;
  /** Its text. */
  content?: string;
  /** The file. */
  path: string;
  /** The session. */
  sessionKey: string;
}

/** What is presented of a canvas. */
export interface CanvasShown {
  /** The file, where files are shown. */
  path?: string;
  /** `files` or `a2ui`. */
  view: CanvasView;
}

/** A picture. */
export interface CanvasSnapshotOutput {
  /** The picture. */
  base64: string;
  /** `png` or `jpeg`. */
  format: string;
  /** The node that took it. */
  nodeId: string;
}

/** A picture to take. */
export interface CanvasSnapshotParams {
  /** `png` (default) or `jpeg`. */
  format?: PictureFormat | null;
  /** Greatest width in pixels. */
  maxWidth?: number | null;
  /** The node; absent: the node that the canvas was last presented on. */
  nodeId?: string | null;
  /** Of a JPEG, between 0 and 1. */
  quality?: number | null;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** The two sides of a canvas. */
export type CanvasView =
  /** Files that were written with `canvas.write`. */
  | "files"
  /** Surfaces that were pushed with `canvas.a2ui.push`. */
  | "a2ui";

/** A file was written. */
export interface CanvasWriteOutput {
  /** Its size. */
  bytes: number;
  /** Always true. */
  ok: boolean;
  /** The file. */
  path: string;
  /** Whether there was such a file before. */
  replaced: boolean;
  /** The session. */
  sessionKey: string;
  /** Whether a page shows the canvas at this moment. */
  watched: boolean;
}

/** A file to write: `content` or `base64`. */
export interface CanvasWriteParams {
  /** Its bytes, in base64. */
  base64?: string | null;
  /** Its text. */
  content?: string | null;
  /** The file, relative to the canvas; `index.html` is what people see first. */
  path: string;
  /** The session; an agent's own, or the main session, if absent. */
  sessionKey?: string | null;
}

/** Payload of the `connect.challenge` event, the first frame of every connection. */
export interface Challenge {
  /** To be signed; good for this connection only. */
  nonce: string;
  /** The gateway's time, to be used as `signedAt`, so that clock skew does not matter. */
  ts: number;
}

/** One account on a platform and how it is. */
export interface ChannelAccount {
  /** Its name in the configuration. */
  accountId: string;
  /** Always true: it is in the configuration. */
  configured: boolean;
  /** Whether a poll or heartbeat was completed lately enough. */
  connected: boolean;
  /** Who may write to it directly. */
  dmPolicy: string;
  /** Whether the configuration switches it on. */
  enabled: boolean;
  /** Messages that could not be sent. */
  failed: number;
  /** The bot's handle on the platform, without `@`. */
  handle?: string;
  /** When the present connection first worked. */
  lastConnectedAt?: number;
  /** The last trouble, in plain words. */
  lastError?: string;
  /** When something last came in. */
  lastInboundAt?: number;
  /** When something was last sent. */
  lastOutboundAt?: number;
  /** When the platform last answered a poll or heartbeat; nothing else counts as a sign of life. */
  lastTransportActivityAt?: number;
  /** The bot's name on the platform. */
  name?: string;
  /** Messages that wait to be sent. */
  queued: number;
  /** Connections that failed since the last one that worked. */
  reconnectAttempts: number;
  /** Whether it is kept connected. */
  running: boolean;
  /** Messages of which nobody knows whether they were sent. */
  unknown: number;
  /** Messages that came in and have no answer yet. */
  waiting: number;
}

/** A stranger who waits; also the payload of `channels.pairing.requested`. */
export interface ChannelPairingRequest {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** Its name for people. */
  channelLabel: string;
  /** When the code was given, as ISO 8601. */
  createdAt: string;
  /** When the code stops working, as ISO 8601. */
  expiresAt: string;
  /** The same. */
  lastSeenAt: string;
  /** What else is known, such as the handle. */
  metadata?: Record<string, string>;
  /** Whether the stranger is told of the decision. */
  notifySupported: boolean;
  /** The code that the stranger was given. */
  requestId: string;
  /** The platform's id of the stranger. */
  senderId: string;
  /** The name that the stranger chose; it proves nothing. */
  senderLabel: string;
}

/** Payload of `channels.pairing.resolved`. */
export interface ChannelPairingResolved {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** `approved`, `denied` or `dismissed`. */
  decision: string;
  /** The code. */
  requestId: string;
  /** The platform's id of the person. */
  senderId: string;
}

/** Parameters of `channels.add`. Exactly one of `token`, `tokenFile` and `tokenEnv` for a bot, `command` for a plugin. */
export interface ChannelsAddParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** Where the platform is, for servers of one's own. */
  apiRoot?: string | null;
  /** The platform: `telegram`, `discord` or `plugin`. */
  channel: string;
  /** Program and arguments of a plugin. */
  command?: string[];
  /** The bot's token. */
  token?: string | null;
  /** Name of an environment variable of the gateway that holds the token. */
  tokenEnv?: string | null;
  /** Absolute path of a file that holds the token. */
  tokenFile?: string | null;
}

/** Payload of `channels.changed`: whoever shows accounts reads them again. */
export interface ChannelsChanged {
  /** When. */
  ts: number;
}

/** Chat platforms and how they are; all empty while none is configured. */
export interface ChannelsStatusOutput {
  /** Their accounts. */
  channelAccounts: Record<string, ChannelAccount[]>;
  /** The account used when none is named. */
  channelDefaultAccountId: Record<string, string>;
  /** Their names for people. */
  channelLabels: Record<string, string>;
  /** Their order. */
  channelOrder: string[];
  /** Their state: `configured`, `running` and `connected`, each true if it holds for an account. */
  channels: Record<string, unknown>;
  /** When this was read. */
  ts: number;
}

/** Parameters of `channels.status`. */
export interface ChannelsStatusParams {
  /** Only this platform. */
  channel?: string | null;
  /** Whether to ask the platforms. */
  probe?: boolean | null;
  /** How long that may take. */
  timeoutMs?: number | null;
}

/** Payload of `chat`: the text of a run (protocol 6.2). */
export type Chat = {
  /** Its agent. */
  agentId: string;
  /** The run. */
  runId: string;
  /** Grows within the run; holes are allowed. */
  seq: number;
  /** Its conversation. */
  sessionKey: string;
} & (
  | {
      /** `preparing_workspace`, `preparing_context`, `starting_model`. */
      phase: string;
      state: "status";
    }
  | {
      /** What is new. */
      deltaText: string;
      /** Everything so far. */
      message: ChatMessage;
      /** True: forget the text so far, `message` replaces it. */
      replace?: boolean;
      state: "delta";
    }
  | {
      /** The whole answer; absent when another run gives it. */
      message?: ChatMessage;
      state: "final";
      /** Why it stopped. */
      stopReason?: string;
    }
  | {
      /** What was said until then. */
      message?: ChatMessage;
      state: "aborted";
      /** Who stopped it: `rpc`, `user`, `timeout`, `interrupt`. */
      stopReason?: string;
    }
  | {
      /** `refusal`, `timeout`, `rate_limit`, `context_length`, `unknown`. */
      errorKind?: string;
      /** What went wrong, for people. */
      errorMessage: string;
      state: "error";
    }
);

/** The answer of `chat.abort`. */
export interface ChatAbortOutput {
  /** Whether anything was stopped. */
  aborted: boolean;
  /** Always true. */
  ok: boolean;
  /** What was stopped. */
  runIds: string[];
}

/** Parameters of `chat.abort`. */
export interface ChatAbortParams {
  /** Agent of a short session key. */
  agentId?: string | null;
  /** Accepted. */
  preserveSideRuns?: unknown;
  /** Only this run; all of the conversation if absent. */
  runId?: string | null;
  /** The conversation. */
  sessionKey: string;
}

/** Messages of a conversation. */
export interface ChatHistoryOutput {
  /** Where to go on: give it as `cursor` for the next older page. */
  deltaCursor?: string;
  /** Whether there are older ones. */
  hasMore: boolean;
  /** The run that is alive, with its text so far. */
  inFlightRun?: InFlightRun;
  /** Oldest first. */
  messages: HistoryMessage[];
  /** Its present id. */
  sessionId: string;
  /** The conversation's row. */
  sessionInfo?: SessionRow;
  /** The conversation. */
  sessionKey: string;
  /** How many there are. */
  totalMessages: number;
}

/** Parameters of `chat.history` and `chat.startup`. */
export interface ChatHistoryParams {
  /** Agent of a short session key. */
  agentId?: string | null;
  /** Only messages older than this position (`__openclaw.seq`). */
  cursor?: string | null;
  /** Accepted. */
  inputRunIds?: unknown;
  /** Messages at most; 200 if absent. */
  limit?: number | null;
  /** Size of the answer at most, in bytes. */
  maxBytes?: number | null;
  /** Cut each text after so many characters. */
  maxChars?: number | null;
  /** Accepted. */
  messageId?: unknown;
  /** Messages to skip, counted from the newest. */
  offset?: number | null;
  /** Accepted. */
  pendingBefore?: unknown;
  /** An earlier id of the conversation, to read what was before a reset. */
  sessionId?: string | null;
  /** The conversation. */
  sessionKey: string;
}

/** The answer of `chat.inject`. */
export interface ChatInjectOutput {
  /** The new message. */
  messageId: string;
  /** Always true. */
  ok: boolean;
}

/** Parameters of `chat.inject`. */
export interface ChatInjectParams {
  /** Agent of a short session key. */
  agentId?: string | null;
  /** Put before it in brackets. */
  label?: string | null;
  /** The line. */
  message: string;
  /** The conversation. */
  sessionKey: string;
}

/** A message as chat events carry it. */
export interface ChatMessage {
  /** Text blocks. */
  content: TextBlock[];
  /** Always `assistant`. */
  role: string;
  /** When. */
  timestamp: number;
}

/** One whole message. */
export interface ChatMessageGetOutput {
  /** The message. */
  message?: HistoryMessage;
  /** Whether it exists. */
  ok: boolean;
  /** `not_found`, if it does not. */
  unavailableReason?: string;
}

/** Parameters of `chat.message.get`. */
export interface ChatMessageGetParams {
  /** Agent of a short session key. */
  agentId?: string | null;
  /** Cut its text after so many characters. */
  maxChars?: number | null;
  /** The message. */
  messageId: string;
  /** The conversation. */
  sessionKey: string;
}

/** Models and commands. */
export interface ChatMetadataOutput {
  /** Slash commands. */
  commands: CommandEntry[];
  /** Models to choose from. */
  models: ModelChoice[];
}

/** Parameters of `chat.metadata`. */
export interface ChatMetadataParams {
  /** The agent. */
  agentId?: string | null;
  /** Or a conversation of it. */
  sessionKey?: string | null;
}

/** The answer of `chat.send`. */
export interface ChatSendOutput {
  /** The run: the idempotency key. */
  runId: string;
  /** `started`; for a repeated key `in_flight` or `ok`. */
  status: string;
}

/** Parameters of `chat.send`. */
export interface ChatSendParams {
  /** Agent of a short session key. */
  agentId?: string | null;
  /** Pictures and files. */
  attachments?: Attachment[];
  /** Accepted. */
  deliver?: unknown;
  /** Accepted. */
  expectedLeafEntryId?: unknown;
  /** Accepted. */
  expectedPermissionMode?: unknown;
  /** Accepted. */
  expectedSessionRoutingContract?: unknown;
  /** Accepted. */
  expectedToolOverrides?: unknown;
  /** Accepted. */
  fastAutoOnSeconds?: unknown;
  /** Accepted. */
  fastMode?: unknown;
  /** Names the run; the same key joins it. */
  idempotencyKey: string;
  /** Accepted. */
  intent?: unknown;
  /** What to say; may be empty when there are attachments. */
  message: string;
  /** Accepted. */
  originatingAccountId?: unknown;
  /** Accepted. */
  originatingChannel?: unknown;
  /** Accepted. */
  originatingThreadId?: unknown;
  /** Accepted. */
  originatingTo?: unknown;
  /** What to do while a run is alive. */
  queueMode?: QueueMode | null;
  /** Accepted. */
  replyToId?: unknown;
  /** Must be the conversation's present id, if given. */
  sessionId?: string | null;
  /** The conversation. */
  sessionKey: string;
  /** True: a message that starts with a slash is no command. */
  suppressCommandInterpretation?: boolean | null;
  /** Accepted. */
  systemInputProvenance?: unknown;
  /** Accepted. */
  systemProvenanceReceipt?: unknown;
  /** Accepted. */
  thinking?: unknown;
  /** Time limit of the run in milliseconds. */
  timeoutMs?: number | null;
  /** Accepted. */
  toolBindings?: unknown;
}

/** The answer of `chat.startup`. */
export interface ChatStartupOutput {
  /** All agents. */
  agentsList: AgentsListOutput;
  /** Where to go on: give it as `cursor` for the next older page. */
  deltaCursor?: string;
  /** Whether there are older ones. */
  hasMore: boolean;
  /** The run that is alive, with its text so far. */
  inFlightRun?: InFlightRun;
  /** Oldest first. */
  messages: HistoryMessage[];
  /** Models and commands. */
  metadata: ChatMetadataOutput;
  /** Its present id. */
  sessionId: string;
  /** The conversation's row. */
  sessionInfo?: SessionRow;
  /** The conversation. */
  sessionKey: string;
  /** How many there are. */
  totalMessages: number;
}

/** The program that connects. Ids and modes are open lists: third-party clients exist. */
export interface ClientInfo {
  /** Kind of device. */
  deviceFamily?: string | null;
  /** Its name for people. */
  displayName?: string | null;
  /** Which program. */
  id: string;
  /** Key of the presence entry of a client without device. */
  instanceId?: string | null;
  /** How it is used: webchat, cli, ui, backend, node, probe, test, … */
  mode: string;
  /** Model of the device. */
  modelIdentifier?: string | null;
  /** Its operating system, free text. */
  platform: string;
  /** IANA time zone. */
  timeZone?: string | null;
  /** Its version, free text. */
  version: string;
}

/** One slash command. */
export interface CommandEntry {
  /** Whether words may follow. */
  acceptsArgs: boolean;
  /** What it does. */
  description: string;
  /** Its name without the slash. */
  name: string;
  /** Always `both`: typed text and menus. */
  scope: string;
  /** Always `native`. */
  source: string;
}

/** The slash commands. */
export interface CommandsListOutput {
  /** The commands. */
  commands: CommandEntry[];
}

/** Parameters of `commands.list`. */
export interface CommandsListParams {
  /** Accepted. */
  agentId?: unknown;
  /** Accepted. */
  includeArgs?: unknown;
  /** Accepted. */
  provider?: unknown;
  /** Accepted. */
  scope?: unknown;
  /** Accepted: the commands are the same everywhere. */
  sessionKey?: unknown;
}

/** Payload of `config.changed`. */
export interface ConfigChanged {
  /** The new hash. */
  hash: string;
  /** The file. */
  path: string;
  /** When. */
  ts: number;
}

/** The configuration. */
export interface ConfigGetOutput {
  /** The values in force: file, environment, flags and defaults. */
  config: unknown;
  /** Whether it exists. */
  exists: boolean;
  /** To be given as `baseHash` with a change. */
  hash: string;
  /** Mistakes. */
  issues: ConfigIssue[];
  /** Keys of older versions; none so far. */
  legacyIssues: ConfigIssue[];
  /** Its values. */
  parsed: unknown;
  /** The file. */
  path: string;
  /** Its text (TOML), secrets hidden. */
  raw: string;
  /** Whether the file is without mistakes. */
  valid: boolean;
  /** Things to look at. */
  warnings: ConfigIssue[];
}

/** A mistake in the configuration. */
export interface ConfigIssue {
  /** What and how to mend it. */
  message: string;
  /** Where: dotted path, and line if known. */
  path: string;
}

/** Parameters of `config.patch`. */
export interface ConfigPatchParams {
  /** `hash` of what was read; needed once a file exists. */
  baseHash?: string | null;
  /** Accepted. */
  deliveryContext?: unknown;
  /** Accepted. */
  note?: unknown;
  /** The merge patch: JSON5 text of an object; null removes a key. */
  raw: string;
  /** Accepted. */
  replacePaths?: unknown;
  /** Accepted. */
  restartDelayMs?: unknown;
  /** Accepted. */
  sessionKey?: unknown;
}

/** JSON Schema of the file. */
export interface ConfigSchemaOutput {
  /** When the schema was made. */
  generatedAt: string;
  /** The schema. */
  schema: unknown;
  /** Hints for forms, by path. */
  uiHints: unknown;
  /** Landline's version. */
  version: string;
}

/** The changed configuration. */
export interface ConfigSetOutput {
  /** The new values, secrets hidden. */
  config: unknown;
  /** The new hash. */
  hash: string;
  /** Always true. */
  ok: boolean;
  /** The file. */
  path: string;
  /** Whether some of it takes effect only after a restart. */
  restartRequired: boolean;
}

/** Parameters of `config.set`. */
export interface ConfigSetParams {
  /** `hash` of what was read; needed once a file exists. */
  baseHash?: string | null;
  /** The new text (TOML). */
  raw: string;
}

/** Parameters of `connect` (protocol 3.2). Unknown fields are ignored: newer clients add some. */
export interface ConnectParams {
  /** Tokens. */
  auth?: AuthProof | null;
  /** Operators: what the client understands. Nodes: families of commands. */
  caps?: string[];
  /** The program that connects. */
  client: ClientInfo;
  /** Nodes: commands offered. */
  commands?: string[];
  /** Device identity and signature. */
  device?: DeviceProof | null;
  /** The person's language. */
  locale?: string | null;
  /** Newest version the client speaks. */
  maxProtocol: number;
  /** Oldest version the client speaks. */
  minProtocol: number;
  /** Nodes: the PATH on which commands are found. */
  pathEnv?: string | null;
  /** Nodes: permissions granted by the machine's owner. */
  permissions?: Record<string, boolean>;
  /** `operator` (default) or `node`. */
  role?: string | null;
  /** Scopes asked for. */
  scopes?: string[];
  /** The browser's name of itself. */
  userAgent?: string | null;
}

/** What happened to a job. */
export type CronAction =
  /** It was added. */
  | "added"
  /** It was changed. */
  | "updated"
  /** It was removed. */
  | "removed"
  /** It runs. */
  | "started"
  /** It has run. */
  | "finished";

/** A job as it is asked for. */
export interface CronAddParams {
  /** The agent; the default one, without it. */
  agentId?: string | null;
  /** Whether it is removed once it ran well. */
  deleteAfterRun?: boolean | null;
  /** Where the answer goes. */
  delivery?: CronDelivery | null;
  /** More about it. */
  description?: string | null;
  /** Whether it is switched on, which it is without this. */
  enabled?: boolean | null;
  /** Same key, same job. */
  idempotencyKey?: string | null;
  /** What becomes of missed instants. */
  misfire?: Misfire;
  /** Its name for people. */
  name: string;
  /** What. */
  payload: CronPayload;
  /** When. */
  schedule: CronSchedule;
  /** The conversation of `current`. */
  sessionKey?: string | null;
  /** `main`, `isolated`, `current` or `session:<key>`. */
  sessionTarget: string;
  /** Whether to wait. */
  wakeMode: CronWakeMode;
  /** On which conditions its runs are performed; here, as the agent is configured, without it. */
  work?: RunOptions | null;
}

/** Where the answer of a run is sent. */
export interface CronDelivery {
  /** The account on that platform. */
  accountId?: string;
  /** Whether a run counts as well although its answer could not be sent. */
  bestEffort?: boolean;
  /** The platform, for `announce`; `last` is where the conversation was last written to from. */
  channel?: string;
  /** How. */
  mode: CronDeliveryMode;
  /** The thread or topic in that chat. */
  threadId?: unknown;
  /** The chat on that platform, or the address to post to. */
  to?: string;
}

/** How the answer of a run is sent. */
export type CronDeliveryMode =
  /** Not at all; it stays in the conversation. */
  | "none"
  /** As a message to a chat. */
  | "announce"
  /** As a post to an address. */
  | "webhook";

/** Payload of `cron`: a job was changed, or runs, or has run. */
export interface CronEvent {
  /** What happened. */
  action: CronAction;
  /** How long it took. */
  durationMs?: number;
  /** Why it failed. */
  error?: string;
  /** The job as it is now. */
  job?: CronJob;
  /** The job. */
  jobId: string;
  /** When the job is due next. */
  nextRunAtMs?: number;
  /** The instant that the run was due at. */
  runAtMs?: number;
  /** How it ended. */
  status?: CronRunStatus;
  /** The beginning of the answer. */
  summary?: string;
}

/** Names a job. */
export interface CronIdParams {
  /** The job. */
  id?: string | null;
  /** The job, as some clients call it. */
  jobId?: string | null;
}

/** A job. */
export interface CronJob {
  /** The agent. */
  agentId?: string;
  /** When it was added. */
  createdAtMs: number;
  /** Whether it is removed once it ran well. */
  deleteAfterRun?: boolean;
  /** Where the answer goes. */
  delivery?: CronDelivery;
  /** More about it. */
  description?: string;
  /** Whether it is switched on. */
  enabled: boolean;
  /** Its id. */
  id: string;
  /** What becomes of missed instants. */
  misfire?: Misfire;
  /** Its name for people. */
  name: string;
  /** What a run is given. */
  payload: CronPayload;
  /** When it is due. */
  schedule: CronSchedule;
  /** The conversation. */
  sessionKey?: string;
  /** `main`, `isolated`, `current` or `session:<key>`. */
  sessionTarget: string;
  /** How it went. */
  state: CronJobState;
  /** When it was last changed. */
  updatedAtMs: number;
  /** Whether it waits. */
  wakeMode: CronWakeMode;
  /** On which conditions its runs are performed; here, as the agent is configured, without it. */
  work?: RunOptions;
}

/** How a job went. */
export interface CronJobState {
  /** Runs in a row that failed. */
  consecutiveErrors?: number;
  /** How long it took. */
  lastDurationMs?: number;
  /** Why it failed. */
  lastError?: string;
  /** When it last began to run. */
  lastRunAtMs?: number;
  /** How that ended. */
  lastRunStatus?: CronRunStatus;
  /** When it is due next. */
  nextRunAtMs?: number;
  /** Since when it runs. */
  runningAtMs?: number;
}

/** A page of jobs. A half-filled page makes the stock command line fail (protocol 5.10). */
export interface CronListOutput {
  /** Whether there is another page. */
  hasMore: boolean;
  /** The jobs. */
  jobs: CronJob[];
  /** Jobs on a page. */
  limit: number;
  /** Where that begins. */
  nextOffset: number | null;
  /** Where the page begins. */
  offset: number;
  /** Changes with every change of any job. */
  snapshotRevision: string;
  /** Jobs that fit. */
  total: number;
}

/** Parameters of `cron.list`. */
export interface CronListParams {
  /** Only jobs of this agent. */
  agentId?: string | null;
  /** `all`, `enabled` or `disabled`; goes before `includeDisabled`. */
  enabled?: string | null;
  /** Also those that are switched off. */
  includeDisabled?: boolean | null;
  /** Jobs at most; 50 without it. */
  limit?: number | null;
  /** Jobs to leave out at the beginning. */
  offset?: number | null;
  /** Part of a name, description or id. */
  query?: string | null;
  /** `nextRunAtMs`, `updatedAtMs` or `name`. */
  sortBy?: string | null;
  /** `asc` or `desc`. */
  sortDir?: string | null;
}

/** What a run of a job is given. */
export type CronPayload = unknown;

/** Whether a job was removed. */
export interface CronRemoveOutput {
  /** Always true. */
  ok: boolean;
  /** False: there was none. */
  removed: boolean;
}

/** A run that has ended. */
export interface CronRunEntry {
  /** Always `finished`. */
  action: string;
  /** How long it took. */
  durationMs?: number;
  /** Why it failed or was left out. */
  error?: string;
  /** The job. */
  jobId: string;
  /** The job's name. */
  jobName?: string;
  /** The instant that it was due at. */
  runAtMs?: number;
  /** The run. */
  runId?: string;
  /** The conversation. */
  sessionKey?: string;
  /** How. */
  status: CronRunStatus;
  /** The beginning of the answer. */
  summary?: string;
  /** When it ended. */
  ts: number;
}

/** Which jobs `cron.run` runs. */
export type CronRunMode =
  /** Those that are due. */
  | "due"
  /** Any. */
  | "force"
  /** Those that are switched on. */
  | "if-enabled";

/** What became of `cron.run`. */
export interface CronRunOutput {
  /** Whether it runs, or waits for its turn. */
  enqueued: boolean;
  /** Always true. */
  ok: boolean;
  /** Changes when the gateway is started anew. */
  processInstanceId: string;
  /** Why it does not run: `not-due` or `disabled`. */
  reason?: string;
  /** The run. */
  runId?: string;
}

/** Parameters of `cron.run`. */
export interface CronRunParams {
  /** The job. */
  id?: string | null;
  /** Same key, same run. */
  idempotencyKey?: string | null;
  /** The job, as some clients call it. */
  jobId?: string | null;
  /** Which jobs may run: `force`, without it. */
  mode?: CronRunMode | null;
}

/** How a run ended. */
export type CronRunStatus =
  /** Well. */
  | "ok"
  /** It failed, or was stopped. */
  | "error"
  /** It was left out. */
  | "skipped";

/** A page of runs. */
export interface CronRunsOutput {
  /** The runs. */
  entries: CronRunEntry[];
  /** Whether there is another page. */
  hasMore: boolean;
  /** Runs on a page. */
  limit: number;
  /** Where that begins. */
  nextOffset: number | null;
  /** Where the page begins. */
  offset: number;
  /** Runs that fit. */
  total: number;
}

/** Parameters of `cron.runs`. */
export interface CronRunsParams {
  /** The job. */
  id?: string | null;
  /** The job, as some clients call it. */
  jobId?: string | null;
  /** Runs at most; 50 without it. */
  limit?: number | null;
  /** Runs to leave out at the beginning. */
  offset?: number | null;
  /** Only this run. */
  runId?: string | null;
  /** `job` or `all`. */
  scope?: string | null;
  /** `asc`, or `desc`: latest first, which it is without this. */
  sortDir?: string | null;
  /** `all`, `ok`, `error` or `skipped`. */
  status?: string | null;
}

/** When a job is due. */
export type CronSchedule = unknown;

/** The scheduler. */
export interface CronStatusOutput {
  /** Always true: it has no switch. */
  enabled: boolean;
  /** Jobs there are. */
  jobs: number;
  /** When the next one is due. */
  nextWakeAtMs: number | null;
  /** The database. */
  storePath: string;
}

/** Parameters of `cron.update`. */
export interface CronUpdateParams {
  /** The job. */
  id?: string | null;
  /** The job, as some clients call it. */
  jobId?: string | null;
  /** The fields of `cron.add` to change; null takes one away. */
  patch: Record<string, unknown>;
}

/** Whether a job waits for the agent's next heartbeat; both mean at once here. */
export type CronWakeMode =
  /** At once. */
  | "now"
  /** With the next heartbeat. */
  | "next-heartbeat";

/** A one-time link. */
export interface DashboardLinkOutput {
  /** When it stops working. */
  expiresAtMs: number;
  /** The link; its fragment holds the token. */
  url: string;
}

/** Codes in `details.code`: why exactly (protocol 3.6 and 4). */
export type DetailCode =
  /** A device without any token. */
  | "AUTH_TOKEN_MISSING"
  /** The shared token is wrong. */
  | "AUTH_TOKEN_MISMATCH"
  /** A shared token was shown, but none is configured. */
  | "AUTH_TOKEN_NOT_CONFIGURED"
  /** The setup code or link is unknown, used or expired. */
  | "AUTH_BOOTSTRAP_TOKEN_INVALID"
  /** The device token is unknown, rotated or revoked. */
  | "AUTH_DEVICE_TOKEN_MISMATCH"
  /** The device token does not carry the scopes asked for. */
  | "AUTH_SCOPE_MISMATCH"
  /** Too many failed proofs from this address. */
  | "AUTH_RATE_LIMITED"
  /** A device identity is needed. */
  | "DEVICE_IDENTITY_REQUIRED"
  /** A browser must show a device identity. */
  | "CONTROL_UI_DEVICE_IDENTITY_REQUIRED"
  /** `device.id` is not the hash of `device.publicKey`. */
  | "DEVICE_AUTH_DEVICE_ID_MISMATCH"
  /** `device.signedAt` is too far from the gateway's time. */
  | "DEVICE_AUTH_SIGNATURE_EXPIRED"
  /** `device.nonce` is missing. */
  | "DEVICE_AUTH_NONCE_REQUIRED"
  /** `device.nonce` is not this connection's challenge. */
  | "DEVICE_AUTH_NONCE_MISMATCH"
  /** The signature does not fit key and text. */
  | "DEVICE_AUTH_SIGNATURE_INVALID"
  /** `device.publicKey` is not an Ed25519 key. */
  | "DEVICE_AUTH_PUBLIC_KEY_INVALID"
  /** An operator has to approve first. */
  | "PAIRING_REQUIRED"
  /** Client and gateway share no protocol version. */
  | "PROTOCOL_MISMATCH"
  /** The connection lacks a scope. */
  | "MISSING_SCOPE"
  /** No such agent is configured. */
  | "UNKNOWN_AGENT_ID"
  /** An agent may not do this; a person may. */
  | "AGENT_NOT_ALLOWED"
  /** An agent named another conversation than its own. */
  | "FOREIGN_SESSION"
  /** The idempotency key was used for other content. */
  | "IDEMPOTENCY_CONFLICT"
  /** The gateway is stopping. */
  | "SHUTTING_DOWN"
  /** A queue is full. */
  | "BUSY"
  /** No such account on a chat platform is configured, or it is stopped. */
  | "UNKNOWN_CHANNEL"
  /** The platform has no such thing. */
  | "CHANNEL_UNSUPPORTED"
  /** Nobody waits with that code, or nobody of that id is known. */
  | "UNKNOWN_PAIRING_REQUEST"
  /** The platform did not take a message yet; it is kept and sent later. */
  | "OUTBOUND_DELIVERY_QUEUED"
  /** Nobody knows whether a message arrived. */
  | "OUTBOUND_DELIVERY_UNKNOWN"
  /** The platform refused a message. */
  | "OUTBOUND_DELIVERY_FAILED"
  /** A schedule cannot be kept: no such time, expression or time zone. */
  | "SCHEDULE_INVALID"
  /** No scheduled job of that id. */
  | "UNKNOWN_SCHEDULE"
  /** There are as many scheduled jobs as are kept. */
  | "TOO_MANY_SCHEDULES"
  /** A scheduled job was changed by somebody else meanwhile. */
  | "SCHEDULE_CHANGED"
  /** A webhook cannot be kept: its name, template, agent or target. */
  | "HOOK_INVALID"
  /** A webhook of that name exists. */
  | "HOOK_EXISTS"
  /** No webhook of that name. */
  | "UNKNOWN_HOOK"
  /** A path leads out of the canvas, or is no path. */
  | "CANVAS_PATH_INVALID"
  /** The canvas has no such file, or no such canvas is open to the caller. */
  | "CANVAS_NOT_FOUND"
  /** A link, a folder or another thing that is no plain file of the canvas. */
  | "CANVAS_FILE_REFUSED"
  /** A file is larger than a file of a canvas may be. */
  | "CANVAS_FILE_TOO_LARGE"
  /** The canvas's files or surfaces are as many as may be. */
  | "CANVAS_FULL"
  /** The canvas of another session than the caller's own. */
  | "CANVAS_OTHER_SESSION"
  /** No page and no node shows the canvas. */
  | "CANVAS_NO_VIEWER"
  /** A script failed in the page. */
  | "CANVAS_EVAL_FAILED"
  /** A page did not answer in time. */
  | "CANVAS_EVAL_TIMEOUT"
  /** A capability URL is wrong, or has expired. */
  | "CANVAS_CAPABILITY_INVALID"
  /** Messages are not as A2UI wants them. */
  | "A2UI_INVALID"
  /** The node is not connected, or went away before it answered. */
  | "NOT_CONNECTED"
  /** The node did not answer in time. */
  | "TIMEOUT"
  /** No such node, or it was removed meanwhile. */
  | "PAIRING_CHANGED"
  /** The node does not offer the command, nobody approved it, or the configuration does not allow it. */
  | "NODE_COMMAND_NOT_ALLOWED"
  /** The arguments are not what the node says that the command takes. */
  | "NODE_ARGUMENTS_INVALID"
  /** Running this was not approved. */
  | "EXEC_NOT_APPROVED"
  /** The node's plan is not one that could be approved. */
  | "EXEC_PLAN_INVALID"
  /** The command waits until the node's app is in the foreground. */
  | "QUEUED_UNTIL_FOREGROUND"
  /** The node answered with something that is not JSON. */
  | "NODE_ANSWER_INVALID"
  /** The beginning of an id fits several tasks. */
  | "TASK_ID_AMBIGUOUS"
  /** The task left no changes. */
  | "TASK_LEFT_NOTHING"
  /** No worker is connected that may take the work. */
  | "NO_WORKER"
  /** Another machine is the worker of that name. */
  | "WORKER_NAME_TAKEN"
  /** A worker cannot have that name. */
  | "WORKER_NAME_INVALID"
  /** A worker must say who it is before anything else. */
  | "WORKER_NOT_ANNOUNCED"
  /** Nobody has approved that the node works. */
  | "WORKER_NOT_APPROVED"
  /** A worker's report is not as docs/workers.md has it. */
  | "WORKER_REPORT_INVALID"
  /** A worker's request is not signed, or with another key than its token's. */
  | "WORKER_SIGNATURE_INVALID"
  /** A worker's request was sent before. */
  | "WORKER_NONCE_REUSED"
  /** Another process of the worker has taken its place. */
  | "WORKER_REPLACED";

/** An approved device. */
export interface DevicePairApproveOutput {
  /** The device. */
  device: PairedDevice;
  /** The request. */
  requestId: string;
}

/** Devices that wait and devices that are paired. */
export interface DevicePairListOutput {
  /** Paired, latest first. */
  paired: PairedDevice[];
  /** Waiting, oldest first. */
  pending: PairingRequest[];
}

/** A refused device. */
export interface DevicePairRejectOutput {
  /** The device. */
  deviceId: string;
  /** The request. */
  requestId: string;
}

/** A forgotten device. */
export interface DevicePairRemoveOutput {
  /** The device. */
  deviceId: string;
}

/** A named device. */
export interface DevicePairRenameOutput {
  /** The device. */
  deviceId: string;
  /** Its name. */
  label: string;
}

/** Parameters of `device.pair.rename`. */
export interface DevicePairRenameParams {
  /** The device. */
  deviceId: string;
  /** Its new name. */
  label: string;
}

/** Parameters that name a device. */
export interface DeviceParams {
  /** The device. */
  deviceId: string;
}

/**
 * Device identity and signature (protocol 3.4). Wrong values are told apart by `details.code`, so the
 * schema checks types only.
 */
export interface DeviceProof {
  /** Lowercase hex SHA-256 of the public key. */
  id: string;
  /** The challenge's nonce. */
  nonce?: string;
  /** Base64url of the raw key. */
  publicKey: string;
  /** Base64url of the signature. */
  signature: string;
  /** When it was signed, in milliseconds. */
  signedAt: number;
}

/** Parameters that name a device's token. */
export interface DeviceTokenParams {
  /** The device. */
  deviceId: string;
  /** `operator` or `node`. */
  role: string;
}

/** An ended token. */
export interface DeviceTokenRevokeOutput {
  /** The device. */
  deviceId: string;
  /** When. */
  revokedAtMs: number;
  /** Its role. */
  role: string;
}

/** A replaced token. */
export interface DeviceTokenRotateOutput {
  /** The device. */
  deviceId: string;
  /** Its role. */
  role: string;
  /** When. */
  rotatedAtMs: number;
  /** Its scopes. */
  scopes: string[];
  /** The new token; only for the device itself. */
  token?: string;
  /** `in-band` or `withheld-cross-device`. */
  tokenDelivery: string;
}

/** Parameters of `device.token.rotate`. */
export interface DeviceTokenRotateParams {
  /** The device. */
  deviceId: string;
  /** `operator` or `node`. */
  role: string;
  /** Fewer scopes than before; more are refused. The same if absent. */
  scopes?: string[] | null;
}

/** Output of a method that only says that it was done. */
export interface Done {
  /** Always true. */
  ok: boolean;
}

/** Top-level error codes (protocol 4). `docs/errors.md` lists each with its fix. */
export type ErrorCode =
  /** The request itself is wrong: repeating it unchanged cannot help. */
  | "INVALID_REQUEST"
  /** Temporarily impossible, or the work failed; `retryable` says whether to try again. */
  | "UNAVAILABLE"
  /** The connection lacks a scope. */
  | "FORBIDDEN"
  /** The device must be paired first. */
  | "NOT_PAIRED"
  /** What the request names does not exist, or the caller may not see it. */
  | "NOT_FOUND"
  /** Our fault; the log has the cause under the request id. */
  | "INTERNAL_ERROR";

/** The wire shape of an event. */
export interface EventFrame {
  /** The event's name. */
  event: string;
  /** What happened. */
  payload?: unknown;
  /** Number of this event on this connection; a hole means that events were dropped. */
  seq?: number;
  /** Age of the snapshot that the payload describes. */
  stateVersion?: StateVersion;
  /** Always `event`. */
  type: EventKind;
}

/** The literal `event`. */
export type EventKind =
  /** An event. */
  | "event";

/** What counts for one agent. */
export interface ExecAgent {
  /** The commands that may be run. */
  allowlist?: ExecAllowed[];
  /** When somebody is asked. */
  ask?: ExecAsk;
  /** What may be run when nobody answers. */
  askFallback?: ExecSecurity;
  /** Kept for stock clients. */
  autoAllowSkills?: boolean;
  /** Kept for stock clients. */
  mcpTools?: unknown;
  /** What may be run at all. */
  security?: ExecSecurity;
}

/** Commands that may be run. */
export interface ExecAllowed {
  /** A regular expression that all arguments, joined by spaces, have to match as a whole. */
  argPattern?: string;
  /** What was answered, to be read by people. */
  commandText?: string;
  /** Names it. */
  id?: string;
  /** Kept for stock clients. */
  lastResolvedPath?: string;
  /** Kept for stock clients: when it last let something be run. Here the audit trail tells. */
  lastUsedAt?: number;
  /** Kept for stock clients. */
  lastUsedCommand?: string;
  /**
   * The program's file, links followed: `*` stands for anything within a folder's name, `**` for folders too.
   * `node:ID:` before it: on that node only.
   */
  pattern: string;
  /** `allow-always`: remembered from an answer. */
  source?: ExecSource;
}

/** Parameters of `exec.approvals.node.set`. */
export interface ExecApprovalsNodeSetParams {
  /** The hash of the file that was changed. */
  baseHash?: string | null;
  /** The file's new content; the node checks it. */
  file: Record<string, unknown>;
  /** The node. */
  nodeId: string;
}

/** The policy and its file. */
export interface ExecApprovalsOutput {
  /** Whether it exists. */
  exists: boolean;
  /** What it says. */
  file: ExecPolicy;
  /** SHA-256 of its text in lowercase hex. */
  hash: string;
  /** The file, on the gateway's machine. */
  path: string;
  /** What counts where no agent says anything else. */
  resolvedDefaults: ExecResolved;
}

/** Parameters of `exec.approvals.set`. */
export interface ExecApprovalsSetParams {
  /** `hash` of the one that was seen; needed once there is a file. */
  baseHash?: string | null;
  /** The new policy, whole. */
  file: ExecPolicy;
}

/** When somebody is asked. */
export type ExecAsk =
  /** Never: what is not on the list is refused. */
  | "off"
  /** When something is not on the list. */
  | "on-miss"
  /** Always. */
  | "always";

/** The policy, as it stands in the file. */
export interface ExecPolicy {
  /** By agent; `*` is every agent. */
  agents?: Record<string, ExecAgent>;
  /** What counts where an agent says nothing else. */
  defaults?: ExecRules;
  /** Not kept: stock hosts write the address of a socket of their own here. */
  socket?: unknown;
  /** The file's format: 1. */
  version: number;
}

/** What counts, nothing left open. */
export interface ExecResolved {
  /** When somebody is asked. */
  ask: ExecAsk;
  /** What may be run when nobody answers. */
  askFallback: ExecSecurity;
  /** Kept for stock clients. */
  autoAllowSkills: boolean;
  /** What may be run at all. */
  security: ExecSecurity;
}

/** What counts for everyone or for one agent; what is absent is inherited. */
export interface ExecRules {
  /** When somebody is asked. */
  ask?: ExecAsk;
  /** What may be run when nobody answers. */
  askFallback?: ExecSecurity;
  /** Kept for stock clients: skills' own programs count as listed. */
  autoAllowSkills?: boolean;
  /** What may be run at all. */
  security?: ExecSecurity;
}

/** What may be run. */
export type ExecSecurity =
  /** Nothing. */
  | "deny"
  /** What is on the list. */
  | "allowlist"
  /** Everything. */
  | "full";

/** Where an entry of the list comes from. */
export type ExecSource =
  /** Somebody answered a request with it. */
  | "allow-always";

/** What the executor says about a run. */
export interface ExecutorMeta {
  /** The model, if known. */
  model: string;
  /** The executor. */
  provider: string;
  /** The conversation's id. */
  sessionId: string;
  /** Tokens and cost, if known. */
  usage?: Usage;
}

/** What the gateway can do; the same for every connection. */
export interface Features {
  /** Events that are pushed. */
  events: string[];
  /** Methods that exist. */
  methods: string[];
}

/** A file that a plan counts on. */
export interface FileOperand {
  /** Which argument. */
  argvIndex: number;
  /** The file. */
  path: string;
  /** Its digest when it was planned, in hex. */
  sha256: string;
}

/**
 * SHA-256 of a certificate's DER form. Printed as 64 lowercase hex digits; read with or without colons, in
 * either case, with or without `sha256:` in front.
 */
export type Fingerprint = string;

/** The gateway's own identity. */
export interface GatewayIdentityOutput {
  /** Hex SHA-256 of the public key. */
  deviceId: string;
  /** Base64url of the raw Ed25519 key. */
  publicKey: string;
}

/**
 * The result of `health` (protocol 5.2). Stock clients take no other fields; what Landline knows besides is in
 * `status`.
 */
export interface Health {
  /** The agents. */
  agents: AgentHealth[];
  /** Their names for people. */
  channelLabels: Record<string, string>;
  /** Their order. */
  channelOrder: string[];
  /** Chat platforms by id; empty while none is configured. */
  channels: Record<string, unknown>;
  /** The agent that answers when none is named. */
  defaultAgentId: string;
  /** How long that took, in milliseconds. */
  durationMs: number;
  /** Seconds between heartbeats of the agents; 0: none. */
  heartbeatSeconds: number;
  /** Always true: a gateway that is not well does not answer, or is named degraded in `status`. */
  ok: boolean;
  /** Conversations. */
  sessions: SessionsHealth;
  /** When this state was taken. */
  ts: number;
}

/** Parameters of `health`. */
export interface HealthParams {
  /** Accepted for older clients; the state is always fresh. */
  probe?: boolean | null;
}

/** A heartbeat of an agent. */
export interface Heartbeat {
  /** The beginning of what was said. */
  preview?: string;
  /** How it ended. */
  status: string;
  /** When. */
  ts: number;
}

/** Heartbeats within [`StatusOutput`]. */
export interface HeartbeatStatus {
  /** Their heartbeats. */
  agents: unknown[];
  /** The agent that answers when none is named. */
  defaultAgentId: string;
}

/** What the connection was granted. */
export interface HelloAuth {
  /** The device's token for its next connections. */
  deviceToken?: string;
  /** Tokens for the device's other roles (protocol 7.4). */
  deviceTokens?: IssuedToken[];
  /** When that token was issued. */
  issuedAtMs?: number;
  /** `operator` or `node`. */
  role: string;
  /** Scopes in force. */
  scopes: string[];
}

/** The literal `hello-ok`. */
export type HelloKind =
  /** The handshake succeeded. */
  | "hello-ok";

/** The answer to a good `connect` (protocol 3.7). */
export interface HelloOk {
  /** What the connection was granted. */
  auth: HelloAuth;
  /** The same for clients of protocol 3. */
  canvasHostUrl?: string;
  /** What it can do. */
  features: Features;
  /** By surface: the base of its capability URLs; for nodes, and for operators with the cap `canvas`. */
  pluginSurfaceUrls?: Record<string, string>;
  /** Limits to keep. */
  policy: Policy;
  /** The version that is spoken from here on. */
  protocol: number;
  /** Who answers. */
  server: ServerInfo;
  /** The state to start from. */
  snapshot: Snapshot;
  /** Always `hello-ok`. */
  type: HelloKind;
}

/** A stored message. */
export interface HistoryMessage {
  /** Position and run; clients match live runs and history by it. */
  __openclaw: MessageMeta;
  /** Blocks: text, thinking, toolCall, image, file. */
  content: unknown[];
  /** Why it failed. */
  errorMessage?: string;
  /** `<runId>:user` on the message that started the run. */
  idempotencyKey?: string;
  /** Whether the tool of a `toolResult` failed. */
  isError?: boolean;
  /** The model that answered. */
  model?: string;
  /** The executor that answered. */
  provider?: string;
  /** `user`, `assistant`, `toolResult` or `system`. */
  role: string;
  /** Why it stopped; `aborted` and `error` for runs that did not finish. */
  stopReason?: string;
  /** When. */
  timestamp: number;
  /** The call that a `toolResult` answers. */
  toolCallId?: string;
  /** The tool of a `toolResult`. */
  toolName?: string;
  /** Tokens and cost. */
  usage?: unknown;
}

/** A webhook. */
export interface Hook {
  /** The agent; the default one, without it. */
  agentId?: string;
  /** Whether calls need no signature. */
  allowUnsigned?: boolean;
  /** Calls that were accepted. */
  calls: number;
  /** When it was added. */
  createdAtMs: number;
  /** Whether it has a secret. */
  hasSecret: boolean;
  /** The owner's own words, before what came from outside. */
  instruction?: string;
  /** When the last one was. */
  lastCallAtMs?: number;
  /** Whether values that the payload does not have are left out; a call is refused for them otherwise. */
  lenient?: boolean;
  /** Model for these runs. */
  model?: string;
  /** The last part of its address: a-z, 0-9, - and _. */
  name: string;
  /** Where programs post to, without the gateway's own address. */
  path: string;
  /** The conversation; one of the hook's own, without it. */
  sessionKey?: string;
  /** What the agent is told of the payload; `{{payload.a[0].b}}` stands for a value. */
  template: string;
  /** Time limit of a run in milliseconds. */
  timeoutMs?: number;
  /** Whether what came from outside is given to the agent as if the owner had said it. */
  trusted?: boolean;
  /** On which conditions its runs are performed. */
  work?: RunOptions;
}

/** Names a webhook. */
export interface HookNameParams {
  /** Its name. */
  name: string;
}

/** A webhook that was added. */
export interface HooksAddOutput {
  /** The webhook. */
  hook: Hook;
  /** Its secret, which is not shown again. */
  secret?: string;
}

/** Parameters of `hooks.add`. */
export interface HooksAddParams {
  /** The agent; the default one, without it. */
  agentId?: string | null;
  /** Whether calls need no signature. */
  allowUnsigned?: boolean;
  /** The owner's own words, before what came from outside. */
  instruction?: string | null;
  /** Whether values that the payload does not have are left out; a call is refused for them otherwise. */
  lenient?: boolean;
  /** Model for these runs. */
  model?: string | null;
  /** The last part of its address: a-z, 0-9, - and _. */
  name: string;
  /** The secret that calls are signed with, from 16 characters; one is made, without it. */
  secret?: string | null;
  /** The conversation; one of the hook's own, without it. */
  sessionKey?: string | null;
  /** What the agent is told of the payload; `{{payload.a[0].b}}` stands for a value. */
  template: string;
  /** Time limit of a run in milliseconds. */
  timeoutMs?: number | null;
  /** Whether what came from outside is given to the agent as if the owner had said it. */
  trusted?: boolean;
  /** On which conditions its runs are performed. */
  work?: RunOptions | null;
}

/** Every webhook. */
export interface HooksListOutput {
  /** By name. */
  hooks: Hook[];
}

/** Whether a webhook was removed. */
export interface HooksRemoveOutput {
  /** Always true. */
  ok: boolean;
  /** False: there was none. */
  removed: boolean;
}

/** What an agent would be told. */
export interface HooksTestOutput {
  /** The message. */
  message: string;
}

/** Parameters of `hooks.test`. */
export interface HooksTestParams {
  /** Its name. */
  name: string;
  /** What would be posted. */
  payload: unknown;
}

/** What a node tells of its machine. */
export interface HostStats {
  /** Processors. */
  cpuCount: number;
  /** Of that, free. */
  diskAvailableBytes?: number;
  /** Disk in bytes. */
  diskTotalBytes?: number;
  /** Load over one, five and fifteen minutes. */
  loadAverage?: number[];
  /** Of that, free. */
  memoryFreeBytes: number;
  /** Memory in bytes. */
  memoryTotalBytes: number;
  /** When it was told; set by the gateway. */
  updatedAtMs?: number;
}

/** A run that is alive. */
export interface InFlightRun {
  /** Its latest `agent` events, to show its tools. */
  events: unknown[];
  /** The run. */
  runId: string;
  /** When it started. */
  startedAt: number;
  /** Its text so far. */
  text: string;
}

/** How a run is kept apart from others in the same folder. */
export type Isolation =
  /** It works in the agent's folder itself. */
  | "none"
  /** In a work tree of its own of the folder's repository; what it changed comes back as a branch and a patch. */
  | "worktree"
  /** In a copy of the folder, without what its ignore rules name; what it changed comes back as a patch. */
  | "tmpdir";

/** A device token for one role. */
export interface IssuedToken {
  /** The token. */
  deviceToken: string;
  /** When it was issued. */
  issuedAtMs: number;
  /** Its role. */
  role: string;
  /** Its scopes. */
  scopes: string[];
}

/** The last lines of the log. */
export interface LogsTailOutput {
  /** Where to go on. */
  cursor: number;
  /** The log file. */
  file: string;
  /** Whole lines. */
  lines: string[];
  /** Whether the cursor was no longer valid, so that the answer starts anew. */
  reset?: boolean;
  /** The file's size. */
  size: number;
  /** Whether lines were left out. */
  truncated?: boolean;
}

/** Parameters of `logs.tail`. */
export interface LogsTailParams {
  /** Byte position to go on from; absent: the last lines. */
  cursor?: number | null;
  /** Lines at most; 500 if absent. */
  limit?: number | null;
  /** Bytes at most; 250,000 if absent. */
  maxBytes?: number | null;
}

/** What came of an action. */
export interface MessageActionOutput {
  /** The thread or poll that came of it. */
  made?: string;
  /** The platform's id of the message, if one came of it. */
  messageId?: string;
  /** What was read: objects with `id`, `text` and `author`. */
  messages?: unknown[];
  /** Always true. */
  ok: boolean;
}

/** Parameters of `message.action`. */
export interface MessageActionParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** What to do: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read. */
  action: string;
  /** Accepted. */
  agentId?: unknown;
  /** The platform. */
  channel: string;
  /** Accepted. */
  conversationReadOrigin?: unknown;
  /** The same key acts once. */
  idempotencyKey: string;
  /** Accepted. */
  inboundTurnKind?: unknown;
  /** What the action takes: `to` or `target`, `message`, `messageId`, `emoji`, `threadId`, and so on. */
  params: Record<string, unknown>;
  /** Accepted. */
  reply?: unknown;
  /** Accepted. */
  requesterAccountId?: unknown;
  /** Accepted. */
  requesterSenderId?: unknown;
  /** Accepted. */
  senderIsOwner?: unknown;
  /** Accepted. */
  sessionId?: unknown;
  /** Accepted. */
  sessionKey?: unknown;
  /** Accepted. */
  toolContext?: unknown;
}

/** Position and run of a stored message. */
export interface MessageMeta {
  /** The message's id. */
  id: string;
  /** As on the message. */
  idempotencyKey?: string;
  /** When it was stored. */
  recordTimestampMs: number;
  /** The run it belongs to. */
  runId?: string;
  /** Grows within the conversation. */
  seq: number;
}

/** Parameters of `sessions.messages.subscribe` and `.unsubscribe`. */
export interface MessagesSubscribeParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** Accepted: approvals come as events of their own. */
  includeApprovals?: unknown;
  /** The conversation. */
  key: string;
}

/** What becomes of instants that passed while the gateway was not running. */
export type Misfire =
  /** They are left out. */
  | "skip"
  /** The job runs once for all of them. */
  | "once"
  /** The job runs for each, oldest first. */
  | "all";

/** One model. */
export interface ModelChoice {
  /** Whether it can be used now. */
  available: boolean;
  /** Its id. */
  id: string;
  /** Its name for people. */
  name: string;
  /** The executor that offers it. */
  provider: string;
}

/** Models to choose from. */
export interface ModelsListOutput {
  /** The models. */
  models: ModelChoice[];
}

/** Parameters of `models.list`. */
export interface ModelsListParams {
  /** Only models of this agent. */
  agentId?: string | null;
  /** Accepted. */
  includeProviderCapabilities?: unknown;
  /** Accepted. */
  preparedOnly?: unknown;
  /** Accepted. */
  refresh?: unknown;
  /** Accepted. */
  view?: unknown;
}

/** What must become of a task that another one waits for. */
export type Need =
  /** It must complete; if it does not, the waiting task fails. */
  | "success"
  /** It must end, in whatever way. */
  | "end";

/** Parameters of a method that takes none; what a client sends all the same is ignored. */
export type NoParams = Record<string, unknown>;

/** Output of `node.describe`. */
export interface NodeDescribeOutput {
  /** How far what it offers is approved. */
  approvalState: ApprovalState;
  /** When its surface was last approved. */
  approvedAtMs?: number;
  /** Families of commands that were approved. */
  caps: string[];
  /** The program. */
  clientId?: string;
  /** How it is used. */
  clientMode?: string;
  /** JSON Schemas of the arguments of its commands, as far as it published them. */
  commandSchemas?: Record<string, unknown>;
  /** Commands that can be called: approved, offered now and allowed by the configuration. */
  commands: string[];
  /** Whether it is connected. */
  connected: boolean;
  /** Since when it is connected. */
  connectedAtMs?: number;
  /** Its kind. */
  deviceFamily?: string;
  /** Its name for people. */
  displayName?: string;
  /** What it last told of its machine. */
  hostStats?: HostStats;
  /** When somebody last did something there. */
  lastActiveAtMs?: number;
  /** When it last connected. */
  lastConnectedAtMs?: number;
  /** When it last gave a sign of life. */
  lastSeenAtMs?: number;
  /** Which: `connect`, `disconnect`, or a trigger of `node.presence.alive`. */
  lastSeenReason?: string;
  /** Its model. */
  modelIdentifier?: string;
  /** The node, which is its device's id. */
  nodeId: string;
  /** Always true: who is not paired is not shown. */
  paired: boolean;
  /** The PATH on which it finds programs. */
  pathEnv?: string;
  /** Families it asks for. */
  pendingDeclaredCaps?: string[];
  /** Commands it asks for. */
  pendingDeclaredCommands?: string[];
  /** Permissions it asks for. */
  pendingDeclaredPermissions?: Record<string, boolean>;
  /** To approve or reject; for those who may. */
  pendingRequestId?: string;
  /** Work that waits for it. */
  pendingWork?: number;
  /** What the machine's owner granted its program. */
  permissions?: Record<string, boolean>;
  /** Its operating system, as it says. */
  platform?: string;
  /** When the node said so. */
  presenceUpdatedAtMs?: number;
  /** Where it was last connected from, unless that was this machine. */
  remoteIp?: string;
  /** When this was read. */
  ts: number;
  /** Its program's version. */
  version?: string;
  /** Commands that it offers and that cannot be called, with the reason. */
  withheld?: Record<string, string>;
}

/** A node's reason for not doing something. */
export interface NodeError {
  /** Such as `CAMERA_DISABLED`. */
  code?: string | null;
  /** For people. */
  message?: string | null;
}

/** Output of `node.event`. */
export interface NodeEventOutput {
  /** Its name. */
  event: string;
  /** Whether something was done with it. */
  handled: boolean;
  /** Always true. */
  ok: boolean;
  /** What, or why not: `persisted`, `updated`, `unmatched_exec_event`, `unsupported_event` … */
  reason?: string;
}

/** Parameters of `node.event`. */
export interface NodeEventParams {
  /** Its name. */
  event: string;
  /** Particulars. */
  payload?: unknown;
  /** The same as text; it goes before `payload`. */
  payloadJSON?: string | null;
}

/** Output of `node.exec`. */
export interface NodeExecOutput {
  /** The request that was answered, if somebody was asked. */
  approvalId?: string;
  /** Why it could not be run, or not to its end. */
  error?: string;
  /** Exit code; absent when a signal ended it. */
  exitCode: number | null;
  /** The node. */
  nodeId: string;
  /** Always true: it was run, whatever came of it. */
  ok: boolean;
  /** The node's answer as it is. */
  payload: unknown;
  /** Names this run on the node. */
  runId: string;
  /** What it complained about. */
  stderr: string;
  /** What it printed. */
  stdout: string;
  /** Whether it ended with exit code 0. */
  success: boolean;
  /** Whether it was ended because it ran too long. */
  timedOut: boolean;
}

/** Parameters of `node.exec`. */
export interface NodeExecParams {
  /** The program and its arguments; no shell reads them. */
  command: string[];
  /** The folder on the node; its own choice if absent. */
  cwd?: string | null;
  /** Environment variables to set besides. */
  env?: Record<string, string>;
  /** A repeat under the same key gets the first answer. */
  idempotencyKey: string;
  /** The node. */
  nodeId: string;
  /** Whether `node.invoke.progress` events are wanted while it runs. */
  progress?: boolean | null;
  /** The conversation on whose behalf; for an agent always its own. */
  sessionKey?: string | null;
  /** How long the program may run; two minutes if absent. */
  timeoutMs?: number | null;
}

/** Payload of `node.hostStats`. */
export interface NodeHostStats {
  /** What it told. */
  hostStats: HostStats;
  /** The node. */
  nodeId: string;
}

/** Payload of `node.invoke.cancel`, which goes to the node alone and has no `seq`. */
export interface NodeInvokeCancel {
  /** Which request is not waited for any more. */
  invokeId: string;
  /** The node itself. */
  nodeId: string;
}

/** Output of `node.invoke`. */
export interface NodeInvokeOutput {
  /** The command. */
  command: string;
  /** The node. */
  nodeId: string;
  /** Always true. */
  ok: boolean;
  /** What it answered. */
  payload: unknown;
  /** The same as text. */
  payloadJSON: string | null;
}

/** Parameters of `node.invoke`. */
export interface NodeInvokeParams {
  /** The command. */
  command: string;
  /** A repeat under the same key gets the first answer. */
  idempotencyKey: string;
  /** The node. */
  nodeId: string;
  /** Its arguments. */
  params?: unknown;
  /** Whether `node.invoke.progress` events are wanted while it runs. */
  progress?: boolean | null;
  /** The conversation on whose behalf. */
  sessionKey?: string | null;
  /** How long to wait; half a minute if absent or 0. */
  timeoutMs?: number | null;
}

/** Parameters of `node.invoke.progress`. */
export interface NodeInvokeProgressParams {
  /** Output, at most 16384 bytes. */
  chunk: string;
  /** Which request it belongs to. */
  invokeId: string;
  /** The node itself. */
  nodeId: string;
  /** Its number, from 0. */
  seq: number;
}

/** Payload of `node.invoke.progress`, which goes to the caller alone, if it asked for it, and has no `seq`. */
export interface NodeInvokeProgressed {
  /** Output. */
  chunk: string;
  /** The caller's key. */
  idempotencyKey: string;
  /** The node. */
  nodeId: string;
  /** Its number, from 0; holes are allowed. */
  seq: number;
}

/** Payload of `node.invoke.request`, which goes to the node alone and has no `seq`. */
export interface NodeInvokeRequest {
  /** The command. */
  command: string;
  /** To be named in the answer. */
  id: string;
  /** The caller's key. */
  idempotencyKey?: string;
  /** The node itself. */
  nodeId: string;
  /** Its arguments as text. */
  paramsJSON?: string;
  /** How long the caller still waits. */
  timeoutMs?: number;
}

/** Parameters of `node.invoke.result`. Older programs send `null` for what is absent and values where text is due. */
export interface NodeInvokeResultParams {
  /** Why it was not done. */
  error?: NodeError | null;
  /** Which request is answered. */
  id: string;
  /** The node itself. */
  nodeId: string;
  /** Whether it was done. */
  ok: boolean;
  /** What came of it. */
  payload?: unknown;
  /** The same as text; it goes before `payload`. */
  payloadJSON?: unknown;
}

/** Output of `node.list`. */
export interface NodeListOutput {
  /** All nodes; connected ones first, then by name. */
  nodes: NodeRow[];
  /** When this was read. */
  ts: number;
}

/** Output of `node.pair.approve`. */
export interface NodePairApproveOutput {
  /** The node as it is now. */
  node: NodeRow;
  /** The request. */
  requestId: string;
}

/** Output of `node.pair.list`. */
export interface NodePairListOutput {
  /** Those that have something approved, latest first. */
  paired: PairedNode[];
  /** Those that wait, oldest first. */
  pending: NodePairRequest[];
}

/** Output of `node.pair.reject`. */
export interface NodePairRejectOutput {
  /** The node. */
  nodeId: string;
  /** The request. */
  requestId: string;
}

/** Output of `node.pair.remove`. */
export interface NodePairRemoveOutput {
  /** The node. */
  nodeId: string;
}

/** A node that waits for approval of what it offers; also the payload of `node.pair.requested`. */
export interface NodePairRequest {
  /** Families of commands. */
  caps: string[];
  /** The program. */
  clientId?: string;
  /** How it is used. */
  clientMode?: string;
  /** Commands. */
  commands: string[];
  /** Its kind. */
  deviceFamily?: string;
  /** Its name for people. */
  displayName?: string;
  /** Whether something of it is approved already. */
  isRepair: boolean;
  /** The node. */
  nodeId: string;
  /** What the machine's owner granted its program. */
  permissions?: Record<string, boolean>;
  /** Its operating system. */
  platform?: string;
  /** Where it came from, unless that was this machine. */
  remoteIp?: string;
  /** To approve or reject. It is the digest of node and surface: a request cannot be changed under its id. */
  requestId: string;
  /** Scopes that an approver needs. */
  requiredApproveScopes: string[];
  /** When it asked. */
  ts: number;
  /** Its program's version. */
  version?: string;
}

/** Payload of `node.pair.resolved`. */
export interface NodePairResolved {
  /** `approved`, `rejected`, `superseded` or `removed`. */
  decision: string;
  /** The node. */
  nodeId: string;
  /** The request; for a removal the node. */
  requestId: string;
  /** When. */
  ts: number;
}

/** Parameters that name a node. */
export interface NodeParams {
  /** The node, which is its device's id. */
  nodeId: string;
}

/** Output of `node.pending.ack`. */
export interface NodePendingAckOutput {
  /** What was acknowledged. */
  ackedIds: string[];
  /** The node. */
  nodeId: string;
  /** What still waits. */
  remainingCount: number;
}

/** Parameters of `node.pending.ack`. */
export interface NodePendingAckParams {
  /** What is done. */
  ids: string[];
}

/** Output of `node.pending.drain`. */
export interface NodePendingDrainOutput {
  /** Whether there is more. */
  hasMore: boolean;
  /** Work, most urgent first. */
  items: WorkItem[];
  /** The node. */
  nodeId: string;
  /** Grows with each change. */
  revision: number;
}

/** Parameters of `node.pending.drain`. */
export interface NodePendingDrainParams {
  /** How many at most. */
  maxItems?: number | null;
}

/** Output of `node.pending.enqueue`. */
export interface NodePendingEnqueueOutput {
  /** The node. */
  nodeId: string;
  /** What was left. The same work that waits already is not left twice. */
  queued: WorkItem;
  /** Grows with each change of what waits for the node. */
  revision: number;
  /** Whether the node was woken. */
  wakeTriggered: boolean;
}

/** Parameters of `node.pending.enqueue`. */
export interface NodePendingEnqueueParams {
  /** When it is no longer wanted; a day if absent. */
  expiresInMs?: number | null;
  /** The node. */
  nodeId: string;
  /** How soon. */
  priority?: WorkPriority | null;
  /** What. */
  type: WorkType;
  /** Whether to wake the node. Landline has no push service, so it never does. */
  wake?: boolean | null;
}

/** Output of `node.pending.pull`. */
export interface NodePendingPullOutput {
  /** Commands, oldest first. */
  actions: PendingAction[];
  /** The node. */
  nodeId: string;
}

/** None of the tools. */
export interface NodePluginToolsOutput {
  /** The node. */
  nodeId: string;
  /** Always empty. */
  tools: unknown[];
}

/** Payload of `node.presence`. */
export interface NodePresence {
  /** Whether it is connected. */
  connected: boolean;
  /** When somebody last did something there. */
  lastActiveAtMs?: number;
  /** The node. */
  nodeId: string;
  /** When the node said so. */
  presenceUpdatedAtMs?: number;
  /** `connect`, `disconnect`, `activity`, or what the node gave as reason for its sign of life. */
  reason: string;
  /** When. */
  ts: number;
}

/** Output of `node.rename`. */
export interface NodeRenameOutput {
  /** Its name from now on. */
  displayName: string;
  /** The node. */
  nodeId: string;
}

/** Parameters of `node.rename`. */
export interface NodeRenameParams {
  /** Its name for people. */
  displayName: string;
  /** The node. */
  nodeId: string;
}

/** A node as lists show it. */
export interface NodeRow {
  /** How far what it offers is approved. */
  approvalState: ApprovalState;
  /** When its surface was last approved. */
  approvedAtMs?: number;
  /** Families of commands that were approved. */
  caps: string[];
  /** The program. */
  clientId?: string;
  /** How it is used. */
  clientMode?: string;
  /** Commands that can be called: approved, offered now and allowed by the configuration. */
  commands: string[];
  /** Whether it is connected. */
  connected: boolean;
  /** Since when it is connected. */
  connectedAtMs?: number;
  /** Its kind. */
  deviceFamily?: string;
  /** Its name for people. */
  displayName?: string;
  /** What it last told of its machine. */
  hostStats?: HostStats;
  /** When somebody last did something there. */
  lastActiveAtMs?: number;
  /** When it last connected. */
  lastConnectedAtMs?: number;
  /** When it last gave a sign of life. */
  lastSeenAtMs?: number;
  /** Which: `connect`, `disconnect`, or a trigger of `node.presence.alive`. */
  lastSeenReason?: string;
  /** Its model. */
  modelIdentifier?: string;
  /** The node, which is its device's id. */
  nodeId: string;
  /** Always true: who is not paired is not shown. */
  paired: boolean;
  /** The PATH on which it finds programs. */
  pathEnv?: string;
  /** Families it asks for. */
  pendingDeclaredCaps?: string[];
  /** Commands it asks for. */
  pendingDeclaredCommands?: string[];
  /** Permissions it asks for. */
  pendingDeclaredPermissions?: Record<string, boolean>;
  /** To approve or reject; for those who may. */
  pendingRequestId?: string;
  /** Work that waits for it. */
  pendingWork?: number;
  /** What the machine's owner granted its program. */
  permissions?: Record<string, boolean>;
  /** Its operating system, as it says. */
  platform?: string;
  /** When the node said so. */
  presenceUpdatedAtMs?: number;
  /** Where it was last connected from, unless that was this machine. */
  remoteIp?: string;
  /** Its program's version. */
  version?: string;
}

/** Taken note of. */
export interface NodeRunnerInventoryOutput {
  /** The node. */
  nodeId: string;
}

/** Output of `node.schemas.update`. */
export interface NodeSchemasUpdateOutput {
  /** How many are in force. */
  count: number;
  /** Always true. */
  ok: boolean;
}

/** Parameters of `node.schemas.update`. */
export interface NodeSchemasUpdateParams {
  /** A JSON Schema for the arguments of each command that has one; all others from before are forgotten. */
  commands: Record<string, unknown>;
}

/** None of the skills. */
export interface NodeSkillsOutput {
  /** The node. */
  nodeId: string;
  /** Always empty. */
  skills: unknown[];
}

/** A URL for a node. */
export interface NodeSurfaceRefreshOutput {
  /** When the URL ends unless it is used. */
  expiresAtMs: number;
  /** By surface: the base of its URLs. */
  pluginSurfaceUrls: Record<string, string>;
  /** `canvas`. */
  surface: string;
}

/** Which surface a node wants a URL for. */
export interface NodeSurfaceRefreshParams {
  /** The URL that the node has; accepted. */
  observedUrl?: string | null;
  /** `canvas`. */
  surface: string;
}

/** How many nodes there are. */
export interface NodesStatus {
  /** Of these, connected. */
  connected: number;
  /** All that are known. */
  known: number;
  /** Of these, waiting for approval of something. */
  pending: number;
  /** Requests that nodes have not answered yet. */
  waiting: number;
}

/** Messages that wait, failed, or whose fate is unknown; oldest first. */
export interface OutboxListOutput {
  /** The messages. */
  messages: OutboxMessage[];
}

/** Parameters of `channels.outbox.list`. */
export interface OutboxListParams {
  /** Only this account. */
  accountId?: string | null;
  /** Only this platform. */
  channel?: string | null;
  /** At most so many, 1 to 200; 50 without it. */
  limit?: number | null;
}

/** A message to a platform that was not sent, or of which nobody knows. */
export interface OutboxMessage {
  /** The account. */
  accountId: string;
  /** How often it was tried. */
  attempts: number;
  /** The platform. */
  channel: string;
  /** The conversation on the platform. */
  chat: string;
  /** When it was to be sent first. */
  createdAt: number;
  /** What went wrong last. */
  error?: string;
  /** To resend or drop it. */
  id: string;
  /** Its beginning. */
  preview: string;
  /** `queued`, `started`, `failed` or `unknown`. */
  state: string;
}

/** Parameters that name a message of the outbox. */
export interface OutboxParams {
  /** Its id, from `channels.outbox.list`. */
  id: string;
}

/** One step of a task's output. */
export interface OutputChunk {
  /** When it was stored. */
  at: number;
  /** Which run of the task it belongs to, from 1. */
  fence: number;
  /** Its number within the task, from 0, without holes. */
  seq: number;
  /** What happened; `step` in it is its kind: `text`, `tool_start`, `gap`, … */
  step: unknown;
}

/** A paired device. */
export interface PairedDevice {
  /** When it was last approved. */
  approvedAtMs: number;
  /** `silent`, `owner` or `bootstrap`. */
  approvedVia: string;
  /** The program. */
  clientId?: string;
  /** How it is used. */
  clientMode?: string;
  /** Whether it is here now. */
  connected: boolean;
  /** When it was first seen. */
  createdAtMs: number;
  /** Its kind. */
  deviceFamily?: string;
  /** The device. */
  deviceId: string;
  /** Its name for people. */
  displayName?: string;
  /** When it was last here. */
  lastSeenAtMs?: number;
  /** Its operating system. */
  platform?: string;
  /** Its key. */
  publicKey: string;
  /** Its first role. */
  role?: string;
  /** All its roles. */
  roles: string[];
  /** All its scopes. */
  scopes: string[];
  /** Its tokens, without their values. */
  tokens: TokenInfo[];
}

/** A node whose surface was approved. */
export interface PairedNode {
  /** When its surface was last approved. */
  approvedAtMs: number;
  /** Families of commands. */
  caps: string[];
  /** Commands. */
  commands: string[];
  /** When it was first seen. */
  createdAtMs: number;
  /** Its kind. */
  deviceFamily?: string;
  /** Its name for people. */
  displayName?: string;
  /** When it last connected. */
  lastConnectedAtMs?: number;
  /** What it last told of its machine. */
  lastHostStats?: HostStats;
  /** The node. */
  nodeId: string;
  /** What the machine's owner granted its program. */
  permissions?: Record<string, boolean>;
  /** Its operating system. */
  platform?: string;
  /** Where it was last connected from. */
  remoteIp?: string;
  /** Its program's version. */
  version?: string;
}

/** An account that strangers may ask. */
export interface PairingAccount {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** Its name for people. */
  channelLabel: string;
  /** Whether the stranger is told of the decision. */
  notifySupported: boolean;
}

/** Who was let in. */
export interface PairingApproveOutput {
  /** `not-requested`, `configured` or `already-configured`. */
  commandOwnerBootstrap: string;
  /** `not-requested` or `sent`: telling them is in the outbox. */
  notification: string;
  /** The code. */
  requestId: string;
  /** The platform's id of the person. */
  senderId: string;
}

/** Parameters of `channels.pairing.approve`. */
export interface PairingApproveParams {
  /** The account. */
  accountId: string;
  /** Makes this person an owner, who is asked on the platform when strangers want in; needs admin. */
  bootstrapCommandOwner?: boolean | null;
  /** The platform. */
  channel: string;
  /** Whether the stranger is told; true without it. */
  notify?: boolean | null;
  /** The code. */
  requestId: string;
}

/** Whom a decision was about. */
export interface PairingDecided {
  /** The code, or the person's id where there is none. */
  requestId: string;
  /** The platform's id of the person. */
  senderId: string;
}

/** How many strangers may wait, and how long. */
export interface PairingLimits {
  /** Requests of one account at the same time. */
  pendingPerAccount: number;
  /** Life of a request in milliseconds. */
  ttlMs: number;
}

/** Strangers who wait with a code. */
export interface PairingListOutput {
  /** The accounts that strangers may ask. */
  accounts: PairingAccount[];
  /** Whether there is an owner who is asked on the platform itself. */
  commandOwnerConfigured: boolean;
  /** How many may wait, and how long. */
  limits: PairingLimits;
  /** The requests, oldest first. */
  requests: ChannelPairingRequest[];
}

/** Parameters that choose platform and account. */
export interface PairingListParams {
  /** Only this account. */
  accountId?: string | null;
  /** Only this platform. */
  channel?: string | null;
}

/** Parameters that name a request. */
export interface PairingParams {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** The code. */
  requestId: string;
}

/** A device that waits for approval; also the payload of `device.pair.requested`. */
export interface PairingRequest {
  /** The program. */
  clientId?: string;
  /** How it is used. */
  clientMode?: string;
  /** Its kind. */
  deviceFamily?: string;
  /** The device. */
  deviceId: string;
  /** Its name for people. */
  displayName?: string;
  /** Whether the device is known already and asks for more. */
  isRepair: boolean;
  /** Its operating system. */
  platform?: string;
  /** Its key. */
  publicKey: string;
  /** Where it came from. */
  remoteIp?: string;
  /**
   * To approve or reject. It is the digest of everything below but `ts`: a request cannot be changed under
   * its id, and approving the id approves just what was shown.
   */
  requestId: string;
  /** Role asked for. */
  role: string;
  /** Scopes asked for. */
  scopes: string[];
  /** When it asked last. */
  ts: number;
}

/** Additional data of a refused `connect`, so that pairing can be finished by hand (protocol 3.6). */
export interface PairingRequired {
  /** Roles it has. */
  approvedRoles: string[];
  /** Scopes it has. */
  approvedScopes: string[];
  /** Always `PAIRING_REQUIRED`. */
  code: string;
  /** The device. */
  deviceId: string;
  /** Always false: clients that would stop reconnecting must not. */
  pauseReconnect: boolean;
  /** not-paired, role-upgrade, scope-upgrade or metadata-upgrade. */
  reason: string;
  /** `wait_then_retry`: keep connecting, approval lets you in. */
  recommendedNextStep: string;
  /** The command that approves it. */
  remediationHint: string;
  /** The request to approve. */
  requestId: string;
  /** Role asked for. */
  requestedRole: string;
  /** Scopes asked for. */
  requestedScopes: string[];
  /** Always true. */
  retryable: boolean;
}

/** Payload of `device.pair.resolved`. */
export interface PairingResolved {
  /** `approved`, `rejected` or `removed`. */
  decision: string;
  /** The device. */
  deviceId: string;
  /** The request. */
  requestId: string;
  /** When. */
  ts: number;
}

/** A command that waits until the node's app is in the foreground. */
export interface PendingAction {
  /** The command. */
  command: string;
  /** When it was asked. */
  enqueuedAtMs: number;
  /** To acknowledge it. */
  id: string;
  /** Its arguments as text. */
  paramsJSON: string | null;
}

/** People who were let in or turned away. */
export interface PeopleListOutput {
  /** The people. */
  people: Person[];
}

/** Parameters of `channels.people.remove`. */
export interface PeopleRemoveParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** The platform. */
  channel: string;
  /** The platform's id of the person. */
  senderId: string;
}

/** Somebody who was let in or turned away. */
export interface Person {
  /** The account. */
  accountId: string;
  /** The platform. */
  channel: string;
  /** When that was decided. */
  decidedAt?: number;
  /** Who decided it. */
  decidedBy: string;
  /** Whether they are asked on the platform when strangers want in. */
  owner: boolean;
  /** The platform's id of the person. */
  senderId: string;
  /** The name that they chose. */
  senderLabel: string;
  /** `allowed` or `denied`. */
  state: string;
}

/** How a picture is written. */
export type PictureFormat =
  /** Without loss. */
  | "png"
  /** Smaller. */
  | "jpeg";

/** Limits to keep. */
export interface Policy {
  /** Limits of attachments. */
  attachments: AttachmentPolicy;
  /** Bytes that may lie unread before events are dropped or the socket is closed. */
  maxBufferedBytes: number;
  /** Largest message in bytes. */
  maxPayload: number;
  /** Interval of `tick`; a client hears nothing for twice that: the gateway is gone. */
  tickIntervalMs: number;
}

/** Parameters of `poll`. */
export interface PollParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** The platform; needed unless `to` names it. */
  channel?: string | null;
  /** How long it is open, in hours. */
  durationHours?: number | null;
  /** How long it is open, in seconds. */
  durationSeconds?: number | null;
  /** The same key asks once. */
  idempotencyKey: string;
  /** Whether nobody sees who chose what. */
  isAnonymous?: boolean | null;
  /** How many may be chosen; one without it. */
  maxSelections?: number | null;
  /** The options. */
  options: string[];
  /** What is asked. */
  question: string;
  /** Whether it makes no sound. */
  silent?: boolean | null;
  /** The thread or topic. */
  threadId?: string | null;
  /** The conversation: its id on the platform, or `PLATFORM:ID`. */
  to: string;
}

/** Payload of `presence`. */
export interface Presence {
  /** All entries. */
  presence: PresenceEntry[];
}

/** One connected device or program (protocol 5.2). */
export interface PresenceEntry {
  /** Its kind of device. */
  deviceFamily?: string;
  /** Its device id. */
  deviceId?: string;
  /** Name of the machine or program. */
  host?: string;
  /** The client's own instance id. */
  instanceId?: string;
  /** Address it came from. */
  ip?: string;
  /** Its client mode; `gateway` for the gateway itself. */
  mode?: string;
  /** Its model. */
  modelIdentifier?: string;
  /** Since when it is connected. */
  onlineSince?: number;
  /** Its operating system. */
  platform?: string;
  /** Why the entry last changed: self, connect, disconnect, periodic. */
  reason?: string;
  /** Roles of its open connections. */
  roles?: string[];
  /** Scopes of its open connections. */
  scopes?: string[];
  /** Free text, from `system-event`. */
  text?: string;
  /** Its time zone. */
  timeZone?: string;
  /** Last sign of life. */
  ts: number;
  /** Version of its software. */
  version?: string;
}

/** One line. */
export interface PreviewItem {
  /** Who said it. */
  role: string;
  /** Its beginning. */
  text: string;
}

/** No questions. */
export interface QuestionListOutput {
  /** Always empty. */
  questions: unknown[];
}

/** What happens with a message that arrives while a run of its session is alive (protocol 11). */
export type QueueMode =
  /** Handed to the running agent; where that is impossible, as followup. */
  | "steer"
  /** Its own run afterwards, in order. */
  | "followup"
  /** One run afterwards for everything that came meanwhile. */
  | "collect"
  /** The running run is cancelled and this one takes its place. */
  | "interrupt";

/** A recently used conversation. */
export interface RecentSession {
  /** How long ago that was, in milliseconds. */
  age: number;
  /** Its session key. */
  key: string;
  /** When it last changed. */
  updatedAt: number;
}

/** The wire shape of a request, as clients of the typed models write it. */
export interface RequestFrame {
  /** Chosen by the client, repeated in the response. */
  id: string;
  /** `noun.verb`. */
  method: string;
  /** The method's parameters; absent counts as `{}`. */
  params?: unknown;
  /** Always `req`. */
  type: RequestKind;
}

/** The literal `req`. */
export type RequestKind =
  /** A request. */
  | "req";

/** Parameters that name a pairing request. */
export interface RequestParams {
  /** The request. */
  requestId: string;
}

/** The wire shape of a response. */
export interface ResponseFrame {
  /** Why it failed. */
  error?: WireError;
  /** The request's id. */
  id: string;
  /** Whether the request succeeded. */
  ok: boolean;
  /** The method's output. */
  payload?: unknown;
  /** Always `res`. */
  type: ResponseKind;
}

/** The literal `res`. */
export type ResponseKind =
  /** A response. */
  | "res";

/** On which conditions the runs of a job or hook are performed, as in `tasks.dispatch`. */
export interface RunOptions {
  /** The most that a run may cost, in US dollars. */
  budgetUsd?: number;
  /** How a run is kept apart from other work in the same folder. */
  isolation?: Isolation;
  /** Further runs after one that failed through something that passes; 3 if absent. */
  maxRetries?: number;
  /** Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`. */
  on?: string;
  /** What a run may do; never more than the agent and the worker allow. */
  permissions?: TaskPermissions;
  /** Which goes first among those that wait for a place; 0 if absent, more is sooner. */
  priority?: number;
}

/** A found message. */
export interface SearchHit {
  /** The message. */
  messageId: string;
  /** Who said it: `user` or `assistant`. */
  role: string;
  /** Greater is better. */
  score: number;
  /** The conversation's id at that time. */
  sessionId: string;
  /** Its conversation. */
  sessionKey: string;
  /** The words around the hit. */
  snippet: string;
  /** When. */
  timestamp: number;
}

/** Parameters of `send`. */
export interface SendParams {
  /** The account; `main` without it. */
  accountId?: string | null;
  /** Accepted. */
  agentId?: unknown;
  /** Whether it is a spoken message. */
  asVoice?: boolean | null;
  /** A file as base64. */
  buffer?: string | null;
  /** The platform; needed unless `to` names it. */
  channel?: string | null;
  /** Its media type. */
  contentType?: string | null;
  /** Its name. */
  filename?: string | null;
  /** Whether files are sent as files, whatever they are. */
  forceDocument?: boolean | null;
  /** Accepted. */
  gifPlayback?: unknown;
  /** The same key sends once. */
  idempotencyKey: string;
  /**
   * The path of a file: of the state directory's, and for agents of their working folder or of what came with their
   * conversation. Addresses are not fetched.
   */
  mediaUrl?: string | null;
  /** Several of these, at most ten. */
  mediaUrls?: string[];
  /** Markdown. */
  message?: string | null;
  /** Accepted: text is always Markdown. */
  parseMode?: unknown;
  /** The message that it answers to. */
  replyToId?: string | null;
  /** The conversation in whose name it is sent, and to which it goes without `to`. An agent names its own or none. */
  sessionKey?: string | null;
  /** Whether it makes no sound. */
  silent?: boolean | null;
  /** The thread or topic. */
  threadId?: string | null;
  /** The conversation: its id on the platform, or `PLATFORM:ID`. Without it the one where `sessionKey` is held. */
  to?: string | null;
}

/** A message that was sent. */
export interface SentOutput {
  /** The platform. */
  channel: string;
  /** The conversation. */
  chatId: string;
  /** The platform's id of the message; of several the last. */
  messageId: string;
  /** The poll that came of it. */
  pollId?: string;
  /** The idempotency key. */
  runId: string;
}

/** Who answers. There is no `buildId`: a foreign one makes the stock panel reload for ever (protocol 0). */
export interface ServerInfo {
  /** This connection's id. */
  connId: string;
  /** Landline's version. */
  version: string;
}

/** Where a message goes when no session is named. */
export interface SessionDefaults {
  /** The agent that answers. */
  defaultAgentId: string;
  /** Last part of the main session's key. */
  mainKey: string;
  /** The main session's key. */
  mainSessionKey: string;
  /** Whether a model is behind the default agent. */
  modelConfigured: boolean;
  /** How direct conversations are kept apart. */
  scope: string;
}

/** The model of new conversations. */
export interface SessionModel {
  /** Its context window, if known. */
  contextTokens: number | null;
  /** Its name, if one is configured. */
  model: string | null;
  /** Its provider. */
  modelProvider?: string;
}

/** The last lines of one conversation. */
export interface SessionPreview {
  /** Oldest first. */
  items: PreviewItem[];
  /** The conversation. */
  key: string;
  /** `ok`, `empty` or `missing`. */
  status: string;
}

/** A conversation's row. */
export interface SessionRow {
  /** Runs that are alive or wait. */
  activeRunIds: string[];
  /** The agent. */
  agentId: string;
  /** Hidden from the list. */
  archived?: boolean;
  /** When it began. */
  createdAt: number;
  /** Taken from its first message. */
  derivedTitle?: string;
  /** What to show as its name. */
  displayName?: string;
  /** Cost so far in US dollars, as the executors say. */
  estimatedCostUsd: number;
  /** Whether a run is alive. */
  hasActiveRun: boolean;
  /** Tokens read so far. */
  inputTokens: number;
  /** Whether it is the agent's main one. */
  isMain: boolean;
  /** Its name. */
  key: string;
  /** `direct`, `group`, `global` or `unknown`. */
  kind: string;
  /** The person's name for it. */
  label?: string;
  /** The beginning of its last line. */
  lastMessagePreview?: string;
  /** Model for its runs, if it is not the agent's. */
  model?: string;
  /** The executor. */
  modelProvider?: string;
  /** Tokens written so far. */
  outputTokens: number;
  /** Kept on top. */
  pinned?: boolean;
  /** Its present id; a reset gives a new one. */
  sessionId: string;
  /** Both. */
  totalTokens: number;
  /** Has lines that were not seen. */
  unread?: boolean;
  /** When it last changed. */
  updatedAt: number;
}

/** The answer of `sessions.abort`. */
export interface SessionsAbortOutput {
  /** The run that was alive. */
  abortedRunId: string | null;
  /** Always true. */
  ok: boolean;
  /** `aborted` or `no-active-run`. */
  status: string;
}

/** Parameters of `sessions.abort`. */
export interface SessionsAbortParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** Accepted: what waits is always stopped as well. */
  clearQueued?: unknown;
  /** The conversation. */
  key?: string | null;
  /** Or one run. */
  runId?: string | null;
}

/** The answer of `sessions.compact`. */
export interface SessionsCompactOutput {
  /** Always false. */
  compacted: boolean;
  /** Its key. */
  key: string;
  /** Always true. */
  ok: boolean;
  /** Why not. */
  reason: string;
}

/** Parameters of `sessions.compact`. */
export interface SessionsCompactParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** The conversation. */
  key: string;
  /** Accepted. */
  maxLines?: unknown;
}

/** A new conversation. */
export interface SessionsCreateOutput {
  /** Its row. */
  entry: SessionRow;
  /** Its key. */
  key: string;
  /** Always true. */
  ok: boolean;
  /** That run. */
  runId?: string;
  /** Whether the first message started a run. */
  runStarted: boolean;
  /** Its id. */
  sessionId: string;
}

/** Parameters of `sessions.create`. */
export interface SessionsCreateParams {
  /** Its agent; the default one if absent. */
  agentId?: string | null;
  /** Accepted. */
  category?: unknown;
  /** Accepted. */
  contextWindow?: unknown;
  /** Accepted. */
  displayName?: unknown;
  /** Accepted. */
  emitCommandHooks?: unknown;
  /** Accepted. */
  fastMode?: unknown;
  /** The same key gets the same answer. */
  idempotencyKey?: string | null;
  /** Its key; a new one is made if absent. */
  key?: string | null;
  /** The person's name for it. */
  label?: string | null;
  /** First message. */
  message?: string | null;
  /** Model for its runs. */
  model?: string | null;
  /** Accepted. */
  parentSessionKey?: unknown;
  /** Accepted. */
  succeedsParent?: unknown;
  /** First message under its other name. */
  task?: string | null;
  /** Accepted. */
  thinkingLevel?: unknown;
  /** Accepted. */
  visibility?: unknown;
}

/** The answer of `sessions.delete`. */
export interface SessionsDeleteOutput {
  /** Files it was kept in; none here, the database keeps it. */
  archived: string[];
  /** Whether there was one. */
  deleted: boolean;
  /** Its key. */
  key: string;
  /** Always true. */
  ok: boolean;
}

/** Parameters of `sessions.delete`. */
export interface SessionsDeleteParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** Accepted. */
  archivedOnly?: unknown;
  /** True: remove its messages as well; otherwise they stay in the database. */
  deleteTranscript?: boolean | null;
  /** Accepted. */
  emitLifecycleHooks?: unknown;
  /** Accepted. */
  expectedLifecycleRevision?: unknown;
  /** Accepted. */
  expectedSessionId?: unknown;
  /** Accepted. */
  expectedSessionUpdatedAt?: unknown;
  /** The conversation. */
  key: string;
}

/** One conversation's row; null if there is none. */
export interface SessionsDescribeOutput {
  /** The row. */
  session: SessionRow | null;
}

/** Parameters of `sessions.describe`. */
export interface SessionsDescribeParams {
  /** Accepted: always given. */
  includeDerivedTitles?: unknown;
  /** Accepted: always given. */
  includeLastMessage?: unknown;
  /** The conversation. */
  key: string;
}

/** A conversation and its row. */
export interface SessionsEntryOutput {
  /** Its row. */
  entry: SessionRow;
  /** Its key. */
  key: string;
  /** Always true. */
  ok: boolean;
}

/** Conversations within [`Health`]. */
export interface SessionsHealth {
  /** How many there are. */
  count: number;
  /** Where they are stored. */
  path: string;
  /** The latest ones. */
  recent: RecentSession[];
}

/** Conversations. */
export interface SessionsListOutput {
  /** Rows in this answer. */
  count: number;
  /** The model of new ones. */
  defaults: SessionModel;
  /** Whether there are more. */
  hasMore: boolean;
  /** The limit in force. */
  limitApplied: number;
  /** Where the next page begins. */
  nextOffset?: number;
  /** Rows skipped. */
  offset: number;
  /** Where they are stored. */
  path: string;
  /** Latest first, pinned ones on top. */
  sessions: SessionRow[];
  /** Rows in all. */
  totalCount: number;
  /** When this was read. */
  ts: number;
}

/** Parameters of `sessions.list`. */
export interface SessionsListParams {
  /** Only those that changed in the last so many minutes. */
  activeMinutes?: number | null;
  /** Only this agent's. */
  agentId?: string | null;
  /** True: only archived ones; otherwise they are left out. `all`: both. */
  archived?: unknown;
  /** Accepted. */
  boardFace?: unknown;
  /** Accepted. */
  configuredAgentsOnly?: unknown;
  /** Accepted. */
  creatorId?: unknown;
  /** Accepted: derived titles are always given. */
  includeDerivedTitles?: unknown;
  /** Accepted. */
  includeGlobal?: unknown;
  /** Accepted: previews are always given. */
  includeLastMessage?: unknown;
  /** Accepted. */
  includePeople?: unknown;
  /** Accepted. */
  includeUnknown?: unknown;
  /** Accepted. */
  involvingMe?: unknown;
  /** Accepted. */
  involvingProfileId?: unknown;
  /** Only with this label. */
  label?: string | null;
  /** Rows at most; 100 if absent. */
  limit?: number | null;
  /** Rows to skip. */
  offset?: number | null;
  /** Accepted. */
  ownerFirst?: unknown;
  /** Accepted. */
  ownerId?: unknown;
  /** Accepted. */
  requireLastInteraction?: unknown;
  /** Only those whose label, key or messages hold these words. */
  search?: string | null;
  /** Accepted: always by last change. */
  sortBy?: unknown;
  /** Accepted. */
  spawnedBy?: unknown;
}

/** The changed conversation. */
export interface SessionsPatchOutput {
  /** Its row. */
  entry: SessionRow;
  /** Its key. */
  key: string;
  /** Always true. */
  ok: boolean;
  /** Where it is stored. */
  path: string;
}

/**
 * Parameters of `sessions.patch`; null clears a field. Anything beyond label, model, archived, pinned and
 * unread needs admin and has no effect here.
 */
export interface SessionsPatchParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** Hide it from the list. */
  archived?: boolean | null;
  /** The conversation. */
  key: string;
  /** The person's name for it. */
  label?: string | null;
  /** Model for its runs. */
  model?: string | null;
  /** Keep it on top. */
  pinned?: boolean | null;
  /** Mark it. */
  unread?: boolean | null;
}

/** The last lines of several conversations. */
export interface SessionsPreviewOutput {
  /** In the order asked for. */
  previews: SessionPreview[];
  /** When this was read. */
  ts: number;
}

/** Parameters of `sessions.preview`. */
export interface SessionsPreviewParams {
  /** The conversations. */
  keys: string[];
  /** Lines of each; 12 if absent. */
  limit?: number | null;
  /** Characters of each line; 240 if absent. */
  maxChars?: number | null;
}

/** Parameters of `sessions.reset`. */
export interface SessionsResetParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** The conversation. */
  key: string;
  /** `new` or `reset`; both do the same. */
  reason?: string | null;
}

/** A found conversation. */
export interface SessionsResolveOutput {
  /** Its agent. */
  agentId?: string;
  /** Its key. */
  key?: string;
  /** Whether it was found. */
  ok: boolean;
}

/** Parameters of `sessions.resolve`: one of key, sessionId, label, shortId. */
export interface SessionsResolveParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** True: absence is no error. */
  allowMissing?: boolean | null;
  /** Accepted. */
  includeGlobal?: unknown;
  /** Accepted. */
  includeUnknown?: unknown;
  /** The key. */
  key?: string | null;
  /** Or the label. */
  label?: string | null;
  /** Or the present id. */
  sessionId?: string | null;
  /** Or the beginning of the present id. */
  shortId?: string | null;
  /** Accepted. */
  slugHint?: unknown;
  /** Accepted. */
  spawnedBy?: unknown;
}

/** Found messages. */
export interface SessionsSearchOutput {
  /** Best first. */
  results: SearchHit[];
}

/** Parameters of `sessions.search`. */
export interface SessionsSearchParams {
  /** Only this agent's. */
  agentId?: string | null;
  /** Hits at most; 20 if absent. */
  limit?: number | null;
  /** Words; all must occur. */
  query: string;
  /** Only these conversations. */
  sessionKeys?: string[] | null;
}

/** Parameters of `sessions.send` and `sessions.steer`. */
export interface SessionsSendParams {
  /** Agent of a short key. */
  agentId?: string | null;
  /** Pictures and files. */
  attachments?: Attachment[];
  /** Names the run; a new name is made if absent. */
  idempotencyKey?: string | null;
  /** The conversation. */
  key: string;
  /** What to say. */
  message: string;
  /** Accepted. */
  thinking?: unknown;
  /** Time limit of the run in milliseconds. */
  timeoutMs?: number | null;
}

/** Conversations within [`StatusOutput`]. */
export interface SessionsStatus {
  /** The same by agent. */
  byAgent: AgentHealth[];
  /** How many there are. */
  count: number;
  /** The model of new ones. */
  defaults: SessionModel;
  /** Where they are stored. */
  paths: string[];
  /** The latest ones. */
  recent: RecentSession[];
}

/** What a setup code lets its device do (protocol 7.4). */
export type SetupAccess =
  /** Node, and operator with every scope. */
  | "full"
  /** Node, and operator without admin and pairing. */
  | "limited"
  /** Node only. */
  | "node";

/** A setup code. */
export interface SetupCodeOutput {
  /** What it lets the device do. */
  access: SetupAccess;
  /** Always `token`. */
  auth: string;
  /** When it stops working. */
  expiresAtMs: number;
  /** The address within. */
  gatewayUrl: string;
  /** The same as a picture. */
  qrDataUrl?: string;
  /** Base64url of `{url, bootstrapToken, expiresAtMs, tlsFingerprint?}`. */
  setupCode: string;
  /** Names it in `device.pair.setup.completed`. */
  setupId: string;
  /** Where the address came from. */
  urlSource: string;
}

/** Parameters of `device.pair.setupCode`. */
export interface SetupCodeParams {
  /** `limited` or `node`; full access if absent. */
  bootstrapProfile?: SetupAccess | null;
  /** Whether to draw a QR code. */
  includeQr?: boolean | null;
  /** Accepted. */
  joinUrl?: unknown;
  /** Accepted. */
  preferRemoteUrl?: unknown;
  /** The address the device shall dial; the gateway's own if absent. */
  publicUrl?: string | null;
}

/** Payload of `device.pair.setup.completed`. */
export interface SetupCompleted {
  /** What it may do. */
  access: SetupAccess;
  /** The device that used it. */
  deviceId: string;
  /** Its name for people. */
  deviceName?: string;
  /** The setup code's id. */
  setupId: string;
  /** When. */
  ts: number;
}

/** Payload of `shutdown`; the close code 1012 follows. */
export interface Shutdown {
  /** Why. */
  reason: string;
  /** When it expects to be back, if it does. */
  restartExpectedMs?: number;
}

/** No programs. */
export interface SkillsBinsOutput {
  /** Always empty. */
  bins: string[];
}

/** No skills. */
export interface SkillsStatusOutput {
  /** Always empty. */
  managedSkillsDir: string;
  /** Always empty. */
  skills: unknown[];
  /** Always empty. */
  workspaceDir: string;
}

/** The state that a client starts from. */
export interface Snapshot {
  /** Path of the configuration, for administrators only. */
  configPath?: string;
  /** How the gateway is. */
  health: Health;
  /** Who is here. */
  presence: PresenceEntry[];
  /** Where a message goes when no session is named. */
  sessionDefaults: SessionDefaults;
  /** Path of the state directory, for administrators only. */
  stateDir?: string;
  /** Versions of both. */
  stateVersion: StateVersion;
  /** Milliseconds since the gateway's start. */
  uptimeMs: number;
}

/** Counters that grow with each change of presence and health, so that older state can be told and dropped. */
export interface StateVersion {
  /** Version of the health state. */
  health: number;
  /** Version of the presence list. */
  presence: number;
}

/** What the gateway is doing. */
export interface StatusOutput {
  /** Agents, who executes them and why. */
  agents: AgentStatus[];
  /** One line a channel. */
  channelSummary: string[];
  /** Open connections. */
  connections: number;
  /** Parts that keep failing and are begun again. */
  degraded: string[];
  /** Heartbeats of the agents. */
  heartbeat: HeartbeatStatus;
  /** Resident memory of the gateway in bytes, where the system tells. */
  memoryBytes?: number;
  /** Nodes. */
  nodes: NodesStatus;
  /** Its process id. */
  pid: number;
  /** Events that wait for an agent's next turn. */
  queuedSystemEvents: string[];
  /** Landline's version. */
  runtimeVersion: string;
  /** Conversations. */
  sessions: SessionsStatus;
  /** Findings about them. */
  taskAudit: TaskAudit;
  /** Tasks of all time. */
  tasks: TaskCounts;
  /** SHA-256 of the certificate that the port shows, if it speaks TLS. */
  tlsFingerprint?: Fingerprint;
  /** Milliseconds since its start. */
  uptimeMs: number;
  /** Address under which others reach the gateway. */
  url: string;
}

/** Parameters of `status`. */
export interface StatusParams {
  /** Whether to list the channels. */
  includeChannelSummary?: boolean | null;
}

/** Whether a subscription is in force. */
export interface Subscribed {
  /** The conversation, if it is about one. */
  key?: string;
  /** True after subscribing, false after unsubscribing. */
  subscribed: boolean;
}

/** A URL for an operator. */
export interface SurfaceRefreshOutput {
  /** Path of the canvas's surfaces on the gateway's origin; with a session only. */
  a2uiPath?: string;
  /** When the URL ends unless it is used. */
  expiresAtMs: number;
  /** Path of the canvas's files on the gateway's origin; with a session only. */
  filesPath?: string;
  /** By surface: the base of its URLs. */
  pluginSurfaceUrls: Record<string, string>;
  /** `canvas`. */
  surface: string;
}

/** Which surface an operator wants a URL for. */
export interface SurfaceRefreshParams {
  /** The URL that the client has; accepted. */
  observedUrl?: string | null;
  /** The one session that the URL is to open; absent: all that the client may read. */
  sessionKey?: string | null;
  /** `canvas`. */
  surface: string;
}

/** Parameters of `system-event`. Further fields of beacons are accepted. */
export interface SystemEventParams {
  /** What happened. */
  text: string;
}

/** What a node would run, frozen (protocol 8.4). */
export interface SystemRunPlan {
  /** The agent. */
  agentId?: string | null;
  /** The program's file and its arguments. */
  argv: string[];
  /** Its beginning. */
  commandPreview?: string | null;
  /** The same in one line. */
  commandText: string;
  /** The folder. */
  cwd?: string | null;
  /** The file among the arguments that decides what is run. */
  mutableFileOperand?: FileOperand | null;
  /** The node's own policy when it planned. */
  policySnapshot?: unknown;
  /** The conversation. */
  sessionKey?: string | null;
}

/** Whether something that a node sent was still waited for. */
export interface Taken {
  /** True: nobody waits for it any more. */
  ignored?: boolean;
  /** Always true. */
  ok: boolean;
}

/** Findings about tasks within [`StatusOutput`]; none are made so far. */
export interface TaskAudit {
  /** By kind. */
  byCode: Record<string, number>;
  /** Wrong. */
  errors: number;
  /** All of them. */
  total: number;
  /** Worth a look. */
  warnings: number;
}

/** Tasks of all time within [`StatusOutput`]. */
export interface TaskCounts {
  /** Those that have not ended. */
  active: number;
  /** By state. */
  byStatus: Record<string, number>;
  /** Those that failed. */
  failures: number;
  /** Those that have. */
  terminal: number;
  /** All of them. */
  total: number;
}

/** The group that a task counts in. */
export interface TaskGroup {
  /** Its name, of the caller's choice. */
  id: string;
  /** Tasks of the group that are enough: once so many have completed, the others are stopped. */
  quorum?: number;
}

/** A task that another one waits for. */
export interface TaskNeed {
  /** What must become of it; `success` if absent. */
  need?: Need;
  /** The task. */
  taskId: string;
}

/** What a task may do, as whoever dispatched it asks. It only ever narrows what the agent and the worker allow. */
export interface TaskPermissions {
  /** Further folders that the agent may use. */
  addDirs?: string[];
  /** Tools that run without asking; an empty list means none. */
  allowedTools?: string[];
  /** Tools that are refused. */
  disallowedTools?: string[];
  /** The permission mode, in the agent's own words. */
  mode?: string;
}

/** A task's state as the protocol names it: pending, planning and waiting are `queued`. */
export type TaskStatus =
  /** Not running yet, or between two runs. */
  | "queued"
  /** A run is alive. */
  | "running"
  /** Ended with a result. */
  | "completed"
  /** Ended with an error. */
  | "failed"
  /** Ended by request. */
  | "cancelled"
  /** Ended by its time limit. */
  | "timed_out";

/** One state or several. */
export type TaskStatusFilter = TaskStatus | TaskStatus[];

/** No suggestions. */
export interface TaskSuggestionsOutput {
  /** Always empty. */
  suggestions: unknown[];
}

/** One task; also the payload of the `task` event. */
export interface TaskSummary {
  /** Its agent. */
  agentId: string;
  /** What it left besides its answer. */
  artifact?: Artifact;
  /** Which run of it is the latest, from 1. */
  attempt?: number;
  /** When it was stored. */
  createdAt: number;
  /** Whether it was given up; `tasks.retry` tries it anew. */
  deadLettered?: boolean;
  /** When it ended. */
  endedAt?: number;
  /** Why it failed. */
  error?: string;
  /** The group that it counts in. */
  group?: TaskGroup;
  /** Its id (UUID version 7). */
  id: string;
  /** What started it: chat, agent, wake, channel, work. */
  kind: string;
  /** Further runs that it may have after failures that pass. */
  maxRetries?: number;
  /** The task that it is a part of. */
  parentTaskId?: string;
  /** How far it is, from 0 to 100, as its agent says. */
  progress?: number;
  /** Why it waits or how it ended. */
  progressSummary?: string;
  /** What was asked; in `tasks.get` only. */
  prompt?: string;
  /** The answer; in `tasks.get` only. */
  result?: string;
  /** The task that it repeats. */
  retryOf?: string;
  /** Its run, as chat clients know it. */
  runId: string;
  /** Its conversation. */
  sessionKey: string;
  /** When its first run started. */
  startedAt?: number;
  /** Its state. */
  status: TaskStatus;
  /** Where it is to be performed; dispatched work only, as all that follows. */
  target?: string;
  /** The beginning of its prompt. */
  title: string;
  /** When it last changed. */
  updatedAt: number;
  /** What it cost. */
  usage?: TaskUsage;
  /** Until when it waits, if that is known. */
  waitUntil?: number;
  /** The worker of its latest run. */
  worker?: string;
}

/** What a task cost, as its agent reckons it. */
export interface TaskUsage {
  /** Price in US dollars, if the agent said so. */
  costUsd?: number;
  /** Tokens read. */
  inputTokens: number;
  /** Tokens written. */
  outputTokens: number;
}

/** The answer of `tasks.cancel`. */
export interface TasksCancelOutput {
  /** Whether this call stopped it. */
  cancelled: boolean;
  /** Whether there is such a task. */
  found: boolean;
  /** Why not. */
  reason?: string;
  /** The task. */
  task?: TaskSummary;
}

/** Parameters of `tasks.cancel`. */
export interface TasksCancelParams {
  /** Why, for the audit. */
  reason?: string | null;
  /** The task, or the first six or more characters of its id. */
  taskId: string;
}

/** What a task changed. */
export interface TasksDiffOutput {
  /** What it is. */
  kind: ArtifactKind;
  /** Of a patch, the commit it applies to; of a branch, the branch. */
  ref: string;
  /** The patch. */
  text: string;
  /** Whether the patch was larger than is kept. */
  truncated: boolean;
}

/** Parameters of `tasks.diff`. */
export interface TasksDiffParams {
  /** The task, or the first six or more characters of its id. */
  taskId: string;
}

/** The answer of `tasks.dispatch`, once the task is stored. */
export interface TasksDispatchOutput {
  /** Its agent. */
  agentId: string;
  /** Tasks that wait for a place, this one included if it does. */
  queueDepth: number;
  /** Its run, as chat clients know it. */
  runId: string;
  /** Its conversation. */
  sessionKey: string;
  /** Its state. */
  status: TaskStatus;
  /** The task. */
  taskId: string;
}

/** Parameters of `tasks.dispatch`. */
export interface TasksDispatchParams {
  /** Tasks that come first. */
  after?: TaskNeed[];
  /** Who does it; the default agent if absent. */
  agentId?: string | null;
  /** Files that go with it. */
  attachments?: Attachment[];
  /** The most that it may cost, in US dollars. */
  budgetUsd?: number | null;
  /** Whether it is stopped when its parent ends as failed or cancelled; true if absent. */
  cascade?: boolean | null;
  /** It fails unless it has started by this time. */
  expiresAt?: number | null;
  /** The group that it counts in. */
  group?: TaskGroup | null;
  /** Names the task: a repeat joins it. It is the run's id as well. */
  idempotencyKey: string;
  /** How it is kept apart from other work in the same folder; as the worker has it if absent. */
  isolation?: Isolation | null;
  /** Words of the caller's own. */
  labels?: Record<string, string>;
  /** Further runs after one that failed through something that passes; 3 if absent. */
  maxRetries?: number | null;
  /** What to do. */
  message: string;
  /** Model for this task. */
  model?: string | null;
  /** It does not start before this time. */
  notBefore?: number | null;
  /** Where: `local` (if absent), `node:NAME`, `pool:NAME`, `any`, `any[capability,label=value]`. */
  on?: string | null;
  /** The task that this one is a part of. */
  parentTaskId?: string | null;
  /** What it may do; never more than the agent and the worker allow. */
  permissions?: TaskPermissions | null;
  /** Which goes first among those that wait for a place; 0 if absent, more is sooner. */
  priority?: number | null;
  /** Whether a run that used up its time limit is tried again; false if absent. */
  retryOnTimeout?: boolean | null;
  /** The conversation that it belongs to; one of its own if absent. */
  sessionKey?: string | null;
  /** Time limit of a run in milliseconds; the agent's own if absent. */
  timeoutMs?: number | null;
  /** What lists show; the beginning of the message if absent. */
  title?: string | null;
}

/** One task. */
export interface TasksGetOutput {
  /** The task. */
  task: TaskSummary;
}

/** Parameters of `tasks.get`. */
export interface TasksGetParams {
  /** The task, or the first six or more characters of its id. */
  taskId: string;
}

/** A page of tasks. */
export interface TasksListOutput {
  /** Where the next page begins. */
  nextCursor?: string;
  /** Latest first. */
  tasks: TaskSummary[];
}

/** Parameters of `tasks.list`. */
export interface TasksListParams {
  /** Only this agent's. */
  agentId?: string | null;
  /** `nextCursor` of the page before. */
  cursor?: string | null;
  /** Only those that were given up after their retries, or only the others. */
  deadLettered?: boolean | null;
  /** Only of this group. */
  group?: string | null;
  /** Only of this kind: `work` is what was dispatched. */
  kind?: string | null;
  /** Rows at most; 100 if absent. */
  limit?: number | null;
  /** Only with this target, as it was written. */
  on?: string | null;
  /** Only this conversation's. */
  sessionKey?: string | null;
  /** Only in these states. */
  status?: TaskStatusFilter | null;
  /** Only those whose latest run is this worker's. */
  worker?: string | null;
}

/** The answer of `tasks.output`. */
export interface TasksOutputOutput {
  /** What happened, in order. */
  chunks: OutputChunk[];
  /** Whether the task has ended and this was the last of it. */
  done: boolean;
  /** Where to go on. */
  next: number;
  /** The task, once it is done. */
  task?: TaskSummary;
}

/** Parameters of `tasks.output`. */
export interface TasksOutputParams {
  /** `next` of the answer before; everything from the beginning if absent. */
  after?: number | null;
  /** Steps at most; 500 if absent. */
  limit?: number | null;
  /** The task, or the first six or more characters of its id. */
  taskId: string;
  /** How long to wait for more if there is none yet, in milliseconds; no wait if absent. */
  waitMs?: number | null;
}

/** Parameters of `tasks.retry`. */
export interface TasksRetryParams {
  /** Names the new task: a repeat joins it. */
  idempotencyKey: string;
  /** The task, or the first six or more characters of its id. */
  taskId: string;
}

/** The answer of `tasks.send`. */
export interface TasksSendOutput {
  /** Whether the run that is alive took it; otherwise it is the conversation's next message. */
  taken: boolean;
  /** The task that the message became: part of the live run, or with a run of its own. */
  taskId: string;
}

/** Parameters of `tasks.send`. */
export interface TasksSendParams {
  /** Names the message: a repeat is not sent twice. */
  idempotencyKey: string;
  /** What to tell its agent. */
  message: string;
  /** The task, or the first six or more characters of its id. */
  taskId: string;
}

/** How much work there is and was. */
export interface TasksStatsOutput {
  /** Tasks that run. */
  activeTasks: number;
  /** Workers that are connected. */
  connectedAgents: number;
  /** Tasks that wait. */
  queueDepth: number;
  /** Those of them that completed. */
  tasksCompleted: number;
  /** Tasks accepted. */
  tasksDispatched: number;
  /** Those that failed. */
  tasksErrored: number;
  /** Time since the gateway started. */
  uptimeMs: number;
}

/** A block of text. */
export interface TextBlock {
  /** The text. */
  text: string;
  /** Always `text`. */
  type: string;
}

/** Payload of `tick`. */
export interface Tick {
  /** The gateway's time. */
  ts: number;
}

/** A device token without its value. */
export interface TokenInfo {
  /** When it was issued. */
  createdAtMs: number;
  /** When it was last shown. */
  lastUsedAtMs?: number;
  /** When it was ended. */
  revokedAtMs?: number;
  /** Its role. */
  role: string;
  /** When it was replaced. */
  rotatedAtMs?: number;
  /** Its scopes. */
  scopes: string[];
}

/** No tools. */
export interface ToolsCatalogOutput {
  /** The default agent. */
  agentId: string;
  /** Always empty. */
  groups: unknown[];
  /** The one profile there is. */
  profiles: ToolsProfile[];
}

/** A named set of tools. */
export interface ToolsProfile {
  /** `full`. */
  id: string;
  /** Its name for people. */
  label: string;
}

/** No update. */
export interface UpdateStatusOutput {
  /** Always null. */
  sentinel: unknown;
  /** Always null. */
  updateAvailable: unknown;
}

/** Tokens and cost of a run. */
export interface Usage {
  /** Tokens read from the provider's cache. */
  cacheReadTokens: number;
  /** Tokens written to it. */
  cacheWriteTokens: number;
  /** Cost in US dollars, as the executor says. */
  costUsd: number;
  /** Tokens read. */
  inputTokens: number;
  /** Tokens written. */
  outputTokens: number;
}

/** No providers. */
export interface UsageStatusOutput {
  /** Always empty. */
  providers: unknown[];
  /** Always 0. */
  updatedAt: number;
}

/** No wake words. */
export interface VoicewakeOutput {
  /** Always empty. */
  triggers: string[];
}

/** When to wake. */
export type WakeMode =
  /** At once. */
  | "now"
  /** With the next heartbeat. */
  | "next-heartbeat";

/** Parameters of `wake`. */
export interface WakeParams {
  /** The agent; the default one if absent. */
  agentId?: string | null;
  /** Whether to start at once. Without heartbeats, `next-heartbeat` starts at once as well. */
  mode: WakeMode;
  /** The conversation; the main one if absent. */
  sessionKey?: string | null;
  /** What to think about. */
  text: string;
}

/** An error as a `res` frame carries it (protocol 4). */
export interface WireError {
  /** Stable code. */
  code: ErrorCode;
  /** Machine-readable particulars; `details.code` is a [`DetailCode`] where one fits. */
  details?: unknown;
  /** What went wrong and what to do, without secrets. */
  message: string;
  /** How long to wait before that, in milliseconds. */
  retryAfterMs?: number;
  /** Whether trying again can help. */
  retryable?: boolean;
}

/** One piece of work. */
export interface WorkItem {
  /** When it was left. */
  createdAtMs: number;
  /** When it is no longer wanted. */
  expiresAtMs?: number;
  /** To acknowledge it. */
  id: string;
  /** Particulars. */
  payload?: unknown;
  /** How soon. */
  priority: WorkPriority;
  /** What. */
  type: WorkType;
}

/** How soon. */
export type WorkPriority =
  /** In its turn. */
  | "normal"
  /** Before everything that is not. */
  | "high";

/** What can be left for a node. */
export type WorkType =
  /** To tell how it is. */
  | "status.request"
  /** To tell where it is. */
  | "location.request";

/** How a worker is. */
export interface WorkerHealth {
  /** What is wrong, or worth knowing. */
  detail?: string;
  /** Whether it can work. */
  ok: boolean;
}

/** Payload of `worker.orders`. */
export interface WorkerOrders {
  /** Orders (docs/workers.md), in order. */
  messages: unknown[];
}

/** The most that a run on a worker may do. Empty lists mean nothing, not everything. */
export interface WorkerPermissions {
  /** Tools that may run without asking. */
  allowed: string[];
  /** Folders that runs may work in. */
  dirs: string[];
  /** Tools that never run. */
  disallowed: string[];
  /** The widest permission mode. */
  mode?: string;
}

/** Output of `worker.report`. */
export type WorkerReportOutput = Record<string, unknown>;

/** Parameters of `worker.report`. */
export interface WorkerReportParams {
  /** Reports (docs/workers.md), in order; the first of a connection is an announcement. */
  messages: unknown[];
}

/** A worker; also, as `worker`, the payload of `workers.changed`. */
export interface WorkerRow {
  /** The agents that it knows by name. */
  agents: string[];
  /** Processor architecture, for example `x86_64`. */
  arch: string;
  /** Since when it is connected. */
  connectedAt?: number;
  /** The executors that it has, by their names in the configuration. */
  executors: string[];
  /** How it is. */
  health: WorkerHealth;
  /** How it keeps runs apart where a task does not say. */
  isolation: Isolation;
  /** Labels by which it can be chosen. */
  labels?: Record<string, string>;
  /** When it was last heard. */
  lastSeenAt?: number;
  /** Runs that it performs at the same time. */
  maxConcurrent: number;
  /** Its name, unique among the workers that are connected. */
  name: string;
  /** The node it is, if it is one. */
  nodeId?: string;
  /** Whether it is. */
  online: boolean;
  /** Operating system, for example `linux`. */
  os: string;
  /** The most that a run on it may do. */
  permissions: WorkerPermissions;
  /** The pool it belongs to. */
  pool?: string;
  /** Runs that it was given. */
  running: number;
  /** How busy it is. */
  status: WorkerStatus;
  /** Their tasks. */
  taskIds: string[];
  /** How it is connected: `websocket`, `http`, `grpc`. */
  transport: string;
  /** The version of its program. */
  version: string;
}

/** How busy a worker is. */
export type WorkerStatus =
  /** It has nothing to do. */
  | "idle"
  /** It has something to do, and room for more. */
  | "active"
  /** It has no room. */
  | "busy"
  /** It is not connected. */
  | "offline"
  /** It is given nothing new. */
  | "draining";

/** Payload of `workers.changed`. */
export interface WorkersChanged {
  /** The worker as it is now. */
  worker: WorkerRow;
}

/** Output of `workers.drain`. */
export interface WorkersDrainOutput {
  /** The worker as it is now. */
  worker: WorkerRow;
}

/** Parameters of `workers.drain`. */
export interface WorkersDrainParams {
  /** Out of use, or back. */
  drain: boolean;
  /** Which worker. */
  name: string;
}

/** Output of `workers.list`. */
export interface WorkersListOutput {
  /** By name. */
  workers: WorkerRow[];
}

/** Parameters of `workers.list`. */
export interface WorkersListParams {
  /** Only those that are connected. */
  online?: boolean | null;
  /** Only those of this pool. */
  pool?: string | null;
}

/** Output of `workers.token.create`. */
export interface WorkersTokenCreateOutput {
  /** The worker's name. */
  name: string;
  /** The token; the gateway keeps only a digest of it. */
  token: string;
}

/** Parameters of `workers.token.create`. */
export interface WorkersTokenCreateParams {
  /** The worker's name. */
  name: string;
}

/** Output of `workers.token.revoke`. */
export interface WorkersTokenRevokeOutput {
  /** Whether there was one. */
  revoked: boolean;
}

/** Parameters of `workers.token.revoke`. */
export interface WorkersTokenRevokeParams {
  /** The worker's name. */
  name: string;
}

/** What each method takes and returns. */
export interface Methods {
  /** Runs an agent once: two responses, `accepted` and the final one. Reset commands need admin. */
  "agent": { params: AgentParams; output: AgentOutput };
  /** Who an agent is. */
  "agent.identity.get": { params: AgentIdentityParams; output: AgentIdentityOutput };
  /** Waits for the end of a run. */
  "agent.wait": { params: AgentWaitParams; output: AgentWaitOutput };
  /** All agents. */
  "agents.list": { params: NoParams; output: AgentsListOutput };
  /** One request, open or not. */
  "approval.get": { params: ApprovalParams; output: ApprovalGetOutput };
  /** Requests that have ended, latest first. */
  "approval.history": { params: ApprovalHistoryParams; output: ApprovalHistoryOutput };
  /** Answers a request and returns how it stands; the first answer counts. */
  "approval.resolve": { params: ApprovalAnswerParams; output: ApprovalAnswerOutput };
  /** Shows A2UI surfaces, or changes them. */
  "canvas.a2ui.push": { params: CanvasA2uiPushParams; output: CanvasA2uiPushOutput };
  /** Removes all A2UI surfaces of a session. */
  "canvas.a2ui.reset": { params: CanvasNodeParams; output: Done };
  /** Removes a file of a session's canvas, or the whole canvas. */
  "canvas.delete": { params: CanvasDeleteParams; output: Done };
  /** Runs a script in a page that shows the canvas, and returns what it gives. */
  "canvas.eval": { params: CanvasEvalParams; output: CanvasEvalOutput };
  /** Takes a canvas off the screen again. */
  "canvas.hide": { params: CanvasNodeParams; output: Done };
  /** The files of a session's canvas, and what of it is shown. */
  "canvas.list": { params: CanvasParams; output: CanvasListOutput };
  /** Shows a session's canvas to its people, or on a node. */
  "canvas.present": { params: CanvasPresentParams; output: CanvasPresentOutput };
  /** Reads a file of a session's canvas. */
  "canvas.read": { params: CanvasPathParams; output: CanvasReadOutput };
  /** A picture of what a node shows. */
  "canvas.snapshot": { params: CanvasSnapshotParams; output: CanvasSnapshotOutput };
  /** Writes a file of a session's canvas; whoever looks at it sees the change at once. */
  "canvas.write": { params: CanvasWriteParams; output: CanvasWriteOutput };
  /** Adds a bot to the configuration and starts it. */
  "channels.add": { params: ChannelsAddParams; output: AccountOutput };
  /** Stops a bot and forgets its token; its other settings stay, switched off. */
  "channels.logout": { params: AccountParams; output: AccountOutput };
  /** Gives up a message that waits, failed, or whose fate is unknown. */
  "channels.outbox.drop": { params: OutboxParams; output: Done };
  /** Messages to platforms that wait, failed, or whose fate is unknown. */
  "channels.outbox.list": { params: OutboxListParams; output: OutboxListOutput };
  /** Sends a message again that failed or whose fate is unknown. */
  "channels.outbox.resend": { params: OutboxParams; output: Done };
  /** Lets a stranger in. */
  "channels.pairing.approve": { params: PairingApproveParams; output: PairingApproveOutput };
  /** Turns a stranger away: no further code is given. */
  "channels.pairing.deny": { params: PairingParams; output: PairingDecided };
  /** Drops a request; the stranger may ask again. */
  "channels.pairing.dismiss": { params: PairingParams; output: PairingDecided };
  /** Strangers who wait with a code. */
  "channels.pairing.list": { params: PairingListParams; output: PairingListOutput };
  /** People who were let in or turned away. */
  "channels.people.list": { params: PairingListParams; output: PeopleListOutput };
  /** Forgets somebody: who was let in is out at once, who was turned away may ask again. */
  "channels.people.remove": { params: PeopleRemoveParams; output: PairingDecided };
  /** Stops a bot and removes it from the configuration. Its conversations stay. */
  "channels.remove": { params: AccountParams; output: AccountOutput };
  /** Starts a bot that was stopped. */
  "channels.start": { params: AccountParams; output: AccountOutput };
  /** Chat platforms and how they are. */
  "channels.status": { params: ChannelsStatusParams; output: ChannelsStatusOutput };
  /** Stops a bot until it is started again or the gateway restarts. */
  "channels.stop": { params: AccountParams; output: AccountOutput };
  /** Stops runs of a conversation. */
  "chat.abort": { params: ChatAbortParams; output: ChatAbortOutput };
  /** The latest messages of one conversation, oldest first. */
  "chat.history": { params: ChatHistoryParams; output: ChatHistoryOutput };
  /** Writes an assistant's line without running an agent. */
  "chat.inject": { params: ChatInjectParams; output: ChatInjectOutput };
  /** One whole message. */
  "chat.message.get": { params: ChatMessageGetParams; output: ChatMessageGetOutput };
  /** Models and commands of a conversation. */
  "chat.metadata": { params: ChatMetadataParams; output: ChatMetadataOutput };
  /** Sends a message; answers when it is stored. */
  "chat.send": { params: ChatSendParams; output: ChatSendOutput };
  /** The same with what a chat page needs besides. */
  "chat.startup": { params: ChatHistoryParams; output: ChatStartupOutput };
  /** The slash commands. */
  "commands.list": { params: CommandsListParams; output: CommandsListOutput };
  /** The configuration, secrets hidden. */
  "config.get": { params: NoParams; output: ConfigGetOutput };
  /** Changes some values (RFC 7396 merge patch); comments in the file stay. */
  "config.patch": { params: ConfigPatchParams; output: ConfigSetOutput };
  /** JSON Schema of the file. */
  "config.schema": { params: NoParams; output: ConfigSchemaOutput };
  /** Replaces the file. */
  "config.set": { params: ConfigSetParams; output: ConfigSetOutput };
  /** Adds a job. */
  "cron.add": { params: CronAddParams; output: CronJob };
  /** Returns one job. */
  "cron.get": { params: CronIdParams; output: CronJob };
  /** Lists scheduled jobs. */
  "cron.list": { params: CronListParams; output: CronListOutput };
  /** Removes a job and its history; runs that are alive go on. */
  "cron.remove": { params: CronIdParams; output: CronRemoveOutput };
  /** Runs a job now, beside its schedule. */
  "cron.run": { params: CronRunParams; output: CronRunOutput };
  /** Lists runs that have ended, of one job or of all. */
  "cron.runs": { params: CronRunsParams; output: CronRunsOutput };
  /** Says how many jobs there are and when the next one is due. */
  "cron.status": { params: NoParams; output: CronStatusOutput };
  /** Changes a job; what the patch does not name stays. */
  "cron.update": { params: CronUpdateParams; output: CronJob };
  /** Lets a device in. */
  "device.pair.approve": { params: RequestParams; output: DevicePairApproveOutput };
  /** Devices that wait and devices that are paired. */
  "device.pair.list": { params: NoParams; output: DevicePairListOutput };
  /** Refuses a device. */
  "device.pair.reject": { params: RequestParams; output: DevicePairRejectOutput };
  /** Forgets a device and closes its connections. Others than one's own need admin. */
  "device.pair.remove": { params: DeviceParams; output: DevicePairRemoveOutput };
  /** Names a device. Others than one's own need admin. */
  "device.pair.rename": { params: DevicePairRenameParams; output: DevicePairRenameOutput };
  /** Makes a setup code for a phone or another machine. */
  "device.pair.setupCode": { params: SetupCodeParams; output: SetupCodeOutput };
  /** Ends a device's token and closes its connections. Others than one's own need admin. */
  "device.token.revoke": { params: DeviceTokenParams; output: DeviceTokenRevokeOutput };
  /** Replaces a device's token and closes its connections. Others than one's own need admin. */
  "device.token.rotate": { params: DeviceTokenRotateParams; output: DeviceTokenRotateOutput };
  /** One request. */
  "exec.approval.get": { params: ApprovalParams; output: ApprovalDetail };
  /** Requests that wait for an answer. */
  "exec.approval.list": { params: NoParams; output: ApprovalEntry[] };
  /** Asks for permission; answers when that is decided. With `twoPhase` it says first that the request was accepted. */
  "exec.approval.request": { params: ApprovalAskParams; output: ApprovalDecided };
  /** Answers a request; the first answer counts. */
  "exec.approval.resolve": { params: ApprovalResolveParams; output: Done };
  /** Waits until a request is decided. */
  "exec.approval.waitDecision": { params: ApprovalParams; output: ApprovalDecided };
  /** The policy for commands as its file has it. */
  "exec.approvals.get": { params: NoParams; output: ExecApprovalsOutput };
  /** Which programs a node itself lets be run without asking, as its own file has it. */
  "exec.approvals.node.get": { params: NodeParams; output: unknown };
  /** Replaces that. */
  "exec.approvals.node.set": { params: ExecApprovalsNodeSetParams; output: unknown };
  /** Replaces the policy for commands; it counts from the next command on. */
  "exec.approvals.set": { params: ExecApprovalsSetParams; output: ExecApprovalsOutput };
  /** A consistent copy of the database, made while running. */
  "gateway.backup": { params: BackupParams; output: BackupOutput };
  /** A one-time link that lets a browser in. */
  "gateway.dashboardLink": { params: NoParams; output: DashboardLinkOutput };
  /** The gateway's own identity. */
  "gateway.identity.get": { params: NoParams; output: GatewayIdentityOutput };
  /** How the gateway is. Needs no scope and also answers nodes. */
  "health": { params: HealthParams; output: Health };
  /** Adds a webhook, and shows its secret this once. */
  "hooks.add": { params: HooksAddParams; output: HooksAddOutput };
  /** Lists webhooks, without their secrets. */
  "hooks.list": { params: NoParams; output: HooksListOutput };
  /** Removes a webhook. */
  "hooks.remove": { params: HookNameParams; output: HooksRemoveOutput };
  /** Shows what an agent would be told of a payload; nothing runs. */
  "hooks.test": { params: HooksTestParams; output: HooksTestOutput };
  /** The last heartbeat of an agent; null before the first. */
  "last-heartbeat": { params: NoParams; output: Heartbeat | null };
  /** The last lines of the log. */
  "logs.tail": { params: LogsTailParams; output: LogsTailOutput };
  /** Does something on a platform: send, reply, edit, delete, react, poll, pin, unpin, thread-create, read. */
  "message.action": { params: MessageActionParams; output: MessageActionOutput };
  /** Models to choose from. */
  "models.list": { params: ModelsListParams; output: ModelsListOutput };
  /** The same, as nodes of protocol 3 ask for it. */
  "node.canvas.capability.refresh": { params: NoParams; output: CanvasCapabilityOutput };
  /** One node, with the arguments that its commands take. */
  "node.describe": { params: NodeParams; output: NodeDescribeOutput };
  /** What a node tells of itself and asks of agents. */
  "node.event": { params: NodeEventParams; output: NodeEventOutput };
  /** Runs a program on a node: the node plans it, the policy or somebody allows just that plan, the node runs it. This is how agents run programs. */
  "node.exec": { params: NodeExecParams; output: NodeExecOutput };
  /** Has a node do something. Commands that run programs on it need admin. */
  "node.invoke": { params: NodeInvokeParams; output: NodeInvokeOutput };
  /** A piece of output before that answer. */
  "node.invoke.progress": { params: NodeInvokeProgressParams; output: Taken };
  /** A node's answer to `node.invoke.request`. */
  "node.invoke.result": { params: NodeInvokeResultParams; output: Taken };
  /** Nodes: what each is, offers and may be asked. */
  "node.list": { params: NoParams; output: NodeListOutput };
  /** Allows what a node offers. What runs programs needs admin, anything else that can be called needs write. */
  "node.pair.approve": { params: RequestParams; output: NodePairApproveOutput };
  /** Nodes that wait for approval of what they offer, and those that have it. */
  "node.pair.list": { params: NoParams; output: NodePairListOutput };
  /** Refuses what a node asks for; what was approved before stays. */
  "node.pair.reject": { params: RequestParams; output: NodePairRejectOutput };
  /** Forgets a node and closes its connection. Others than one's own need admin. */
  "node.pair.remove": { params: NodeParams; output: NodePairRemoveOutput };
  /** Says that work is done. */
  "node.pending.ack": { params: NodePendingAckParams; output: NodePendingAckOutput };
  /** Takes work that was left for the node; it comes again until it is acknowledged. */
  "node.pending.drain": { params: NodePendingDrainParams; output: NodePendingDrainOutput };
  /** Leaves work for a node that may be asleep. */
  "node.pending.enqueue": { params: NodePendingEnqueueParams; output: NodePendingEnqueueOutput };
  /** Commands that wait until the node's app is in the foreground. */
  "node.pending.pull": { params: NoParams; output: NodePendingPullOutput };
  /** A capability URL for a node. */
  "node.pluginSurface.refresh": { params: NodeSurfaceRefreshParams; output: NodeSurfaceRefreshOutput };
  /** Tools that a node has besides its commands; agents are not shown them. */
  "node.pluginTools.update": { params: Record<string, unknown>; output: NodePluginToolsOutput };
  /** Names a node. Others than one's own need admin. */
  "node.rename": { params: NodeRenameParams; output: NodeRenameOutput };
  /** Programs that a node could run agents with; Landline runs none there. */
  "node.runnerInventory.update": { params: Record<string, unknown>; output: NodeRunnerInventoryOutput };
  /** Publishes which arguments the node's commands take. */
  "node.schemas.update": { params: NodeSchemasUpdateParams; output: NodeSchemasUpdateOutput };
  /** Skills that a node has; agents are not shown them. */
  "node.skills.update": { params: Record<string, unknown>; output: NodeSkillsOutput };
  /** Permission requests of plugins. */
  "plugin.approval.list": { params: Record<string, unknown>; output: unknown[] };
  /** A capability URL for an operator: with a session's name for its canvas and surfaces. */
  "plugin.surface.refresh": { params: SurfaceRefreshParams; output: SurfaceRefreshOutput };
  /** Asks a poll on a platform. */
  "poll": { params: PollParams; output: SentOutput };
  /** Questions of agents. */
  "question.list": { params: Record<string, unknown>; output: QuestionListOutput };
  /** Sends a message to a conversation on a platform. */
  "send": { params: SendParams; output: SentOutput };
  /** Stops a conversation's runs. */
  "sessions.abort": { params: SessionsAbortParams; output: SessionsAbortOutput };
  /** Asks for a shorter transcript. Landline never shortens one; the answer says so. */
  "sessions.compact": { params: SessionsCompactParams; output: SessionsCompactOutput };
  /** Starts a conversation. */
  "sessions.create": { params: SessionsCreateParams; output: SessionsCreateOutput };
  /** Removes a conversation from the list. */
  "sessions.delete": { params: SessionsDeleteParams; output: SessionsDeleteOutput };
  /** One conversation's row. */
  "sessions.describe": { params: SessionsDescribeParams; output: SessionsDescribeOutput };
  /** Conversations, latest first. */
  "sessions.list": { params: SessionsListParams; output: SessionsListOutput };
  /** From here on `session.message` events of one conversation are sent to this connection. */
  "sessions.messages.subscribe": { params: MessagesSubscribeParams; output: Subscribed };
  /** Ends that. */
  "sessions.messages.unsubscribe": { params: MessagesSubscribeParams; output: Subscribed };
  /** Changes label, model, flags of a conversation. */
  "sessions.patch": { params: SessionsPatchParams; output: SessionsPatchOutput };
  /** The last lines of several conversations. */
  "sessions.preview": { params: SessionsPreviewParams; output: SessionsPreviewOutput };
  /** Begins anew under the same key; what was said stays readable under the earlier id. */
  "sessions.reset": { params: SessionsResetParams; output: SessionsEntryOutput };
  /** Finds a conversation by key, id or label. */
  "sessions.resolve": { params: SessionsResolveParams; output: SessionsResolveOutput };
  /** Searches the words of all conversations. */
  "sessions.search": { params: SessionsSearchParams; output: SessionsSearchOutput };
  /** Sends a message, as `chat.send`. */
  "sessions.send": { params: SessionsSendParams; output: ChatSendOutput };
  /** Hands a message to the running agent; without one, as `sessions.send`. */
  "sessions.steer": { params: SessionsSendParams; output: ChatSendOutput };
  /** From here on `sessions.changed` events are sent to this connection. */
  "sessions.subscribe": { params: NoParams; output: Subscribed };
  /** Ends that. */
  "sessions.unsubscribe": { params: NoParams; output: Subscribed };
  /** Programs that skills would need on a node. */
  "skills.bins": { params: Record<string, unknown>; output: SkillsBinsOutput };
  /** Skills that agents could be given; each agent brings its own. */
  "skills.status": { params: Record<string, unknown>; output: SkillsStatusOutput };
  /** What it is doing. */
  "status": { params: StatusParams; output: StatusOutput };
  /** Tells the gateway something about the caller's machine; shown in its presence entry. */
  "system-event": { params: SystemEventParams; output: Done };
  /** Who is here. */
  "system-presence": { params: NoParams; output: PresenceEntry[] };
  /** Suggested tasks. */
  "taskSuggestions.list": { params: Record<string, unknown>; output: TaskSuggestionsOutput };
  /** Stops a task. */
  "tasks.cancel": { params: TasksCancelParams; output: TasksCancelOutput };
  /** What a task changed in its work tree. */
  "tasks.diff": { params: TasksDiffParams; output: TasksDiffOutput };
  /** Gives an agent work, here or on another machine. Answers when it is stored. */
  "tasks.dispatch": { params: TasksDispatchParams; output: TasksDispatchOutput };
  /** One task. */
  "tasks.get": { params: TasksGetParams; output: TasksGetOutput };
  /** Tasks, latest first. */
  "tasks.list": { params: TasksListParams; output: TasksListOutput };
  /** What a dispatched task said and did, from any point on; waits for more if asked to. */
  "tasks.output": { params: TasksOutputParams; output: TasksOutputOutput };
  /** Makes a new task of what an ended one was asked. */
  "tasks.retry": { params: TasksRetryParams; output: TasksDispatchOutput };
  /** Tells the agent of a task something more: within its run if that is alive, as the next message otherwise. */
  "tasks.send": { params: TasksSendParams; output: TasksSendOutput };
  /** How much work there is and was. */
  "tasks.stats": { params: NoParams; output: TasksStatsOutput };
  /** Tools that agents could be given; each agent brings its own. */
  "tools.catalog": { params: Record<string, unknown>; output: ToolsCatalogOutput };
  /** Whether a newer version is known; Landline does not look for one by itself. */
  "update.status": { params: Record<string, unknown>; output: UpdateStatusOutput };
  /** What providers report about usage. */
  "usage.status": { params: Record<string, unknown>; output: UsageStatusOutput };
  /** Words that wake a device. */
  "voicewake.get": { params: NoParams; output: VoicewakeOutput };
  /** Gives an agent something to think about, as a message into its main conversation. */
  "wake": { params: WakeParams; output: Done };
  /** What a worker tells of its runs and of itself; the gateway's orders come as `worker.orders`. */
  "worker.report": { params: WorkerReportParams; output: WorkerReportOutput };
  /** Takes a worker out of use, or back: one that drains is given nothing new and ends what it has. */
  "workers.drain": { params: WorkersDrainParams; output: WorkersDrainOutput };
  /** The workers that are connected, and those that were since the gateway started. */
  "workers.list": { params: WorkersListParams; output: WorkersListOutput };
  /** Makes the token with which a worker shows who it is over HTTP and gRPC. It is shown this once; another one of the same name makes it invalid. */
  "workers.token.create": { params: WorkersTokenCreateParams; output: WorkersTokenCreateOutput };
  /** Makes a worker's token invalid and ends its connection. */
  "workers.token.revoke": { params: WorkersTokenRevokeParams; output: WorkersTokenRevokeOutput };
}

/** What each event carries. */
export interface Events {
  "agent": AgentStep;
  "canvas.changed": CanvasChanged;
  "channels.changed": ChannelsChanged;
  "channels.pairing.requested": ChannelPairingRequest;
  "channels.pairing.resolved": ChannelPairingResolved;
  "chat": Chat;
  "config.changed": ConfigChanged;
  "connect.challenge": Challenge;
  "cron": CronEvent;
  "device.pair.requested": PairingRequest;
  "device.pair.resolved": PairingResolved;
  "device.pair.setup.completed": SetupCompleted;
  "exec.approval.requested": ApprovalEntry;
  "exec.approval.resolved": ApprovalResolved;
  "health": Health;
  "node.hostStats": NodeHostStats;
  "node.invoke.cancel": NodeInvokeCancel;
  "node.invoke.progress": NodeInvokeProgressed;
  "node.invoke.request": NodeInvokeRequest;
  "node.pair.requested": NodePairRequest;
  "node.pair.resolved": NodePairResolved;
  "node.presence": NodePresence;
  "presence": Presence;
  "session.message": Record<string, unknown>;
  "sessions.changed": Record<string, unknown>;
  "shutdown": Shutdown;
  "task": TaskSummary;
  "tick": Tick;
  "worker.orders": WorkerOrders;
  "workers.changed": WorkersChanged;
}

/** Any frame. */
export type Frame = RequestFrame | ResponseFrame | EventFrame;
