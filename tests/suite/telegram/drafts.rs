//! What a kill leaves of an answer that was being written: the message that showed it becomes the end of it.

use harness::fakes::telegram::{Content, FakeTelegram, Fault, Options as Platform};

use super::{OPEN, answer, gateway};

/// An agent that begins to speak and goes on for a minute.
const SLOW: &str = "[agents.main]\nexecutor = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \
                    '''echo \"first words\"; sleep 60; echo \"last words\"''']\ndefault = true\n";

#[tokio::test]
async fn a_draft_of_before_the_kill_becomes_the_end_of_its_answer() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let mut gateway = gateway(&telegram, SLOW, OPEN).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.say(chat, ada, Content::text("speak"));
    let draft = answer(&telegram, chat, "first words").await;
    // Its id is stored once the next poll of the store is through; the gateway acknowledges nothing to wait for.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    gateway.restart().await;
    let end = |seen: &FakeTelegram| {
        let now = seen.message(chat, draft.id)?;
        (now.text != draft.text && !now.earlier.is_empty()).then_some(now)
    };
    let now = telegram.wait_until("the draft becomes the end", end).await;
    assert_eq!(telegram.from_bot(chat).len(), 1, "one message: {}", now.text);
}

#[tokio::test]
async fn a_draft_that_nobody_knows_of_costs_no_answer_and_is_not_sent_twice() {
    let telegram = FakeTelegram::start(Platform::default()).await;
    let mut gateway = gateway(&telegram, SLOW, OPEN).await;
    let ada = telegram.user(7, "Ada");
    let chat = telegram.direct(ada);
    telegram.faults(|faults| drop(faults.next("sendMessage", Fault::HangAfter).injected()));
    telegram.say(chat, ada, Content::text("speak"));
    let draft = answer(&telegram, chat, "first words").await;
    gateway.restart().await;
    let ended = |seen: &FakeTelegram| (seen.from_bot(chat).len() == 2).then(|| seen.from_bot(chat));
    let said = telegram.wait_until("the end of the answer", ended).await;
    // Telegram tells neither what the bot said before nor repetitions apart: the draft stays as it was.
    assert_eq!((said[0].id, said[0].text.as_str()), (draft.id, draft.text.as_str()));
    assert!(said.iter().all(|message| message.buttons.is_empty()), "a draft is nothing to send again");
}
