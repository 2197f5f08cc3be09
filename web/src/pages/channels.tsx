// Chat platforms: people who ask to be let in, the bots and how they are, and messages in doubt.
import { useEffect } from "preact/hooks";
import { AddBot } from "../parts/add-bot";
import { Action, Card, Facts, IconAction } from "../parts/card";
import { confirm } from "../parts/dialog";
import { ChannelIcon, TrashIcon } from "../parts/icons";
import { TopBar } from "../parts/top-bar";
import {
  type Bot,
  bots,
  channelsLoaded,
  decide,
  loadChannels,
  type Stranger,
  settle,
  steer,
  strangers,
  type Unsent,
  unsent,
} from "../store/channels";
import { ago, useNow } from "../store/clock";
import { attempt } from "../store/notices";

export function ChannelsPage() {
  useEffect(() => {
    document.title = "Channels · Landline";
    loadChannels().catch(() => undefined);
  }, []);
  return (
    <main class="page" data-testid="channels">
      <TopBar title="Channels" />
      <div class="sheet">
        {strangers.value.length > 0 && (
          <section aria-labelledby="strangers-title">
            <h2 id="strangers-title">Waiting for you</h2>
            <ul class="cards">
              {strangers.value.map((stranger) => (
                <Asks key={stranger.code} stranger={stranger} />
              ))}
            </ul>
          </section>
        )}
        <section aria-labelledby="bots-title">
          <h2 id="bots-title">Bots</h2>
          {bots.value.length === 0 && channelsLoaded.value && (
            <p class="quiet">No bot yet. Add one below, then write to it from your phone.</p>
          )}
          <ul class="cards">
            {bots.value.map((bot) => (
              <BotCard key={`${bot.channel}:${bot.accountId}`} bot={bot} />
            ))}
          </ul>
        </section>
        {unsent.value.length > 0 && (
          <section aria-labelledby="unsent-title">
            <h2 id="unsent-title">Not sent, or nobody knows</h2>
            <ul class="cards">
              {unsent.value.map((message) => (
                <UnsentCard key={message.id} message={message} />
              ))}
            </ul>
          </section>
        )}
        <section aria-labelledby="add-title">
          <h2 id="add-title">Add a bot</h2>
          <AddBot />
        </section>
      </div>
    </main>
  );
}

function Asks({ stranger }: { stranger: Stranger }) {
  const now = useNow("slow");
  const answer = (letIn: boolean) =>
    attempt(letIn ? "Could not let them in" : "Could not turn them away", () => decide(stranger, letIn));
  const actions = (
    <>
      <Action label="Approve" testid="stranger-approve" primary act={() => answer(true)} />
      <Action label="Deny" testid="stranger-deny" act={() => answer(false)} />
    </>
  );
  const facts = [
    stranger.label,
    stranger.handle ? `@${stranger.handle}` : "",
    `id ${stranger.senderId}`,
    stranger.askedAt > 0 ? ago(stranger.askedAt, now) : "",
  ];
  return (
    <Card
      icon={<ChannelIcon />}
      title={stranger.name}
      testid="stranger"
      data={{ code: stranger.code }}
      asks
      actions={actions}
    >
      <Facts words={facts} />
      <p>
        Wants to talk to <strong>{stranger.accountId}</strong> and was given the code{" "}
        <code>{stranger.code}</code>
      </p>
    </Card>
  );
}

function BotCard({ bot }: { bot: Bot }) {
  const now = useNow("slow");
  const [word, tone] = stateOf(bot);
  const name = `${bot.label} ${bot.accountId}`;
  const remove = async () => {
    const sure = await confirm({
      title: `Remove ${name}?`,
      detail: "It stops at once and its token is forgotten. Its conversations stay.",
      action: "Remove",
    });
    if (sure) await attempt("Could not remove it", () => steer(bot, "remove"));
  };
  const turn = () => attempt("That did not work", () => steer(bot, bot.running ? "stop" : "start"));
  const when = (at: number | undefined) => (at === undefined ? "never" : ago(at, now));
  const title = (
    <>
      {name} <span class={`pill ${tone}`}>{word}</span>
    </>
  );
  const actions = (
    <>
      {bot.enabled && (
        <Action
          label={bot.running ? "Stop" : "Start"}
          testid={bot.running ? "bot-stop" : "bot-start"}
          act={turn}
        />
      )}
      <IconAction
        label={`Remove ${name}`}
        title="Remove"
        testid="bot-remove"
        icon={<TrashIcon />}
        act={remove}
      />
    </>
  );
  const data = { channel: bot.channel, account: bot.accountId };
  return (
    <Card icon={<ChannelIcon />} title={title} testid="bot" data={data} actions={actions}>
      <Facts
        words={[bot.name, `direct messages: ${bot.dmPolicy}`, `platform answered ${when(bot.aliveAt)}`]}
      />
      <p class="quiet">
        Last in {when(bot.inboundAt)} · last out {when(bot.outboundAt)}
        {bot.waiting + bot.queued > 0 && ` · ${bot.waiting} to answer, ${bot.queued} to send`}
      </p>
      {bot.error && !bot.connected && <p class="bot-error">{bot.error}</p>}
    </Card>
  );
}

function stateOf(bot: Bot): [string, string] {
  if (!bot.enabled) return ["switched off", ""];
  if (!bot.running) return ["stopped", "warn"];
  return bot.connected ? ["connected", "good"] : ["not connected", "bad"];
}

function UnsentCard({ message }: { message: Unsent }) {
  const now = useNow("slow");
  const words =
    message.state === "unknown"
      ? "May or may not have arrived"
      : message.state === "failed"
        ? "Failed"
        : "Waits to be sent";
  const actions = (
    <>
      {message.state !== "queued" && (
        <Action
          label="Send again"
          testid="unsent-resend"
          act={() => attempt("Could not send it again", () => settle(message, "resend"))}
        />
      )}
      <IconAction
        label="Give this message up"
        title="Give up"
        testid="unsent-drop"
        icon={<TrashIcon />}
        act={() => attempt("Could not give it up", () => settle(message, "drop"))}
      />
    </>
  );
  return (
    <Card
      icon={<ChannelIcon />}
      title={words}
      testid="unsent"
      data={{ state: message.state }}
      actions={actions}
    >
      <p class="said">{message.preview}</p>
      <Facts words={[`${message.channel} ${message.chat}`, ago(message.createdAt, now), message.error]} />
    </Card>
  );
}
