// Every piece of work, latest first: what runs, what waits, and how it ended.
import { useEffect } from "preact/hooks";
import { Action, Card, Facts, IconAction } from "../parts/card";
import { StopIcon, TaskIcon } from "../parts/icons";
import { TopBar } from "../parts/top-bar";
import { ago, duration, useNow } from "../store/clock";
import { attempt } from "../store/notices";
import { routeHash } from "../store/route";
import {
  cancelTask,
  filter,
  isOver,
  loadMoreTasks,
  moreTasks,
  setFilter,
  type Task,
  tasks,
  tasksLoaded,
  watchTasks,
} from "../store/tasks";

const STATES = [
  ["", "any state"],
  ["queued", "waiting"],
  ["running", "running"],
  ["completed", "completed"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
  ["timed_out", "out of time"],
] as const;
const KINDS = [
  ["", "any kind"],
  ["work", "dispatched"],
  ["chat", "chat"],
  ["agent", "agent"],
  ["channel", "channel"],
  ["wake", "wake"],
] as const;

export function TasksPage() {
  useEffect(() => {
    document.title = "Tasks · Landline";
    return watchTasks();
  }, []);
  return (
    <main class="page" data-testid="tasks">
      <TopBar title="Tasks" />
      <div class="sheet">
        <section aria-labelledby="tasks-title">
          <div class="filters">
            <h2 id="tasks-title">Tasks</h2>
            <Choice label="State" name="status" choices={STATES} />
            <Choice label="Kind" name="kind" choices={KINDS} />
          </div>
          {tasks.value.length === 0 && tasksLoaded.value && (
            <p class="quiet">
              No task like that. Give an agent work with <code>landline run</code>, or write to it in a chat.
            </p>
          )}
          <ul class="cards">
            {tasks.value.map((task) => (
              <TaskCard key={task.id} task={task} />
            ))}
          </ul>
          {moreTasks.value !== undefined && (
            <p class="more">
              <Action
                label="Show more"
                testid="tasks-more"
                act={() => attempt("Could not read more", loadMoreTasks)}
              />
            </p>
          )}
        </section>
      </div>
    </main>
  );
}

interface ChoiceProps {
  label: string;
  name: "status" | "kind";
  choices: readonly (readonly [string, string])[];
}

function Choice({ label, name, choices }: ChoiceProps) {
  return (
    <select
      class="field"
      aria-label={label}
      value={filter.value[name]}
      data-testid={`tasks-${name}`}
      onChange={(event) => void setFilter({ ...filter.peek(), [name]: event.currentTarget.value })}
    >
      {choices.map(([value, words]) => (
        <option key={value} value={value}>
          {words}
        </option>
      ))}
    </select>
  );
}

function TaskCard({ task }: { task: Task }) {
  const now = useNow("slow");
  const title = (
    <>
      <a href={routeHash({ page: "tasks", id: task.id })} class="plain-link">
        {task.title || "(no words)"}
      </a>{" "}
      <TaskPill task={task} />
    </>
  );
  const actions = !isOver(task.status) && (
    <IconAction
      label={`Cancel ${task.title}`}
      title="Cancel"
      testid="task-cancel"
      icon={<StopIcon />}
      act={() => attempt("Could not cancel it", () => cancelTask(task.id))}
    />
  );
  return (
    <Card
      icon={<TaskIcon />}
      title={title}
      testid="task"
      data={{ "task-id": task.id, status: task.status }}
      actions={actions}
    >
      <Facts words={[task.agentId, task.kind, task.target, task.worker, ago(task.createdAt, now)]} />
      {(task.error ?? task.summary) && <p class="said quiet">{task.error ?? task.summary}</p>}
    </Card>
  );
}

export function TaskPill({ task }: { task: Task }) {
  const words = STATES.find(([value]) => value === task.status)?.[1] ?? task.status;
  const tone = { completed: "good", running: "good", failed: "bad", timed_out: "bad" }[task.status] ?? "";
  return <span class={`pill ${tone}`}>{task.deadLettered ? "given up" : words}</span>;
}

/** How long it ran, or runs. */
export function ranFor(task: Task, now: number): string {
  if (task.startedAt === undefined) return "";
  return `ran ${duration((task.endedAt ?? now) - task.startedAt)}`;
}
