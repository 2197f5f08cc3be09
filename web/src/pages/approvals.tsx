// Permission: what waits for an answer, one request by its address, and what was answered before.
import { useEffect } from "preact/hooks";
import { ApprovalCard } from "../parts/approval-card";
import { Action, Card, Facts } from "../parts/card";
import { ShieldIcon } from "../parts/icons";
import { TopBar } from "../parts/top-bar";
import { type Asked, loadMore, moreAt, opened, outcome, past, watchAsked } from "../store/approval-history";
import { approvals } from "../store/approvals";
import { ago, useNow } from "../store/clock";
import { nodes } from "../store/nodes";
import { attempt } from "../store/notices";
import { routeHash } from "../store/route";
import { titleOfKey } from "../store/sessions";

export function ApprovalsPage({ id }: { id: string | undefined }) {
  useEffect(() => {
    document.title = "Approvals · Landline";
    return watchAsked(id);
  }, [id]);
  const waiting = approvals.value.filter((approval) => approval.id !== id);
  return (
    <main class="page" data-testid="approvals">
      <TopBar title="Approvals" />
      <div class="sheet">
        {id !== undefined && <Opened id={id} />}
        <section aria-labelledby="waiting-title">
          <h2 id="waiting-title">Waiting for you</h2>
          {waiting.length === 0 && (
            <p class="quiet">
              Nothing waits. What an agent may only do after a yes is asked here and in its chat.
            </p>
          )}
          {waiting.map((approval) => (
            <ApprovalCard key={approval.id} approval={approval} />
          ))}
        </section>
        {past.value.length > 0 && (
          <section aria-labelledby="past-title">
            <h2 id="past-title">Before</h2>
            <ul class="cards">
              {past.value.map((asked) => (
                <PastCard key={asked.approval.id} asked={asked} />
              ))}
            </ul>
            {moreAt.value !== undefined && (
              <p class="more">
                <Action
                  label="Show more"
                  testid="approvals-more"
                  act={() => attempt("Could not read more", loadMore)}
                />
              </p>
            )}
          </section>
        )}
      </div>
    </main>
  );
}

/** The request that the address names, open or not. */
function Opened({ id }: { id: string }) {
  const waiting = approvals.value.find((approval) => approval.id === id);
  const asked = opened.value;
  return (
    <section aria-labelledby="opened-title" data-testid="approval-opened">
      <h2 id="opened-title">This request</h2>
      {waiting ? (
        <ApprovalCard approval={waiting} />
      ) : asked ? (
        <ul class="cards">
          <PastCard asked={asked} />
        </ul>
      ) : (
        asked === null && <p class="quiet">There is no request of this name, or it is not for you to see.</p>
      )}
    </section>
  );
}

function PastCard({ asked }: { asked: Asked }) {
  const now = useNow("slow");
  const { approval } = asked;
  const node = nodes.value.find((known) => known.id === approval.nodeId);
  const tone = asked.status === "allowed" ? "good" : asked.status === "pending" ? "warn" : "";
  const who = [
    approval.agentId,
    node && `on ${node.name}`,
    ago(asked.endedAt ?? asked.askedAt, now),
    asked.by && `by ${asked.by}`,
  ];
  const title = (
    <>
      <a href={routeHash({ page: "approvals", id: approval.id })} class="plain-link">
        {approval.toolName ?? "A command"}
      </a>{" "}
      <span class={`pill ${tone}`} data-testid="approval-outcome">
        {outcome(asked)}
      </span>
    </>
  );
  return (
    <Card
      icon={<ShieldIcon />}
      title={title}
      testid="approval-past"
      data={{ "approval-id": approval.id, status: asked.status }}
    >
      <pre class="approval-command past-command" tabIndex={0}>
        {approval.command}
      </pre>
      <Facts words={who} />
      {approval.sessionKey !== undefined && (
        <p class="quiet">
          For{" "}
          <a href={routeHash({ page: "chat", session: approval.sessionKey })}>
            {titleOfKey(approval.sessionKey)}
          </a>
        </p>
      )}
    </Card>
  );
}
