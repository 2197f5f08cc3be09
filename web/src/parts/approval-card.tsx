// A run asks for permission: what it wants to do, and the two answers.
import { type Approval, decide, deciding } from "../store/approvals";
import { useNow } from "../store/clock";
import { shortId } from "../store/devices";
import { nodes } from "../store/nodes";
import { ShieldIcon } from "./icons";

export function ApprovalCard({ approval }: { approval: Approval }) {
  const now = useNow();
  const left =
    approval.expiresAtMs === undefined ? undefined : Math.ceil((approval.expiresAtMs - now) / 1_000);
  const expired = left !== undefined && left <= 0;
  const busy = deciding.value.has(approval.id) || expired;
  const who = approval.agentId ?? "The agent";
  const node = nodes.value.find((known) => known.id === approval.nodeId);
  const where = approval.nodeId === undefined ? "" : ` on ${node?.name ?? shortId(approval.nodeId)}`;
  const title = `${who} asks to use ${approval.toolName ?? "a command"}${where}`;
  return (
    <section class="approval" aria-label={title} data-testid="approval" data-approval-id={approval.id}>
      <header>
        <ShieldIcon />
        <h3>{title}</h3>
        {left !== undefined && <span class="quiet">{expired ? "expired" : timeLeft(left)}</span>}
      </header>
      <pre class="approval-command" tabIndex={0} data-testid="approval-command">
        {approval.command}
      </pre>
      {approval.cwd && (
        <p class="quiet">
          in <code>{approval.cwd}</code>
        </p>
      )}
      <div class="approval-actions">
        <button
          type="button"
          class="button primary"
          disabled={busy}
          data-testid="approval-allow"
          onClick={() => void decide(approval.id, "allow-once")}
        >
          Allow once
        </button>
        {approval.decisions.includes("allow-always") && (
          <button
            type="button"
            class="button"
            disabled={busy}
            data-testid="approval-always"
            onClick={() => void decide(approval.id, "allow-always")}
          >
            Always allow
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={busy}
          data-testid="approval-deny"
          onClick={() => void decide(approval.id, "deny")}
        >
          Deny
        </button>
      </div>
    </section>
  );
}

function timeLeft(seconds: number): string {
  return seconds >= 90 ? `${Math.round(seconds / 60)} min left` : `${seconds} s left`;
}
