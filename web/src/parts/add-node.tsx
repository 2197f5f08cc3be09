// Adding a machine or a phone: a code that is good once, for ten minutes.
import { useState } from "preact/hooks";
import { online, request } from "../store/gateway";
import { attempt } from "../store/notices";
import { isRecord, number, text } from "../wire/frames";
import { CopyCommand } from "./copy-command";

interface Code {
  code: string;
  qr: string | undefined;
  expiresAtMs: number | undefined;
}

export function AddNode() {
  const [code, setCode] = useState<Code | null>(null);
  const make = () =>
    attempt("Could not make a code", async () => {
      const answer = await request<unknown>("device.pair.setupCode", {
        includeQr: true,
        bootstrapProfile: "node",
      });
      const body = isRecord(answer) ? answer : {};
      const qr = text(body.qrDataUrl);
      setCode({
        code: text(body.setupCode) ?? "",
        // Nothing but the picture that was asked for may be shown as one.
        qr: qr?.startsWith("data:image/png;base64,") ? qr : undefined,
        expiresAtMs: number(body.expiresAtMs),
      });
    });
  return (
    <div class="form" data-testid="add-node">
      {code === null ? (
        <p>A machine comes in with a code. It is good once, for ten minutes.</p>
      ) : (
        <>
          <p>On the machine, run:</p>
          <CopyCommand command={`landline node run --pair ${code.code}`} />
          {code.qr && <img class="qr" src={code.qr} alt="The same code, to be scanned by a phone" />}
        </>
      )}
      <button
        type="button"
        class={code === null ? "button primary" : "button"}
        disabled={!online.value}
        data-testid="add-node-code"
        onClick={() => void make()}
      >
        {code === null ? "Make a code" : "Make another code"}
      </button>
    </div>
  );
}
