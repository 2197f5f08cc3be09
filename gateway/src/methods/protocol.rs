//! The whole protocol on one screen: every method and who answers it.

use schemas::methods::{
    agents as a, approvals as p, canvas as cv, channels as ch, chat as c, config as co, devices as d,
};
use schemas::methods::{
    approval_history as ah, cron as cr, empty as e, exec_approvals as ea, gateway as g, hooks as hk,
    messages as m, nodes as n, peers as pe, sessions as s, system as sys, tasks as t, workers as w,
};

use super::empty::empty;
use super::{
    Table, agents, approval_history, approvals, canvas, channels, chat, config, cron, devices,
    exec_approvals, gateway, hooks, messages, nodes, peers, sessions, system, tasks, workers,
};

/// Returns the table of all methods.
pub fn protocol() -> Table {
    let table = permissions(conversations(Table::default()));
    let table = timed(drawn(lent(platforms(machinery(table)))));
    unfilled(table)
}

fn conversations(table: Table) -> Table {
    table
        .on::<a::Agent, _, _, _>(agents::agent)
        .on::<a::AgentWait, _, _, _>(agents::wait)
        .on::<a::AgentIdentity, _, _, _>(agents::identity_get)
        .on::<a::AgentsList, _, _, _>(agents::list)
        .on::<a::ModelsList, _, _, _>(agents::models_list)
        .on::<c::ChatHistory, _, _, _>(chat::history)
        .on::<c::ChatStartup, _, _, _>(chat::startup)
        .on::<c::ChatSend, _, _, _>(chat::send)
        .on::<c::ChatAbort, _, _, _>(chat::abort)
        .on::<c::ChatInject, _, _, _>(chat::inject)
        .on::<c::ChatMetadata, _, _, _>(chat::metadata)
        .on::<c::ChatMessageGet, _, _, _>(chat::message_get)
        .on::<c::CommandsList, _, _, _>(chat::commands_list)
        .on::<s::SessionsList, _, _, _>(sessions::list)
        .on::<s::SessionsSubscribe, _, _, _>(sessions::subscribe)
        .on::<s::SessionsUnsubscribe, _, _, _>(sessions::unsubscribe)
        .on::<s::SessionsMessagesSubscribe, _, _, _>(sessions::messages_subscribe)
        .on::<s::SessionsMessagesUnsubscribe, _, _, _>(sessions::messages_unsubscribe)
        .on::<s::SessionsPreview, _, _, _>(sessions::preview)
        .on::<s::SessionsDescribe, _, _, _>(sessions::describe)
        .on::<s::SessionsResolve, _, _, _>(sessions::resolve)
        .on::<s::SessionsSearch, _, _, _>(sessions::search)
        .on::<s::SessionsCreate, _, _, _>(sessions::create)
        .on::<s::SessionsSend, _, _, _>(sessions::send)
        .on::<s::SessionsSteer, _, _, _>(sessions::steer)
        .on::<s::SessionsAbort, _, _, _>(sessions::abort)
        .on::<s::SessionsPatch, _, _, _>(sessions::patch)
        .on::<s::SessionsReset, _, _, _>(sessions::reset)
        .on::<s::SessionsDelete, _, _, _>(sessions::delete)
        .on::<s::SessionsCompact, _, _, _>(sessions::compact)
        .on::<t::TasksList, _, _, _>(tasks::list)
        .on::<t::TasksGet, _, _, _>(tasks::get)
        .on::<t::TasksCancel, _, _, _>(tasks::cancel)
        .on::<t::TasksDispatch, _, _, _>(tasks::dispatch)
        .on::<t::TasksOutput, _, _, _>(tasks::output)
        .on::<t::TasksRetry, _, _, _>(tasks::retry)
        .on::<t::TasksSend, _, _, _>(tasks::send)
        .on::<t::TasksDiff, _, _, _>(tasks::diff)
        .on::<t::TasksStats, _, _, _>(tasks::stats)
}

fn permissions(table: Table) -> Table {
    table
        .on::<p::ExecApprovalRequest, _, _, _>(approvals::request)
        .on::<p::ExecApprovalWaitDecision, _, _, _>(approvals::wait)
        .on::<p::ExecApprovalList, _, _, _>(approvals::list)
        .on::<p::ExecApprovalGet, _, _, _>(approvals::get)
        .on::<p::ExecApprovalResolve, _, _, _>(approvals::resolve)
        .on::<ah::ApprovalGet, _, _, _>(approval_history::get)
        .on::<ah::ApprovalResolve, _, _, _>(approval_history::resolve)
        .on::<ah::ApprovalHistory, _, _, _>(approval_history::history)
        .on::<ea::ExecApprovalsGet, _, _, _>(exec_approvals::get)
        .on::<ea::ExecApprovalsSet, _, _, _>(exec_approvals::set)
}

