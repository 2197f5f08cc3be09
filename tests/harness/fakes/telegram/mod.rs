//! The Telegram Bot API on loopback: people who write, limits, faults, and a transcript of what it was sent.
//!
//! ```no_run
//! # async fn example() {
//! use harness::fakes::telegram::{Content, FakeTelegram, Fault, Options};
//! let telegram = FakeTelegram::start(Options::default()).await;
//! let ada = telegram.user(7, "Ada");
//! let chat = telegram.direct(ada);
//! telegram.faults(|faults| { faults.next("sendMessage", Fault::CutAfter); });
//! telegram.say(chat, ada, Content::text("hello"));
//! let answer = telegram.wait_until("an answer", |seen| seen.messages(chat).into_iter().find(|m| m.from_bot)).await;
//! # }
//! ```

mod content;
mod control;
mod faults;
mod files;
mod limits;
mod markup;
mod methods;
mod params;
mod people;
mod queue;
mod refusal;
mod server;
mod shared;
mod story;
mod transcript;
mod watch;
mod webhook;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemas::clock::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::Instant;

pub use content::Content;
pub use faults::{Fault, Faults};
pub use files::{File, Media};
pub use limits::{LimitCounts, Limits};
pub use params::Upload;
pub use refusal::Refusal;
pub use transcript::{Call, Outcome, Shown, Typing};

use limits::Limiter;
use queue::Queue;
use shared::Shared;
use world::{Bot, Person, Room, RoomKind, Standing, Topic, World};

/// How the platform starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port on loopback; 0 for a free one.
    pub port: u16,
    /// Usernames of the bots.
    pub bots: Vec<String>,
    /// Whether bots in groups hear only what is for them.
    pub privacy: bool,
    /// Rate limits; none unless set.
    pub limits: Limits,
    /// How long a pressed button can be answered.
    pub query_life: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            bots: vec!["landline_test_bot".to_owned()],
            privacy: false,
            limits: Limits::default(),
            query_life: Duration::from_secs(15),
        }
    }
}

/// A chat as one of the bots sees it, or one topic of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chat {
    /// The API's id of it.
    pub id: i64,
    /// The bot's place among [`Options::bots`].
    pub bot: usize,
    /// The topic; none for General and where there are no topics.
    pub topic: Option<i64>,
}

/// The platform. Clones share it; it ends with the last one.
#[derive(Clone, Debug)]
pub struct FakeTelegram {
    shared: Arc<Shared>,
    at: SocketAddr,
    server: Arc<Server>,
}

/// The listening task; ends when dropped.
#[derive(Debug)]
struct Server(Mutex<Option<AbortHandle>>);

impl Server {
    fn replace(&self, new: Option<AbortHandle>) {
        let old = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), new);
        if let Some(old) = old {
            old.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.replace(None);
    }
}

impl FakeTelegram {
    /// Starts it on 127.0.0.1.
    pub async fn start(options: Options) -> Self {
        let bots =
            options.bots.iter().zip(1..).map(|(username, number)| bot(username, number, &options)).collect();
        let world = World {
            clock: Clock::system(),
            started: Instant::now(),
            bots,
            people: BTreeMap::new(),
            rooms: BTreeMap::new(),
            files: files::Files::default(),
            polls: BTreeMap::new(),
            queries: BTreeMap::new(),
            query_life: options.query_life,
            calls: Vec::new(),
            faults: Faults::default(),
            silent: false,
            counter: 0,
            last_message: 0,
        };
        let shared = Arc::new(Shared::new(world));
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let telegram = Self { shared, at, server: Arc::new(Server(Mutex::new(None))) };
        telegram.serve(listener);
        telegram
    }

    /// Wraps the world for the control endpoints. It does not keep the listening task alive.
    fn seen(shared: &Arc<Shared>) -> Self {
        let at = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { shared: Arc::clone(shared), at, server: Arc::new(Server(Mutex::new(None))) }
    }

    fn serve(&self, listener: TcpListener) {
        let task = Handle::current().spawn(server::serve(listener, Arc::clone(&self.shared)));
        self.server.replace(Some(task.abort_handle()));
    }

