//! Has voice messages written down by the program that the configuration names.

use std::path::Path;
use std::time::Duration;

use channels::AttachmentKind;
use nodes::executor::Attachment as File;
use nodes::process::{Environment, Launch, Running};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::{Instant, timeout_at};

use super::Bridge;
use super::account::Live;

impl Bridge {
    /// Returns the words of a message's voice notes. One that cannot be written down is a file only.
    pub(super) async fn transcripts(&self, live: &Live, files: &[(AttachmentKind, File)]) -> Vec<String> {
        let command = &live.account.section.transcribe;
        let notes = files.iter().filter(|(kind, _)| *kind == AttachmentKind::Voice && !command.is_empty());
        let deadline = Instant::now() + self.pace().transcribe;
        let mut all = Vec::new();
        for (_, file) in notes {
            match transcript(command, &file.path, deadline).await {
                Ok(words) => all.push(words),
                Err(why) => {
                    let of = &live.of;
                    tracing::warn!(
                        channel = of.channel,
                        account = of.account,
                        why,
                        "A voice message was not written down"
                    );
                }
            }
        }
        all
    }
}

/// Runs the program until it has ended, the deadline, or too much was said; nothing of it is left then.
async fn transcript(command: &[String], file: &Path, deadline: Instant) -> Result<String, String> {
    let Some((program, arguments)) = command.split_first() else { return Err("no program is named".into()) };
    let launch = Launch {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).chain([file.into()]).collect(),
        cwd: file.parent().unwrap_or(file).to_owned(),
        environment: Environment::of_process().pick(Environment::BASIC),
        marker: (MARKER.into(), uuid::Uuid::new_v4().to_string()),
    };
    let mut running = launch.start().map_err(|error| error.to_string())?;
    let read = timeout_at(deadline, words(&mut running)).await;
    running.end(GRACE).await;
    match read {
        Ok(Ok(text)) if text.is_empty() => Err("the program printed nothing".into()),
        Ok(read) => read,
        Err(_) => Err("the program took too long".into()),
    }
}

async fn words(running: &mut Running) -> Result<String, String> {
    drop(running.stdin.take());
    let (stdout, stderr) = (running.stdout.take(), running.stderr.take());
    let drain = async {
        if let Some(mut stderr) = stderr {
            drop(tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await);
        }
        std::future::pending().await
    };
    let bytes = tokio::select! {
        bytes = read(stdout) => bytes?,
        never = drain => never,
    };
    let whole = bytes.len() <= MAX_TRANSCRIPT;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_TRANSCRIPT)]).trim().to_owned();
    if !whole {
        return Ok(format!("{text}…"));
    }
    match running.exited().await {
        Ok(status) if status.success() => Ok(text),
        Ok(status) => Err(format!("the program failed ({status})")),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads up to one byte more than is taken.
async fn read(stdout: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_TRANSCRIPT).unwrap_or(u64::MAX) + 1;
    if let Some(stdout) = stdout {
        stdout.take(limit).read_to_end(&mut bytes).await.map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

/// Bytes that are taken of what a program prints.
const MAX_TRANSCRIPT: usize = 16 * 1024;
/// Time that a program gets to end by itself.
const GRACE: Duration = Duration::from_millis(200);
/// Marks what such a program starts.
const MARKER: &str = "LANDLINE_TRANSCRIBE";

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(script: &str, time: Duration) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("1.ogg");
        std::fs::write(&file, "the words\n").unwrap();
        let command = ["/bin/sh", "-c", script, "sh"].map(str::to_owned);
        transcript(&command, &file, Instant::now() + time).await
    }

    #[tokio::test]
    async fn what_the_program_prints_is_bounded_in_size_and_time() {
        let long = Duration::from_mins(1);
        assert_eq!(run("cat \"$1\"", long).await.unwrap(), "the words");
        assert!(run("echo no; exit 3", long).await.unwrap_err().contains("failed"));
        assert!(run("true", long).await.unwrap_err().contains("nothing"));
        let much = run("yes much", long).await.unwrap();
        assert!(much.len() <= MAX_TRANSCRIPT + 3 && much.ends_with('…'));
        let slow = run("sleep 1000 & sleep 1000", Duration::from_millis(50)).await;
        assert!(slow.unwrap_err().contains("too long"));
        assert!(transcript(&["/no/such".to_owned()], Path::new("/tmp/x"), Instant::now()).await.is_err());
    }
}
