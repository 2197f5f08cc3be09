// The form that adds a bot: where it lives, its token, and for servers of one's own where they are.
import { useRef, useState } from "preact/hooks";
import { addBot } from "../store/channels";
import { online } from "../store/gateway";
import { attempt, notify } from "../store/notices";

const WHERE_FROM: Record<string, string> = {
  telegram: "Write to @BotFather on Telegram, send /newbot, and copy the token that it gives you.",
  discord:
    "In Discord's developer portal make an application, add a bot, switch on Message Content, and copy its token.",
};

export function AddBot() {
  const [channel, setChannel] = useState("telegram");
  const form = useRef<HTMLFormElement>(null);
  const add = async () => {
    const fields = new FormData(form.current ?? undefined);
    const value = (name: string) => String(fields.get(name) ?? "").trim();
    const done = await attempt("Could not add the bot", () =>
      addBot({
        channel,
        accountId: value("name") || "main",
        token: value("token"),
        apiRoot: value("apiRoot"),
      }),
    );
    if (done) {
      form.current?.reset();
      notify("The bot was added");
    }
  };
  return (
    <form
      ref={form}
      class="form"
      data-testid="add-bot"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <label>
        Platform
        <select
          class="field"
          name="channel"
          value={channel}
          data-testid="add-channel"
          onChange={(event) => setChannel(event.currentTarget.value)}
        >
          <option value="telegram">Telegram</option>
          <option value="discord">Discord</option>
        </select>
      </label>
      <label>
        Token
        <input
          class="field"
          name="token"
          type="password"
          required
          autocomplete="off"
          spellcheck={false}
          data-testid="add-token"
        />
      </label>
      <p class="quiet form-note">{WHERE_FROM[channel]}</p>
      <details>
        <summary>More</summary>
        <label>
          Name, if you have several
          <input class="field" name="name" placeholder="main" pattern="[a-z0-9_\-]{1,32}" maxLength={32} />
        </label>
        <label>
          Server of your own
          <input class="field" name="apiRoot" type="url" placeholder="https://" data-testid="add-root" />
        </label>
      </details>
      <button type="submit" class="button primary" disabled={!online.value} data-testid="add-submit">
        Add bot
      </button>
    </form>
  );
}
