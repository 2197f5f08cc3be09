//! `landline nodes`: what other machines offer, who approved it, and asking them to do something.

mod ask;
mod show;

use clap::Subcommand;
use nodes::client::Client;
use schemas::methods::NoParams;
use schemas::methods::devices::RequestParams;
use schemas::methods::nodes::{
    NodeDescribe, NodeList, NodePairApprove, NodePairList, NodePairReject, NodePairRemove, NodePairRequest,
    NodeParams, NodeRename, NodeRenameParams, NodeRow,
};

use crate::args::Global;
use crate::exit::{Failure, Outcome};
use crate::output::Output;
use crate::{reach, text};

/// What to do with nodes.
#[derive(Debug, Subcommand)]
pub(crate) enum NodesCommand {
    /// List nodes and how far what they offer is approved
    List,
    /// List nodes that wait for approval of what they offer
    Pending,
    /// Show one node: what can be called, with which arguments, and what cannot and why
    Show {
        /// The node's id, its first characters, or its name
        node: String,
    },
    /// Allow what a node offers
    Approve {
        /// The request, or the node; without it the only one that waits is shown and confirmed
        request: Option<String>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Refuse what a node asks for; what was approved before stays
    Reject {
        /// The request, or the node
        request: String,
    },
    /// Forget a node: it must be paired and approved anew
    Remove {
        /// The node's id, its first characters, or its name
        node: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give a node a name
    Rename {
        /// The node's id, its first characters, or its name
        node: String,
        /// The new name
        name: String,
    },
    /// Have a node do something and print its answer
    Invoke(ask::InvokeArgs),
    /// Run a program on a node; fails when the program fails
    Exec(ask::ExecArgs),
    /// Find programs on a node
    Which(ask::WhichArgs),
}

/// Does it.
pub(crate) async fn run(global: &Global, command: NodesCommand, output: &Output) -> Outcome {
    let client = reach::connect(global).await?.client;
    match command {
        NodesCommand::List => {
            let nodes = client.call::<NodeList>(&NoParams {}).await?;
            output.show(&nodes, |nodes, output| show::list(&nodes.nodes, output));
            Ok(())
        }
        NodesCommand::Pending => {
            let pending = waiting(&client).await?;
            output.show(&pending, |pending, output| show::pending(pending, output));
            Ok(())
        }
        NodesCommand::Show { node } => {
            let params = NodeParams { node_id: find(&client, &node).await?.node_id };
            let node = client.call::<NodeDescribe>(&params).await?;
            output.show(&node, show::node);
            Ok(())
        }
        NodesCommand::Approve { request, yes } => approve(&client, request.as_deref(), yes, output).await,
        NodesCommand::Reject { request } => reject(&client, &request, output).await,
        NodesCommand::Remove { node, yes } => remove(&client, &node, yes, output).await,
        NodesCommand::Rename { node, name } => rename(&client, &node, name, output).await,
        NodesCommand::Invoke(args) => ask::invoke(&client, args, global.patience(), output).await,
        NodesCommand::Exec(args) => ask::exec(&client, args, output).await,
        NodesCommand::Which(args) => ask::which(&client, args, global.patience(), output).await,
    }
}

async fn approve(client: &Client, request: Option<&str>, yes: bool, output: &Output) -> Outcome {
    let pending = waiting(client).await?;
    let chosen = choose(&pending, request)?;
    // A request's id is the digest of all that is asked: naming it is consent to what was listed. A node is not.
    if request != Some(chosen.request_id.as_str()) && !yes {
        show::request(chosen, output);
        output.confirm("Allow this?", "the request's id or --yes")?;
    }
    let params = RequestParams { request_id: chosen.request_id.clone() };
    let done = client.call::<NodePairApprove>(&params).await?;
    output.show(&done, |done, output| {
        output.line(format_args!("{} may do: {}", show::name(&done.node), done.node.commands.join(", ")));
    });
    Ok(())
}

async fn reject(client: &Client, request: &str, output: &Output) -> Outcome {
    let pending = waiting(client).await?;
    let params = RequestParams { request_id: choose(&pending, Some(request))?.request_id.clone() };
    let done = client.call::<NodePairReject>(&params).await?;
    output.show(&done, |done, output| output.line(format_args!("Refused {}", show::short(&done.node_id))));
    Ok(())
}

async fn remove(client: &Client, node: &str, yes: bool, output: &Output) -> Outcome {
    let node = find(client, node).await?;
    if !yes {
        output.line(format_args!("{}  {}", show::name(&node), node.node_id));
        output.confirm("Forget this node?", "--yes")?;
    }
    let done = client.call::<NodePairRemove>(&NodeParams { node_id: node.node_id.clone() }).await?;
    output.show(&done, |_, output| output.line(format_args!("{} is no node any more", show::name(&node))));
    Ok(())
}

async fn rename(client: &Client, node: &str, name: String, output: &Output) -> Outcome {
    let node_id = find(client, node).await?.node_id;
    let done = client.call::<NodeRename>(&NodeRenameParams { node_id, display_name: name }).await?;
    output.show(&done, |done, output| {
        output.line(format_args!(
            "{} is called {}",
            show::short(&done.node_id),
            text::clean(&done.display_name)
        ));
    });
    Ok(())
}

async fn waiting(client: &Client) -> Result<Vec<NodePairRequest>, Failure> {
    Ok(client.call::<NodePairList>(&NoParams {}).await?.pending)
}

/// Returns the request that is meant: named by its id, its first characters, or its node.
fn choose<'a>(pending: &'a [NodePairRequest], wanted: Option<&str>) -> Result<&'a NodePairRequest, Failure> {
    let hint = "see: landline nodes pending";
    let Some(wanted) = wanted else {
        return match pending {
            [only] => Ok(only),
            [] => Err(Failure::failed("no node waits for approval")
                .hint("a node that waits to be paired first is in: landline devices list")),
            several => Err(Failure::usage(format!("{} nodes wait: name one", several.len())).hint(hint)),
        };
    };
    let fits = |request: &&NodePairRequest| {
        request.request_id.starts_with(wanted)
            || request.node_id.starts_with(wanted)
            || request.display_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    };
    let hits: Vec<_> = pending.iter().filter(fits).collect();
    match hits.as_slice() {
        [only] => Ok(only),
        [] => Err(Failure::failed(format!("no node waits under {wanted}")).hint(hint)),
        _ => {
            Err(Failure::usage(format!("several nodes wait under {wanted}: write more of the id")).hint(hint))
        }
    }
}

