// Machines and phones that lend what they can do: offers to decide on, nodes, and their commands to try.
import { useEffect, useState } from "preact/hooks";
import { AddNode } from "../parts/add-node";
import { ApprovalCard } from "../parts/approval-card";
import { askName, confirm } from "../parts/dialog";
import { EditIcon, NodeIcon, TrashIcon } from "../parts/icons";
import { InvokeForm } from "../parts/invoke-form";
import { TopBar } from "../parts/top-bar";
import { approvals } from "../store/approvals";
import { ago, useNow } from "../store/clock";
import {
  approveOffer,
  describeNode,
  loadNodes,
  type Node,
  nodes,
  nodesLoaded,
  type Offer,
  offers,
  rejectOffer,
  removeNode,
  renameNode,
} from "../store/nodes";
import { attempt } from "../store/notices";

export function NodesPage() {
  useEffect(() => {
    document.title = "Nodes · Landline";
    loadNodes().catch(() => undefined);
  }, []);
  const asked = approvals.value.filter((approval) => approval.nodeId !== undefined);
  return (
    <main class="page" data-testid="nodes">
      <TopBar title="Nodes" />
      <div class="sheet">
        {offers.value.length + asked.length > 0 && (
          <section aria-labelledby="offers-title">
            <h2 id="offers-title">Waiting for you</h2>
            {asked.map((approval) => (
              <ApprovalCard key={approval.id} approval={approval} />
            ))}
            <ul class="cards">
              {offers.value.map((offer) => (
                <OfferCard key={offer.requestId} offer={offer} />
              ))}
            </ul>
          </section>
        )}
        <section aria-labelledby="nodes-title">
          <h2 id="nodes-title">Nodes</h2>
          {nodes.value.length === 0 && nodesLoaded.value && (
            <p class="quiet">
              No machine or phone yet. Add one below; it can lend its camera, screen, canvas or shell.
            </p>
          )}
          <ul class="cards">
            {nodes.value.map((node) => (
              <NodeCard key={node.id} node={node} />
            ))}
          </ul>
        </section>
        <section aria-labelledby="add-node-title">
          <h2 id="add-node-title">Add a machine</h2>
          <AddNode />
        </section>
      </div>
    </main>
  );
}

function OfferCard({ offer }: { offer: Offer }) {
  const now = useNow("slow");
  return (
    <li class="device asks" data-testid="offer" data-request-id={offer.requestId}>
      <NodeIcon />
      <div class="device-main">
        <h3>{offer.name}</h3>
        <p class="quiet">
          {[offer.platform, offer.remoteIp, offer.ts > 0 ? ago(offer.ts, now) : ""]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <p>Offers these commands:</p>
        <Words words={offer.commands} label="Commands offered" />
        {offer.needs.length > 0 && (
          <p class="quiet">
            Whoever approves needs {offer.needs.map((scope) => scope.replace("operator.", "")).join(", ")}
          </p>
        )}
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="button primary"
          data-testid="offer-approve"
          onClick={() => void attempt("Could not approve", () => approveOffer(offer))}
        >
          Approve
        </button>
        <button
          type="button"
          class="button"
          data-testid="offer-reject"
          onClick={() => void attempt("Could not reject", () => rejectOffer(offer))}
        >
          Reject
        </button>
      </div>
    </li>
  );
}

function NodeCard({ node }: { node: Node }) {
  const now = useNow("slow");
  const rename = async () => {
    const name = await askName({ title: "Name of this node", initial: node.name });
    if (name?.trim()) await attempt("Could not rename", () => renameNode(node.id, name.trim()));
  };
  const remove = async () => {
    const sure = await confirm({
      title: `Remove “${node.name}”?`,
      detail: "What it offers is no longer approved. The device itself stays paired; see Devices.",
      action: "Remove",
    });
    if (sure) await attempt("Could not remove", () => removeNode(node.id));
  };
  const seen = node.seenAt === undefined ? "never seen" : `seen ${ago(node.seenAt, now)}`;
  return (
    <li class="device" data-testid="node" data-node-id={node.id} data-connected={node.connected}>
      <NodeIcon />
      <div class="device-main">
        <h3>
          {node.name}{" "}
          <span class={node.connected ? "pill good" : "pill"}>{node.connected ? "connected" : "away"}</span>{" "}
          {node.pendingRequestId && <span class="pill warn">offers more</span>}
        </h3>
        <p class="quiet">
          {[node.platform, node.version, node.remoteIp, node.connected ? "" : seen]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <Words words={node.caps} label="Families of commands" />
        <Commands node={node} />
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="icon-button"
          aria-label={`Rename ${node.name}`}
          title="Rename"
          data-testid="node-rename"
          onClick={() => void rename()}
        >
          <EditIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`Remove ${node.name}`}
          title="Remove"
          data-testid="node-remove"
          onClick={() => void remove()}
        >
          <TrashIcon />
        </button>
      </div>
    </li>
  );
}

/** The commands that may be called, and the form of the one that was picked. */
function Commands({ node }: { node: Node }) {
  const [picked, pick] = useState<string | null>(null);
  const [schemas, setSchemas] = useState(node.schemas);
  if (node.commands.length === 0) {
    return <p class="quiet">Nothing can be called: no command of it was approved and allowed.</p>;
  }
  const choose = (command: string) => {
    pick(command === "" ? null : command);
    describeNode(node.id)
      .then((described) => setSchemas(described.schemas))
      .catch(() => undefined);
  };
  return (
    <>
      <label class="pick">
        <span class="quiet">Call</span>
        <select
          class="field"
          value={picked ?? ""}
          disabled={!node.connected}
          data-testid="node-command"
          onChange={(event) => choose(event.currentTarget.value)}
        >
          <option value="">a command…</option>
          {node.commands.map((command) => (
            <option key={command} value={command}>
              {command}
            </option>
          ))}
        </select>
      </label>
      {picked !== null && node.connected && (
        <InvokeForm key={picked} nodeId={node.id} command={picked} schema={schemas[picked]} />
      )}
    </>
  );
}

function Words({ words, label }: { words: string[]; label: string }) {
  if (words.length === 0) return null;
  return (
    <ul class="pills" aria-label={label}>
      {words.map((word) => (
        <li key={word} class="pill">
          {word}
        </li>
      ))}
    </ul>
  );
}
