// hello-ok: what the gateway says about itself and about this connection.
import { isRecord, number, text, texts } from "./frames";

export interface Hello {
  version: string;
  connId: string;
  methods: string[];
  scopes: string[];
  deviceToken: string | undefined;
  mainSessionKey: string;
  defaultAgentId: string;
  uptimeMs: number;
  /** Local time at which the gateway said so. */
  receivedAtMs: number;
  tickIntervalMs: number | undefined;
  maxAttachmentBytes: number | undefined;
  presence: unknown;
  health: unknown;
}

export function readHello(payload: unknown): Hello {
  const hello = section(payload);
  const server = section(hello.server);
  const snapshot = section(hello.snapshot);
  const defaults = section(snapshot.sessionDefaults);
  const auth = section(hello.auth);
  const policy = section(hello.policy);
  const defaultAgentId = text(defaults.defaultAgentId) ?? "main";
  return {
    version: text(server.version) ?? "",
    connId: text(server.connId) ?? "",
    methods: texts(section(hello.features).methods),
    scopes: texts(auth.scopes),
    deviceToken: text(auth.deviceToken),
    mainSessionKey: text(defaults.mainSessionKey) ?? `agent:${defaultAgentId}:main`,
    defaultAgentId,
    uptimeMs: number(snapshot.uptimeMs) ?? 0,
    receivedAtMs: Date.now(),
    tickIntervalMs: number(policy.tickIntervalMs),
    maxAttachmentBytes: number(section(policy.attachments).maxBytes),
    presence: snapshot.presence,
    health: snapshot.health,
  };
}

function section(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
