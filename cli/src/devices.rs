//! `landline devices`: who may connect.

use clap::Subcommand;
use nodes::client::Client;
use schemas::methods::NoParams;
use schemas::methods::devices::{
    DevicePairApprove, DevicePairList, DevicePairListOutput, DevicePairReject, DevicePairRemove,
    DevicePairRename, DevicePairRenameParams, DevicePairSetupCode, DeviceParams, DeviceTokenParams,
    DeviceTokenRevoke, PairedDevice, PairingRequest, RequestParams, SetupAccess, SetupCodeParams,
};
use schemas::{Clock, SetupCode};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::{BOLD, DIM, Output, WARN};
use crate::{reach, text};

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum DevicesCommand {
    /// List devices that wait and devices that are paired
    List,
    /// Let a waiting device in
    Approve {
        /// The request; without it the only waiting one is shown and confirmed
        request: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Refuse a waiting device
    Reject {
        /// The request
        request: String,
    },
    /// Take a device's access away at once
    Revoke {
        /// The device's id, or its first characters
        device: String,
        /// Only the token of this role, operator or node; the device stays paired
        #[arg(long)]
        role: Option<String>,
    },
    /// Give a device a name
    Rename {
        /// The device's id, or its first characters
        device: String,
        /// The name
        label: String,
    },
    /// Make a code with which a phone or another machine pairs itself
    SetupCode {
        /// full, limited (no administration) or node
        #[arg(long, default_value = "full")]
        access: SetupAccess,
        /// Address under which the device reaches the gateway
        #[arg(long, value_name = "URL")]
        public_url: Option<String>,
    },
}

/// Does it.
pub(crate) async fn run(global: &Global, command: DevicesCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        DevicesCommand::List => {
            output.show(&all(&client).await?, show);
            Ok(())
        }
        DevicesCommand::Approve { request, yes } => approve(&client, request, yes, output).await,
        DevicesCommand::Reject { request } => {
            let done = client.call::<DevicePairReject>(&RequestParams { request_id: request }).await?;
            output
                .show(&done, |done, output| output.line(format_args!("Refused {}", short(&done.device_id))));
            Ok(())
        }
        DevicesCommand::Revoke { device, role } => revoke(&client, &device, role, output).await,
        DevicesCommand::Rename { device, label } => {
            let device_id = find(&client, &device).await?.device_id;
            let done = client.call::<DevicePairRename>(&DevicePairRenameParams { device_id, label }).await?;
            output.show(&done, |done, output| {
                output.line(format_args!(
                    "{} is called {}",
                    short(&done.device_id),
                    text::clean(&done.label)
                ));
            });
            Ok(())
        }
        DevicesCommand::SetupCode { access, public_url } => setup(&client, access, public_url, output).await,
    }
}

async fn all(client: &Client) -> Result<DevicePairListOutput, Failure> {
    Ok(client.call::<DevicePairList>(&NoParams {}).await?)
}

async fn approve(client: &Client, request: Option<String>, yes: bool, output: &Output) -> Outcome {
    let devices = all(client).await?;
    let pending = choose(&devices.pending, request.as_deref())?;
    // The id is the digest of all that the request asks for: naming it is consent to what was listed.
    if request.is_none() && !yes {
        show_pending(pending, output);
        output.confirm("Let this device in?", "the request's id")?;
    }
    let params = RequestParams { request_id: pending.request_id.clone() };
    let done = client.call::<DevicePairApprove>(&params).await?;
    output.show(&done, |done, output| {
        output.line(format_args!("Approved {} as {}", name(&done.device), done.device.roles.join(", ")));
    });
    Ok(())
}

/// Returns the request that is meant.
fn choose<'a>(pending: &'a [PairingRequest], request: Option<&str>) -> Result<&'a PairingRequest, Failure> {
    let hint = "see: landline devices list";
    match (request, pending) {
        (Some(id), _) => pending.iter().find(|device| device.request_id == id).ok_or_else(|| {
            Failure::failed(format!("no device waits under {id}: requests end after five minutes")).hint(hint)
        }),
        (None, [only]) => Ok(only),
        (None, []) => {
            Err(Failure::failed("no device waits").hint("connect from the device, then repeat this command"))
        }
        (None, several) => {
            let ids: Vec<&str> = several.iter().map(|device| device.request_id.as_str()).collect();
            Err(Failure::usage(format!("{} devices wait: {}", several.len(), ids.join(", "))).hint(hint))
        }
    }
}

