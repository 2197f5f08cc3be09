//! The line between a run and whoever watches it: steps out, questions out and answers back, follow-ups in.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::outcome::Usage;

/// Something that happened in a run. The text of a run is the concatenation of its `Text` deltas since the
/// last `TextReset`; the outcome's text replaces it in the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The agent keeps this run under the given conversation id.
    Conversation {
        /// The id to resume it by.
        id: Uuid,
    },
    /// The model that answers.
    Model {
        /// The agent's name for it.
        name: String,
    },
    /// More text of the answer.
    Text {
        /// What to append.
        delta: String,
    },
    /// The text so far is void: the agent starts its answer again.
    TextReset,
    /// More of the model's visible reasoning.
    Thinking {
        /// What to append.
        delta: String,
    },
    /// A tool was called.
    ToolStart {
        /// Joins the steps of one call.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments.
        args: Value,
    },
    /// A tool told something before it ended.
    ToolUpdate {
        /// The call.
        id: String,
        /// The tool's name.
        name: String,
        /// What it told.
        partial: Value,
    },
    /// A tool ended.
    ToolResult {
        /// The call.
        id: String,
        /// The tool's name, empty when the agent did not say which call this is.
        name: String,
        /// Whether it failed or was refused.
        is_error: bool,
        /// What it answered.
        result: Value,
    },
    /// The provider failed and is asked again.
    Retry {
        /// Which retry this is, from 1.
        attempt: u32,
        /// How many there will be at most.
        max: u32,
        /// The wait before it, in milliseconds.
        delay_ms: u64,
        /// The provider's error in one word, for example `overloaded`.
        error: String,
    },
    /// What the run has cost so far.
    Usage(Usage),
    /// Something the user should know.
    Note {
        /// One sentence.
        text: String,
    },
    /// How far the work is, as the agent says.
    Percent {
        /// From 0 to 100.
        done: u8,
    },
    /// Steps are missing here: there were more than are kept.
    Gap {
        /// Their size in bytes, as JSON.
        bytes: u64,
    },
}

/// A question of an agent: may it use this tool in this way?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermissionRequest {
    /// The agent's id of the question; unique within the run.
    pub id: String,
    /// The tool call the question is about; the same id as in [`Step::ToolStart`].
    pub tool_use_id: Option<String>,
    /// The tool's name.
    pub tool: String,
    /// The arguments it would be called with.
    pub input: Value,
    /// What the tool would do, in the agent's words.
    pub description: Option<String>,
}

/// The answer to a [`PermissionRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Use the tool.
    Allow {
        /// Other arguments than the ones asked about; the asked ones without it.
        updated_input: Option<Value>,
    },
    /// Do not use the tool.
    Deny {
        /// What the model is told.
        message: String,
    },
}

/// The executor's side.
#[derive(Debug)]
pub struct Progress {
    steps: mpsc::Sender<Step>,
    questions: mpsc::Sender<Question>,
    follow_ups: mpsc::Receiver<FollowUp>,
    stored: watch::Receiver<u64>,
}

impl Progress {
    /// Returns how many of the run's steps the observer has stored, now and as that grows. Steps count from 0, so
    /// it is also the number of the next step that is to be stored.
    pub fn stored(&self) -> watch::Receiver<u64> {
        self.stored.clone()
    }

    /// Reports a step, waiting while the observer is behind.
    ///
    /// When the observer is gone the step is dropped: the outcome still holds the whole answer.
    pub async fn step(&self, step: Step) {
        if self.steps.send(step).await.is_err() {
            tracing::trace!("Nobody observes this run");
        }
    }

    /// Asks for a permission; denied when nobody is there to answer, or when the answerer gives up.
    ///
    /// The future holds no borrow, so a run goes on reading its agent while the question is open. Dropping
    /// it withdraws the question.
    pub fn ask(&self, request: PermissionRequest) -> impl Future<Output = Decision> + Send + 'static {
        let questions = self.questions.clone();
        async move {
            let (answer, answered) = oneshot::channel();
            if questions.send(Question { request, answer }).await.is_err() {
                return Decision::Deny { message: NOBODY.to_owned() };
            }
            answered.await.unwrap_or_else(|_| Decision::Deny { message: NOBODY.to_owned() })
        }
    }

    /// Returns the next message that the user sent into the running run, `None` when no more can come.
    ///
    /// The executor must call [`FollowUp::taken`] once the agent has it; one that is dropped instead is
    /// reported to its sender as not taken.
    pub async fn follow_up(&mut self) -> Option<FollowUp> {
        self.follow_ups.recv().await
    }
}

/// A message sent into a running run.
#[derive(Debug)]
pub struct FollowUp {
    /// What the user wrote.
    pub text: String,
    taken: oneshot::Sender<()>,
}

impl FollowUp {
    /// Tells the sender that the agent has the message and will answer it within this run.
    pub fn taken(self) {
        // The sender may have gone away meanwhile; then nobody needs to know.
        let _ = self.taken.send(());
    }
}

