//! `POST /api/message`: tells the task that runs at a place. Delivered means that its agent has it, not that somebody
//! logged it.

use futures_util::FutureExt as _;
use schemas::methods::tasks::{
    TaskStatus, TaskStatusFilter, TasksList, TasksListParams, TasksSend, TasksSendParams,
};

use super::problem::Problem;
use super::tasks::Answering;
use super::types::{Message, Told};
use super::{Asked, agents, json};

/// `POST /api/message`.
pub(super) fn send(asked: &Asked) -> Answering<'_> {
    async move {
        let message: Message = asked.read()?;
        let correlation_id = asked.key(None);
        let told = |status: &str, task: Option<String>| {
            json(&Told { correlation_id: correlation_id.clone(), status: status.into(), task_id: task })
        };
        let local = message.to_agent == "local";
        if !local {
            let workers = agents::workers(asked).await?;
            match workers.iter().find(|worker| worker.facts.name == message.to_agent) {
                None => return told("unknown-agent", None),
                Some(worker) if !worker.online => return told("agent-offline", None),
                Some(_) => {}
            }
        }
        let running = TasksListParams {
            status: Some(TaskStatusFilter::One(TaskStatus::Running)),
            kind: Some("work".into()),
            worker: (!local).then(|| message.to_agent.clone()),
            limit: Some(500),
            ..TasksListParams::default()
        };
        let running = asked.visitor.call::<TasksList>(&running).await?.tasks;
        let mut there = running.into_iter().filter(|task| !local || task.worker.is_none());
        let (Some(task), None) = (there.next(), there.next()) else {
            let text =
                "not exactly one task runs there; POST /api/tasks/{id}/send names the one that is meant";
            return Err(Problem::conflict(text));
        };
        let params = TasksSendParams {
            task_id: task.id.clone(),
            message: format!("[{}, from {}] {}", message.topic, message.from_agent, message.body),
            idempotency_key: correlation_id.clone(),
        };
        let sent = asked.visitor.call::<TasksSend>(&params).await?;
        if !sent.taken {
            return Err(Problem::conflict(
                "the task that runs there takes no messages now; it is its conversation's next",
            ));
        }
        told("delivered", Some(task.id))
    }
    .boxed()
}
