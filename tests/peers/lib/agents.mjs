// Configurations of agents for the tests, and the local Messages API that Claude Code talks to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { program } from "./modules.mjs";

/** An agent that needs no model: the default of a fresh installation. */
export const BUILTIN = '[agents.main]\nexecutor = "builtin"\n';

/** Agents that print slowly, fail, or echo, for runs whose shape a test wants to choose. */
export const COMMANDS = `
[agents.slow]
executor = "command"
command = ["/bin/sh", "-c", "i=1; while [ $i -le 100 ]; do echo word$i; sleep 0.1; i=$((i+1)); done"]

[agents.short]
executor = "command"
command = ["/bin/sh", "-c", "for w in one two three; do echo $w; sleep 0.4; done"]

[agents.broken]
executor = "command"
command = ["/bin/sh", "-c", "echo giving up >&2; exit 3"]
`;

const CLAUDE_ENV = {
  ANTHROPIC_API_KEY: "test-key-of-no-value",
  DISABLE_TELEMETRY: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_MAX_RETRIES: "2",
};

/** The configuration of a Claude Code agent called `name`. */
export function claudeAgent(name) {
  const passed = ["ANTHROPIC_BASE_URL", "CLAUDE_CONFIG_DIR", ...Object.keys(CLAUDE_ENV)];
  return `[agents.${name}]\nexecutor = "claude_code"\nenv_pass = ${JSON.stringify(passed)}\n`;
}

/** The environment of a gateway whose Claude Code agents talk to `api`, as a function of the gateway's folder. */
export function claudeEnv(api) {
  return (folder) => ({ ...CLAUDE_ENV, ANTHROPIC_BASE_URL: api.url, CLAUDE_CONFIG_DIR: join(folder, "claude-config") });
}

/** The settings that a person's Claude Code has in the home folder, so that it talks to `api`: no gateway configuration. */
export function claudeSettings(api) {
  return { ".claude/settings.json": JSON.stringify({ env: { ...CLAUDE_ENV, ANTHROPIC_BASE_URL: api.url } }) };
}

/** Starts the local Messages API; answers {url, port, stop()}. */
export async function messagesApi() {
  const script = new URL("../messages-api.mjs", import.meta.url).pathname;
  const child = spawn(program("LANDLINE_TEST_NODE"), [script, "0"], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(child, "exit");
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { port } = JSON.parse(line);
  const stop = async () => {
    child.kill();
    await gone;
  };
  return { port, url: `http://127.0.0.1:${port}`, stop };
}
