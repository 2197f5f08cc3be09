//! How Claude Code is told of the gateway's tools: a file that only this user can read, for as long as the run lives.
//!
//! A token on the command line could be read by everyone on the machine, and one in the environment would be inherited by
//! every program that the agent starts.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::fs::{DirBuilder, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use crate::executor::{Failure, FailureClass, ToolAccess};

/// The name under which the agent knows the tools: `mcp__landline__canvas_write`.
pub(super) const SERVER: &str = "landline";

/// The file; removed with its folder when dropped.
#[derive(Debug)]
pub(super) struct ToolFile {
    folder: PathBuf,
    pub(super) path: PathBuf,
    pub(super) only: bool,
}

impl ToolFile {
    /// Writes the file into the run's own folder.
    pub(super) async fn write(access: &ToolAccess) -> Result<Self, Failure> {
        let file =
            Self { folder: access.folder.clone(), path: access.folder.join("mcp.json"), only: access.only };
        let failed = |error: std::io::Error| {
            let text = format!("The run's folder {} cannot be written: {error}", access.folder.display());
            Failure::new(FailureClass::AgentCrash, "run_folder", text)
        };
        fill(&file.folder, &file.path, &settings(access)).await.map_err(failed)?;
        Ok(file)
    }
}

impl Drop for ToolFile {
    fn drop(&mut self) {
        // What cannot be removed is swept at the gateway's next start; the token in it is dead already.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn fill(folder: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
    // What an earlier attempt of the same run left behind.
    let _ = tokio::fs::remove_file(path).await;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await
}

/// `timeout` is what Claude Code waits for one call, for its first byte and between two signs of life; its own figures
/// are minutes, and a person may take half an hour to approve. `alwaysLoad`: the model sees the tools at once.
fn settings(access: &ToolAccess) -> String {
    let server = json!({
        "type": "http",
        "url": access.url,
        "headers": {"Authorization": format!("Bearer {}", access.token)},
        "timeout": u64::try_from(access.call_timeout.as_millis()).unwrap_or(u64::MAX),
        "alwaysLoad": true,
    });
    json!({"mcpServers": {SERVER: server}}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    #[tokio::test]
    async fn the_file_is_for_this_user_alone_and_goes_with_the_run() {
        let state = tempfile::tempdir().unwrap();
        let access = ToolAccess {
            url: "http://127.0.0.1:1/mcp".into(),
            token: "s3cret".into(),
            folder: state.path().join("runs/one"),
            only: false,
            call_timeout: Duration::from_mins(30),
        };
        assert!(!format!("{access:?}").contains("s3cret"));
        let _ = ToolFile::write(&access).await.unwrap();
        let file = ToolFile::write(&access).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file.path), mode(&access.folder)), (0o600, 0o700));
        let text = std::fs::read_to_string(&file.path).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let server = &read["mcpServers"]["landline"];
        assert_eq!(server["headers"]["Authorization"], "Bearer s3cret");
        assert_eq!((&server["type"], &server["timeout"]), (&json!("http"), &json!(1_800_000)));
        drop(file);
        assert!(!access.folder.exists());
    }
}