    /// Goes away: every connection breaks and new ones are refused.
    pub async fn down(&self) {
        self.server.replace(None);
        while TcpListener::bind(self.at).await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    /// Answers nothing any more although every connection stands, or answers again what comes from then on.
    pub fn silence(&self, silent: bool) {
        self.shared.with(|world| world.silent = silent);
    }

    /// Comes back at the same address, with everything it knew.
    pub async fn up(&self) {
        let listener = TcpListener::bind(self.at).await.expect("its own port");
        self.serve(listener);
    }

    /// Returns the address that stands before `/bot<token>/`, without a slash at its end.
    pub fn root(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Returns the first bot's token.
    pub fn token(&self) -> String {
        self.token_of(0)
    }

    /// Returns a bot's token, by its place among [`Options::bots`].
    pub fn token_of(&self, bot: usize) -> String {
        self.shared.look(|world| world.bots[bot].token.clone())
    }

    /// Returns the first bot's id.
    pub fn bot_id(&self) -> i64 {
        self.shared.look(|world| world.bots[0].id)
    }

    /// Adds a person; returns the id.
    pub fn user(&self, id: i64, name: &str) -> i64 {
        let person = Person { name: name.to_owned(), username: None, blocked: BTreeSet::new() };
        self.shared.with(|world| world.people.insert(id, person));
        id
    }

    /// Gives a person a username.
    pub fn username(&self, user: i64, username: &str) {
        self.shared.with(|world| {
            world.people.get_mut(&user).expect("a person that is there").username = Some(username.to_owned());
        });
    }

    /// Opens a person's private chat with the first bot.
    pub fn direct(&self, user: i64) -> Chat {
        self.direct_with(user, 0)
    }

    /// Opens a person's private chat with a bot.
    pub fn direct_with(&self, user: i64, bot: usize) -> Chat {
        let mut private = room(user, RoomKind::Private, "");
        private.members.insert(user);
        self.shared.with(|world| {
            world.rooms.entry((Some(bot), user)).or_insert(private);
        });
        Chat { id: user, bot, topic: None }
    }

    /// Makes a group (`id` below 0) with these people and every bot.
    pub fn group(&self, id: i64, title: &str, people: &[i64]) -> Chat {
        self.open(room(id, RoomKind::Group, title), people, Standing::Member)
    }

    /// Makes a supergroup (`id` below -1000000000000) with these people and every bot.
    pub fn supergroup(&self, id: i64, title: &str, people: &[i64]) -> Chat {
        self.open(room(id, RoomKind::Supergroup, title), people, Standing::Member)
    }

    /// Makes a supergroup with topics; the bots are administrators. The chat itself is its General topic.
    pub fn forum(&self, id: i64, title: &str, people: &[i64]) -> Chat {
        let mut forum = room(id, RoomKind::Supergroup, title);
        forum.topics = Some(BTreeMap::from([(1, Topic { name: "General".to_owned(), closed: false })]));
        self.open(forum, people, Standing::Admin)
    }

    /// Makes a broadcast channel in which the bots are administrators.
    pub fn channel(&self, id: i64, title: &str) -> Chat {
        let mut channel = room(id, RoomKind::Channel, title);
        channel.username = Some(title.to_lowercase().replace(' ', "_"));
        self.open(channel, &[], Standing::Admin)
    }

    fn open(&self, mut room: Room, people: &[i64], standing: Standing) -> Chat {
        assert!(room.id < 0, "ids of groups are negative");
        let id = room.id;
        room.members.extend(people);
        self.shared.with(|world| {
            room.bots = (0..world.bots.len()).map(|bot| (bot, standing)).collect();
            world.rooms.insert((None, id), room);
        });
        Chat { id, bot: 0, topic: None }
    }

    /// Plans what goes wrong, or reads what did.
    pub fn faults<T>(&self, plan: impl FnOnce(&mut Faults) -> T) -> T {
        self.shared.with(|world| plan(&mut world.faults))
    }

    /// Sets the rate limits of every bot.
    pub fn limit(&self, limits: Limits) {
        self.shared.with(|world| world.bots.iter_mut().for_each(|bot| bot.limiter.limits = limits));
    }

    /// Allows so many messages a minute in one chat, whatever its kind.
    pub fn limit_per_minute(&self, chat: Chat, most: usize) {
        self.shared.with(|world| world.bots[chat.bot].limiter.per_minute(chat.id, most));
    }
}

fn bot(username: &str, number: i64, options: &Options) -> Bot {
    let id = 1_000_000_000 + number;
    Bot {
        token: format!("{id}:AA{:0>33}", format!("test{number}")),
        id,
        username: username.to_owned(),
        privacy: options.privacy,
        queue: Queue::new(100_000_000 * number + 1),
        poll: 0,
        webhook: None,
        commands: BTreeMap::new(),
        limiter: Limiter::new(options.limits),
    }
}

fn room(id: i64, kind: RoomKind, title: &str) -> Room {
    Room {
        id,
        kind,
        title: title.to_owned(),
        username: None,
        topics: None,
        migrated_to: None,
        bots: BTreeMap::new(),
        members: BTreeSet::new(),
        posts: BTreeMap::new(),
        typing: Vec::new(),
        drafts: BTreeMap::new(),
    }
}
