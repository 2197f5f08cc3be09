//! `poll`: a question with options.

use channels::{Action, Poll};
use schemas::error::WireError;
use schemas::methods::messages::{PollParams, SentOutput};

use super::target::Target;
use crate::methods::Call;

/// Asks it once for its key.
pub async fn poll(call: Call, params: PollParams) -> Result<SentOutput, WireError> {
    let target = Target::read(
        &params.to,
        params.channel.as_deref(),
        params.account_id.as_deref(),
        params.thread_id.as_deref(),
    )?;
    let seconds = params.duration_seconds.or_else(|| params.duration_hours.map(|hours| hours * 3600));
    let poll = Poll {
        question: params.question,
        options: params.options,
        multiple: params.max_selections.is_some_and(|most| most > 1),
        anonymous: params.is_anonymous.unwrap_or(true),
        seconds,
    };
    let receipt = super::deliver(&call, &target, Action::Poll(poll), &params.idempotency_key).await?;
    Ok(SentOutput {
        run_id: params.idempotency_key,
        message_id: receipt.message.unwrap_or_default(),
        channel: target.of.channel,
        chat_id: target.place.chat,
        poll_id: receipt.made,
    })
}
