//! One run of the gateway: connections follow each other as long as the platform itself asks for that.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::cursor::Cursor;
use super::keep::Keep;
use super::pump::{Pump, chance};
use super::session::{Ending, Machine};
use super::socket::{self, Socket};
use crate::channel::{Inbox, ListenError};

/// Most events that wait for the journal.
const WAITING: usize = 2048;
/// Most connections in a row that the platform ends within [`SHORT`].
const HASTY: u32 = 3;
/// What counts as a short connection.
const SHORT: Duration = Duration::from_mins(1);

impl Discord {
    /// Listens until `stop`, or until a connection ends otherwise than by the platform's asking for the next.
    pub(super) async fn run(&self, inbox: &Inbox, stop: &CancellationToken) -> Result<(), ListenError> {
        let mut cursor = Cursor::read(inbox.cursor());
        match &cursor.me {
            Some(me) => self.learn_me(me.clone(), inbox),
            // Without knowing who it is, the bot would answer itself: a session begins with that.
            None => cursor.session = None,
        }
        let mut hasty = 0;
        loop {
            let began = Instant::now();
            let ending = self.connection(inbox, &mut cursor, stop).await?;
            if ending.session_lost() {
                cursor.lose();
                inbox.store(Vec::new(), Some(cursor.text())).await?;
            }
            hasty = if began.elapsed() < SHORT { hasty + 1 } else { 0 };
            let wait = match ending {
                Ending::Stopped => return Ok(()),
                Ending::Refused(text) => return Err(ListenError::Refused(text)),
                Ending::Broken { text, .. } => return Err(ListenError::Lost { text, after: None }),
                Ending::Reconnect | Ending::Invalid { .. } if hasty > HASTY => {
                    let text = "Discord's gateway asks again and again for a new connection".to_owned();
                    return Err(ListenError::Lost { text, after: None });
                }
                Ending::Reconnect => Duration::ZERO,
                // Discord wants a random wait of one to five seconds here.
                Ending::Invalid { .. } => Duration::from_secs(1) + Duration::from_secs(4).mul_f64(chance()),
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn connection(
        &self,
        inbox: &Inbox,
        cursor: &mut Cursor,
        stop: &CancellationToken,
    ) -> Result<Ending, ListenError> {
        let socket = tokio::select! {
            () = stop.cancelled() => return Ok(Ending::Stopped),
            socket = self.open(cursor) => socket?,
        };
        let (sender, items) = mpsc::channel(WAITING);
        let over = CancellationToken::new();
        let pump = Pump::new(self, inbox, Machine::new(cursor.session.clone()), socket, sender);
        let pump = async {
            let ending = pump.run(stop).await;
            over.cancel();
            Ok(ending)
        };
        let keep = Keep::new(self, inbox, cursor, &over).run(items);
        let (ending, ()) = tokio::try_join!(pump, keep)?;
        Ok(ending)
    }

    /// Opens a connection: where the session was left if there is one, else where the configured host says.
    async fn open(&self, cursor: &Cursor) -> Result<Socket, ListenError> {
        let gateway = socket::gateway(&self.rest).await?;
        let resume = cursor.session.as_ref().and_then(|session| socket::resume(&session.url, &gateway));
        if let Some(resume) = resume.filter(|resume| *resume != gateway)
            && let Ok(socket) = socket::open(&resume).await
        {
            return Ok(socket);
        }
        socket::open(&gateway).await.map_err(|text| ListenError::Lost { text, after: None })
    }
}
