//! The fake Telegram as a program of its own, for tests in other languages: prints where it listens, as JSON.

use std::io::Read as _;
use std::process::ExitCode;

use harness::fakes::telegram::{FakeTelegram, Options};
use serde_json::json;
use tokio::sync::oneshot;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut options = Options::default();
    let mut with_parent = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--port" => match arguments.next().and_then(|port| port.parse().ok()) {
                Some(port) => options.port = port,
                None => return usage(),
            },
            "--privacy" => options.privacy = true,
            "--with-parent" => with_parent = true,
            _ => return usage(),
        }
    }
    let telegram = FakeTelegram::start(options).await;
    println!("{}", json!({ "root": telegram.root(), "token": telegram.token() }));
    let parent = end_of_input(with_parent);
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        Ok(()) = parent => {}
    }
    ExitCode::SUCCESS
}

/// Says when standard input ends, which is when whoever started this program ends; never unless it is asked for.
fn end_of_input(asked: bool) -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    if asked {
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            ended.send(())
        });
    }
    end
}

fn usage() -> ExitCode {
    eprintln!("usage: fake-telegram [--port N] [--privacy] [--with-parent]");
    ExitCode::from(2)
}
