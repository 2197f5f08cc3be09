// How the gateway is doing, at a glance.
import { useEffect } from "preact/hooks";
import { TopBar } from "../parts/top-bar";
import { ago, duration, useNow } from "../store/clock";
import { hello, online } from "../store/gateway";
import { agents, channels, health, loadStatus, presence } from "../store/status";
import { isRecord, number, texts } from "../wire/frames";

export function StatusPage() {
  useEffect(() => {
    document.title = "Status · Landline";
    void loadStatus();
  }, []);
  return (
    <main class="page" data-testid="status">
      <TopBar title="Status" />
      <div class="sheet">
        <Facts />
        <Agents />
        <Channels />
        <Presence />
      </div>
    </main>
  );
}

function Facts() {
  const now = useNow();
  const greeting = hello.value;
  const up = greeting ? greeting.uptimeMs + (now - greeting.receivedAtMs) : undefined;
  const sessions = isRecord(health.value?.sessions) ? number(health.value.sessions.count) : undefined;
  const degraded = texts(health.value?.degraded);
  const good = online.value && health.value?.ok !== false && degraded.length === 0;
  return (
    <section class="facts" aria-label="Overview">
      <Fact
        name="Gateway"
        testid="fact-health"
        value={good ? "Healthy" : online.value ? "Degraded" : "Not reachable"}
        tone={good ? "good" : "bad"}
      >
        {degraded.length > 0 ? degraded.join(", ") : checked(now)}
      </Fact>
      <Fact
        name="Running for"
        testid="fact-uptime"
        value={online.value && up !== undefined ? duration(up) : "–"}
      >
        {greeting?.version ? `version ${greeting.version}` : ""}
      </Fact>
      <Fact name="Chats" testid="fact-sessions" value={sessions === undefined ? "–" : String(sessions)}>
        stored on this gateway
      </Fact>
      <Fact name="Connected" testid="fact-presence" value={String(presence.value.length)}>
        clients and nodes
      </Fact>
    </section>
  );
}

function checked(now: number): string {
  const ts = number(health.value?.ts);
  return ts ? `checked ${ago(ts, now)}` : "";
}

interface FactProps {
  name: string;
  value: string;
  testid: string;
  tone?: "good" | "bad";
  children?: preact.ComponentChildren;
}

function Fact({ name, value, testid, tone, children }: FactProps) {
  return (
    <div class={`fact ${tone ?? ""}`} data-testid={testid}>
      <span class="quiet">{name}</span>
      <strong>{value}</strong>
      <span class="quiet">{children}</span>
    </div>
  );
}

function Agents() {
  return (
    <section aria-labelledby="agents-title">
      <h2 id="agents-title">Agents</h2>
      {agents.value.length === 0 && <p class="quiet">No agent is known yet.</p>}
      <ul class="cards">
        {agents.value.map((agent) => (
          <li key={agent.id} class="line" data-testid="agent" data-agent-id={agent.id}>
            <div>
              <h3>
                {agent.name} {agent.isDefault && <span class="pill">default</span>}
              </h3>
              {agent.reason && <p class="quiet">{agent.reason}</p>}
            </div>
            <p class="line-end">
              {agent.executor && <code>{agent.executor}</code>}
              {agent.model && <span class="quiet">{agent.model}</span>}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

const CHANNEL_WORDS = {
  connected: "connected",
  configured: "configured",
  off: "not set up",
  error: "failing",
} as const;

function Channels() {
  return (
    <section aria-labelledby="channels-title">
      <h2 id="channels-title">Channels</h2>
      {channels.value.length === 0 && (
        <p class="quiet">
          No channel is configured. Chat here, or from the terminal with the command landline chat.
        </p>
      )}
      <ul class="cards">
        {channels.value.map((channel) => (
          <li key={channel.id} class="line" data-testid="channel" data-channel-id={channel.id}>
            <div>
              <h3>{channel.label}</h3>
              {channel.detail && <p class="quiet">{channel.detail}</p>}
            </div>
            <p class="line-end">
              <span
                class={`pill ${channel.state === "connected" ? "good" : channel.state === "error" ? "bad" : ""}`}
              >
                {CHANNEL_WORDS[channel.state]}
              </span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Presence() {
  const now = useNow();
  return (
    <section aria-labelledby="presence-title">
      <h2 id="presence-title">Connected now</h2>
      {presence.value.length === 0 && <p class="quiet">Nobody is connected.</p>}
      <ul class="cards">
        {presence.value.map((row) => (
          <li key={row.id} class="line" data-testid="presence">
            <div>
              <h3>{row.name}</h3>
              <p class="quiet">{[row.platform, row.roles.join(", ")].filter(Boolean).join(" · ")}</p>
            </div>
            <p class="line-end">
              {row.mode && <span class="pill">{row.mode}</span>}
              <span class="quiet">{row.ts > 0 && ago(row.ts, now)}</span>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
