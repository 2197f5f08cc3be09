//! Looks whether the configured port is free, and if not, who has it.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use gateway::config::Config;

use super::Check;

/// Looks at the port; `gateway`: the process id of our own gateway, when it runs.
pub(crate) fn look(config: &Config, gateway: Option<u32>) -> Check {
    let (host, port) = (config.gateway.host.0, config.gateway.port);
    match TcpListener::bind((host, port)) {
        Ok(_) if gateway.is_some() => {
            Check::ok("port", format!("{port} is free: the running gateway listens elsewhere"))
        }
        Ok(_) => Check::ok("port", format!("{host}:{port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => taken(port, gateway),
        Err(error) => {
            Check::fail("port", format!("{host}:{port}: {error}"), "choose another with --host and --port")
        }
    }
}

fn taken(port: u16, gateway: Option<u32>) -> Check {
    match (owner(port), gateway) {
        (Some((pid, _)), Some(own)) if pid == own => {
            Check::ok("port", format!("{port} is the gateway's, pid {pid}"))
        }
        (Some((pid, name)), _) => Check::fail(
            "port",
            format!("{port} is used by {name}, pid {pid}"),
            "stop that program, or choose another port: landline config set gateway.port 18790",
        ),
        (None, Some(_)) => Check::ok("port", format!("{port} is in use, probably by the running gateway")),
        (None, None) => Check::fail(
            "port",
            format!("{port} is used by a program of another user"),
            "choose another port: landline config set gateway.port 18790",
        ),
    }
}

/// Returns process id and name of whoever listens on the port, as far as we may see it (Linux).
fn owner(port: u16) -> Option<(u32, String)> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| listener(&table, port))?;
    let wanted = PathBuf::from(format!("socket:[{inode}]"));
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find_map(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?.filter_map(Result::ok);
        let holds = files.filter_map(|file| fs::read_link(file.path()).ok()).any(|link| link == wanted);
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        holds.then(|| (pid, name.trim().to_owned()))
    })
}

/// Returns the inode of the socket that listens on `port` in a table of the kernel.
fn listener(table: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        (state == LISTEN && local.ends_with(&suffix)).then(|| fields.nth(5)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let port = listener.local_addr().expect("address").port();
        assert_eq!(owner(port).map(|(pid, _)| pid), Some(std::process::id()));
    }
}
