// Machines and phones that lend what they can do: offers to decide on, nodes, and their commands to try.
import { useEffect, useState } from "preact/hooks";
import { AddNode } from "../parts/add-node";
import { ApprovalCard } from "../parts/approval-card";
import { Action, Card, Facts, IconAction, Pills } from "../parts/card";
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
  const actions = (
    <>
      <Action
        label="Approve"
        testid="offer-approve"
        primary
        act={() => attempt("Could not approve", () => approveOffer(offer))}
      />
      <Action
        label="Reject"
        testid="offer-reject"
        act={() => attempt("Could not reject", () => rejectOffer(offer))}
      />
    </>
  );
  return (
    <Card
      icon={<NodeIcon />}
      title={offer.name}
      testid="offer"
      data={{ "request-id": offer.requestId }}
      asks
      actions={actions}
    >
      <Facts words={[offer.platform, offer.remoteIp, offer.ts > 0 ? ago(offer.ts, now) : ""]} />
      <p>Offers these commands:</p>
      <Pills words={offer.commands} label="Commands offered" />
      {offer.needs.length > 0 && (
        <p class="quiet">
          Whoever approves needs {offer.needs.map((scope) => scope.replace("operator.", "")).join(", ")}
        </p>
      )}
    </Card>
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
  const title = (
    <>
      {node.name}{" "}
      <span class={node.connected ? "pill good" : "pill"}>{node.connected ? "connected" : "away"}</span>{" "}
      {node.pendingRequestId && <span class="pill warn">offers more</span>}
    </>
  );
  const actions = (
    <>
      <IconAction
        label={`Rename ${node.name}`}
        title="Rename"
        testid="node-rename"
        icon={<EditIcon />}
        act={rename}
      />
      <IconAction
        label={`Remove ${node.name}`}
        title="Remove"
        testid="node-remove"
        icon={<TrashIcon />}
        act={remove}
      />
    </>
  );
  const data = { "node-id": node.id, connected: node.connected };
  return (
    <Card icon={<NodeIcon />} title={title} testid="node" data={data} actions={actions}>
      <Facts words={[node.platform, node.version, node.remoteIp, node.connected ? "" : seen]} />
      <Pills words={node.caps} label="Families of commands" />
      <Commands node={node} />
    </Card>
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
