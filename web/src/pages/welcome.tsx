// Shown while this browser has not been let in: what to do, in one command.
import { ConnectionBadge } from "../parts/connection-badge";
import { CopyCommand } from "../parts/copy-command";
import { Logo } from "../parts/icons";
import { link, refusal, retryNow } from "../store/gateway";
import type { IdentityObstacle } from "../wire/identity";
import type { Refusal } from "../wire/refusal";

export function WelcomePage() {
  const state = link.value;
  return (
    <main class="welcome" data-testid="welcome" data-reason={refusal.value?.kind ?? state.kind}>
      <section class="card">
        <Logo />
        {state.kind === "unable" ? <Unable obstacle={state.obstacle} /> : <Words refused={refusal.value} />}
        <ConnectionBadge />
      </section>
    </main>
  );
}

function Words({ refused }: { refused: Refusal | null }) {
  switch (refused?.kind) {
    case "pairing":
      return <Pairing refused={refused} />;
    case "link":
      return <NeedsLink why={refused.why} message={refused.message} />;
    case "limited":
      return (
        <>
          <h1>Too many attempts</h1>
          <p>The gateway refuses new attempts for a while. This page tries again by itself.</p>
        </>
      );
    case "incompatible":
      return (
        <>
          <h1>The gateway did not let this page in</h1>
          <p class="said">{refused.message}</p>
          <button type="button" class="button" onClick={retryNow}>
            Try again
          </button>
        </>
      );
    default:
      return (
        <>
          <h1>Looking for the gateway</h1>
          <p>
            Nothing answers yet. Start it with this command; the page connects by itself as soon as the
            gateway is there.
          </p>
          <CopyCommand command="landline gateway" />
        </>
      );
  }
}

function Pairing({ refused }: { refused: Extract<Refusal, { kind: "pairing" }> }) {
  return (
    <>
      <h1>Waiting to be let in</h1>
      <p>This browser asked to be paired. Approve it on the machine that runs the gateway:</p>
      <CopyCommand command={`landline devices approve ${refused.requestId}`} />
      <p class="quiet">
        Request <code data-testid="request-id">{refused.requestId}</code>. The page goes on by itself after
        the approval. Or open the link printed by <code>landline dashboard</code>.
      </p>
    </>
  );
}

const WHY: Record<Extract<Refusal, { kind: "link" }>["why"], string> = {
  none: "This browser does not know this gateway yet. Get a link for it on the machine that runs the gateway:",
  used: "This link was used already, or is older than ten minutes. Get a new one:",
  forgotten: "This browser was paired once, but the gateway does not know it any more. Get a new link:",
  other: "The gateway did not accept this browser. Get a new link on the machine that runs it:",
};

function NeedsLink({ why, message }: { why: keyof typeof WHY; message: string }) {
  return (
    <>
      <h1>{why === "used" ? "This link is spent" : "Open Landline with a link"}</h1>
      <p>{WHY[why]}</p>
      <CopyCommand command="landline dashboard" />
      <p class="quiet">
        Open the printed link here. It works once, for ten minutes; afterwards this browser is remembered.
      </p>
      {why === "other" && <p class="said quiet">{message}</p>}
      <button type="button" class="button" onClick={retryNow} data-testid="try-again">
        Try again
      </button>
    </>
  );
}

function Unable({ obstacle }: { obstacle: IdentityObstacle }) {
  return obstacle === "insecure-context" ? (
    <>
      <h1>This address is not secure enough</h1>
      <p>
        The page keeps its own key, and browsers allow that only over <code>https</code> or on the machine
        itself. Open it through <code>http://127.0.0.1</code>, or put TLS in front of the gateway.
      </p>
    </>
  ) : (
    <>
      <h1>This browser is too old</h1>
      <p>It cannot make Ed25519 keys. A current Chrome, Edge, Firefox or Safari can.</p>
    </>
  );
}
