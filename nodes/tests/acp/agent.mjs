// An agent of the Agent Client Protocol with faults, for tests: JSON-RPC lines over stdin and stdout, no dependencies.
//
// Usage: node agent.mjs [STATE FOLDER]      Sessions are kept in that folder, so that another process can load them.
// The first words of the prompt choose what happens:
//   ask TOOL COMMAND  asks for permission first, then answers "allowed" or "refused"
//   history           answers with the session's earlier prompts
//   crash             ends in the middle of its answer, with words on stderr
//   garbage           prints what is no message, and messages that no protocol names, around its answer
//   hang              never ends, whatever it is told, and starts a child that does not either
//   wait              ends as cancelled once it is told to
//   read FILE / write FILE   has the client do so
//   fail              answers the prompt with an error
//   many N            says N words, one message each
//   anything else     is repeated
import { createInterface } from "node:readline";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";

const folder = process.argv[2];
const waiting = new Map();
let number = 0;
let cancelled = () => {};
let offered = {};

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const call = (method, params) => new Promise((done) => {
  waiting.set(++number, done);
  write({ id: number, method, params });
});
const file = (session) => `${folder}/${session}.json`;
const history = (session) => (folder && existsSync(file(session)) ? JSON.parse(readFileSync(file(session), "utf8")) : []);

async function prompt({ sessionId, prompt: blocks }) {
  const update = (update) => write({ method: "session/update", params: { sessionId, update } });
  const say = (text) => update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
  const text = blocks[0].text;
  const before = history(sessionId);
  if (folder) writeFileSync(file(sessionId), JSON.stringify([...before, text]));
  const [word, ...rest] = text.split(" ");
  const end = (stopReason) => ({ stopReason, usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 } });
  switch (word) {
    case "ask": {
      const tool = { toolCallId: "c1", title: `run ${rest[1]}`, name: rest[0], kind: "execute", rawInput: { command: rest.slice(1).join(" ") } };
      update({ sessionUpdate: "tool_call", status: "pending", ...tool });
      const options = [["always", "allow_always"], ["once", "allow_once"], ["no", "reject_once"]]
        .map(([optionId, kind]) => ({ optionId, kind, name: optionId }));
      const { result } = await call("session/request_permission", { sessionId, toolCall: tool, options });
      const allowed = result?.outcome?.optionId === "once";
      update({ sessionUpdate: "tool_call_update", toolCallId: "c1", status: allowed ? "completed" : "failed", rawOutput: allowed ? "done" : "no" });
      say(`${allowed ? "allowed" : "refused"} ${JSON.stringify(result?.outcome)}`);
      return end("end_turn");
    }
    case "history":
      say(`history: ${before.join(" | ")}`);
      return end("end_turn");
    case "crash":
      say("half an");
      process.stderr.write("something broke\n");
      await new Promise((done) => setTimeout(done, 50));
      return process.exit(3);
    case "garbage":
      process.stdout.write("a print gone astray\n[1,2]\n17\n\n");
      write({ method: "_vendor/thing", params: { x: 1 } });
      update({ sessionUpdate: "brand_new_thing", x: 1 });
      write({ method: "session/update", params: "no object" });
      say("still here");
      return end("end_turn");
    case "hang":
      process.on("SIGTERM", () => {});
      spawn("sleep", ["1000"], { stdio: "ignore", detached: true }).unref();
      setInterval(() => {}, 1000);
      say("hanging");
      return new Promise(() => {});
    case "wait":
      say("waiting");
      await new Promise((done) => { cancelled = done; });
      return end("cancelled");
    case "read": case "write": {
      const asked = { sessionId, path: rest[0], ...(word === "write" ? { content: "written" } : {}) };
      const { result, error } = await call(`fs/${word}_text_file`, asked);
      say(`offered ${JSON.stringify(offered.fs)}; ${error ? `error ${error.code}` : `got ${result.content ?? "ok"}`}`);
      return end("end_turn");
    }
    case "fail":
      throw { code: -32603, message: "Internal error", data: { errorKind: "rate_limit" } };
    case "many":
      for (let i = 0; i < Number(rest[0]); i++) say(`w${i} `);
      return end("end_turn");
    default:
      update({ sessionUpdate: "agent_thought_chunk", content: { type: "text", text: "hm" } });
      for (const part of text.match(/\S+\s*/g)) say(part);
      return end("end_turn");
  }
}

const modes = { currentModeId: "default", availableModes: ["default", "acceptEdits"].map((id) => ({ id, name: id })) };
const methods = {
  initialize: ({ clientCapabilities }) => {
    offered = clientCapabilities;
    return { protocolVersion: 1, agentCapabilities: { loadSession: Boolean(folder), somethingNew: {} }, authMethods: [] };
  },
  "session/new": () => ({ sessionId: `s-${randomUUID()}`, modes }),
  "session/load": ({ sessionId }) => {
    if (!existsSync(file(sessionId))) throw { code: -32002, message: "Resource not found" };
    write({ method: "session/update", params: { sessionId, update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text: "replayed" } } } });
    return { modes };
  },
  "session/set_mode": () => ({}),
  "session/prompt": prompt,
};

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, method, params, ...rest } = JSON.parse(line);
  if (method === undefined) return waiting.get(id)?.(rest);
  if (method === "session/cancel") return cancelled();
  try {
    const handler = methods[method];
    if (!handler) throw { code: -32601, message: "Method not found" };
    write({ id, result: await handler(params) });
  } catch (error) {
    write({ id, error: { code: error.code ?? -32603, message: error.message ?? String(error), data: error.data } });
  }
});