fn machinery(table: Table) -> Table {
    table
        .on_snapshot::<sys::GetHealth>(system::health)
        .on::<sys::Status, _, _, _>(system::status)
        .on::<sys::SystemPresence, _, _, _>(system::presence)
        .on::<sys::LastHeartbeat, _, _, _>(system::last_heartbeat)
        .on::<sys::SystemEvent, _, _, _>(system::event)
        .on::<sys::Wake, _, _, _>(agents::wake)
        .on::<sys::GatewayIdentity, _, _, _>(system::identity)
        .on::<sys::LogsTail, _, _, _>(system::tail)
        .on::<g::DashboardLink, _, _, _>(gateway::dashboard_link)
        .on::<g::Backup, _, _, _>(gateway::backup)
        .on::<d::DevicePairList, _, _, _>(devices::list)
        .on::<d::DevicePairApprove, _, _, _>(devices::approve)
        .on::<d::DevicePairReject, _, _, _>(devices::reject)
        .on::<d::DevicePairRemove, _, _, _>(devices::remove)
        .on::<d::DevicePairRename, _, _, _>(devices::rename)
        .on::<d::DevicePairSetupCode, _, _, _>(devices::setup_code)
        .on::<d::DeviceTokenRotate, _, _, _>(devices::rotate)
        .on::<d::DeviceTokenRevoke, _, _, _>(devices::revoke)
        .on::<co::ConfigGet, _, _, _>(config::get)
        .on::<co::ConfigSet, _, _, _>(config::set)
        .on::<co::ConfigPatch, _, _, _>(config::patch)
        .on::<co::ConfigSchema, _, _, _>(config::schema)
}

fn platforms(table: Table) -> Table {
    table
        .on::<ch::ChannelsStatus, _, _, _>(channels::status)
        .on::<ch::ChannelsAdd, _, _, _>(channels::add)
        .on::<ch::ChannelsRemove, _, _, _>(channels::remove)
        .on::<ch::ChannelsStart, _, _, _>(channels::start)
        .on::<ch::ChannelsStop, _, _, _>(channels::stop)
        .on::<ch::ChannelsLogout, _, _, _>(channels::logout)
        .on::<ch::ChannelsOutboxList, _, _, _>(channels::outbox_list)
        .on::<ch::ChannelsOutboxResend, _, _, _>(channels::outbox_resend)
        .on::<ch::ChannelsOutboxDrop, _, _, _>(channels::outbox_drop)
        .on::<pe::ChannelsPairingList, _, _, _>(peers::list)
        .on::<pe::ChannelsPairingApprove, _, _, _>(peers::approve)
        .on::<pe::ChannelsPairingDeny, _, _, _>(peers::deny)
        .on::<pe::ChannelsPairingDismiss, _, _, _>(peers::dismiss)
        .on::<pe::ChannelsPeopleList, _, _, _>(peers::people)
        .on::<pe::ChannelsPeopleRemove, _, _, _>(peers::remove)
        .on::<m::Send, _, _, _>(messages::send)
        .on::<m::MessageAction, _, _, _>(messages::act)
        .on::<m::PollAsk, _, _, _>(messages::poll)
}