/// The other side: whoever started the run reads the steps, answers the questions and may steer.
#[derive(Debug)]
pub struct Observer {
    /// What happened, in order. Closed when the run has ended.
    pub steps: mpsc::Receiver<Step>,
    /// Questions that wait for an answer.
    pub questions: mpsc::Receiver<Question>,
    /// Sends messages into the run.
    pub steering: Steering,
    stored: watch::Sender<u64>,
}

impl Observer {
    /// Tells the run how many of its steps are stored for good, so that it need not keep them any longer.
    pub fn mark_stored(&self, steps: u64) {
        self.stored.send_if_modified(|known| {
            let more = steps > *known;
            *known = steps.max(*known);
            more
        });
    }
}

/// A permission question together with the way to answer it.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub request: PermissionRequest,
    answer: oneshot::Sender<Decision>,
}

impl Question {
    /// Answers. Returns false when the run withdrew the question meanwhile. Dropping a question denies it.
    pub fn answer(self, decision: Decision) -> bool {
        self.answer.send(decision).is_ok()
    }

    /// Returns once the run has withdrawn the question, so that it need not be shown any longer.
    pub async fn withdrawn(&mut self) {
        self.answer.closed().await;
    }
}

/// Sends messages into a running run.
#[derive(Debug, Clone)]
pub struct Steering(mpsc::Sender<FollowUp>);

impl Steering {
    /// Sends `text` into the run and waits until the agent has it.
    ///
    /// Returns false when the run ended without taking it, or cannot be steered: the message is then still
    /// to be answered, by a run of its own.
    pub async fn follow_up(&self, text: String) -> bool {
        let (taken, was_taken) = oneshot::channel();
        if self.0.send(FollowUp { text, taken }).await.is_err() {
            return false;
        }
        was_taken.await.is_ok()
    }
}

/// Makes both sides of a run; at most `bound` steps wait for the observer (at least one).
pub fn channel(bound: usize) -> (Progress, Observer) {
    let (steps, steps_out) = mpsc::channel(bound.max(1));
    let (questions, questions_out) = mpsc::channel(OPEN_QUESTIONS);
    let (follow_ups_in, follow_ups) = mpsc::channel(WAITING_FOLLOW_UPS);
    let (stored, stored_out) = watch::channel(0);
    let progress = Progress { steps, questions, follow_ups, stored: stored_out };
    let steering = Steering(follow_ups_in);
    let observer = Observer { steps: steps_out, questions: questions_out, steering, stored };
    (progress, observer)
}

const OPEN_QUESTIONS: usize = 16;
const WAITING_FOLLOW_UPS: usize = 20;
const NOBODY: &str = "Nobody answered the permission request";

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PermissionRequest {
        PermissionRequest {
            id: "q1".into(),
            tool_use_id: None,
            tool: "Bash".into(),
            input: Value::Null,
            description: None,
        }
    }

    #[tokio::test]
    async fn a_question_reaches_the_observer_and_its_answer_comes_back() {
        let (progress, mut observer) = channel(1);
        let asked = progress.ask(request());
        let answerer = async {
            let question = observer.questions.recv().await.unwrap();
            assert_eq!(question.request.tool, "Bash");
            assert!(question.answer(Decision::Allow { updated_input: None }));
        };
        let (decision, ()) = tokio::join!(asked, answerer);
        assert_eq!(decision, Decision::Allow { updated_input: None });
    }

    #[tokio::test]
    async fn a_question_nobody_answers_is_denied() {
        let (progress, observer) = channel(1);
        drop(observer);
        assert!(matches!(progress.ask(request()).await, Decision::Deny { .. }));
    }

    #[tokio::test]
    async fn a_follow_up_the_run_did_not_take_is_reported() {
        let (mut progress, observer) = channel(1);
        let steering = observer.steering.clone();
        let (sent, ()) = tokio::join!(steering.follow_up("one".into()), async {
            progress.follow_up().await.unwrap().taken();
        });
        assert!(sent);
        let (sent, ()) = tokio::join!(steering.follow_up("two".into()), async { drop(progress) });
        assert!(!sent);
    }

    #[test]
    fn what_is_stored_only_grows() {
        let (progress, observer) = channel(1);
        let mut stored = progress.stored();
        observer.mark_stored(3);
        observer.mark_stored(2);
        assert_eq!(*stored.borrow_and_update(), 3);
        observer.mark_stored(3);
        assert!(!stored.has_changed().unwrap());
    }

    #[test]
    fn steps_travel_as_json_with_their_name() {
        let json = serde_json::to_value(Step::Text { delta: "a".into() }).unwrap();
        assert_eq!(json, serde_json::json!({"step": "text", "delta": "a"}));
        let usage = serde_json::to_value(Step::Usage(Usage::default())).unwrap();
        assert_eq!(usage["step"], "usage");
    }
}
