//! What callers are told when a canvas refuses something: one stable code each (`docs/errors.md`).

use schemas::error::{DetailCode, ErrorCode, WireError};
use serde_json::json;

use super::{BadMessages, BadPath, EvalError, FileError};

/// Why A2UI messages were not shown.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// They are not as they must be.
    #[error(transparent)]
    Messages(#[from] BadMessages),
    /// They could not be kept.
    #[error(transparent)]
    File(#[from] FileError),
}

impl FileError {
    /// Returns the stable code; `None`: it is our fault.
    pub fn code(&self) -> Option<DetailCode> {
        Some(match self {
            Self::NotFound => DetailCode::CanvasNotFound,
            Self::Folder | Self::Refused(_) => DetailCode::CanvasFileRefused,
            Self::TooLarge(_) => DetailCode::CanvasFileTooLarge,
            Self::Full(_) => DetailCode::CanvasFull,
            Self::Io(_) => return None,
        })
    }
}

impl From<FileError> for WireError {
    fn from(error: FileError) -> Self {
        let text = error.to_string();
        match (error.code(), error) {
            (Some(code), FileError::NotFound) => Self::not_found(text).detail(code),
            (Some(code), _) => Self::invalid(text).detail(code),
            (None, error) => {
                tracing::error!(?error, "A canvas's files could not be used");
                Self::new(ErrorCode::InternalError, text)
            }
        }
    }
}

impl From<BadPath> for WireError {
    fn from(error: BadPath) -> Self {
        Self::invalid(format!("/path: {error}")).detail(DetailCode::CanvasPathInvalid)
    }
}

impl From<PushError> for WireError {
    fn from(error: PushError) -> Self {
        match error {
            PushError::File(error) => error.into(),
            PushError::Messages(BadMessages::Full) => {
                Self::invalid(BadMessages::Full.to_string()).detail(DetailCode::CanvasFull)
            }
            PushError::Messages(error) => error.into(),
        }
    }
}

impl From<BadMessages> for WireError {
    fn from(error: BadMessages) -> Self {
        Self::invalid(error.to_string()).detail(DetailCode::A2uiInvalid)
    }
}

impl From<EvalError> for WireError {
    fn from(error: EvalError) -> Self {
        let text = error.to_string();
        match error {
            EvalError::NoViewer => Self::unavailable(text).detail(DetailCode::CanvasNoViewer),
            EvalError::Busy => Self::unavailable(text).detail(DetailCode::Busy).retry_after(1000),
            EvalError::TimedOut | EvalError::Gone => {
                Self::unavailable(text).detail(DetailCode::CanvasEvalTimeout)
            }
            EvalError::Failed(why) => Self::new(ErrorCode::Unavailable, text)
                .details(json!({ "code": DetailCode::CanvasEvalFailed, "error": why })),
        }
    }
}
