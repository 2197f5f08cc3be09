// Who may connect: requests to decide on, and the devices that were let in.
import { useEffect } from "preact/hooks";
import { askName, confirm } from "../parts/dialog";
import { DeviceIcon, EditIcon, TrashIcon } from "../parts/icons";
import { TopBar } from "../parts/top-bar";
import { ago, useNow } from "../store/clock";
import {
  approve,
  devicesLoaded,
  loadDevices,
  type PairedDevice,
  type PendingDevice,
  paired,
  pending,
  reject,
  rename,
  revoke,
  shortId,
} from "../store/devices";
import { ownDevice } from "../store/gateway";
import { attempt } from "../store/notices";

export function DevicesPage() {
  useEffect(() => {
    document.title = "Devices · Landline";
    loadDevices().catch(() => undefined);
  }, []);
  return (
    <main class="page" data-testid="devices">
      <TopBar title="Devices" />
      <div class="sheet">
        {pending.value.length > 0 && (
          <section aria-labelledby="pending-title">
            <h2 id="pending-title">Waiting for you</h2>
            <ul class="cards">
              {pending.value.map((device) => (
                <Pending key={device.requestId} device={device} />
              ))}
            </ul>
          </section>
        )}
        <section aria-labelledby="paired-title">
          <h2 id="paired-title">Paired</h2>
          {paired.value.length === 0 && devicesLoaded.value && (
            <p class="quiet">
              No device is paired. Phones, terminals and nodes appear here as a request when they first
              connect.
            </p>
          )}
          <ul class="cards">
            {paired.value.map((device) => (
              <Paired key={device.deviceId} device={device} />
            ))}
          </ul>
        </section>
      </div>
    </main>
  );
}

function Pending({ device }: { device: PendingDevice }) {
  const now = useNow("slow");
  return (
    <li class="device asks" data-testid="device-pending" data-request-id={device.requestId}>
      <DeviceIcon />
      <div class="device-main">
        <h3>{device.name}</h3>
        <p class="quiet">
          {[device.platform, device.remoteIp, device.ts > 0 ? ago(device.ts, now) : ""]
            .filter(Boolean)
            .join(" · ")}
        </p>
        <p>
          {device.isRepair ? "Was paired before and asks again, as " : "Asks to join as "}
          <strong>{device.role || "operator"}</strong>
        </p>
        <Scopes scopes={device.scopes} />
        <p class="quiet fingerprint">
          Device <code title={device.deviceId}>{shortId(device.deviceId)}</code>
        </p>
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="button primary"
          data-testid="device-approve"
          onClick={() => void attempt("Could not approve", () => approve(device))}
        >
          Approve
        </button>
        <button
          type="button"
          class="button"
          data-testid="device-reject"
          onClick={() => void attempt("Could not reject", () => reject(device.requestId))}
        >
          Reject
        </button>
      </div>
    </li>
  );
}

function Paired({ device }: { device: PairedDevice }) {
  const now = useNow("slow");
  const own = device.deviceId === ownDevice.value;
  const change = async () => {
    const name = await askName({ title: "Name of this device", initial: device.name });
    if (name?.trim()) await attempt("Could not rename", () => rename(device.deviceId, name.trim()));
  };
  const remove = async () => {
    const sure = await confirm({
      title: `Revoke “${device.name}”?`,
      detail: own
        ? "This is the browser you are using: the page closes its connection and needs a new link."
        : "Its connection is closed at once. To come back it has to be approved again.",
      action: "Revoke",
    });
    if (sure) await attempt("Could not revoke", () => revoke(device.deviceId));
  };
  return (
    <li class="device" data-testid="device-paired" data-device-id={device.deviceId} data-own={own}>
      <DeviceIcon />
      <div class="device-main">
        <h3>
          {device.name}{" "}
          {own ? (
            <span class="pill good">this browser</span>
          ) : (
            device.connected && <span class="pill good">connected</span>
          )}
        </h3>
        <p class="quiet">{pairedWords(device, now)}</p>
        <Scopes scopes={device.scopes} />
      </div>
      <div class="device-actions">
        <button
          type="button"
          class="icon-button"
          aria-label={`Rename ${device.name}`}
          title="Rename"
          data-testid="device-rename"
          onClick={() => void change()}
        >
          <EditIcon />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`Revoke ${device.name}`}
          title="Revoke"
          data-testid="device-revoke"
          onClick={() => void remove()}
        >
          <TrashIcon />
        </button>
      </div>
    </li>
  );
}

function Scopes({ scopes }: { scopes: string[] }) {
  if (scopes.length === 0) return null;
  return (
    <ul class="pills" aria-label="Scopes">
      {scopes.map((scope) => (
        <li key={scope} class={scope.endsWith(".admin") ? "pill strong" : "pill"}>
          {scope.replace(/^operator\./, "")}
        </li>
      ))}
    </ul>
  );
}

function pairedWords(device: PairedDevice, now: number): string {
  const seen = device.lastSeenAtMs === undefined ? "never seen" : `seen ${ago(device.lastSeenAtMs, now)}`;
  const words = [device.platform, device.roles.join(", "), device.connected ? "" : seen];
  return words.filter(Boolean).join(" · ");
}
