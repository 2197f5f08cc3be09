//! A way for the browser to a gateway with a pinned certificate: the browser cannot pin, this program can. What it
//! sends to a port on the loopback goes on over the pinned connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::Target;

/// The port. It is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Forward {
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Forward {
    /// Opens the port.
    pub(super) async fn start(target: Target) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, target));
        Ok(Self { address, _tasks: tasks })
    }

    /// Returns the address for the browser.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn accept(listener: TcpListener, target: Target) {
    let mut carried = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if carried.len() < MAX_AT_ONCE => {
                if let Ok((stream, _)) = accepted {
                    carried.spawn(carry(stream, target.clone()));
                }
            }
            Some(_) = carried.join_next() => {}
        }
    }
}

async fn carry(mut near: TcpStream, target: Target) {
    match target.open().await {
        Ok(mut far) => {
            // Either side may hang up.
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        }
        Err(error) => tracing::warn!(%error, "The browser could not be taken to the gateway"),
    }
}

/// Connections that a page may hold.
const MAX_AT_ONCE: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn bytes_go_both_ways() {
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("ws://{}", far.local_addr().unwrap()).parse().unwrap();
        let forward = Forward::start(target).await.unwrap();
        let echo = async {
            let (mut stream, _) = far.accept().await.unwrap();
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            stream.write_all(&heard).await.unwrap();
        };
        let ask = async {
            let mut near = TcpStream::connect(forward.address).await.unwrap();
            near.write_all(b"ping").await.unwrap();
            let mut heard = [0; 4];
            near.read_exact(&mut heard).await.unwrap();
            heard
        };
        let ((), heard) = tokio::join!(echo, ask);
        assert_eq!(&heard, b"ping");
    }
}
