// Nodes: machines and phones that lend what they can do, and those whose offer waits for a yes.
import { signal } from "@preact/signals";
import { isRecord, number, records, text, texts } from "../wire/frames";
import { shortId } from "./devices";
import { onEvent, onRead, request } from "./gateway";

export interface Node {
  id: string;
  name: string;
  platform: string | undefined;
  version: string | undefined;
  remoteIp: string | undefined;
  caps: string[];
  commands: string[];
  connected: boolean;
  /** Set while what it offers, or more than was approved, waits for a yes. */
  pendingRequestId: string | undefined;
  seenAt: number | undefined;
  schemas: Record<string, unknown>;
}

/** An offer that waits. */
export interface Offer {
  requestId: string;
  nodeId: string;
  name: string;
  platform: string | undefined;
  remoteIp: string | undefined;
  caps: string[];
  commands: string[];
  needs: string[];
  ts: number;
}

export const nodes = signal<Node[]>([]);
export const offers = signal<Offer[]>([]);
export const nodesLoaded = signal(false);

const RELOAD_DELAY_MS = 150;
/** A person watches: longer than a picture or a short film takes. */
const INVOKE_TIMEOUT_MS = 60_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function readNode(row: Record<string, unknown>): Node {
  const id = text(row.nodeId) ?? "";
  return {
    id,
    name: text(row.displayName) || shortId(id),
    platform: text(row.platform),
    version: text(row.version),
    remoteIp: text(row.remoteIp),
    caps: texts(row.caps),
    commands: texts(row.commands),
    connected: row.connected === true,
    pendingRequestId: text(row.pendingRequestId),
    seenAt: number(row.lastSeenAtMs) ?? number(row.lastConnectedAtMs),
    schemas: isRecord(row.commandSchemas) ? row.commandSchemas : {},
  };
}

export function readOffer(row: Record<string, unknown>): Offer {
  const nodeId = text(row.nodeId) ?? "";
  return {
    requestId: text(row.requestId) ?? "",
    nodeId,
    name: text(row.displayName) || shortId(nodeId),
    platform: text(row.platform),
    remoteIp: text(row.remoteIp),
    caps: texts(row.caps),
    commands: texts(row.commands),
    needs: texts(row.requiredApproveScopes),
    ts: number(row.ts) ?? 0,
  };
}

export async function loadNodes(): Promise<void> {
  const [list, pairing] = await Promise.all([
    request<unknown>("node.list"),
    request<unknown>("node.pair.list"),
  ]);
  const found = records(isRecord(list) ? list.nodes : []).map(readNode);
  nodes.value = found.sort(
    (a, b) => Number(b.connected) - Number(a.connected) || a.name.localeCompare(b.name),
  );
  offers.value = records(isRecord(pairing) ? pairing.pending : []).map(readOffer);
  nodesLoaded.value = true;
}

/** Reads one node with the schemas of its commands. */
export async function describeNode(nodeId: string): Promise<Node> {
  const row = await request<unknown>("node.describe", { nodeId });
  return readNode(isRecord(row) ? row : {});
}

/** Approves exactly what was shown: a changed offer has another id. */
export async function approveOffer(offer: Offer): Promise<void> {
  await request("node.pair.approve", { requestId: offer.requestId });
  await loadNodes();
}

export async function rejectOffer(offer: Offer): Promise<void> {
  await request("node.pair.reject", { requestId: offer.requestId });
  await loadNodes();
}

export async function renameNode(nodeId: string, displayName: string): Promise<void> {
  await request("node.rename", { nodeId, displayName });
  await loadNodes();
}

export async function removeNode(nodeId: string): Promise<void> {
  await request("node.pair.remove", { nodeId });
  await loadNodes();
}

/** Calls a command of a node; returns its payload. A program is planned by the node first, which may insist on that. */
export async function invokeNode(nodeId: string, command: string, params: object): Promise<unknown> {
  const call = { nodeId, timeoutMs: INVOKE_TIMEOUT_MS, idempotencyKey: crypto.randomUUID() };
  const runs = command === "system.run";
  const asked = runs ? { ...call, ...params } : { ...call, command, params };
  const answer = await request<unknown>(runs ? "node.exec" : "node.invoke", asked, INVOKE_TIMEOUT_MS + 5_000);
  return isRecord(answer) ? answer.payload : answer;
}

function loadSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void loadNodes().catch(() => undefined), RELOAD_DELAY_MS);
}

for (const event of [
  "node.pair.requested",
  "node.pair.resolved",
  "node.presence",
  "presence",
  "config.changed",
]) {
  onEvent(event, loadSoon);
}
onRead(loadSoon);
