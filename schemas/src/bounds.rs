//! Every limit of the port and of the queues behind it, in one list.

use std::time::Duration;

/// Largest message before authentication, in bytes; more closes with 1009 (protocol 2.1).
pub const MAX_PREAUTH_MESSAGE: usize = 65_536;
/// Largest message after authentication, in bytes; more closes with 1009 (protocol 2.1).
pub const MAX_MESSAGE: usize = 26_214_400;
/// Largest body of a chat platform's post (`/channels/PLATFORM/ACCOUNT`), in bytes; an update has some thousand.
pub const MAX_POST: usize = 1024 * 1024;
/// Bytes that a client may leave unread before droppable events are skipped; advertised in `policy`.
///
/// The protocol's own figure is 50 MiB (2.1). Landline advertises what it enforces: 4 MiB hold thousands of
/// events, and a stalled client should cost little memory.
pub const MAX_BUFFERED: usize = 4 * 1024 * 1024;
/// Time from the open socket to a valid `connect`.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames that may wait while one handshake is being decided (protocol 2.1).
pub const MAX_HANDSHAKE_FRAMES: usize = 16;
/// Sockets of one address that have not finished the handshake (protocol 2.1).
pub const MAX_HALF_OPEN_PER_ADDRESS: usize = 32;
/// Sockets of all addresses that have not finished the handshake.
pub const MAX_HALF_OPEN: usize = 256;
/// Requests of one socket that run at the same time; more wait.
pub const MAX_REQUESTS_IN_FLIGHT: usize = 256;
/// Reads of one socket that are worked on at the same time; more are held until one is answered.
pub const MAX_READS_AT_ONCE: usize = 8;
/// Refused calls ("unauthorized role", missing scope) after which a socket is closed (protocol 2.1).
pub const MAX_UNAUTHORIZED_CALLS: u32 = 10;
/// Time a closing socket may take to answer the close frame.
pub const CLOSE_GRACE: Duration = Duration::from_secs(1);
/// Interval of the `tick` event, advertised in `policy.tickIntervalMs`, and of the WebSocket ping that goes with it;
/// the pong must come before the next one (requirements C-24).
pub const TICK_INTERVAL: Duration = Duration::from_secs(30);
/// Interval at which `health` is refreshed and broadcast.
pub const HEALTH_INTERVAL: Duration = Duration::from_mins(1);
/// Time that a client may stay over [`MAX_BUFFERED`] before it counts as gone. It is looked for once a second, so
/// it is out within five.
pub const WRITE_STALL: Duration = Duration::from_secs(4);
/// Life of a presence entry without a sign of life (protocol 5.2).
pub const PRESENCE_TTL: Duration = Duration::from_mins(5);
/// Presence entries kept (protocol 5.2).
pub const MAX_PRESENCE: usize = 200;
/// Largest `chat.history` answer in bytes; the oldest rows go first (protocol 2.1).
pub const MAX_HISTORY_BYTES: usize = 6 * 1024 * 1024;
/// Largest sum of attachments of one message in bytes, advertised in `policy.attachments`.
pub const MAX_ATTACHMENT_BYTES: usize = 19_464_192;
/// Largest image attachment in bytes, advertised in `policy.attachments`.
pub const MAX_IMAGE_BYTES: usize = 6_291_456;
/// Allowed distance between a signature's time and ours (protocol 3.4).
pub const SIGNATURE_WINDOW: Duration = Duration::from_mins(2);
/// Life of a pairing request (protocol 7.2).
pub const PAIRING_TTL: Duration = Duration::from_mins(5);
/// Pairing requests that may wait at the same time, of all devices.
pub const MAX_PENDING_PAIRINGS: usize = 64;
/// Life of a setup code and of the browser's one-time link (protocol 7.4).
pub const BOOTSTRAP_TTL: Duration = Duration::from_mins(10);
/// Setup codes and links that may be open at the same time.
pub const MAX_BOOTSTRAPS: usize = 32;
/// Failed proofs of one address and kind within [`FAILURE_WINDOW`] before the lockout (protocol 3.10).
pub const MAX_FAILURES: u32 = 10;
/// Window of the failed-proof count.
pub const FAILURE_WINDOW: Duration = Duration::from_mins(1);
/// Length of the lockout.
pub const LOCKOUT: Duration = Duration::from_mins(5);
/// Failed proofs of all addresses within [`FAILURE_WINDOW`] before shared secrets are refused to all.
pub const MAX_FAILURES_GLOBAL: u32 = 200;
/// Addresses remembered by the failed-proof limiter.
pub const MAX_LIMITER_ENTRIES: usize = 10_000;
/// Answers kept for repeated idempotency keys.
pub const MAX_IDEMPOTENCY_KEYS: usize = 10_000;
/// Age up to which a repeated idempotency key gets the first answer.
pub const IDEMPOTENCY_TTL: Duration = Duration::from_hours(24);
/// Control-plane writes (`config.*`) of one caller in a minute (protocol 5.9).
pub const MAX_CONFIG_WRITES_PER_MINUTE: u32 = 30;
/// Tasks of one session that may wait where `sessions.queue_cap` says nothing; more are refused with `UNAVAILABLE`.
pub const MAX_QUEUED_PER_SESSION: usize = 20;
/// Writes that may wait for the store's writer.
pub const MAX_STORE_QUEUE: usize = 4096;
/// Writes that nobody waited to hand over and that may wait for the store's writer; more are refused.
pub const MAX_STORE_LATER: usize = 16_384;
/// Writes that share one commit at most.
pub const MAX_GROUP_COMMIT: usize = 256;
/// Tasks that may be open at the same time when more work is dispatched; more is refused with `UNAVAILABLE`.
pub const MAX_OPEN_WORK: usize = 100_000;
/// Bytes of a dispatched task's output that are kept; more is stood for by a marker.
pub const MAX_TASK_OUTPUT: u64 = 256 * 1024 * 1024;
/// Age up to which the output of dispatched work is kept.
pub const OUTPUT_TTL: Duration = Duration::from_hours(14 * 24);
/// Bytes of output after which a batch of it is stored without waiting for more.
pub const MAX_OUTPUT_BATCH: usize = 64 * 1024;
/// Time in which output gathers before it is stored.
pub const OUTPUT_INTERVAL: Duration = Duration::from_millis(200);
/// Steps of a run that may wait between executor and gateway.
pub const MAX_STEPS: usize = 256;
/// Time between two `chat` deltas of one run (protocol 4.2).
pub const CHAT_DELTA_INTERVAL: Duration = Duration::from_millis(150);
/// Conversations of chat platforms whose messages are worked on at the same time; more wait in the store.
pub const MAX_CHANNEL_LANES: usize = 256;
/// Messages of chat platforms whose answers are waited for at the same time; more wait in the store.
pub const MAX_CHANNEL_TURNS: usize = 1024;
/// Rows of one conversation that are read from the store at once.
pub const MAX_LANE_ROWS: u32 = 32;
/// Attachments of one message from a chat platform that are fetched.
pub const MAX_CHANNEL_ATTACHMENTS: usize = 20;
/// Bytes of the attachments of one message from a chat platform.
pub const MAX_CHANNEL_ATTACHMENT_BYTES: u64 = 100 * 1024 * 1024;
/// Characters of a quote, a forwarded text or a message that is shown as context.
pub const MAX_CONTEXT_TEXT: usize = 4000;
/// Bytes of what was said before in a group that an agent is shown with a message; the oldest go first.
pub const MAX_CONTEXT_BYTES: usize = 64 * 1024;
/// Chats of one account whose rate is remembered.
pub const MAX_RATED_CHATS: usize = 10_000;
/// How long settled messages of chat platforms are kept; a repeat of a forgotten one would count as new.
pub const CHANNEL_ROWS_TTL: Duration = Duration::from_hours(24 * 30);
/// Messages of a group that are kept as context for the next answer (protocol 11).
pub const MAX_CHANNEL_HISTORY: usize = 50;
/// Life of a code with which a stranger asks to be let in on a chat platform (protocol 11).
pub const CHANNEL_PAIRING_TTL: Duration = Duration::from_hours(1);
/// Strangers of one account who may wait to be let in at the same time (protocol 11).
pub const MAX_CHANNEL_PAIRINGS: u32 = 3;
/// Messages of another bot in a minute; more are dropped, so that two bots do not answer each other for ever.
pub const MAX_BOT_MESSAGES_PER_MINUTE: usize = 20;
/// Requests for permission of one organisation that wait for an answer; more are refused.
pub const MAX_OPEN_APPROVALS: usize = 1000;
/// Largest body of a request to `/mcp`, in bytes: a file for the canvas fits, in base64.
pub const MAX_MCP_BODY: usize = 12 * 1024 * 1024;
/// Time that a client of `/mcp` may take to send its request.
pub const MCP_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Tool calls over `/mcp` that are worked on at the same time; more are refused with `BUSY`.
pub const MAX_MCP_CALLS: usize = 256;
/// Of these, calls of one run.
pub const MAX_MCP_CALLS_PER_RUN: usize = 16;
/// Longest tool call: a person has half an hour to approve it, and then it is to be done.
pub const MCP_CALL_TIMEOUT: Duration = Duration::from_hours(1);
/// Webhooks of all organisations.
pub const MAX_HOOKS: usize = 1000;
/// Largest body of a call of a webhook, in bytes (protocol 9.3).
pub const MAX_HOOK_BODY: usize = 256 * 1024;
/// Window of the counts of webhooks (protocol 9.3).
pub const HOOK_WINDOW: Duration = Duration::from_mins(1);
/// Calls of one address that did not prove themselves within [`HOOK_WINDOW`] before it is locked out (protocol 9.3).
pub const MAX_HOOK_FAILURES: usize = 20;
/// Calls of one webhook within [`HOOK_WINDOW`] that are taken (requirements C-63).
pub const MAX_HOOK_CALLS: usize = 10;
/// Calls of one webhook that are remembered: a repeat of a forgotten one would count as new.
pub const MAX_HOOK_CALLS_KEPT: u32 = 10_000;
/// Scheduled jobs of all organisations.
pub const MAX_SCHEDULES: usize = 10_000;
/// Scheduled jobs that are decided about at once; more follow in the next round.
pub const MAX_SCHEDULES_AT_ONCE: u32 = 256;
/// Runs of one scheduled job that the history keeps.
pub const MAX_SCHEDULE_HISTORY: u32 = 500;
/// Bytes of one file of a canvas.
pub const MAX_CANVAS_FILE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of all files of one session's canvas.
pub const MAX_CANVAS_BYTES: u64 = 64 * 1024 * 1024;
/// Files and folders of one session's canvas.
pub const MAX_CANVAS_FILES: usize = 1000;
/// Folders below each other in a canvas.
pub const MAX_CANVAS_DEPTH: usize = 8;
/// Bytes of the path of a file of a canvas.
pub const MAX_CANVAS_PATH: usize = 512;
/// Files of canvases that are read for HTTP at the same time; more wait.
pub const MAX_CANVAS_READS: usize = 16;
/// Life of a capability URL after its last use (protocol 9.4).
pub const CAPABILITY_TTL: Duration = Duration::from_mins(10);
/// Capability URLs of one connection; the one unused for longest goes first.
pub const MAX_CAPABILITIES_PER_CONNECTION: usize = 32;
/// Open pages of one session's canvas that are told of changes.
pub const MAX_CANVAS_VIEWERS_PER_SESSION: usize = 16;
/// Open pages of all canvases that are told of changes.
pub const MAX_CANVAS_VIEWERS: usize = 256;
/// Messages that may wait for one such page; a page that takes none is closed.
pub const MAX_CANVAS_ORDERS: usize = 64;
/// Bytes of a script for `canvas.eval`.
pub const MAX_CANVAS_SCRIPT: usize = 64 * 1024;
/// Bytes of what a script gives back, and of any other message of a page.
pub const MAX_CANVAS_RESULT: usize = 256 * 1024;
/// Scripts that may run in the pages of one session at the same time.
pub const MAX_CANVAS_EVALS: usize = 16;
/// Time that a script gets where the call says nothing.
pub const CANVAS_EVAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time that a call may give a script.
pub const MAX_CANVAS_EVAL_TIMEOUT: Duration = Duration::from_secs(30);
/// A2UI messages of one push.
pub const MAX_A2UI_MESSAGES: usize = 256;
/// A2UI surfaces of one session.
pub const MAX_A2UI_SURFACES: usize = 16;
/// Bytes of all that is kept of one session's A2UI surfaces.
pub const MAX_A2UI_BYTES: usize = 1024 * 1024;
/// Bytes of what a person did on a page.
pub const MAX_CANVAS_ACTION: usize = 16 * 1024;
/// Actions on the pages of one session in a minute; more are dropped.
pub const MAX_CANVAS_ACTIONS_PER_MINUTE: usize = 30;
/// Time that a node gets for an answer when the caller says nothing (protocol 8.3).
pub const NODE_INVOKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time that a caller may wait for a node.
pub const MAX_NODE_INVOKE_TIMEOUT: Duration = Duration::from_hours(1);
/// Requests that may wait for one node's answer at the same time.
pub const MAX_NODE_INVOKES: usize = 64;
/// Requests that may wait for answers of all nodes at the same time.
pub const MAX_NODE_INVOKES_TOTAL: usize = 1024;
/// Times that a request is sent again to a node that says that it is not ready (protocol 8.3).
pub const MAX_NODE_NOT_READY: u32 = 4;
/// Bytes of one piece of a node's output.
pub const MAX_NODE_PROGRESS_CHUNK: usize = 16_384;
/// Bytes of a node's output that are handed to the caller while it runs; the rest is only in the answer.
pub const MAX_NODE_PROGRESS_BYTES: usize = 8 * 1024 * 1024;
/// Pieces of work that may wait for one node.
pub const MAX_NODE_WORK: usize = 64;
/// Life of work for a node where nothing is said (protocol 5.7).
pub const NODE_WORK_TTL: Duration = Duration::from_hours(24);
/// Pieces of work that a node takes at once (protocol 5.7).
pub const MAX_NODE_DRAIN: usize = 10;
/// Bytes of all argument schemas of one node.
pub const MAX_NODE_SCHEMA_BYTES: usize = 256 * 1024;
/// Bytes of what a node may be remembered by: names of commands, families and permissions.
pub const MAX_NODE_SURFACE_BYTES: usize = 64 * 1024;
/// Answers of nodes that are kept for repeats of a call.
pub const MAX_NODE_REPEATS: usize = 1000;
/// Bytes of those answers.
pub const MAX_NODE_REPEAT_BYTES: usize = 32 * 1024 * 1024;
/// Conversations on whose behalf a node was asked that are remembered, and programs it was asked to run.
pub const MAX_NODE_SESSIONS: usize = 64;
/// Time that a client of `/v1` or `/api` may take to send its request's body.
pub const HTTP_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest body of a request to `/v1`, in bytes (protocol 9.1).
pub const MAX_OPENAI_BODY: usize = 20 * 1024 * 1024;
/// Answers over `/v1` that may be under way at the same time; more are refused with 429.
pub const MAX_OPENAI_ANSWERS: usize = 64;
/// Largest body of a request to `/api`, in bytes: a prompt of a million characters fits.
pub const MAX_REST_BODY: usize = 8 * 1024 * 1024;
/// Requests to `/api` that are worked on at the same time; more are refused with 429.
pub const MAX_REST_REQUESTS: usize = 256;
/// Workers that are remembered, connected or not.
pub const MAX_WORKERS: usize = 4096;
/// Bytes of what a worker says of itself.
pub const MAX_WORKER_FACTS: usize = 64 * 1024;
/// Bytes of the patch of what a task changed that are kept.
pub const MAX_PATCH_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a run's reports that may wait for the engine; steps beyond are asked for again.
pub const MAX_WORKER_INBOX: usize = 4 * 1024 * 1024;
/// Orders that may wait for a worker that asks for them; one that lets more wait is cut off.
pub const MAX_WORKER_ORDERS: usize = 1024;
/// Bytes of one request of a worker over HTTP.
pub const MAX_WORKER_BODY: usize = 16 * 1024 * 1024;
/// Allowed distance between the time stamp of a worker's request and ours.
pub const WORKER_CLOCK_WINDOW: Duration = Duration::from_mins(5);
/// Nonces of workers' requests that are remembered, of all workers.
pub const MAX_WORKER_NONCES: usize = 100_000;
/// Streams of one HTTP/2 connection that may be open.
pub const MAX_HTTP2_STREAMS: u32 = 100;
/// Bytes of one HTTP/2 stream that may come before they are taken.
pub const HTTP2_STREAM_WINDOW: u32 = 1024 * 1024;
/// Bytes of one HTTP/2 connection that may come before they are taken.
pub const HTTP2_CONNECTION_WINDOW: u32 = 2 * 1024 * 1024;
/// How often an HTTP/2 connection is asked whether it is alive.
pub const HTTP2_PING: Duration = Duration::from_secs(15);
/// How long the answer may take; then the connection is lost.
pub const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an HTTP/2 connection may have no stream.
pub const HTTP2_IDLE: Duration = Duration::from_mins(2);
/// Streams of the gRPC services that are open to everyone, of all connections.
pub const MAX_OPEN_GRPC_STREAMS: usize = 256;
