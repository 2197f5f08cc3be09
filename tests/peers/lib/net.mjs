// Two machines on one: network namespaces joined by a cable that can be pulled. Needs root and `ip` (iproute2).
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";

const ip = (...args) => execFileSync("ip", args, { stdio: ["ignore", "pipe", "pipe"] }).toString();

/** Two hosts, each a network namespace with one address, and the cable between them. */
export class Cable {
  /** Lays it; answers undefined only if LANDLINE_TEST_NO_NAMESPACES says that this machine cannot have any. */
  static lay() {
    try {
      return new Cable();
    } catch (error) {
      if (process.env.LANDLINE_TEST_NO_NAMESPACES === "1") return undefined;
      throw new Error(`no network namespaces here (root and iproute2 are needed); LANDLINE_TEST_NO_NAMESPACES=1 leaves these tests out: ${error.message}`);
    }
  }

  constructor() {
    const name = `ll${randomBytes(3).toString("hex")}`;
    this.here = { namespace: `${name}a`, address: "10.77.0.1", link: `${name}a0` };
    this.there = { namespace: `${name}b`, address: "10.77.0.2", link: `${name}b0` };
    try {
      for (const { namespace } of this.ends) ip("netns", "add", namespace);
      ip("link", "add", this.here.link, "netns", this.here.namespace, "type", "veth", "peer", "name", this.there.link,
        "netns", this.there.namespace);
      for (const end of this.ends) {
        ip("-n", end.namespace, "address", "add", `${end.address}/24`, "dev", end.link);
        ip("-n", end.namespace, "link", "set", "lo", "up");
        ip("-n", end.namespace, "link", "set", end.link, "up");
      }
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  get ends() {
    return [this.here, this.there];
  }

  /** Pulls the cable out: nothing is refused, nothing arrives. */
  cut() {
    ip("-n", this.here.namespace, "link", "set", this.here.link, "down");
  }

  /** Puts it back. */
  mend() {
    ip("-n", this.here.namespace, "link", "set", this.here.link, "up");
  }

  /** Takes both hosts away. */
  remove() {
    for (const { namespace } of this.ends) {
      try {
        ip("netns", "delete", namespace);
      } catch {
        // It was never made, or is gone.
      }
    }
  }
}

/** The command line that runs a program on a host; without one it runs here. `ip netns exec` becomes the program. */
export function on(host, file, args) {
  return host ? ["ip", ["netns", "exec", host.namespace, file, ...args]] : [file, args];
}
