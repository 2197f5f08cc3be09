//! The stay of one run in a place of its own: the place is made before the run begins; what the run changed is kept,
//! and the place removed, once it has ended.

use std::path::{Path, PathBuf};

use schemas::agent::ExecutorKind;
use schemas::work::Isolation;
use tokio::task::spawn_blocking;

use super::{Options, Workspace, WorkspaceError};
use crate::executor::{Assignment, Failure, FailureClass, Left, Outcome, Retry};

/// A run's stay. One that is dropped leaves its place to the next [`sweep`](super::sweep).
#[derive(Debug)]
#[must_use = "the place stays until `end`"]
pub struct Stay(Option<Workspace>);

/// What became of a place.
struct Closed {
    left: Option<Left>,
    /// Where the place is now, if it is not gone.
    kept: Option<PathBuf>,
}

impl Stay {
    /// Makes the place that an assignment asks for and has it work there. Folders besides the agent's own that lie
    /// within that are those of the place from then on.
    pub async fn begin(task: &mut Assignment, options: &Options) -> Result<Self, Failure> {
        let isolation = task.isolation.unwrap_or_default();
        // What answers by itself has no folder that it works in.
        if isolation == Isolation::None || task.agent.executor == ExecutorKind::Builtin {
            return Ok(Self(None));
        }
        let (base, name, options) = (task.agent.cwd.clone(), name(task), options.clone());
        let made = spawn_blocking(move || Workspace::prepare(isolation, &base, &name, &options)).await;
        let place = made.map_err(|error| refused(&error))?.map_err(|error| refused(&error))?;
        let base = std::mem::replace(&mut task.agent.cwd, place.path.clone());
        if let Some(dirs) = task.permissions.as_mut().and_then(|rights| rights.add_dirs.as_mut()) {
            *dirs = dirs.iter().filter_map(|dir| moved(dir, &base, &place.path)).collect();
        }
        Ok(Self(Some(place)))
    }

    /// Keeps what the run changed as the outcome's artifact and removes the place. Where the patch alone would not
    /// hold it, as of a run that is to be performed `again`, the place is put aside instead.
    pub async fn end(self, outcome: Outcome, again: bool) -> Outcome {
        let Some(place) = self.0 else { return outcome };
        let again = again || outcome.result.as_ref().err().is_some_and(may_come_again);
        let path = place.path.clone();
        let closed = match spawn_blocking(move || close(place, again)).await {
            Ok(closed) => closed.map_err(|error| told(&error)),
            Err(error) => Err(error.to_string()),
        };
        match closed {
            Ok(closed) => {
                if let Some(kept) = closed.kept {
                    tracing::warn!(path = %kept.display(), "What a run left is put aside");
                }
                Outcome { artifact: closed.left, ..outcome }
            }
            Err(why) => not_kept(outcome, &why, &path),
        }
    }
}

fn close(mut place: Workspace, again: bool) -> Result<Closed, WorkspaceError> {
    let left = place.capture()?;
    let needed = left.as_ref().is_some_and(|left| place.is_copy() && (again || left.truncated));
    let kept = if needed {
        Some(place.put_aside()?)
    } else {
        if let Err(error) = place.clean() {
            tracing::warn!(why = told(&error), "A run's place could not be removed");
        }
        None
    };
    Ok(Closed { left, kept })
}

/// Says whether the engine may give the task to another run, whose outcome would replace this one.
fn may_come_again(failure: &Failure) -> bool {
    failure.retry() != Retry::Never || failure.code == Failure::TIME_LIMIT
}

/// Names the place of one run.
fn name(task: &Assignment) -> String {
    if task.fence == 1 { task.task_id.to_string() } else { format!("{}-{}", task.task_id, task.fence) }
}

/// Returns where a folder is for a run that works in `place` instead of `base`; `None` if it is not there.
fn moved(dir: &str, base: &Path, place: &Path) -> Option<String> {
    let (Ok(real), Ok(base)) = (Path::new(dir).canonicalize(), base.canonicalize()) else {
        return Some(dir.to_owned());
    };
    let Ok(within) = real.strip_prefix(base) else { return Some(dir.to_owned()) };
    let there = place.join(within);
    there.is_dir().then(|| there.to_string_lossy().into_owned())
}

fn refused(error: &dyn std::error::Error) -> Failure {
    let message = format!("The task could not be given a folder of its own: {}", told(error));
    Failure::new(FailureClass::Validation, CODE, message)
}

/// The work is done, but whoever asked for it would not find it where it says: that is no success.
fn not_kept(mut outcome: Outcome, why: &str, path: &Path) -> Outcome {
    tracing::error!(why, path = %path.display(), "What a run changed could not be captured; it stays where it is");
    let more = format!("What the run changed could not be kept ({why}); it is in {}", path.display());
    outcome.result = Err(match outcome.result {
        Ok(_) => Failure::new(FailureClass::Validation, CODE, more),
        Err(failure) => Failure { message: format!("{}. {more}", failure.message), ..failure },
    });
    outcome
}

/// Returns an error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The code of failures that have to do with a run's place.
const CODE: &str = "isolation";
