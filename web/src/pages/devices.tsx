// Who may connect: requests to decide on, and the devices that were let in.
import { useEffect } from "preact/hooks";
import { Action, Card, Facts, IconAction, Pills } from "../parts/card";
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
  const actions = (
    <>
      <Action
        label="Approve"
        testid="device-approve"
        primary
        act={() => attempt("Could not approve", () => approve(device))}
      />
      <Action
        label="Reject"
        testid="device-reject"
        act={() => attempt("Could not reject", () => reject(device.requestId))}
      />
    </>
  );
  return (
    <Card
      icon={<DeviceIcon />}
      title={device.name}
      testid="device-pending"
      data={{ "request-id": device.requestId }}
      asks
      actions={actions}
    >
      <Facts words={[device.platform, device.remoteIp, device.ts > 0 ? ago(device.ts, now) : ""]} />
      <p>
        {device.isRepair ? "Was paired before and asks again, as " : "Asks to join as "}
        <strong>{device.role || "operator"}</strong>
      </p>
      <Scopes scopes={device.scopes} />
      <p class="quiet fingerprint">
        Device <code title={device.deviceId}>{shortId(device.deviceId)}</code>
      </p>
    </Card>
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
  const here = own ? "this browser" : device.connected ? "connected" : "";
  const title = (
    <>
      {device.name} {here && <span class="pill good">{here}</span>}
    </>
  );
  const actions = (
    <>
      <IconAction
        label={`Rename ${device.name}`}
        title="Rename"
        testid="device-rename"
        icon={<EditIcon />}
        act={change}
      />
      <IconAction
        label={`Revoke ${device.name}`}
        title="Revoke"
        testid="device-revoke"
        icon={<TrashIcon />}
        act={remove}
      />
    </>
  );
  const data = { "device-id": device.deviceId, own };
  return (
    <Card icon={<DeviceIcon />} title={title} testid="device-paired" data={data} actions={actions}>
      <Facts words={pairedWords(device, now)} />
      <Scopes scopes={device.scopes} />
    </Card>
  );
}

function Scopes({ scopes }: { scopes: string[] }) {
  const words = scopes.map((scope) => scope.replace(/^operator\./, ""));
  return <Pills words={words} label="Scopes" strong="admin" />;
}

function pairedWords(device: PairedDevice, now: number): (string | undefined)[] {
  const seen = device.lastSeenAtMs === undefined ? "never seen" : `seen ${ago(device.lastSeenAtMs, now)}`;
  return [device.platform, device.roles.join(", "), device.connected ? "" : seen];
}
