// Chat platforms: the bots and how they are, the people who ask to be let in, and what could not be sent.
import { signal } from "@preact/signals";
import { isRecord, number, records, text } from "../wire/frames";
import { onEvent, onRead, request } from "./gateway";
import { route } from "./route";

export interface Bot {
  channel: string;
  label: string;
  accountId: string;
  name: string | undefined;
  enabled: boolean;
  running: boolean;
  connected: boolean;
  aliveAt: number | undefined;
  inboundAt: number | undefined;
  outboundAt: number | undefined;
  error: string | undefined;
  dmPolicy: string;
  waiting: number;
  queued: number;
  unknown: number;
  failed: number;
}

export interface Stranger {
  code: string;
  channel: string;
  label: string;
  accountId: string;
  senderId: string;
  name: string;
  handle: string | undefined;
  askedAt: number;
}

export interface Unsent {
  id: string;
  channel: string;
  chat: string;
  state: string;
  preview: string;
  error: string | undefined;
  createdAt: number;
}

/** What a person fills in to add a bot. */
export interface NewBot {
  channel: string;
  accountId: string;
  token: string;
  apiRoot: string;
}

export const bots = signal<Bot[]>([]);
export const strangers = signal<Stranger[]>([]);
export const unsent = signal<Unsent[]>([]);
export const channelsLoaded = signal(false);

const RELOAD_DELAY_MS = 200;
let timer: ReturnType<typeof setTimeout> | undefined;

export function readBots(answer: unknown): Bot[] {
  const body = isRecord(answer) ? answer : {};
  const labels = isRecord(body.channelLabels) ? body.channelLabels : {};
  const accounts = isRecord(body.channelAccounts) ? body.channelAccounts : {};
  return Object.entries(accounts).flatMap(([channel, rows]) =>
    records(rows).map((row) => readBot(channel, text(labels[channel]) ?? channel, row)),
  );
}

function readBot(channel: string, label: string, row: Record<string, unknown>): Bot {
  const handle = text(row.handle);
  return {
    channel,
    label,
    accountId: text(row.accountId) ?? "main",
    name: handle ? `@${handle}` : text(row.name),
    enabled: row.enabled !== false,
    running: row.running === true,
    connected: row.connected === true,
    aliveAt: number(row.lastTransportActivityAt),
    inboundAt: number(row.lastInboundAt),
    outboundAt: number(row.lastOutboundAt),
    error: text(row.lastError),
    dmPolicy: text(row.dmPolicy) ?? "",
    waiting: number(row.waiting) ?? 0,
    queued: number(row.queued) ?? 0,
    unknown: number(row.unknown) ?? 0,
    failed: number(row.failed) ?? 0,
  };
}

export function readStranger(row: Record<string, unknown>): Stranger {
  const metadata = isRecord(row.metadata) ? row.metadata : {};
  return {
    code: text(row.requestId) ?? "",
    channel: text(row.channel) ?? "",
    label: text(row.channelLabel) ?? text(row.channel) ?? "",
    accountId: text(row.accountId) ?? "main",
    senderId: text(row.senderId) ?? "",
    name: text(row.senderLabel) ?? text(row.senderId) ?? "",
    handle: text(metadata.handle),
    askedAt: Date.parse(text(row.createdAt) ?? "") || 0,
  };
}

export function readUnsent(row: Record<string, unknown>): Unsent {
  return {
    id: text(row.id) ?? "",
    channel: text(row.channel) ?? "",
    chat: text(row.chat) ?? "",
    state: text(row.state) ?? "",
    preview: text(row.preview) ?? "",
    error: text(row.error),
    createdAt: number(row.createdAt) ?? 0,
  };
}

export async function loadChannels(): Promise<void> {
  const [status, asked, outbox] = await Promise.all([
    request<unknown>("channels.status", {}),
    // Not everybody who may look may let people in.
    request<unknown>("channels.pairing.list", {}).catch(() => undefined),
    request<unknown>("channels.outbox.list", {}),
  ]);
  bots.value = readBots(status);
  strangers.value = (isRecord(asked) ? records(asked.requests) : []).map(readStranger);
  unsent.value = (isRecord(outbox) ? records(outbox.messages) : []).map(readUnsent);
  channelsLoaded.value = true;
}

export async function addBot(bot: NewBot): Promise<void> {
  const apiRoot = bot.apiRoot.trim().replace(/\/$/, "");
  await request("channels.add", {
    channel: bot.channel,
    accountId: bot.accountId,
    token: bot.token.trim(),
    ...(apiRoot === "" ? {} : { apiRoot }),
  });
  await loadChannels();
}

export async function decide(stranger: Stranger, letIn: boolean): Promise<void> {
  const method = letIn ? "channels.pairing.approve" : "channels.pairing.deny";
  const { channel, accountId, code } = stranger;
  await request(method, { channel, accountId, requestId: code });
  await loadChannels();
}

/** Does something to a bot: start, stop or remove it. */
export async function steer(bot: Bot, action: "start" | "stop" | "remove"): Promise<void> {
  await request(`channels.${action}`, { channel: bot.channel, accountId: bot.accountId });
  await loadChannels();
}

export async function settle(message: Unsent, action: "resend" | "drop"): Promise<void> {
  await request(`channels.outbox.${action}`, { id: message.id });
  await loadChannels();
}

function loadSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void loadChannels().catch(() => undefined), RELOAD_DELAY_MS);
}

onEvent("channels.pairing.requested", loadSoon);
onEvent("channels.pairing.resolved", loadSoon);
onEvent("channels.changed", () => {
  // How the bots are matters only where it is shown; who asks shows everywhere, and has events of its own.
  if (route.peek().page === "channels") loadSoon();
});
onRead(loadSoon);
