//! Every tool on one screen.

use super::Tool;

/// Every tool, in the order in which they are listed.
pub const TOOLS: [Tool; 30] = [
    Tool {
        about: "Lists the nodes (phones, computers, screens) that are paired with the gateway, whether each is connected, \
                and the commands it offers.",
        ..Tool::of("nodes_list", "node.list")
    },
    Tool {
        about: "Describes one node: its platform, its commands and, where it published them, the JSON Schema of each \
                command's parameters. Look here before node_invoke.",
        ..Tool::of("node_describe", "node.describe")
    },
    Tool {
        about: "Runs one of a node's own commands, such as camera.snap or location.get, and returns what it answered. \
                Some commands wait until a person has approved them. To run a program use node_exec.",
        conversation: Some("sessionKey"),
        ..Tool::of("node_invoke", "node.invoke")
    },
    Tool {
        about: "Runs a program on a node, given as the list of its arguments, and returns its output and exit code. \
                Unless it is on the allowlist it waits, up to half an hour, until a person has approved it.",
        conversation: Some("sessionKey"),
        ..Tool::of("node_exec", "node.exec")
    },
    Tool {
        about: "Writes a file of this conversation's canvas: HTML, CSS, JavaScript as `content`, anything else as `base64`. \
                Pages that show it reload by themselves. Begin with index.html, then canvas_present.",
        ..Tool::canvas("canvas_write", "canvas.write")
    },
    Tool {
        about: "Reads a file of this conversation's canvas.",
        ..Tool::canvas("canvas_read", "canvas.read")
    },
    Tool {
        about: "Lists the files of this conversation's canvas.",
        ..Tool::canvas("canvas_list", "canvas.list")
    },
    Tool {
        about: "Deletes a file of this conversation's canvas.",
        ..Tool::canvas("canvas_delete", "canvas.delete")
    },
    Tool {
        about: "Shows this conversation's canvas, or another page by its URL, to the people who watch, and on a node if \
                one is named.",
        ..Tool::canvas("canvas_present", "canvas.present")
    },
    Tool { about: "Hides the canvas again.", ..Tool::canvas("canvas_hide", "canvas.hide") },
    Tool {
        about: "Runs JavaScript in the canvas page that is shown, and returns the value of its last expression.",
        ..Tool::canvas("canvas_eval", "canvas.eval")
    },
    Tool {
        about: "Takes a picture of the canvas as it is shown, and returns it as an image.",
        ..Tool::canvas("canvas_snapshot", "canvas.snapshot")
    },
    Tool {
        about: "Sends A2UI messages to the canvas: native user interface, described as JSON, without writing HTML.",
        ..Tool::canvas("a2ui_push", "canvas.a2ui.push")
    },
    Tool {
        about: "Takes all A2UI surfaces off the canvas.",
        ..Tool::canvas("a2ui_reset", "canvas.a2ui.reset")
    },
    Tool {
        about: "Sends a message or a file at once into the chat that this conversation takes place in. Your answer is \
                sent there by itself: use this only for what should come before it, or for files.",
        conversation: Some("sessionKey"),
        held: &["to", "channel", "accountId", "threadId"],
        ..Tool::of("message_send", "send")
    },
    Tool {
        about: "Describes this conversation: its title, model, tokens used and last activity.",
        conversation: Some("key"),
        ..Tool::of("session_describe", "sessions.describe")
    },
    Tool {
        about: "Lists the conversations, latest first.",
        ..Tool::people("sessions_list", "sessions.list")
    },
    Tool {
        about: "Returns what was said in a conversation.",
        conversation: Some("sessionKey"),
        ..Tool::people("chat_history", "chat.history")
    },
    Tool {
        about: "Gives an agent a message and waits for its answer.",
        conversation: Some("sessionKey"),
        ..Tool::people("agent_run", "agent")
    },
    Tool { about: "Lists the agents that can be given work.", ..Tool::people("list_agents", "agents.list") },
    Tool {
        about: "Gives an agent work, here or on another machine, and returns at once with the task's id. `on` says where: \
                local, node:NAME, pool:NAME, any, any[capability,label=value]. get_task_result tells how it ended, \
                get_task_output waits for what it says.",
        ..Tool::people("dispatch_task", "tasks.dispatch")
    },
    Tool {
        about: "Lists tasks, latest first. `kind` work: what was dispatched.",
        ..Tool::people("list_tasks", "tasks.list")
    },
    Tool {
        about: "Returns a task: its state, its answer, its cost and how it ended.",
        ..Tool::people("get_task_result", "tasks.get")
    },
    Tool {
        about: "Returns what a task said and did, from `after` on; waits up to `waitMs` for more.",
        ..Tool::people("get_task_output", "tasks.output")
    },
    Tool {
        about: "Tells the agent of a task something more while it works.",
        ..Tool::people("send_to_task", "tasks.send")
    },
    Tool { about: "Stops a task.", ..Tool::people("cancel_task", "tasks.cancel") },
    Tool {
        about: "Makes a new task of what an ended one was asked.",
        ..Tool::people("retry_task", "tasks.retry")
    },
    Tool { about: "Returns what a task changed, as a patch.", ..Tool::people("get_task_diff", "tasks.diff") },
    Tool { about: "Counts tasks and workers.", ..Tool::people("task_stats", "tasks.stats") },
    Tool {
        about: "Lists the machines that perform tasks: whether each is connected, busy and well, and what it may do.",
        ..Tool::people("list_workers", "workers.list")
    },
];
