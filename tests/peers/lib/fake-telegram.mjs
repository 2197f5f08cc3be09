// Starts the fake Telegram as a program of its own and asks its people to do things.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { landline } from "./gateway.mjs";

/** The program; `LANDLINE_FAKE_TELEGRAM` names another. */
const program = process.env.LANDLINE_FAKE_TELEGRAM ?? join(dirname(landline), "fake-telegram");

/** A running fake; `root` is what stands before `/bot<token>/`. */
export class FakeTelegram {
  static async start() {
    if (!existsSync(program)) {
      throw new Error(`${program} does not exist: run \`cargo build -p suite --bin fake-telegram\` first`);
    }
    const child = spawn(program, ["--with-parent"], { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    return new FakeTelegram(child, JSON.parse(line));
  }

  constructor(child, { root, token }) {
    this.child = child;
    this.root = root;
    this.token = token;
  }

  /** Does what `verb` says (see tests/harness/fakes/telegram/control.rs); answers its result. */
  async ask(verb, body = {}) {
    const answer = await fetch(`${this.root}/_control/${verb}`, { method: "POST", body: JSON.stringify(body) });
    const result = await answer.json();
    if (!answer.ok) throw new Error(`${verb}: ${result.error}`);
    return result;
  }

  /** Adds a person with a private chat; answers the chat. */
  async person(id, name) {
    await this.ask("user", { id, name });
    return this.ask("direct", { user: id });
  }

  /** Lets a person write; answers the ids of the messages. */
  async say(chat, user, content) {
    const { message_ids } = await this.ask("say", { chat, user, content: typeof content === "string" ? { text: content } : content });
    return message_ids;
  }

  /** Plans a fault for the next call of `method`. */
  fault(method, fault, more = {}) {
    return this.ask("fault", { method, fault, ...more });
  }

  async stop() {
    const gone = once(this.child, "exit");
    this.child.kill();
    await gone;
  }
}
