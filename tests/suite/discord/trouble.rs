//! Whatever Discord and the network do: each message has its answer, once.

use std::time::Duration;

use harness::fakes::discord::{Fault, GatewayFault, On};

use super::{CAT, OPEN, ask, count, gateway, platform, until};

#[tokio::test]
async fn faults_of_calls_change_nothing_but_the_time() {
    let discord = platform().await;
    let _gateway = gateway(&discord, CAT, OPEN).await;
    let faults = [
        Fault::Limited(Duration::from_millis(700)),
        Fault::LimitedGlobally(Duration::from_millis(700)),
        Fault::Status(500),
        Fault::Status(503),
        Fault::BadGateway,
        Fault::CutBefore,
        Fault::CutAfter,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let person = discord.person(&format!("Person {number}"));
        let dm = discord.dm(person);
        discord.fault(On::send(), fault.clone());
        ask(&discord, dm, person, format!("under {fault:?}."), "under").await;
        ask(&discord, dm, person, "and after it.", "after it").await;
        let said: Vec<String> = discord.answers(dm).into_iter().map(|seen| seen.text).collect();
        assert_eq!(said.len(), 2, "{fault:?}: {said:?}");
    }
    assert_eq!(discord.injected().values().sum::<u64>(), 7, "{:?}", discord.injected());
}

#[tokio::test]
async fn faults_of_the_connection_change_nothing_but_the_time() {
    let discord = platform().await;
    let _gateway = gateway(&discord, CAT, OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    ask(&discord, dm, ada, "the first.", "the first").await;
    let faults = [
        GatewayFault::Duplicate,
        GatewayFault::OutOfOrder,
        GatewayFault::Cut,
        GatewayFault::Reconnect,
        GatewayFault::Invalid(true),
    ];
    for fault in faults {
        discord.fault_of_next_event(fault.clone());
        discord.say(dm, ada, format!("one with {fault:?}."));
        discord.say(dm, ada, format!("two after {fault:?}."));
        for word in [format!("one with {fault:?}."), format!("two after {fault:?}.")] {
            until(&discord, &word, |seen| count(seen, dm, &word) == 1).await;
        }
    }
    let said: Vec<String> = discord.answers(dm).into_iter().map(|seen| seen.text).collect();
    assert_eq!(said.len(), 11, "{said:#?}");
}

#[tokio::test]
async fn what_was_said_while_the_session_was_lost_is_fetched() {
    let discord = platform().await;
    let _gateway = gateway(&discord, CAT, OPEN).await;
    let ada = discord.person("Ada");
    let dm = discord.dm(ada);
    ask(&discord, dm, ada, "the first.", "the first").await;
    discord.go_down();
    discord.forget_sessions();
    discord.say(dm, ada, "said to nobody.");
    discord.say(dm, ada, "and once more.");
    discord.come_back().await;
    for word in ["said to nobody.", "and once more."] {
        until(&discord, word, |seen| count(seen, dm, word) == 1).await;
    }
    ask(&discord, dm, ada, "the last.", "the last").await;
    assert_eq!(discord.answers(dm).len(), 4, "each once");
}
