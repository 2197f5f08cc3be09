//! `channels.pairing.approve`, `.deny` and `.dismiss`: what becomes of a stranger.

use schemas::Scope;
use schemas::error::{DetailCode, WireError};
use schemas::methods::peers::{PairingApproveOutput, PairingApproveParams, PairingDecided, PairingParams};

use crate::bridge::Decision;
use crate::methods::Call;
use crate::store::peers::PeerRow;

/// Lets a stranger in; they are told. To make them an owner needs admin.
pub async fn approve(call: Call, params: PairingApproveParams) -> Result<PairingApproveOutput, WireError> {
    let owner = params.bootstrap_command_owner == Some(true);
    if owner && !call.who().has(Scope::Admin) {
        return Err(WireError::missing_scope(Scope::Admin));
    }
    let name = PairingParams {
        channel: params.channel,
        account_id: params.account_id,
        request_id: params.request_id,
    };
    let decision = Decision::Approve { owner, tell: params.notify != Some(false) };
    let peer = decide(&call, &name, decision).await?;
    if owner {
        crate::methods::channels::add_owner(&call, &peer.of, &peer.peer).await?;
    }
    Ok(PairingApproveOutput {
        request_id: name.request_id,
        sender_id: peer.peer,
        notification: if params.notify == Some(false) { "not-requested" } else { "sent" }.into(),
        command_owner_bootstrap: if owner { "configured" } else { "not-requested" }.into(),
    })
}

/// Turns a stranger away: no further code is given.
pub async fn deny(call: Call, params: PairingParams) -> Result<PairingDecided, WireError> {
    let peer = decide(&call, &params, Decision::Deny).await?;
    Ok(PairingDecided { request_id: params.request_id, sender_id: peer.peer })
}

/// Drops a request; the stranger may ask again.
pub async fn dismiss(call: Call, params: PairingParams) -> Result<PairingDecided, WireError> {
    let peer = decide(&call, &params, Decision::Dismiss).await?;
    Ok(PairingDecided { request_id: params.request_id, sender_id: peer.peer })
}

async fn decide(call: &Call, params: &PairingParams, decision: Decision) -> Result<PeerRow, WireError> {
    let who = call.who();
    let of = crate::store::accounts::AccountName {
        channel: params.channel.clone(),
        account: params.account_id.clone(),
    };
    let code = params.request_id.trim().to_ascii_uppercase();
    let peer = call.services.bridge.decide_peer(&who.org, &of, &code, decision, &who.actor).await?;
    peer.ok_or_else(|| {
        WireError::invalid("/requestId: nobody waits with this code; codes live an hour")
            .detail(DetailCode::UnknownPairingRequest)
    })
}
