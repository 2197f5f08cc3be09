// A program in a terminal of its own (tmux), which a test types into and reads.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { program } from "./modules.mjs";

/** A terminal of 120 by 40 characters. */
export class Terminal {
  /** Starts `command` (a list) with the environment `env`; the tmux socket lies in `folder`. */
  constructor(command, { env, folder }) {
    this.socket = join(folder, "tmux.sock");
    this.env = env;
    // tmux can miss that its child has ended, so a shell writes down how it did.
    this.status = join(folder, "status");
    const noted = ["sh", "-c", '"$@"; echo $? > "$0"', this.status, ...command];
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "-c", folder, ...noted);
    this.#tmux("set-option", "-g", "remain-on-exit", "on");
  }

  #tmux(...args) {
    return execFileSync(program("LANDLINE_TEST_TMUX"), ["-S", this.socket, ...args], { env: this.env, encoding: "utf8" });
  }

  /** What the terminal shows, with empty lines left out. */
  screen() {
    return this.#tmux("capture-pane", "-p").split("\n").filter((line) => line.trim() !== "").join("\n");
  }

  /** Types `text` and presses Enter. */
  async type(text) {
    this.#tmux("send-keys", "-l", text);
    await this.until((screen) => screen.includes(text), `the typed text "${text}"`);
    this.#tmux("send-keys", "Enter");
  }

  /** Presses a key by its name in tmux, such as Tab, Down or q. */
  press(key) {
    this.#tmux("send-keys", key);
  }

  /** Waits until the screen `matches`; answers the screen. */
  async until(matches, what, timeoutMs = 40_000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const screen = this.screen();
      if (matches(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the terminal did not show ${what}:\n${screen}`);
      await pause(150);
    }
  }

  /** Waits until the program has ended; answers its exit status. */
  async ended(timeoutMs = 40_000) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const status = existsSync(this.status) ? readFileSync(this.status, "utf8") : "";
      if (status.endsWith("\n")) return Number(status);
      if (Date.now() > deadline) throw new Error(`the program goes on:\n${this.screen()}`);
      await pause(50);
    }
  }

  /** Ends the program and the terminal. */
  end() {
    this.#tmux("kill-server");
  }
}
