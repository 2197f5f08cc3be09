// The stock `openclaw` command line and its terminal UI, unmodified, against the gateway.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { newDevice } from "./lib/device.mjs";
import { FakeTelegram } from "./lib/fake-telegram.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { OpenclawHome } from "./lib/openclaw.mjs";
import { Terminal } from "./lib/terminal.mjs";
import { Wire, connected } from "./lib/wire.mjs";

const OPERATOR_SCOPES = ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.pairing"];

describe("stock openclaw", () => {
  let gateway;
  let home;
  let wire;

  before(async () => {
    gateway = await Gateway.start({ name: "openclaw", config: BUILTIN });
    home = new OpenclawHome(gateway);
    wire = await connected(gateway.url, { token: TOKEN, scopes: OPERATOR_SCOPES });
  });

  after(async () => {
    await wire?.close();
    home?.remove();
    await gateway?.stop();
  });

  /** Runs the CLI, insists on exit code 0 and answers what it printed. */
  async function succeeds(...args) {
    const result = await home.run(...args);
    assert.equal(result.code, 0, `openclaw ${args.join(" ")} ended with ${result.code}:\n${result.text}`);
    return result;
  }

  test("gateway call health prints the gateway's own health", async () => {
    const { stdout } = await succeeds("gateway", "call", "health", ...home.address, "--json");
    const printed = JSON.parse(stdout);
    const own = await wire.request("health");
    assert.equal(printed.ok, true);
    assert.equal(printed.defaultAgentId, "main");
    assert.deepEqual(printed.agents.map((a) => a.agentId), own.agents.map((a) => a.agentId));
  });

  test("gateway status finds it and names its version", async () => {
    const { text } = await succeeds("gateway", "status", ...home.address);
    assert.match(text, /Connectivity probe: ok/);
    assert.ok(text.includes(`Gateway version: ${wire.hello.server.version}`), text);
  });

  test("gateway probe reaches it", async () => {
    const { text } = await succeeds("gateway", "probe", ...home.address);
    assert.match(text, /Reachable: yes/);
    assert.match(text, /Connect: ok/);
  });

  test("health names the agents and the store", async () => {
    const { text } = await succeeds("health");
    assert.match(text, /Agents: main \(default\)/);
    const { agents } = await wire.request("health");
    assert.ok(text.includes(agents[0].sessions.path), text);
  });

  test("status shows the gateway as reachable", async () => {
    const { text } = await succeeds("status");
    assert.match(text, /reachable [\d.]+m?s/);
    assert.doesNotMatch(text, /unreachable/i);
  });

  test("channels status reaches it", async () => {
    const { text } = await succeeds("channels", "status");
    assert.match(text, /Gateway reachable/);
    assert.doesNotMatch(text, /not reachable|failed/i);
  });

  test("nodes status counts none", async () => {
    const { text } = await succeeds("nodes", "status", ...home.address);
    assert.match(text, /Known: 0 · Paired: 0 · Connected: 0/);
  });

  test("cron add keeps a job that cron list shows and cron rm removes", async () => {
    const added = await succeeds(
      "cron", "add", ...home.address, "--name", "stock job", "--cron", "0 7 * * *", "--tz", "Europe/Berlin",
      "--session", "isolated", "--message", "think of something", "--no-deliver", "--json",
    );
    const job = JSON.parse(added.stdout);
    const listed = JSON.parse((await succeeds("cron", "list", ...home.address, "--json")).stdout).jobs;
    assert.ok(listed.some((one) => one.id === job.id && one.name === "stock job"), JSON.stringify(listed));
    const own = await wire.request("cron.get", { id: job.id });
    assert.deepEqual(own.schedule, { kind: "cron", expr: "0 7 * * *", tz: "Europe/Berlin", ...(own.schedule.staggerMs === undefined ? {} : { staggerMs: own.schedule.staggerMs }) });
    await succeeds("cron", "run", job.id, ...home.address);
    await succeeds("cron", "runs", "--id", job.id, ...home.address);
    await succeeds("cron", "disable", job.id, ...home.address);
    assert.equal((await wire.request("cron.get", { id: job.id })).enabled, false);
    await succeeds("cron", "rm", job.id, ...home.address);
    assert.deepEqual((await wire.request("cron.list", { includeDisabled: true })).jobs, []);
  });

  test("cron list prints a whole page", async () => {
    const { stdout } = await succeeds("cron", "list", ...home.address, "--json");
    const ids = (jobs) => jobs.map((job) => job.id).sort();
    assert.deepEqual(ids(JSON.parse(stdout).jobs), ids((await wire.request("cron.list", {})).jobs));
  });

  test("logs prints lines of the gateway's log", async () => {
    const { file, lines } = await wire.request("logs.tail", { limit: 50 });
    assert.ok(lines.length > 0, "the gateway has written something to its log");
    const { text } = await succeeds("logs", ...home.address, "--limit", "50");
    assert.ok(text.includes(file), text);
    assert.ok(text.trim().split("\n").length > 1, text);
  });

  test("agent answers, and the answer is in the transcript", async () => {
    const message = `hello ${randomUUID().slice(0, 8)}`;
    const { stdout } = await succeeds("agent", "--agent", "main", "--message", message);
    const answer = await answerTo(message);
    assert.equal(flat(stdout), flat(answer));
  });

  test("devices list and approve handle a device that comes from a browser", async () => {
    const device = newDevice();
    const browser = { origin: gateway.url, token: TOKEN, device, scopes: ["operator.read"],
      client: { id: "openclaw-control-ui", mode: "webchat", platform: "Linux x86_64" } };
    await approvesPending(browser, "not-paired");
  });

  test("devices list and approve handle a known device that looks different", async () => {
    const device = newDevice();
    const client = { id: "cli", mode: "cli", platform: "linux", deviceFamily: "Linux" };
    const known = { token: TOKEN, device, scopes: ["operator.read"], client };
    await (await connected(gateway.url, known)).close();
    await approvesPending({ ...known, client: { ...client, platform: "darwin" } }, "metadata-upgrade");
  });

  /** Is refused with a pending request, sees it in the CLI's list, approves it with the CLI, and gets in. */
  async function approvesPending(options, reason) {
    const refused = await Wire.open(gateway.url, options);
    const { ok, error } = await refused.connect(options);
    assert.equal(ok, false);
    assert.equal(error.code, "NOT_PAIRED");
    assert.equal(error.details.code, "PAIRING_REQUIRED");
    assert.equal(error.details.reason, reason);
    assert.equal((await refused.untilClosed()).code, 1008);
    assert.ok(refused.closed.reason.includes(error.details.requestId), refused.closed.reason);

    const list = await succeeds("devices", "list", ...home.address, "--json");
    const { pending } = JSON.parse(list.stdout);
    assert.deepEqual(pending.map((row) => row.requestId), [error.details.requestId]);
    assert.equal(pending[0].deviceId, options.device.deviceId);

    await succeeds("devices", "approve", error.details.requestId, ...home.address);
    const { text } = await succeeds("devices", "list", ...home.address);
    assert.ok(text.replace(/[\s│]/g, "").includes(options.device.deviceId), text);
    const accepted = await connected(gateway.url, options);
    assert.ok(accepted.hello.auth.deviceToken, "a paired device gets a device token");
    await accepted.close();
  }

  test("tui shows the answer to a typed message", async () => {
    const terminal = new Terminal([...home.command, "tui", ...home.address, "--session", "main"], { env: home.env, folder: home.folder });
    try {
      await terminal.until((screen) => /connected \| idle/.test(screen), "a connected session");
      const message = `typed ${randomUUID().slice(0, 8)}`;
      await terminal.type(message);
      await wire.request("sessions.subscribe", {});
      const answer = await eventually(() => answerTo(message), "the answer in the transcript");
      const expected = flat(answer).slice(0, 24);
      await terminal.until((screen) => flat(screen.slice(screen.indexOf(message))).includes(expected), `the answer "${expected}"`);
      await terminal.until((screen) => /connected \| idle/.test(screen), "an idle session");
    } finally {
      terminal.end();
    }
  });

  /** The text of the assistant's row after the user's row that holds `message`, in the main session. */
  async function answerTo(message) {
    const { messages } = await wire.request("chat.history", { sessionKey: "agent:main:main", limit: 50 });
    const asked = messages.findIndex((row) => row.role === "user" && textOf(row).includes(message));
    const answer = messages.slice(asked + 1).find((row) => row.role === "assistant");
    assert.ok(asked >= 0 && answer, `an answer to "${message}" in ${JSON.stringify(messages).slice(0, 600)}`);
    return textOf(answer);
  }
});

