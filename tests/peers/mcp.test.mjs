// The gateway's tools through clients of others: the MCP inspector's command line, over HTTP and over `landline mcp`, and
// the real Claude Code in a run.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { claudeSettings, messagesApi } from "./lib/agents.mjs";
import { Gateway, TOKEN, landline, run } from "./lib/gateway.mjs";
import { packageFolder, program } from "./lib/modules.mjs";

const MAIN = "agent:main:main";
const LONG = { timeoutMs: 90_000 };

/** Runs the inspector's command line on a target; answers what it printed, as JSON. */
async function inspect(gateway, target, words) {
  const script = join(packageFolder("@modelcontextprotocol/inspector"), "clients/launcher/build/index.js");
  const args = [script, "--cli", ...target.before, ...words, ...(target.after ?? [])];
  const done = await run(program("LANDLINE_TEST_NODE"), args, { env: gateway.env, cwd: gateway.root, ...LONG });
  assert.equal(done.code, 0, `the inspector ended with ${done.code}:\n${done.stdout}\n${done.stderr}`);
  return JSON.parse(done.stdout);
}

describe("the MCP inspector", () => {
  let gateway;
  let targets;

  before(async () => {
    gateway = await Gateway.start({ name: "mcp-inspector" });
    const http = ["--transport", "http", "--header", `Authorization: Bearer ${TOKEN}`];
    targets = {
      "over HTTP": { before: [`${gateway.url}/mcp`, ...http] },
      "over landline mcp": { before: [], after: ["--", landline, "mcp", "--state-dir", gateway.stateDir] },
    };
  });

  after(() => gateway?.stop());

  for (const name of ["over HTTP", "over landline mcp"]) {
    test(`lists tools whose schemas every model takes, ${name}`, async () => {
      const { tools } = await inspect(gateway, targets[name], ["--method", "tools/list", "--strict"]);
      const names = tools.map((tool) => tool.name);
      for (const wanted of ["nodes_list", "message_send", "session_describe", "sessions_list"]) {
        assert.ok(names.includes(wanted), `${wanted} is not in ${names}`);
      }
    });

    test(`calls a tool, ${name}`, async () => {
      const result = await inspect(gateway, targets[name], ["--method", "tools/call", "--tool-name", "list_agents"]);
      assert.equal(result.structuredContent.defaultId, "main");
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
    });
  }
});

describe("Claude Code", () => {
  let api;
  let gateway;

  /** Says something in a conversation and returns what was answered. */
  async function say(message, session = MAIN, of = gateway) {
    const done = await of.landline(["agent", "--session", session, "--json", "--message", message], LONG);
    assert.equal(done.code, 0, done.stderr);
    return done.stdout;
  }

  before(async () => {
    api = await messagesApi();
    gateway = await Gateway.start({ name: "mcp-claude", homeFiles: claudeSettings(api), claude: true });
  });

  after(async () => {
    await gateway?.stop();
    await api?.stop();
  });

  test("calls a tool of the gateway in its own conversation without being asked for permission", async () => {
    const answer = await say("call-tool mcp__landline__session_describe {}");
    assert.match(answer, /tool said: /);
    assert.ok(answer.includes(MAIN), answer);
  });

  test("is refused another conversation, and reads why", async () => {
    const answer = await say('call-tool mcp__landline__session_describe {"key": "agent:main:secret"}');
    assert.match(answer, /FORBIDDEN \(FOREIGN_SESSION\)/);
  });

  test("reaches the tools where the port speaks TLS", async (t) => {
    const config = "[gateway.tls]\nenabled = true\n";
    const secured = await Gateway.start({ name: "mcp-claude-tls", config, homeFiles: claudeSettings(api), claude: true });
    t.after(() => secured.stop());
    assert.match(secured.url, /^https:/);
    const answer = await say("call-tool mcp__landline__session_describe {}", MAIN, secured);
    assert.ok(answer.includes(MAIN), answer);
  });

  test("leaves nothing of its pass behind", () => {
    const runs = join(gateway.stateDir, "runs");
    assert.deepEqual(readdirSync(runs), []);
  });
});
