//! Files that come with a message: checked, decoded, and stored where an executor can read them.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nodes::executor::Attachment;
use schemas::bounds::{MAX_ATTACHMENT_BYTES, MAX_IMAGE_BYTES};
use schemas::methods::chat;
use uuid::Uuid;

use super::SubmitError;

/// A file that came with a message, decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// The sender's name for it; untrusted.
    pub name: String,
    /// Its media type.
    pub mime_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload")
            .field("name", &self.name)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Upload {
    /// Decodes the attachments of a message and checks their sizes.
    pub fn read(attachments: &[chat::Attachment]) -> Result<Vec<Self>, SubmitError> {
        let mut total = 0;
        let mut uploads = Vec::with_capacity(attachments.len());
        for (index, attachment) in attachments.iter().enumerate() {
            let upload = Self::read_one(index, attachment)?;
            total += upload.bytes.len();
            if total > MAX_ATTACHMENT_BYTES {
                return Err(SubmitError::Attachment { index, why: "makes the message larger than allowed" });
            }
            uploads.push(upload);
        }
        Ok(uploads)
    }

    fn read_one(index: usize, attachment: &chat::Attachment) -> Result<Self, SubmitError> {
        let refused = |why| SubmitError::Attachment { index, why };
        // Browsers put `data:image/png;base64,` before it.
        let content =
            attachment.content.split_once(";base64,").map_or(&*attachment.content, |(_, data)| data);
        let bytes = STANDARD.decode(content.trim()).map_err(|_| refused("is not base64"))?;
        let mime_type = attachment.mime_type.clone().unwrap_or_else(|| "application/octet-stream".into());
        let image = attachment.kind.as_deref() == Some("image") || mime_type.starts_with("image/");
        if image && bytes.len() > MAX_IMAGE_BYTES {
            return Err(refused("is a larger image than allowed"));
        }
        let name = attachment.file_name.clone().unwrap_or_else(|| format!("attachment-{}", index + 1));
        Ok(Self { name, mime_type, bytes })
    }
}

/// Returns where the attachments of a task are kept.
pub(super) fn folder(state_dir: &Path, task: Uuid) -> PathBuf {
    state_dir.join("attachments").join(task.to_string())
}

/// Names the files before they are written, so that the request can be stored with their places.
pub(super) fn places(folder: &Path, uploads: &[Upload]) -> Vec<Attachment> {
    let place = |(index, upload): (usize, &Upload)| Attachment {
        name: upload.name.clone(),
        mime_type: upload.mime_type.clone(),
        path: folder.join(file_name(index, &upload.name)),
    };
    uploads.iter().enumerate().map(place).collect()
}

/// Writes the files, readable by the owner only, and waits until they are on disk.
pub(super) fn write(folder: &Path, places: &[Attachment], uploads: &[Upload]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (place, upload) in places.iter().zip(uploads) {
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&place.path)?;
        file.write_all(&upload.bytes)?;
        file.sync_all()?;
    }
    std::fs::File::open(folder)?.sync_all()
}

/// A name of our own with the sender's extension: nothing else of an untrusted name reaches the disk.
fn file_name(index: usize, name: &str) -> String {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    let safe =
        extension.filter(|text| text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    safe.map_or_else(|| format!("{}", index + 1), |text| format!("{}.{text}", index + 1))
}
