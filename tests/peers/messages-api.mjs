// A small server of the Anthropic Messages API on 127.0.0.1, enough to run Claude Code offline in tests.
//
// Usage: node messages-api.mjs [PORT] [--log FILE] [--with-stdin]      (Node 20 or newer, no dependencies)
// First line on stdout: {"port":N}. With --log every request is appended to FILE as one JSON object a line.
// With --with-stdin the server ends when its stdin does, so that it never outlives the test that started it.
//
// The words at the start of the user's last message choose the answer; a first line in brackets, as gateways put before a
// message that they ask again, is left out:
//   use-tool CMD    asks for the Bash tool with CMD, then answers "tool said: RESULT"
//   call-tool NAME JSON   asks for that tool with that input, then answers "tool said: RESULT"; a second line is done after it
//   slow N          streams the words w1 … wN with 100 ms between them
//   think TEXT      thinks TEXT aloud, then answers "echo: TEXT"
//   history         answers "history: " and the user's earlier messages, joined by " | "
//   fail STATUS     answers with that HTTP status and the API's error body
//   fail-once STATUS / cut-once TEXT   fails or breaks off the first time only, then answers "echo: TEXT"
//   cut             breaks the stream off in the middle, every time
//   refuse          ends with stop_reason "refusal"
//   anything else   answers "echo: TEXT" in several deltas
import { createServer } from "node:http";
import { appendFileSync } from "node:fs";

const args = process.argv.slice(2);
const logAt = args.indexOf("--log");
const logFile = logAt >= 0 ? args.splice(logAt, 2)[1] : undefined;
const withStdin = args.indexOf("--with-stdin");
if (withStdin >= 0) args.splice(withStdin, 1);
const port = Number(args[0] ?? 0);

let counter = 0;
const seenOnce = new Set();
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const ERRORS = {
  400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
  413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
};

/** Returns the text of one block without the reminders that Claude Code puts around what the user wrote. */
const bare = (text) =>
  text.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "").trim().replace(/^\[[^\]]*\]\n+/, "");

const blocks = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content ?? []);

/** Returns what the user wrote in each of the conversation's user messages, empty ones left out. */
function userTexts(messages) {
  return messages
    .filter((message) => message.role === "user")
    .map((message) => blocks(message.content).filter((b) => b.type === "text").map((b) => bare(b.text)))
    .map((texts) => texts.filter(Boolean).at(-1))
    .filter(Boolean);
}

function toolText(content) {
  return blocks(content).map((b) => b.text ?? `[${b.type}]`).join("");
}

/** Returns the tool result that the last user message brings, if that is what it is for. */
function lastToolResult(messages) {
  const last = messages.filter((message) => message.role === "user").at(-1);
  const result = blocks(last?.content).filter((b) => b.type === "tool_result").at(-1);
  return result === undefined ? undefined : toolText(result.content);
}

const first = (key) => !seenOnce.has(key) && Boolean(seenOnce.add(key));
const echo = (text) => ({ text: `echo: ${text}` });

/** Reads a line `call-tool NAME JSON`. */
function toolCall(line) {
  const [, name, input] = /^call-tool\s+(\S+)\s*(.*)$/.exec(line) ?? [];
  return name && { tool: JSON.parse(input || "{}"), name };
}

/** Returns the call of the next line of what the user wrote, if the lines before it were done already. */
function nextCall(text, messages) {
  const asked = messages.findLastIndex((message) => message.role === "user" && userTexts([message]).at(-1) === text);
  const done = messages.slice(asked).flatMap((message) => blocks(message.content)).filter((b) => b.type === "tool_result").length;
  const line = text.split("\n")[done];
  return line && toolCall(line);
}

/** Decides what to answer; see the list at the top. */
function decide(body) {
  const texts = userTexts(body.messages ?? []);
  const said = lastToolResult(body.messages ?? []);
  const text = texts.at(-1) ?? "";
  const next = said === undefined ? undefined : nextCall(text, body.messages);
  if (next) return next;
  if (said !== undefined) return { text: `tool said: ${said}` };
  const [, word, rest] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [undefined, "", ""];
  const hasBash = (body.tools ?? []).some((tool) => tool.name === "Bash");
  switch (word) {
    case "use-tool":
      return hasBash ? { tool: { command: rest, description: "asked for by the test" } } : echo(text);
    case "call-tool":
      return toolCall(text.split("\n")[0]);
    case "slow":
      return { words: Array.from({ length: Number(rest) || 1 }, (_, i) => `w${i + 1} `), gap: 100 };
    case "think":
      return { thinking: rest, ...echo(rest) };
    case "history":
      return { text: `history: ${texts.slice(0, -1).join(" | ")}` };
    case "fail":
      return { status: Number(rest) || 500 };
    case "fail-once":
      return first(text) ? { status: Number(rest) || 500 } : echo(rest);
    case "cut":
      return { cut: true };
    case "cut-once":
      return first(text) ? { cut: true } : echo(rest);
    case "refuse":
      return { text: "I would rather not.", stop: "refusal" };
    default:
      return echo(text);
  }
}

