//! Runs the fake of Discord by itself: `cargo run -p suite --bin fake-discord -- --port 0`.
//!
//! It prints one line of JSON with `root`, `token`, `bot` and runs until it is ended. `POST /_control/…` lets people
//! act and things go wrong (see `harness/fakes/discord/control.rs`).

use harness::fakes::discord::{FakeDiscord, Options, Rates};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // What a person cannot do panics, and the control call answers it: a line is enough.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => {
                let port = arguments.next().and_then(|port| port.parse().ok());
                options.port = port.expect("--port takes a number");
            }
            "--heartbeat-ms" => {
                let time = arguments.next().and_then(|time| time.parse().ok());
                options.heartbeat =
                    std::time::Duration::from_millis(time.expect("--heartbeat-ms takes a number"));
            }
            "--identify-ms" => {
                let time = arguments.next().and_then(|time| time.parse().ok());
                options.identify_interval =
                    std::time::Duration::from_millis(time.expect("--identify-ms takes a number"));
            }
            "--no-limits" => options.rates = Rates::none(),
            other => {
                panic!("unknown argument {other}: --port N, --heartbeat-ms N, --identify-ms N, --no-limits")
            }
        }
    }
    let discord = FakeDiscord::start(options).await;
    println!("{}", json!({"root": discord.root(), "token": discord.token(), "bot": discord.bot()}));
    std::future::pending::<()>().await;
}
