// OpenAI's own library against /v1: the built-in agent, and the real Claude Code.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { claudeSettings, messagesApi } from "./lib/agents.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { load } from "./lib/modules.mjs";

const ON = "[gateway.openai]\nchat_completions = true\nresponses = true\n";
const BUILTIN = '[agents.main]\nexecutor = "builtin"\ndefault = true\n';

/** A client of `gateway` with this key. It does not repeat by itself, so that every answer is seen. */
async function clientOf(gateway, apiKey = TOKEN) {
  const { default: OpenAI } = await load("openai");
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

const ask = (content) => ({ messages: [{ role: "user", content }] });

describe("openai against the built-in agent", () => {
  let gateway;
  let client;

  before(async () => {
    gateway = await Gateway.start({ name: "openai-builtin", config: ON + BUILTIN });
    client = await clientOf(gateway);
  });

  after(() => gateway?.stop());

  test("lists models and shows one", async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    assert.ok(ids.includes("landline/main") && ids.includes("openclaw/default"), ids.join(", "));
    assert.equal((await client.models.retrieve("landline/main")).id, "landline/main");
  });

  test("a completion, whole and streamed, says the same", async () => {
    const whole = await client.chat.completions.create({ model: "landline", ...ask("hello") });
    const text = whole.choices[0].message.content;
    assert.ok(text.length > 0 && whole.choices[0].finish_reason === "stop");
    const stream = client.chat.completions.stream({ model: "landline", ...ask("hello"), stream_options: { include_usage: true } });
    const streamed = await stream.finalChatCompletion();
    assert.equal(streamed.choices[0].message.content, text);
    assert.equal((await stream.totalUsage()).total_tokens, 0, "the built-in agent reads no tokens");
  });

  test("a response, whole and streamed, and one that goes on", async () => {
    const whole = await client.responses.create({ model: "landline", input: "hello" });
    assert.equal(whole.status, "completed");
    assert.ok(whole.output_text.length > 0);
    const next = await client.responses.create({ model: "landline", input: "more", previous_response_id: whole.id });
    assert.equal(next.previous_response_id, whole.id);
    const stream = client.responses.stream({ model: "landline", input: "hello" });
    const streamed = await stream.finalResponse();
    assert.equal(streamed.output_text, whole.output_text);
  });

  test("refusals are the library's own errors", async () => {
    const { APIError, AuthenticationError, BadRequestError, NotFoundError } = await load("openai");
    const stranger = await clientOf(gateway, "wrong");
    await assert.rejects(stranger.models.list(), AuthenticationError);
    await assert.rejects(client.chat.completions.create({ model: "gpt-5", ...ask("x") }), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.code, "model_not_found");
      return true;
    });
    await assert.rejects(client.chat.completions.create({ model: "landline", ...ask("x"), n: 2 }), (error) => {
      assert.ok(error instanceof BadRequestError && error instanceof APIError);
      assert.equal(error.param, "n");
      return true;
    });
  });
});

describe("openai against Claude Code", () => {
  let api;
  let gateway;
  let client;

  before(async () => {
    api = await messagesApi();
    gateway = await Gateway.start({ name: "openai-claude", config: ON, homeFiles: claudeSettings(api), claude: true });
    client = await clientOf(gateway);
  });

  after(async () => {
    await gateway?.stop();
    await api?.stop();
  });

  test("answers with its usage", { timeout: 90_000 }, async () => {
    const whole = await client.chat.completions.create({ model: "landline/main", ...ask("hello there") });
    assert.equal(whole.choices[0].message.content, "echo: hello there");
    assert.ok(whole.usage.prompt_tokens > 0 && whole.usage.completion_tokens > 0, JSON.stringify(whole.usage));
  });

  test("streams while it speaks", { timeout: 90_000 }, async () => {
    const stream = await client.chat.completions.create({ model: "landline/main", ...ask("slow 12"), stream: true });
    let said = "";
    let pieces = 0;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta?.content ?? "";
      if (piece !== "") pieces += 1;
      said += piece;
    }
    assert.match(said, /w1 .*w12/s);
    assert.ok(pieces > 2, `it came in ${pieces} pieces`);
  });

  test("stops when the client hangs up", { timeout: 90_000 }, async () => {
    const stream = await client.chat.completions.create({ model: "landline/main", ...ask("slow 300"), stream: true });
    for await (const chunk of stream) {
      if ((chunk.choices[0]?.delta?.content ?? "") !== "") break;
    }
    const deadline = Date.now() + 20_000;
    for (;;) {
      const done = await gateway.landline(["call", "tasks.list", "{limit: 1}"], {});
      const [latest] = JSON.parse(done.stdout).tasks;
      if (latest.status === "cancelled") break;
      assert.ok(Date.now() < deadline, `it is ${latest.status}`);
    }
  });

  test("a conversation goes on by its user's name", { timeout: 90_000 }, async () => {
    const say = (content) => client.chat.completions.create({ model: "landline/main", ...ask(content), user: "ann" });
    await say("first");
    const second = await say("history");
    assert.equal(second.choices[0].message.content, "history: first");
  });
});
