// Finds and loads the counterparts' packages from the cache folder, which lies outside the checkout.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The root of this checkout. */
export const checkout = new URL("../../../", import.meta.url).pathname;

const cacheFolder =
  process.env.LANDLINE_TEST_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "landline-peers");
const modulesFolder = process.env.LANDLINE_TEST_MODULES ?? join(cacheFolder, "openclaw", "node_modules");

/** Path of a counterpart's program: what `setup.sh` printed under `name`, or an error that says how to get it. */
export function program(name) {
  const path = process.env[name];
  if (!path) throw new Error(`${name} is not set: run the tests through tests/peers/run.sh`);
  return path;
}

/** Folder of an installed package, or an error that says how to install it. */
export function packageFolder(name) {
  const folder = join(modulesFolder, name);
  if (!existsSync(join(folder, "package.json"))) {
    throw new Error(`${name} is not in ${modulesFolder}: run tests/peers/setup.sh`);
  }
  return folder;
}

/** The `version` an installed package names in its package.json. */
export function packageVersion(name) {
  return JSON.parse(readFileSync(join(packageFolder(name), "package.json"), "utf8")).version;
}

/** Imports `name` (with an optional export path such as "./schema") from the cache. */
export async function load(name, subpath = ".") {
  const folder = packageFolder(name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const entry = manifest.exports?.[subpath] ?? (subpath === "." ? manifest.exports ?? manifest.main : undefined);
  const file = pick(entry);
  if (file === undefined) throw new Error(`${name} exports nothing at ${subpath}`);
  return import(pathToFileURL(join(folder, file)).href);
}

/** The file an `exports` entry names for an ES module import. */
function pick(entry) {
  if (entry === undefined || typeof entry === "string") return entry;
  return pick(entry.import ?? entry.default);
}
