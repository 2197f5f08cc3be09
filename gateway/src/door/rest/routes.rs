//! Every route of `/api` on one screen: what it takes, what it answers, who answers.

use std::sync::LazyLock;

use axum::http::Method;
use futures_util::FutureExt as _;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use schemas::methods::tasks::{TasksDiffOutput, TasksSendOutput};

use super::problem::Problem;
use super::tasks::Answering;
use super::types::{
    Cancelled, Dispatch, Dispatched, Further, Message, OneTask, Output, Stats, TaskPage, Told,
};
use super::{Asked, agents, message, openapi, query, tasks};

/// One route.
pub(super) struct Route {
    pub(super) method: Method,
    /// Its path; `{id}` stands for one part.
    pub(super) path: &'static str,
    /// Its name in generated clients.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) query: &'static [Parameter],
    pub(super) body: Option<SchemaOf>,
    /// The status of a good answer.
    pub(super) status: u16,
    pub(super) answer: Option<SchemaOf>,
    pub(super) run: Run,
}

pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;
type Run = for<'a> fn(&'a Asked) -> Answering<'a>;

/// A query parameter.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) whole_number: bool,
}

/// What was found for a request.
pub(super) enum Found {
    /// A route, and what stands in the place of `{id}`.
    Route(&'static Route, String),
    /// The path is known; these methods are answered there.
    WrongMethod(String),
    /// Nothing.
    Nothing,
}

/// Finds the route of a request.
pub(super) fn find(method: &Method, path: &str) -> Found {
    let mut allowed = Vec::new();
    for route in ROUTES.iter() {
        let Some(id) = fits(route.path, path) else { continue };
        if route.method == *method {
            return Found::Route(route, id);
        }
        allowed.push(route.method.as_str());
    }
    if path == openapi::PATH {
        allowed.push("GET");
    }
    if allowed.is_empty() { Found::Nothing } else { Found::WrongMethod(allowed.join(", ")) }
}

/// Says whether a path is of a form, and returns what stands in the place of `{…}`.
fn fits(form: &str, path: &str) -> Option<String> {
    let mut id = String::new();
    let (mut forms, mut parts) = (form.split('/'), path.split('/'));
    loop {
        match (forms.next(), parts.next()) {
            (None, None) => return Some(id),
            (Some(form), Some(part)) if form.starts_with('{') => {
                if part.is_empty() {
                    return None;
                }
                id = query::decoded(part).ok()?;
            }
            (Some(form), Some(part)) if form == part => {}
            _ => return None,
        }
    }
}

/// Every route.
pub(super) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut all = vec![
        post(
            "/api/dispatch",
            "dispatch",
            "Gives work to an agent. Answers when it is stored.",
            tasks::dispatch,
        )
        .takes::<Dispatch>()
        .answers::<Dispatched>(202),
        get("/api/tasks", "listTasks", "Tasks, latest first, without their outputs.", tasks::list)
            .asks(LIST)
            .answers::<TaskPage>(200),
        get(
            "/api/tasks/{id}",
            "getTask",
            "One task with its answer, by its id or the first six or more characters of it.",
            tasks::one,
        )
        .answers::<OneTask>(200),
        get(
            "/api/tasks/{id}/output",
            "getTaskOutput",
            "What a task said and did, from any point on.",
            tasks::output,
        )
        .asks(OUTPUT)
        .answers::<Output>(200),
        post("/api/tasks/{id}/cancel", "cancelTask", "Stops a task; 409 if it had ended.", tasks::cancel)
            .answers::<Cancelled>(200),
        post(
            "/api/tasks/{id}/retry",
            "retryTask",
            "Makes a new task of what an ended one was asked.",
            tasks::retry,
        )
        .answers::<Dispatched>(202),
        post("/api/tasks/{id}/send", "sendToTask", "Tells a task's agent something more.", tasks::send)
            .takes::<Further>()
            .answers::<TasksSendOutput>(200),
        get("/api/tasks/{id}/diff", "getTaskDiff", "What a task changed, as a patch.", tasks::diff)
            .answers::<TasksDiffOutput>(200),
        get(
            "/api/agents",
            "listAgents",
            "Who performs tasks: this machine as `local`, and the workers.",
            agents::list,
        )
        .answers::<agents::List>(200),
        get("/api/stats", "getStats", "How much work there is and was.", tasks::stats).answers::<Stats>(200),
        post("/api/message", "sendMessage", "Tells the one task that runs at a place.", message::send)
            .takes::<Message>()
            .answers::<Told>(200),
    ];
    all.extend(ABSENT.iter().map(|(method, path, name)| Route {
        method: method.parse().unwrap_or(Method::GET),
        path,
        name,
        about: "Not offered by this gateway.",
        query: &[],
        body: None,
        status: 501,
        answer: None,
        run: absent,
    }));
    all
});