const envelope = (body) => ({
  id: `msg_${String(++counter).padStart(8, "0")}`, type: "message", role: "assistant", model: body.model ?? "test-model",
  content: [], stop_reason: null, stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 2, cache_read_input_tokens: 3 },
});

function contentOf(answer) {
  const content = [];
  if (answer.thinking) content.push({ type: "thinking", thinking: answer.thinking, signature: "c2lnbmF0dXJl" });
  const text = answer.words?.join("") ?? answer.text;
  if (text !== undefined) content.push({ type: "text", text });
  if (answer.tool) content.push({ type: "tool_use", id: `toolu_${counter}_${content.length}`, name: answer.name ?? "Bash", input: answer.tool });
  return content;
}

const stopOf = (answer) => answer.stop ?? (answer.tool ? "tool_use" : "end_turn");

/** Returns the deltas of one content block. */
function deltasOf(block, answer) {
  if (block.type === "thinking")
    return [{ type: "thinking_delta", thinking: block.thinking }, { type: "signature_delta", signature: block.signature }];
  if (block.type === "tool_use") {
    const json = JSON.stringify(block.input);
    const middle = json.length >> 1;
    return [json.slice(0, middle), json.slice(middle)].map((part) => ({ type: "input_json_delta", partial_json: part }));
  }
  const pieces = answer.words ?? block.text.match(/\S+\s*|\s+/g) ?? [];
  return pieces.map((text) => ({ type: "text_delta", text }));
}

const emptied = (block) => {
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} };
};

async function stream(body, answer, response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", "request-id": `req_${counter}` });
  const send = (event) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const message = envelope(body);
  send({ type: "message_start", message });
  const content = answer.cut ? [{ type: "text", text: "this will be cut " }] : contentOf(answer);
  let sent = 0;
  for (const [index, block] of content.entries()) {
    send({ type: "content_block_start", index, content_block: emptied(block) });
    for (const delta of deltasOf(block, answer)) {
      if (response.destroyed) return;
      send({ type: "content_block_delta", index, delta });
      sent += 1;
      await pause(answer.gap ?? 2);
    }
    if (answer.cut) return response.destroy();
    send({ type: "content_block_stop", index });
  }
  send({ type: "message_delta", delta: { stop_reason: stopOf(answer), stop_sequence: null }, usage: { output_tokens: sent } });
  send({ type: "message_stop" });
  response.end();
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json", "request-id": `req_${counter}` });
  response.end(JSON.stringify(value));
}

async function messages(body, response) {
  const answer = decide(body);
  if (answer.status) {
    const type = ERRORS[answer.status] ?? "api_error";
    const message = answer.status === 529 ? "Overloaded" : `the test asked for ${answer.status}`;
    return json(response, answer.status, { type: "error", error: { type, message } });
  }
  if (body.stream) return stream(body, answer, response);
  if (answer.cut) return response.destroy();
  const message = envelope(body);
  return json(response, 200, { ...message, content: contentOf(answer), stop_reason: stopOf(answer) });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8") || "{}");
  } catch {
    return {};
  }
}

async function answer(request, response) {
  const path = new URL(request.url, "http://localhost").pathname;
  const body = await readBody(request);
  if (logFile) appendFileSync(logFile, `${JSON.stringify({ at: Date.now(), method: request.method, path, body })}\n`);
  if (request.method === "POST" && path === "/v1/messages") return messages(body, response);
  if (request.method === "POST" && path === "/v1/messages/count_tokens") return json(response, 200, { input_tokens: 10 });
  if (path === "/v1/models") return json(response, 200, { data: [], has_more: false, first_id: null, last_id: null });
  return json(response, 200, {});
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
if (withStdin >= 0) process.stdin.resume().on("end", () => process.exit(0));
