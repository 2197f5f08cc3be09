// Starts, restarts and stops the real gateway binary, each time with its own empty home and state folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { checkout, program } from "./modules.mjs";
import { on } from "./net.mjs";

/** The binary under test. */
export const landline = process.env.LANDLINE_BIN ?? join(checkout, "target/debug/landline");

/** Shared token of every gateway that these tests start. */
export const TOKEN = "peer-test-token-0123456789abcdef";

/** How long a gateway may take until it serves, and until it has ended, in milliseconds. */
const START_MS = 30_000;
const STOP_MS = 20_000;

/** Folder for logs and screenshots of the tests. */
export function reportFolder(name) {
  const folder = join(checkout, "target", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A process of `landline gateway` and what belongs to it. */
export class Gateway {
  /**
   * Starts a gateway. `config` is the text of config.toml; `env` (an object, or a function of the gateway's own folder)
   * is added to a nearly empty environment; `name` names its log file under target/peer-logs; `claude` puts the real
   * Claude Code on its PATH; `homeFiles` are texts by their path in the home folder; `host` is the end of a `Cable` that
   * it runs on.
   */
  static async start({ name, config = "", env = {}, claude = false, homeFiles = {}, host }) {
    if (!existsSync(landline)) throw new Error(`${landline} does not exist: run \`cargo build\` first, or set LANDLINE_BIN`);
    const gateway = new Gateway(name, config, env);
    gateway.host = host;
    if (claude) gateway.#offerClaude();
    for (const [path, text] of Object.entries(homeFiles)) {
      mkdirSync(dirname(join(gateway.home, path)), { recursive: true });
      writeFileSync(join(gateway.home, path), text);
    }
    await gateway.#launch(0);
    return gateway;
  }

  constructor(name, config, env) {
    this.root = mkdtempSync(join(tmpdir(), "landline-peers-"));
    this.home = join(this.root, "home");
    this.stateDir = join(this.root, "state");
    this.bin = join(this.home, "bin");
    for (const folder of [this.home, this.stateDir, this.bin]) mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(this.stateDir, "config.toml"), config, { mode: 0o600 });
    this.env = {
      HOME: this.home,
      PATH: `${this.bin}:/usr/local/bin:/usr/bin:/bin`,
      LANG: "C.UTF-8",
      TMPDIR: this.root,
      LANDLINE_GATEWAY_TOKEN: TOKEN,
      LANDLINE_STATE_DIR: this.stateDir,
      ...(typeof env === "function" ? env(this.root) : env),
    };
    this.token = TOKEN;
    this.logFile = join(reportFolder("peer-logs"), `${name}.log`);
    this.log = createWriteStream(this.logFile);
  }

  /** Puts the real Claude Code on the gateway's PATH. */
  #offerClaude() {
    symlinkSync(program("LANDLINE_TEST_CLAUDE"), join(this.bin, "claude"));
  }

  async #launch(port) {
    const args = ["gateway", "--port", String(port), "--json", "--state-dir", this.stateDir];
    this.child = spawn(...on(this.host, landline, args), { env: this.env, cwd: this.root, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stderr.on("data", (data) => this.log.write(data));
    const child = this.child;
    this.exited = once(child, "exit").then(([code, signal]) => (child.ended = { code, signal }));
    const first = await this.#firstLine();
    this.url = first.url.replace(/\/$/, "");
    this.port = Number(new URL(this.url).port);
    this.announced = first;
  }

  async #firstLine() {
    const lines = createInterface({ input: this.child.stdout });
    lines.on("line", (line) => this.log.write(`stdout: ${line}\n`));
    let timer;
    const first = once(lines, "line").then(([line]) => line);
    const ended = this.exited.then(({ code, signal }) => {
      throw new Error(`the gateway ended with ${code ?? signal} before it served; log: ${this.logFile}`);
    });
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no line on stdout within ${START_MS} ms; log: ${this.logFile}`)), START_MS);
    });
    try {
      return JSON.parse(await Promise.race([first, ended, late]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process with `signal` and waits for it. The state stays. Answers {code, signal}. */
  async end(signal = "SIGTERM") {
    if (this.child.ended) return this.child.ended;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    const ended = await this.exited;
    clearTimeout(timer);
    return ended;
  }

  /** Starts it again on the same port and state after `end`. */
  async resume() {
    await this.#launch(this.port);
  }

  /** Ends and starts it again on the same port and state. */
  async restart(signal) {
    await this.end(signal);
    await this.resume();
  }

  /** Ends the process and removes its folders; the log stays. */
  async stop() {
    const ended = await this.end();
    this.log.end();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    return ended;
  }

  /** Calls a method as the person who started the gateway; a refusal is an error. */
  async call(method, params = {}) {
    const { code, stdout, stderr } = await this.landline(["call", method, JSON.stringify(params), "--json"]);
    if (code !== 0) throw new Error(`${method}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs `landline ARGS` as the person who started the gateway; answers {code, stdout, stderr}. */
  landline(args, options) {
    return run(landline, args, { env: this.env, cwd: this.root, ...options });
  }
}

/** Runs a program to its end; answers {code, stdout, stderr}. Ends it after `timeoutMs`. */
export async function run(file, args, { env, cwd, timeoutMs = 90_000 } = {}) {
  const child = spawn(file, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  return { code: code ?? signal, ...output };
}

/** Starts a gateway for one test (or suite) and stops it afterwards. */
export async function gatewayFor(t, options) {
  const gateway = await Gateway.start({ name: t.name.replace(/[^\w]+/g, "-").toLowerCase(), ...options });
  t.after(() => gateway.stop());
  return gateway;
}