/// What a coordinator answers and this gateway does not: 501 instead of a riddle.
const ABSENT: [(&str, &str, &str); 21] = [
    ("GET", "/api/users", "listUsers"),
    ("POST", "/api/users", "createUser"),
    ("POST", "/api/users/{id}/keys", "createUserKey"),
    ("DELETE", "/api/keys/{id}", "revokeKey"),
    ("GET", "/api/orgs", "listOrgs"),
    ("POST", "/api/orgs", "createOrg"),
    ("POST", "/api/orgs/{id}/members", "addOrgMember"),
    ("DELETE", "/api/orgs/{id}/members/{userId}", "removeOrgMember"),
    ("GET", "/api/transfers", "listTransfers"),
    ("POST", "/api/push", "pushFile"),
    ("POST", "/api/pull", "pullFile"),
    ("GET", "/api/schedules", "listSchedules"),
    ("POST", "/api/schedules", "createSchedule"),
    ("GET", "/api/schedules/{id}", "getSchedule"),
    ("DELETE", "/api/schedules/{id}", "deleteSchedule"),
    ("PATCH", "/api/schedules/{id}", "changeSchedule"),
    ("GET", "/api/webhooks", "listWebhooks"),
    ("POST", "/api/webhooks", "createWebhook"),
    ("GET", "/api/webhooks/{id}", "getWebhook"),
    ("DELETE", "/api/webhooks/{id}", "deleteWebhook"),
    ("POST", "/api/webhooks/{id}/test", "testWebhook"),
];

fn absent(_: &Asked) -> Answering<'_> {
    async { Err(Problem::absent("such thing over REST")) }.boxed()
}

const LIST: &[Parameter] = &[
    text("status", "Only in this state: pending, running, completed, error, dead-letter, cancelled."),
    text("agentName", "Only those that this worker performs or performed."),
    text("agentId", "Only this agent's."),
    text("group", "Only of this group."),
    text(
        "kind",
        "`work`: what was dispatched; the default. `all`: chat messages as well, which are tasks too.",
    ),
    number("limit", "Rows at most, 1 to 500; 100 if absent."),
    text("cursor", "`nextCursor` of the page before."),
];

const OUTPUT: &[Parameter] = &[
    number("after", "`next` of the page before; everything from the beginning if absent."),
    number("limit", "Steps at most, 1 to 5000; 500 if absent."),
    number("waitMs", "How long to wait for more if there is none yet, 25000 at most."),
];

const fn text(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, whole_number: false }
}

const fn number(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, whole_number: true }
}

fn get(path: &'static str, name: &'static str, about: &'static str, run: Run) -> Route {
    Route { method: Method::GET, path, name, about, query: &[], body: None, status: 200, answer: None, run }
}

fn post(path: &'static str, name: &'static str, about: &'static str, run: Run) -> Route {
    Route { method: Method::POST, ..get(path, name, about, run) }
}

impl Route {
    fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    fn asks(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    fn answers<T: JsonSchema>(self, status: u16) -> Self {
        Self { status, answer: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_one_route_or_say_what_is_allowed() {
        let found = |method: &str, path: &str| find(&method.parse().expect("a method"), path);
        assert!(
            matches!(found("GET", "/api/tasks/0199%2Dab"), Found::Route(route, id) if route.name == "getTask" && id == "0199-ab")
        );
        assert!(matches!(found("DELETE", "/api/tasks"), Found::WrongMethod(allowed) if allowed == "GET"));
        assert!(matches!(found("PUT", "/api/users"), Found::WrongMethod(allowed) if allowed == "GET, POST"));
        for path in ["/api", "/api/", "/api/tasks/", "/api/tasks/x/y", "/api/tasksx"] {
            assert!(matches!(found("GET", path), Found::Nothing), "{path}");
        }
    }

    #[test]
    fn names_of_routes_are_unique() {
        let mut names: Vec<_> = ROUTES.iter().map(|route| route.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROUTES.len());
    }
}
