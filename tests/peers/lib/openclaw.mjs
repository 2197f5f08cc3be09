// Runs the stock `openclaw` command line with a scratch home against a gateway.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./modules.mjs";
import { run } from "./gateway.mjs";
import { on } from "./net.mjs";

/** A person's home with a configuration that points the stock CLI at one gateway. */
export class OpenclawHome {
  constructor(gateway, { url = gateway.url, host, token = gateway.token } = {}) {
    this.gateway = gateway;
    this.host = host;
    this.folder = mkdtempSync(join(tmpdir(), "landline-openclaw-"));
    this.webSocketUrl = url.replace(/^http/, "ws");
    mkdirSync(join(this.folder, ".openclaw"));
    const config = {
      gateway: { mode: "remote", remote: { url: this.webSocketUrl, token } },
      discovery: { mdns: { mode: "off" } },
      plugins: { enabled: false },
      update: { checkOnStart: false },
      logging: { file: join(this.folder, "openclaw.log") },
    };
    writeFileSync(join(this.folder, ".openclaw", "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
    this.env = {
      HOME: this.folder,
      PATH: "/usr/local/bin:/usr/bin:/bin",
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      TMPDIR: this.folder,
      NO_COLOR: "1",
      OPENCLAW_DISABLE_BONJOUR: "1",
    };
  }

  /** Node and the arguments before the CLI's own. */
  get command() {
    return [program("LANDLINE_TEST_NODE"), program("LANDLINE_TEST_OPENCLAW")];
  }

  /** The options that name the gateway, for commands that take them. */
  get address() {
    return ["--url", this.webSocketUrl, "--token", this.gateway.token];
  }

  /** Runs `openclaw ARGS`; answers {code, stdout, stderr, text} with both outputs joined in `text`. */
  async run(...args) {
    const [node, script] = this.command;
    const result = await run(...on(this.host, node, [script, ...args]), { env: this.env, cwd: this.folder });
    return { ...result, text: result.stdout + result.stderr };
  }

  /** Removes the home. */
  remove() {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
