// Development only: two nodes, an offer that waits, and commands that answer.
const MINUTE = 60_000;
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mP8z8BQz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC";

const BUILDER = {
  nodeId: "b17de2f00dcafe",
  displayName: "builder",
  platform: "linux",
  version: "0.1.0",
  remoteIp: "10.0.0.7",
  caps: ["system", "fs", "screen"],
  commands: ["system.which", "screen.snapshot", "lamp.set"],
  connected: true,
  paired: true,
  lastSeenAtMs: Date.now(),
  commandSchemas: {
    "lamp.set": {
      type: "object",
      required: ["brightness"],
      properties: {
        brightness: { type: "integer", description: "From 0 to 100", default: 40 },
        colour: { enum: ["warm", "cold"], description: "What it looks like" },
      },
    },
  },
};
const PHONE = {
  nodeId: "f00dfeedbeef01",
  displayName: "Ada's phone",
  platform: "ios 19.1",
  version: "2.4",
  caps: ["camera", "location"],
  commands: [],
  connected: false,
  paired: true,
  lastSeenAtMs: Date.now() - 47 * MINUTE,
  pendingRequestId: "offer-1",
};

const ANSWERS = {
  "screen.snapshot": { format: "png", base64: DOT, width: 10, height: 10 },
  "system.which": { bins: { git: "/usr/bin/git" } },
  "lamp.set": { ok: true },
};

const offers = [
  {
    requestId: "offer-1",
    nodeId: PHONE.nodeId,
    displayName: PHONE.displayName,
    platform: PHONE.platform,
    caps: PHONE.caps,
    commands: ["camera.list", "camera.snap", "location.get"],
    requiredApproveScopes: ["operator.pairing", "operator.write"],
    ts: Date.now() - 3 * MINUTE,
  },
];

export const nodeMethods = {
  "node.list": () => ({ ts: Date.now(), nodes: [PHONE, BUILDER] }),
  "node.describe": (_state, { nodeId }) => [PHONE, BUILDER].find((node) => node.nodeId === nodeId),
  "node.pair.list": () => ({ pending: offers, paired: [] }),
  "node.pair.approve": (_state, { requestId }) => {
    const [offer] = offers.splice(0, 1);
    PHONE.commands = offer.commands;
    delete PHONE.pendingRequestId;
    return { requestId, node: PHONE };
  },
  "node.invoke": (_state, { nodeId, command }) => ({ ok: true, nodeId, command, payload: ANSWERS[command] }),
};