fn lent(table: Table) -> Table {
    table
        .on::<n::NodeList, _, _, _>(nodes::list)
        .on::<n::NodeDescribe, _, _, _>(nodes::describe)
        .on::<n::NodeInvoke, _, _, _>(nodes::invoke)
        .on::<n::NodeExec, _, _, _>(nodes::exec)
        .on::<n::ExecApprovalsNodeGet, _, _, _>(nodes::exec_approvals_get)
        .on::<n::ExecApprovalsNodeSet, _, _, _>(nodes::exec_approvals_set)
        .on::<n::NodeRename, _, _, _>(nodes::rename)
        .on::<n::NodePairList, _, _, _>(nodes::pair_list)
        .on::<n::NodePairApprove, _, _, _>(nodes::pair_approve)
        .on::<n::NodePairReject, _, _, _>(nodes::pair_reject)
        .on::<n::NodePairRemove, _, _, _>(nodes::pair_remove)
        .on::<n::NodeInvokeResult, _, _, _>(nodes::result)
        .on::<n::NodeInvokeProgress, _, _, _>(nodes::progress)
        .on::<n::NodeEvent, _, _, _>(nodes::event)
        .on::<n::NodeSchemasUpdate, _, _, _>(nodes::schemas_update)
        .on::<n::NodePendingEnqueue, _, _, _>(nodes::pending_enqueue)
        .on::<n::NodePendingDrain, _, _, _>(nodes::pending_drain)
        .on::<n::NodePendingPull, _, _, _>(nodes::pending_pull)
        .on::<n::NodePendingAck, _, _, _>(nodes::pending_ack)
        .on::<e::NodeRunnerInventory, _, _, _>(nodes::runner_inventory)
        .on::<e::NodeSkills, _, _, _>(nodes::skills)
        .on::<e::NodePluginTools, _, _, _>(nodes::plugin_tools)
        .on::<e::SkillsBins, _, _, _>(empty)
        .on::<w::WorkerReport, _, _, _>(workers::report)
        .on::<w::WorkersList, _, _, _>(workers::list)
        .on::<w::WorkersDrain, _, _, _>(workers::drain)
        .on::<w::WorkersTokenCreate, _, _, _>(workers::token_create)
        .on::<w::WorkersTokenRevoke, _, _, _>(workers::token_revoke)
}

fn drawn(table: Table) -> Table {
    table
        .on::<cv::CanvasWrite, _, _, _>(canvas::write)
        .on::<cv::CanvasRead, _, _, _>(canvas::read)
        .on::<cv::CanvasList, _, _, _>(canvas::list)
        .on::<cv::CanvasDelete, _, _, _>(canvas::delete)
        .on::<cv::CanvasPresent, _, _, _>(canvas::present)
        .on::<cv::CanvasHide, _, _, _>(canvas::hide)
        .on::<cv::CanvasEval, _, _, _>(canvas::eval)
        .on::<cv::CanvasSnapshot, _, _, _>(canvas::snapshot)
        .on::<cv::CanvasA2uiPush, _, _, _>(canvas::push)
        .on::<cv::CanvasA2uiReset, _, _, _>(canvas::reset)
        .on::<cv::PluginSurfaceRefresh, _, _, _>(canvas::refresh)
        .on::<cv::NodePluginSurfaceRefresh, _, _, _>(canvas::node_refresh)
        .on::<cv::NodeCanvasCapabilityRefresh, _, _, _>(canvas::node_capability)
}

fn timed(table: Table) -> Table {
    table
        .on::<cr::CronList, _, _, _>(cron::list)
        .on::<cr::CronStatus, _, _, _>(cron::status)
        .on::<cr::CronGet, _, _, _>(cron::get)
        .on::<cr::CronRuns, _, _, _>(cron::runs)
        .on::<cr::CronAdd, _, _, _>(cron::add)
        .on::<cr::CronUpdate, _, _, _>(cron::update)
        .on::<cr::CronRemove, _, _, _>(cron::remove)
        .on::<cr::CronRun, _, _, _>(cron::run)
        .on::<hk::HooksList, _, _, _>(hooks::list)
        .on::<hk::HooksAdd, _, _, _>(hooks::add)
        .on::<hk::HooksRemove, _, _, _>(hooks::remove)
        .on::<hk::HooksTest, _, _, _>(hooks::test)
}

fn unfilled(table: Table) -> Table {
    table
        .on::<e::QuestionList, _, _, _>(empty)
        .on::<e::PluginApprovalList, _, _, _>(empty)
        .on::<e::TaskSuggestionsList, _, _, _>(empty)
        .on::<e::ToolsCatalog, _, _, _>(empty)
        .on::<e::SkillsStatus, _, _, _>(empty)
        .on::<e::UsageStatus, _, _, _>(empty)
        .on::<e::UpdateStatus, _, _, _>(empty)
        .on::<e::VoicewakeGet, _, _, _>(empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_method_has_a_handler_and_every_schema_compiles() {
        let table = protocol();
        table.warm();
        let mut declared: Vec<_> = schemas::methods::all().iter().map(|method| method.name).collect();
        declared.sort_unstable();
        assert_eq!(table.names(), declared);
    }
}