async fn revoke(client: &Client, device: &str, role: Option<String>, output: &Output) -> Outcome {
    let device = find(client, device).await?;
    let device_id = device.device_id.clone();
    if let Some(role) = role {
        let done = client.call::<DeviceTokenRevoke>(&DeviceTokenParams { device_id, role }).await?;
        output.show(&done, |done, output| {
            output.line(format_args!("{} lost its {} token", name(&device), done.role));
        });
    } else {
        let done = client.call::<DevicePairRemove>(&DeviceParams { device_id }).await?;
        output.show(&done, |_, output| output.line(format_args!("{} has no access any more", name(&device))));
    }
    Ok(())
}

/// Returns the paired device whose id starts with `wanted`.
async fn find(client: &Client, wanted: &str) -> Result<PairedDevice, Failure> {
    let mut hits: Vec<PairedDevice> =
        all(client).await?.paired.into_iter().filter(|device| device.device_id.starts_with(wanted)).collect();
    match (hits.pop(), hits.is_empty()) {
        (Some(device), true) => Ok(device),
        (Some(_), false) => {
            Err(Failure::usage(format!("several devices start with {wanted}: write more of the id")))
        }
        (None, _) => Err(Failure::failed(format!("no paired device starts with {wanted}"))
            .hint("see: landline devices list")),
    }
}

async fn setup(client: &Client, access: SetupAccess, public_url: Option<String>, output: &Output) -> Outcome {
    let params = SetupCodeParams { public_url, bootstrap_profile: Some(access), ..Default::default() };
    let code = client.call::<DevicePairSetupCode>(&params).await?;
    output.show(&code, |code, output| {
        output.line(format_args!("{BOLD}{}{BOLD:#}", code.setup_code));
        output.line(format_args!(
            "{DIM}for {} · {} access · works once, for 10 minutes{DIM:#}",
            code.gateway_url, code.access
        ));
        let inside = code.setup_code.parse::<SetupCode>().ok();
        if let Some(fingerprint) = inside.and_then(|code| code.tls_fingerprint) {
            output.line(format_args!("{DIM}it names the certificate: SHA-256 {fingerprint}{DIM:#}"));
        }
    });
    Ok(())
}

fn show(devices: &DevicePairListOutput, output: &Output) {
    for pending in &devices.pending {
        show_pending(pending, output);
    }
    if devices.paired.is_empty() {
        output.line("No device is paired");
        return;
    }
    let now = Clock::system().now();
    let heading = ["DEVICE", "NAME", "ROLES", "SEEN", "VIA"].map(ToOwned::to_owned).to_vec();
    let rows = devices.paired.iter().map(|device| {
        let seen = match (device.connected, device.last_seen_at_ms) {
            (true, _) => "connected".into(),
            (false, Some(at)) => text::ago(now, at),
            (false, None) => "never".into(),
        };
        vec![
            short(&device.device_id),
            name(device),
            device.roles.join(","),
            seen,
            device.approved_via.clone(),
        ]
    });
    output.table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>());
}

fn show_pending(request: &PairingRequest, output: &Output) {
    let known = [&request.display_name, &request.client_id, &request.platform, &request.remote_ip];
    let known: Vec<String> =
        known.into_iter().flatten().map(|part| text::short(&text::clean(part), 40)).collect();
    let again = if request.is_repair { " (already paired, asks for more)" } else { "" };
    output.line(format_args!(
        "{WARN}waiting{WARN:#}  {BOLD}{}{BOLD:#}  {}{again}",
        request.request_id,
        known.join(" · ")
    ));
    output.line(format_args!("  device {}", request.device_id));
    output.line(format_args!(
        "  asks   {} {}",
        text::clean(&request.role),
        text::clean(&request.scopes.join(" "))
    ));
}

fn name(device: &PairedDevice) -> String {
    let label = [&device.display_name, &device.client_id].into_iter().flatten().next();
    label.map_or_else(|| short(&device.device_id), |label| text::short(&text::clean(label), 40))
}

fn short(device_id: &str) -> String {
    device_id.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn waiting(id: &str) -> PairingRequest {
        serde_json::from_value(json!({"requestId": id, "deviceId": "d", "publicKey": "k", "role": "operator",
            "scopes": [], "isRepair": false, "ts": 1}))
        .expect("pending")
    }

    #[test]
    fn only_a_single_request_needs_no_id() {
        let (one, two) = (waiting("a"), waiting("b"));
        assert!(choose(&[], None).is_err());
        assert_eq!(choose(std::slice::from_ref(&one), None).expect("only").request_id, "a");
        let both = [one, two];
        assert_eq!(choose(&both, None).expect_err("two").exit, crate::exit::Exit::Usage);
        assert_eq!(choose(&both, Some("b")).expect("b").request_id, "b");
        assert!(choose(&both, Some("c")).is_err());
    }
}
