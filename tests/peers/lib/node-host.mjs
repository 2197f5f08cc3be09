// Programs that stay: the stock node host and Landline's own, each with a home of its own, on any host.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { landline } from "./gateway.mjs";
import { program } from "./modules.mjs";
import { on } from "./net.mjs";

/** A program that runs until it is ended; its output is kept. */
class Program {
  constructor() {
    this.home = mkdtempSync(join(tmpdir(), "landline-node-"));
    this.output = "";
  }

  get env() {
    return { HOME: this.home, PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", TMPDIR: this.home, NO_COLOR: "1", ...this.extraEnv };
  }

  launch(host, file, args) {
    this.child = spawn(...on(host, file, args), { env: this.env, cwd: this.home, stdio: ["ignore", "pipe", "pipe"] });
    for (const name of ["stdout", "stderr"]) this.child[name].setEncoding("utf8").on("data", (text) => (this.output += text));
    const child = this.child;
    this.exited = once(child, "exit").then(([code, signal]) => (child.ended = { code, signal }));
  }

  /** Whether it runs. */
  get runs() {
    return this.child !== undefined && !this.child.ended;
  }

  async end(signal = "SIGTERM") {
    if (!this.runs) return this.child?.ended;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), 15_000);
    const ended = await this.exited;
    clearTimeout(timer);
    return ended;
  }

  async remove() {
    await this.end();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `openclaw node run`. */
export class StockNode extends Program {
  constructor({ host, name, token }) {
    super();
    Object.assign(this, { host, name });
    this.extraEnv = { OPENCLAW_DISABLE_BONJOUR: "1", ...(token ? { OPENCLAW_GATEWAY_TOKEN: token } : {}) };
    mkdirSync(join(this.home, ".openclaw"));
    const config = { discovery: { mdns: { mode: "off" } }, plugins: { enabled: false }, update: { checkOnStart: false } };
    writeFileSync(join(this.home, ".openclaw", "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
  }

  /** Starts it with these further arguments. */
  run(...args) {
    const script = [program("LANDLINE_TEST_OPENCLAW"), "node", "run", "--display-name", this.name, ...args];
    this.launch(this.host, program("LANDLINE_TEST_NODE"), script);
    return this;
  }
}

/** `landline node run`; `config` makes the text of node.toml from its home folder. */
export class OwnNode extends Program {
  constructor({ host, name, config = () => "" }) {
    super();
    Object.assign(this, { host, name });
    this.extraEnv = { LANDLINE_STATE_DIR: join(this.home, "state") };
    mkdirSync(join(this.home, "state", "node"), { recursive: true, mode: 0o700 });
    writeFileSync(join(this.home, "state", "node", "node.toml"), config(this.home), { mode: 0o600 });
  }

  /** Starts it with these further arguments. */
  run(...args) {
    this.launch(this.host, landline, ["node", "run", "--name", this.name, ...args]);
    return this;
  }
}
