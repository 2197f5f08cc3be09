// Chat platforms: people who ask to be let in, the bots and how they are, and messages in doubt.
import { useEffect } from "preact/hooks";
import { AddBot } from "../parts/add-bot";
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
    void attempt(letIn ? "Could not let them in" : "Could not turn them away", () => decide(stranger, letIn));
  return (
    <li class="device asks" data-testid="stranger" data-code={stranger.code}>
      <ChannelIcon />
      <div class="device-main">
        <h3>{stranger.name}</h3>
        <p class="quiet">
          {[
            stranger.label,
            stranger.handle ? `@${stranger.handle}` : "",
            `id ${stranger.senderId}`,
            stranger.askedAt > 0 ? ago(stranger.askedAt, now) : "",
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <p>
          Wants to talk to <strong>{stranger.accountId}</strong> and was given the code{" "}
          <code>{stranger.code}</code>
        </p>
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="button primary"
          data-testid="stranger-approve"
          onClick={() => answer(true)}
        >
          Approve
        </button>
        <button type="button" class="button" data-testid="stranger-deny" onClick={() => answer(false)}>
          Deny
        </button>
      </div>
    </li>
  );
}

function BotCard({ bot }: { bot: Bot }) {
  const now = useNow("slow");
  const [word, tone] = stateOf(bot);
  const remove = async () => {
    const sure = await confirm({
      title: `Remove ${bot.label} ${bot.accountId}?`,
      detail: "It stops at once and its token is forgotten. Its conversations stay.",
      action: "Remove",
    });
    if (sure) await attempt("Could not remove it", () => steer(bot, "remove"));
  };
  const when = (at: number | undefined) => (at === undefined ? "never" : ago(at, now));
  return (
    <li class="device" data-testid="bot" data-channel={bot.channel} data-account={bot.accountId}>
      <ChannelIcon />
      <div class="device-main">
        <h3>
          {bot.label} {bot.accountId} <span class={`pill ${tone}`}>{word}</span>
        </h3>
        <p class="quiet">
          {[bot.name, `direct messages: ${bot.dmPolicy}`, `platform answered ${when(bot.aliveAt)}`]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <p class="quiet">
          Last in {when(bot.inboundAt)} · last out {when(bot.outboundAt)}
          {bot.waiting + bot.queued > 0 && ` · ${bot.waiting} to answer, ${bot.queued} to send`}
        </p>
        {bot.error && !bot.connected && <p class="bot-error">{bot.error}</p>}
      </div>
      <div class="device-actions">
        {bot.enabled && (
          <button
            type="button"
            class="button"
            data-testid={bot.running ? "bot-stop" : "bot-start"}
            onClick={() =>
              void attempt("That did not work", () => steer(bot, bot.running ? "stop" : "start"))
            }
          >
            {bot.running ? "Stop" : "Start"}
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label={`Remove ${bot.label} ${bot.accountId}`}
          title="Remove"
          data-testid="bot-remove"
          onClick={() => void remove()}
        >
          <TrashIcon />
        </button>
      </div>
    </li>
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
  return (
    <li class="device" data-testid="unsent" data-state={message.state}>
      <ChannelIcon />
      <div class="device-main">
        <h3>{words}</h3>
        <p class="said">{message.preview}</p>
        <p class="quiet">
          {[`${message.channel} ${message.chat}`, ago(message.createdAt, now), message.error]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <div class="device-actions">
        {message.state !== "queued" && (
          <button
            type="button"
            class="button"
            data-testid="unsent-resend"
            onClick={() => void attempt("Could not send it again", () => settle(message, "resend"))}
          >
            Send again
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label="Give this message up"
          title="Give up"
          data-testid="unsent-drop"
          onClick={() => void attempt("Could not give it up", () => settle(message, "drop"))}
        >
          <TrashIcon />
        </button>
      </div>
    </li>
  );
}