/** Runs `attempt` until it stops failing, for at most 30 s. */
async function eventually(attempt, what) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${what} did not come: ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The text of a transcript row. */
function textOf({ content }) {
  if (typeof content === "string") return content;
  return content.filter((part) => part.type === "text").map((part) => part.text).join("");
}

/** `text` without what a terminal changes: blanks, line breaks and markdown's signs. */
function flat(text) {
  return text.replace(/[\s*_`#>|│•-]/g, "");
}

describe("stock openclaw beside a chat platform", () => {
  test("health prints how the platform is", async (t) => {
    const telegram = await FakeTelegram.start();
    let up = true;
    const stop = async () => up && ((up = false), await telegram.stop());
    t.after(stop);
    const bot = `[channels.telegram.main]\ntoken = "${telegram.token}"\napi_root = "${telegram.root}"\n`;
    const gateway = await Gateway.start({ name: "openclaw-channels", config: `${BUILTIN}\n${bot}` });
    t.after(() => gateway.stop());
    const home = new OpenclawHome(gateway);
    t.after(() => home.remove());
    const printed = async (pattern) => {
      for (let tries = 0; ; tries++) {
        const { code, text } = await home.run("health");
        assert.equal(code, 0, text);
        const line = text.split("\n").find((one) => one.startsWith("Telegram:"));
        if (pattern.test(line ?? "")) return;
        assert.ok(tries < 10, `no line like ${pattern}:\n${text}`);
      }
    };
    await printed(/^Telegram: healthy/);
    await stop();
    await printed(/^Telegram: disconnected \(.+\)/);
  });
});
