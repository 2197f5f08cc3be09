// `landline top` in a real terminal: what it shows, its keys, and a gateway that goes and comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateway, landline } from "./lib/gateway.mjs";
import { Terminal } from "./lib/terminal.mjs";

const AGENT = `
[agents.sh]
executor = "command"
default = true
env_pass = ["HOME"]
command = ["/bin/sh", "-c", "read -r line; case $line in wait*) while [ ! -e $HOME/finish ]; do sleep 0.1; done;; esac; echo $line"]
`;

test("landline top shows nodes, tasks, counts and events, and survives a restart", { timeout: 120_000 }, async (t) => {
  const gateway = await Gateway.start({ name: "top", config: AGENT });
  const run = (...words) => gateway.landline(["run", "--bg", ...words], {});
  await run("hello");
  const terminal = new Terminal([landline, "top", "--state-dir", gateway.stateDir], { env: gateway.env, folder: gateway.root });
  t.after(async () => {
    terminal.end();
    await gateway.stop();
  });
  const shown = await terminal.until((screen) => /completed +hello/.test(screen), "the finished task");
  for (const word of ["Nodes", "Tasks", "Stats", "Events", "local", "Queue depth", "Uptime", "Durations", "Health"]) {
    assert.ok(shown.includes(word), `${word} in\n${shown}`);
  }
  await run("wait here");
  await terminal.until((screen) => /running +wait here/.test(screen), "a task that was pushed");
  await terminal.until((screen) => /Active tasks +1/.test(screen), "the counts");
  terminal.press("Down");
  terminal.press("c");
  await terminal.until((screen) => /cancelled +wait here/.test(screen), "the task that c stopped");
  await gateway.restart();
  await terminal.until((screen) => screen.includes("connected again"), "that it came back");
  await run("later on");
  await terminal.until((screen) => /completed +later on/.test(screen), "a task of after the restart");
  terminal.press("Tab");
  terminal.press("q");
  assert.equal(await terminal.ended(), 0, "what q ends is a success");
});
