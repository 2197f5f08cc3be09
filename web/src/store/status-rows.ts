// Rows of the status page, read from what the gateway says about agents, channels and clients.
import { isRecord, number, records, text, texts } from "../wire/frames";

type Body = Record<string, unknown>;

export interface AgentRow {
  id: string;
  name: string;
  isDefault: boolean;
  executor: string | undefined;
  reason: string | undefined;
  model: string | undefined;
}

export interface ChannelRow {
  id: string;
  label: string;
  state: "connected" | "configured" | "off" | "error";
  detail: string | undefined;
}

export interface PresenceRow {
  id: string;
  name: string;
  mode: string | undefined;
  platform: string | undefined;
  roles: string[];
  ts: number;
}

/** Joins what `agents.list` and `status` say about each agent: who answers, and why it was chosen. */
export function agentRows(list: unknown, said: unknown): AgentRow[] {
  const body = isRecord(list) ? list : {};
  const statusRows = records(isRecord(said) ? said.agents : undefined);
  const defaultId = text(body.defaultId);
  return records(body.agents).flatMap((row) => {
    const id = text(row.id) ?? text(row.agentId);
    if (!id) return [];
    const more = statusRows.find((other) => other.id === id || other.agentId === id) ?? {};
    const both: Body = { ...row, ...more };
    const identity = isRecord(row.identity) ? row.identity : {};
    const executor = text(both.executor);
    const model = isRecord(row.model) ? text(row.model.primary) : text(row.model);
    return [
      {
        id,
        name: text(identity.name) ?? text(row.name) ?? id,
        isDefault: id === defaultId || row.isDefault === true,
        executor,
        reason: text(both.executorReason) ?? text(both.reason) ?? text(both.why),
        model: ownModel(model, executor),
      },
    ];
  });
}

/** Returns the model without the executor before it, or nothing when it is not a model of its own. */
function ownModel(model: string | undefined, executor: string | undefined): string | undefined {
  if (executor === undefined || !model?.startsWith(`${executor}/`)) return model;
  const name = model.slice(executor.length + 1);
  return name === "default" || name === executor ? undefined : name;
}

export function channelRows(value: unknown): ChannelRow[] {
  const body = isRecord(value) ? value : {};
  const labels = isRecord(body.channelLabels) ? body.channelLabels : {};
  const states = isRecord(body.channels) ? body.channels : {};
  const accounts = isRecord(body.channelAccounts) ? body.channelAccounts : {};
  const order = texts(body.channelOrder);
  const ids = order.length > 0 ? order : Object.keys(states);
  return ids.map((id) => {
    const account = records(accounts[id])[0] ?? {};
    const both: Body = { ...(isRecord(states[id]) ? states[id] : {}), ...account };
    const detail = text(both.lastError);
    return { id, label: text(labels[id]) ?? id, state: channelState(both, detail), detail };
  });
}

function channelState(row: Body, error: string | undefined): ChannelRow["state"] {
  if (error) return "error";
  if (row.connected === true || row.running === true || row.linked === true) return "connected";
  return row.configured === true ? "configured" : "off";
}

export function presenceRows(value: unknown): PresenceRow[] {
  return records(value)
    .filter((row) => row.reason !== "disconnect" && row.reason !== "node-disconnected")
    .map((row, index) => ({
      id: text(row.deviceId) ?? text(row.instanceId) ?? `${text(row.host) ?? "client"}-${index}`,
      name: text(row.displayName) ?? text(row.host) ?? text(row.text) ?? text(row.mode) ?? "client",
      mode: text(row.mode),
      platform: text(row.platform),
      roles: texts(row.roles),
      ts: number(row.ts) ?? 0,
    }));
}
