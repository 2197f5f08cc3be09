// Starts the fake of Discord as a program of its own and steers it: people write, things go wrong.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { landline } from "./gateway.mjs";

const program = process.env.LANDLINE_FAKE_DISCORD ?? join(dirname(landline), "fake-discord");

/** A running fake. `root` is what stands before /api/v10; `token` is the bot's; `bot` its id. */
export class FakeDiscord {
  /** Starts one for a test and ends it afterwards. `args` are arguments of the program. */
  static async start(t, args = []) {
    if (!existsSync(program)) throw new Error(`${program} does not exist: run \`cargo build -p suite\` first`);
    const fake = new FakeDiscord();
    const child = spawn(program, ["--port", "0", ...args], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill());
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return Object.assign(fake, JSON.parse(line));
  }

  /** Does a control call; answers its JSON, or throws the reason why it cannot be done. */
  async call(what, body = {}) {
    const answer = await fetch(`${this.root}/_control/${what}`, { method: "POST", body: JSON.stringify(body) });
    const value = await answer.json();
    if (!answer.ok) throw new Error(`${what}: ${value.error}`);
    return value;
  }

  /** The same for calls that make something; answers its id. */
  async make(what, body) {
    return (await this.call(what, body)).id;
  }

  /** The messages of a channel as people see them. */
  messages(channel) {
    return this.call("messages", { channel });
  }

  /** REST calls that were received, those of `route` only if it is given. */
  async calls(route) {
    const all = await this.call("received");
    return all.filter((one) => one.kind === "rest" && (route === undefined || one.route === route));
  }

  /** Waits until `check` answers something true, and answers that. */
  async until(what, check, ms = 15_000) {
    const end = Date.now() + ms;
    for (;;) {
      const value = await check();
      if (value) return value;
      if (Date.now() > end) throw new Error(`did not happen within ${ms} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