/// Returns the node that is meant: named by its id, its first characters, or its name.
pub(crate) async fn find(client: &Client, wanted: &str) -> Result<NodeRow, Failure> {
    let nodes = client.call::<NodeList>(&NoParams {}).await?.nodes;
    pick(nodes, wanted)
}

fn pick(nodes: Vec<NodeRow>, wanted: &str) -> Result<NodeRow, Failure> {
    let hint = "see: landline nodes list";
    let named =
        |node: &NodeRow| node.display_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted));
    let exact = |node: &NodeRow| node.node_id == wanted;
    let fits: &dyn Fn(&NodeRow) -> bool = if nodes.iter().any(exact) {
        &exact
    } else if nodes.iter().any(named) {
        &named
    } else {
        &|node| !wanted.is_empty() && node.node_id.starts_with(wanted)
    };
    let mut hits: Vec<NodeRow> = nodes.into_iter().filter(fits).collect();
    match (hits.pop(), hits.is_empty()) {
        (Some(node), true) => Ok(node),
        (Some(_), false) => {
            Err(Failure::usage(format!("several nodes are called {wanted}: write the id")).hint(hint))
        }
        (None, _) => Err(Failure::failed(format!("there is no node {wanted}")).hint(hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, name: &str) -> NodeRow {
        NodeRow { node_id: id.into(), display_name: Some(name.into()), ..NodeRow::default() }
    }

    #[test]
    fn nodes_are_found_by_id_prefix_and_name() {
        let nodes =
            || vec![row("aa11", "Kitchen"), row("aa22", "Cellar"), row("bb", "aa11"), row("cc", "cellar")];
        assert_eq!(pick(nodes(), "aa11").expect("the id goes first").node_id, "aa11");
        assert_eq!(pick(nodes(), "aa2").expect("a prefix").node_id, "aa22");
        assert_eq!(pick(nodes(), "kitchen").expect("a name").node_id, "aa11");
        assert!(pick(nodes(), "aa").is_err_and(|failure| failure.message.contains("several")));
        assert!(pick(nodes(), "Cellar").is_err_and(|failure| failure.message.contains("several")));
        assert!(pick(nodes(), "attic").is_err_and(|failure| failure.message.contains("no node")));
        assert!(pick(nodes(), "").is_err());
    }
}
