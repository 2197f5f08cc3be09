// Development only: answers that stream, call tools, ask for permission, fail, and can be stopped.
import { randomUUID } from "node:crypto";

const STEP_MS = 40;
const SAMPLE = `Here is a small plan, with the parts that matter.

1. **Read** the list of files that changed.
2. Compare their sums with \`sha256sum\`, one by one.
3. Report what differs, and nothing else.

\`\`\`rust
fn main() -> std::io::Result<()> {
    for entry in std::fs::read_dir("archive")? {
        println!("{}", entry?.path().display());
    }
    Ok(())
}
\`\`\`

| Copy | Files | State |
| --- | ---: | --- |
| first | 1,204 | verified |
| second | 1,204 | *running* |

> A backup that was never read back is a hope.

See [the manual](https://example.org/backup) for the rest. <img src=x onerror="document.title='hacked'"> <script>alert(1)</script>`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function begin(state, sessionKey, runId, message) {
  const run = {
    runId,
    sessionKey,
    text: "",
    startedAt: Date.now(),
    events: [],
    chatSeq: 0,
    agentSeq: 0,
    stopped: false,
  };
  state.runs.set(runId, run);
  state.broadcast("sessions.changed", { sessionKey, phase: "start", hasActiveRun: true, ts: Date.now() });
  chat(state, run, { state: "status", phase: "preparing_context" });
  const words = message.toLowerCase();
  const content = [];
  if (words.includes("tool") || words.includes("permission"))
    content.push(...(await useTool(state, run, words)));
  if (words.includes("fail"))
    return end(state, run, { state: "error", errorMessage: "The model is overloaded (529)." });
  await stream(
    state,
    run,
    words.includes("short") ? "Done." : words.includes("long") ? SAMPLE.repeat(12) : SAMPLE,
  );
  const text = { type: "text", text: run.text };
  const stopReason = run.stopped ? "aborted" : "stop";
  state.append(
    sessionKey,
    { role: "assistant", content: [...content.filter((b) => b.type === "toolCall"), text], stopReason },
    { runId },
  );
  for (const block of content.filter((b) => b.type === "result")) {
    state.append(
      sessionKey,
      {
        role: "toolResult",
        toolCallId: block.id,
        toolName: "Bash",
        content: block.text,
        isError: block.isError,
      },
      { runId },
    );
  }
  end(state, run, {
    state: run.stopped ? "aborted" : "final",
    message: { role: "assistant", content: [text] },
  });
}

export function abort(state, sessionKey) {
  const live = [...state.runs.values()].filter((run) => run.sessionKey === sessionKey);
  for (const run of live) run.stopped = true;
  return { ok: true, aborted: live.length > 0, runIds: live.map((run) => run.runId) };
}

async function useTool(state, run, words) {
  const toolCallId = `call-${randomUUID()}`;
  const args = {
    command: "find archive -newer last-backup -type f | head -20",
    description: "List changed files",
  };
  tool(state, run, { phase: "start", name: "Bash", toolCallId, args });
  let allowed = true;
  if (words.includes("permission")) allowed = (await permission(state, run, args.command)) === "allow-once";
  await pause(600);
  const result = allowed
    ? "archive/2026/08/IMG_2231.jpg\narchive/2026/08/IMG_2232.jpg"
    : "The person did not allow this command.";
  tool(state, run, { phase: "result", name: "Bash", toolCallId, isError: !allowed, result });
  return [
    { type: "toolCall", id: toolCallId, name: "Bash", arguments: args },
    { type: "result", id: toolCallId, text: result, isError: !allowed },
  ];
}

function permission(state, run, command) {
  return new Promise((resolve) => {
    const approval = {
      id: randomUUID(),
      request: {
        command,
        cwd: "/home/ada/photos",
        toolName: "Bash",
        agentId: "main",
        sessionKey: run.sessionKey,
        allowedDecisions: ["allow-once", "deny"],
      },
      createdAtMs: Date.now(),
      expiresAtMs: Date.now() + 300_000,
    };
    state.approvals.set(approval.id, { ...approval, resolve });
    state.broadcast("exec.approval.requested", approval);
  });
}

async function stream(state, run, text) {
  const pieces = text.match(/[\s\S]{1,24}/g) ?? [];
  for (const piece of pieces) {
    if (run.stopped) return;
    run.text += piece;
    const message = { role: "assistant", content: [{ type: "text", text: run.text }] };
    chat(state, run, { state: "delta", deltaText: piece, message });
    await pause(STEP_MS);
  }
}

function end(state, run, payload) {
  chat(state, run, payload);
  state.runs.delete(run.runId);
  state.sent.set(run.runId, "ok");
  state.broadcast("sessions.changed", {
    sessionKey: run.sessionKey,
    phase: "end",
    hasActiveRun: false,
    updatedAt: Date.now(),
    ts: Date.now(),
  });
}

function chat(state, run, payload) {
  run.chatSeq += 1;
  state.broadcast("chat", {
    runId: run.runId,
    sessionKey: run.sessionKey,
    agentId: "main",
    seq: run.chatSeq,
    ...payload,
  });
}

function tool(state, run, data) {
  run.agentSeq += 1;
  const event = {
    runId: run.runId,
    sessionKey: run.sessionKey,
    stream: "tool",
    data,
    seq: run.agentSeq,
    ts: Date.now(),
  };
  run.events.push(event);
  state.broadcast("agent", event);
}
