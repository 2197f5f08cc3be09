// Machines that perform tasks: how busy each is, what it can do, and taking it out of use.
import { useEffect } from "preact/hooks";
import { Action, Card, Facts, Pills } from "../parts/card";
import { WorkerIcon } from "../parts/icons";
import { TopBar } from "../parts/top-bar";
import { ago, useNow } from "../store/clock";
import { attempt } from "../store/notices";
import { routeHash } from "../store/route";
import { drain, type Worker, workers } from "../store/workers";

export function WorkersPage() {
  useEffect(() => {
    document.title = "Workers · Landline";
  }, []);
  return (
    <main class="page" data-testid="workers">
      <TopBar title="Workers" />
      <div class="sheet">
        <section aria-labelledby="workers-title">
          <h2 id="workers-title">Workers</h2>
          {workers.value.length === 0 && (
            <p class="quiet">
              No machine performs tasks for this gateway yet; they run on the gateway itself.
            </p>
          )}
          <ul class="cards">
            {workers.value.map((worker) => (
              <WorkerCard key={worker.name} worker={worker} />
            ))}
          </ul>
        </section>
      </div>
    </main>
  );
}

const TONES: Record<string, string> = { idle: "good", active: "good", busy: "warn", draining: "warn" };

function WorkerCard({ worker }: { worker: Worker }) {
  const now = useNow("slow");
  const draining = worker.status === "draining";
  const turn = () => attempt("That did not work", () => drain(worker.name, !draining));
  const seen = worker.seenAt === undefined ? "" : `seen ${ago(worker.seenAt, now)}`;
  const title = (
    <>
      {worker.name} <span class={`pill ${TONES[worker.status] ?? ""}`}>{worker.status}</span>
    </>
  );
  const facts = [
    worker.place,
    worker.version,
    worker.transport,
    worker.pool && `pool ${worker.pool}`,
    worker.isolation && `isolation ${worker.isolation}`,
    worker.online ? "" : seen,
  ];
  return (
    <Card
      icon={<WorkerIcon />}
      title={title}
      testid="worker"
      data={{ name: worker.name, status: worker.status }}
      actions={<Action label={draining ? "Take back" : "Drain"} testid="worker-drain" act={turn} />}
    >
      <Facts words={facts} />
      <p>
        {worker.running} of {worker.slots} places taken
      </p>
      {worker.taskIds.length > 0 && (
        <p class="quiet">
          {worker.taskIds.map((id) => (
            <a key={id} class="task-link" href={routeHash({ page: "tasks", id })}>
              <code>{id.slice(-8)}</code>
            </a>
          ))}
        </p>
      )}
      <Pills words={[...worker.agents, ...worker.executors, ...worker.labels]} label="What it can do" />
      {worker.trouble && <p class="bad-words">{worker.trouble}</p>}
    </Card>
  );
}
