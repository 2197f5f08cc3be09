//! Files that came in: fetched within bounds, and in their place only when they are whole.

use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Response, StatusCode, Url};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use super::fault::Fault;
use super::rest::Rest;

/// Hosts of Discord's files.
const HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];
/// Longest wait for a whole file.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Fetches a file of at most `limit` bytes to `path`, readable by its owner only.
pub(super) async fn fetch(rest: &Rest, file: &str, path: &Path, limit: u64) -> Result<(), Fault> {
    let url = Url::parse(file).map_err(|_| Fault::refused("`file` is not an address"))?;
    check(&url, rest.root())?;
    let request = rest.client().get(url).timeout(TIMEOUT);
    let response = request.send().await.map_err(|error| Fault::broken(&error, true))?;
    check(response.url(), rest.root())?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE => {
            return Err(Fault::judge(StatusCode::NOT_FOUND, super::fault::Waiting::default(), b"", true));
        }
        status => return Err(Fault::judge(status, super::fault::Waiting::default(), b"{}", true)),
    }
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let part = beside(path);
    let written = write(response, &part, limit).await;
    let done = match written {
        Ok(()) => fs::rename(&part, path).await.map_err(|error| unwritten(&error)),
        Err(fault) => Err(fault),
    };
    if done.is_err() {
        // The failure is told already; a part that cannot be removed is in the folder for whoever looks.
        let _ = fs::remove_file(&part).await;
    }
    done
}

async fn write(mut response: Response, part: &Path, limit: u64) -> Result<(), Fault> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let open = fs::OpenOptions::from(options).open(part).await;
    let mut file = open.map_err(|error| unwritten(&error))?;
    let mut left = limit;
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::broken(&error, true))? {
        left = left.checked_sub(chunk.len() as u64).ok_or_else(|| too_large(limit))?;
        file.write_all(&chunk).await.map_err(|error| unwritten(&error))?;
    }
    file.flush().await.map_err(|error| unwritten(&error))?;
    file.sync_all().await.map_err(|error| unwritten(&error))
}

/// The address came in a stranger's message: it may only lead to the platform, never to this machine or its network.
fn check(url: &Url, root: &str) -> Result<(), Fault> {
    let root = Url::parse(root).ok();
    let same = root.is_some_and(|root| root.origin() == url.origin());
    let platform = url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    if same || platform {
        return Ok(());
    }
    Err(Fault::refused("the file is not on Discord's own host"))
}

fn beside(path: &Path) -> PathBuf {
    let mut random = [0_u8; 8];
    // Without randomness the name is still unique enough: creating the file fails if it exists.
    let _ = getrandom::fill(&mut random);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{:016x}.part", u64::from_le_bytes(random)))
}

fn too_large(limit: u64) -> Fault {
    Fault::refused(format!("the file is larger than the limit of {limit} bytes"))
}

fn unwritten(error: &io::Error) -> Fault {
    Fault::refused(format!("the file could not be written: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_from_the_platform_only() {
        let fetches = |file: &str, root: &str| check(&Url::parse(file).unwrap(), root).is_ok();
        assert!(fetches("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", "https://discord.com"));
        assert!(fetches("http://127.0.0.1:4000/attachments/a", "http://127.0.0.1:4000"));
        for wrong in [
            "http://cdn.discordapp.com/a",
            "https://cdn.discordapp.com:8080/a",
            "https://cdn.discordapp.com.evil.example/a",
            "https://cdn.discordapp.com@evil.example/a",
            "http://169.254.169.254/latest",
            "http://127.0.0.1:4001/a",
            "file:///etc/passwd",
        ] {
            assert!(!fetches(wrong, "http://127.0.0.1:4000"), "{wrong}");
        }
    }
}
