// One task: what was asked, its output as it comes, and what can be done with it.
import { useEffect, useState } from "preact/hooks";
import { Action, Facts } from "../parts/card";
import { confirm } from "../parts/dialog";
import { Prose } from "../parts/prose";
import { ToolRow } from "../parts/tool-row";
import { TopBar } from "../parts/top-bar";
import { ago, useNow } from "../store/clock";
import { hello } from "../store/gateway";
import { attempt, notify } from "../store/notices";
import { navigate, routeHash } from "../store/route";
import {
  cancelTask,
  isOver,
  output,
  outputProblem,
  retryTask,
  sendToTask,
  type Task,
  task,
  watchTask,
} from "../store/tasks";
import type { Block } from "../tasks/steps";
import { ranFor, TaskPill } from "./tasks";

export function TaskPage({ id }: { id: string }) {
  useEffect(() => watchTask(id), [id]);
  const shown = task.value;
  useEffect(() => {
    document.title = `${shown?.title || "Task"} · Landline`;
  }, [shown?.title]);
  return (
    <main class="page" data-testid="task-page" data-status={shown?.status}>
      <TopBar title={shown?.title || "Task"}>{shown && <Actions task={shown} />}</TopBar>
      <div class="sheet">
        <p class="back">
          <a href={routeHash({ page: "tasks", id: undefined })}>All tasks</a>
        </p>
        {shown === null && <p class="quiet">There is no task of this name, or it is not for you to see.</p>}
        {shown && (
          <>
            <Head task={shown} />
            <OutputOf task={shown} />
            {can("tasks.send") && shown.kind === "work" && <Say task={shown} />}
          </>
        )}
      </div>
    </main>
  );
}

const can = (method: string) => hello.value?.methods.includes(method) ?? false;

function Actions({ task }: { task: Task }) {
  const cancel = async () => {
    const sure = await confirm({
      title: "Cancel this task?",
      detail: "Its agent is stopped. What it did so far stays.",
      action: "Cancel the task",
    });
    if (sure) await attempt("Could not cancel it", () => cancelTask(task.id));
  };
  const retry = () =>
    attempt("Could not try it again", async () => {
      navigate({ page: "tasks", id: await retryTask(task.id) });
    });
  if (!isOver(task.status)) return <Action label="Cancel" testid="task-cancel" act={cancel} />;
  if (task.kind !== "work" || !can("tasks.retry")) return null;
  return <Action label="Try again" testid="task-retry" act={retry} />;
}

function Head({ task }: { task: Task }) {
  const now = useNow();
  const run = task.attempt !== undefined && task.attempt > 1 ? `run ${task.attempt}` : "";
  const cost = task.costUsd === undefined ? "" : `$${task.costUsd.toFixed(4)}`;
  return (
    <section aria-label="What was asked" class="task-head">
      <p>
        <TaskPill task={task} />
      </p>
      <Facts
        words={[
          task.agentId,
          task.target,
          task.worker,
          ago(task.createdAt, now),
          ranFor(task, now),
          run,
          cost,
        ]}
      />
      {task.waitUntil !== undefined && task.status === "queued" && (
        <p class="quiet">Waits until {new Date(task.waitUntil).toLocaleTimeString()}.</p>
      )}
      {task.prompt && <pre class="task-prompt">{task.prompt}</pre>}
      <p class="quiet">
        <a href={routeHash({ page: "chat", session: task.sessionKey })}>Its conversation</a>
        {task.retryOf && (
          <>
            {" · "}
            <a href={routeHash({ page: "tasks", id: task.retryOf })}>the task that it repeats</a>
          </>
        )}
      </p>
    </section>
  );
}

function OutputOf({ task }: { task: Task }) {
  const { blocks, percent, done } = output.value;
  const live = !isOver(task.status) && !done;
  return (
    <section aria-labelledby="output-title">
      <h2 id="output-title">Output</h2>
      {percent !== undefined && live && (
        <progress max={100} value={percent} aria-label="How far it is">
          {percent} %
        </progress>
      )}
      <div class="task-output" data-testid="task-output" data-done={done}>
        {blocks.map((block, index) => (
          <BlockRow key={index} block={block} live={live} />
        ))}
        {blocks.length === 0 && task.result && <Prose text={task.result} live={false} />}
        {blocks.length === 0 && !task.result && (
          <p class="quiet">{live ? "Nothing yet." : outputProblem.value || "It said nothing."}</p>
        )}
        {live && task.status === "running" && <p class="quiet working">Working…</p>}
        {task.error && <p class="bad-words">{task.error}</p>}
      </div>
    </section>
  );
}

function BlockRow({ block, live }: { block: Block; live: boolean }) {
  switch (block.kind) {
    case "text":
      return <Prose text={block.text} live={live} />;
    case "tool":
      return <ToolRow tool={block.tool} />;
    case "note":
      return <p class="quiet">{block.text}</p>;
  }
}

/** Something more for the agent: within its run, or as its next message. */
function Say({ task }: { task: Task }) {
  const [words, setWords] = useState("");
  const send = async () => {
    const message = words.trim();
    if (message === "") return;
    await attempt("Could not send it", async () => {
      const taken = await sendToTask(task.id, message);
      setWords("");
      notify(taken ? "The agent has it." : "It is the next message of its conversation.", "info");
    });
  };
  return (
    <form
      class="task-say"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <input
        class="field"
        aria-label="Tell the agent something more"
        placeholder="Tell the agent something more"
        value={words}
        data-testid="task-say"
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <button type="submit" class="button primary" data-testid="task-send" disabled={words.trim() === ""}>
        Send
      </button>
    </form>
  );
}
