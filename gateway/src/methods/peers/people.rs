//! `channels.people.*`: who was let in or turned away, and forgetting them.

use schemas::error::{DetailCode, WireError};
use schemas::methods::peers::{
    PairingDecided, PairingListParams, PeopleListOutput, PeopleRemoveParams, Person,
};

use crate::methods::Call;
use crate::store::accounts::AccountName;
use crate::store::peers;

/// Lists them, oldest first.
pub async fn people(call: Call, params: PairingListParams) -> Result<PeopleListOutput, WireError> {
    let org = call.who().org.to_string();
    let rows = call.services.store.read(move |db| peers::decided(db, &org)).await?;
    let wanted = |of: &AccountName| {
        params.channel.as_ref().is_none_or(|channel| *channel == of.channel)
            && params.account_id.as_ref().is_none_or(|account| *account == of.account)
    };
    let people = rows.into_iter().filter(|peer| wanted(&peer.of)).map(|peer| Person {
        channel: peer.of.channel,
        account_id: peer.of.account,
        sender_id: peer.peer,
        sender_label: peer.name,
        owner: peer.state == "owner",
        state: if peer.state == "denied" { peer.state } else { "allowed".into() },
        decided_at: peer.decided_at,
        decided_by: peer.decided_by.unwrap_or_default(),
    });
    Ok(PeopleListOutput { people: people.collect() })
}

/// Forgets somebody: who was let in is out at once, who was turned away may ask again.
pub async fn remove(call: Call, params: PeopleRemoveParams) -> Result<PairingDecided, WireError> {
    let account = params.account_id.unwrap_or_else(|| "main".into());
    let of = AccountName { channel: params.channel, account };
    let removed = call.services.bridge.remove_peer(&of, &params.sender_id, &call.who().actor).await?;
    if removed {
        return Ok(PairingDecided { request_id: params.sender_id.clone(), sender_id: params.sender_id });
    }
    Err(WireError::invalid("/senderId: nobody of this id was let in or turned away")
        .detail(DetailCode::UnknownPairingRequest))
}
