// How the gateway is doing: health, presence, agents and channels, read once and then followed by events.
import { signal } from "@preact/signals";
import { isRecord } from "../wire/frames";
import { hello, onEvent, onRead, request } from "./gateway";
import {
  type AgentRow,
  agentRows,
  type ChannelRow,
  channelRows,
  type PresenceRow,
  presenceRows,
} from "./status-rows";

type Body = Record<string, unknown>;

export const health = signal<Body | null>(null);
export const presence = signal<PresenceRow[]>([]);
export const agents = signal<AgentRow[]>([]);
export const channels = signal<ChannelRow[]>([]);

let healthVersion = 0;
let presenceVersion = 0;

export async function loadStatus(): Promise<void> {
  const ask = (method: string, params?: object) => request<unknown>(method, params).catch(() => null);
  const [healthBody, statusBody, people, agentList, channelBody] = await Promise.all([
    ask("health"),
    ask("status"),
    ask("system-presence"),
    ask("agents.list"),
    ask("channels.status", { probe: false }),
  ]);
  if (isRecord(healthBody)) health.value = healthBody;
  if (Array.isArray(people)) presence.value = presenceRows(people);
  agents.value = agentRows(agentList, statusBody);
  channels.value = channelRows(channelBody);
}

onEvent("health", (payload, frame) => {
  const version = frame.stateVersion?.health ?? healthVersion;
  // An older snapshot that was overtaken is not news.
  if (!isRecord(payload) || version < healthVersion) return;
  healthVersion = version;
  health.value = payload;
});
onEvent("presence", (payload, frame) => {
  const version = frame.stateVersion?.presence ?? presenceVersion;
  if (!isRecord(payload) || version < presenceVersion) return;
  presenceVersion = version;
  presence.value = presenceRows(payload.presence);
});
onRead(() => {
  healthVersion = 0;
  presenceVersion = 0;
  const greeting = hello.peek();
  if (isRecord(greeting?.health)) health.value = greeting.health;
  presence.value = presenceRows(greeting?.presence);
  void loadStatus();
});
