//! What a client says on the gateway: identify, resume, heartbeat and the rest.

use std::time::Duration;

use serde_json::{Value, json};

use super::options::intent;
use super::render;
use super::world::World;

/// How many frames a connection may send in a minute.
const FRAMES_A_MINUTE: u32 = 120;
/// The largest frame that a client may send.
const MAX_FRAME: usize = 4096;

impl World {
    /// Takes one frame of a client.
    pub(super) fn hear(&mut self, number: u64, text: &str) {
        let (now, really) = (self.now(), self.time.really());
        let frame = serde_json::from_str::<Value>(text).ok();
        let op = frame.as_ref().and_then(|frame| frame["op"].as_u64());
        let data = frame.map(|mut frame| frame["d"].take()).unwrap_or_default();
        self.transcript.frame(now, number, op, &data);
        let Some(connection) = self.sessions.connections.get_mut(&number) else { return };
        if now >= connection.heard.0 + Duration::from_mins(1) {
            connection.heard = (now, 0);
        }
        connection.heard.1 += 1;
        let known = connection.session.is_some();
        if connection.heard.1 > FRAMES_A_MINUTE {
            return self.sessions.close(number, 4008, "Rate limited.");
        }
        match op {
            _ if text.len() > MAX_FRAME => self.sessions.close(number, 4002, "Payload too large."),
            None => self.sessions.close(number, 4002, "Error while decoding payload."),
            Some(1) => {
                connection.last_heartbeat = really;
                self.sessions.tell(number, &json!({"op": 11}));
            }
            Some(2 | 6) if known => self.sessions.close(number, 4005, "Already authenticated."),
            Some(2) => self.identify(number, &data),
            Some(6) => self.resume(number, &data),
            Some(3 | 4 | 8 | 31) if !known => self.sessions.close(number, 4003, "Not authenticated."),
            Some(3 | 4 | 31) => {}
            Some(8) => self.tell_members(number, &data),
            Some(_) => self.sessions.close(number, 4001, "Unknown opcode."),
        }
    }

    fn identify(&mut self, number: u64, data: &Value) {
        let (code, reason) = match self.check_identify(data) {
            Ok(()) => return self.open_session(number, data),
            Err(Wrong::TooSoon) => return self.sessions.tell(number, &json!({"op": 9, "d": false})),
            Err(Wrong::Closes(code, reason)) => (code, reason),
        };
        self.sessions.close(number, code, reason);
    }

    fn check_identify(&mut self, data: &Value) -> Result<(), Wrong> {
        if !data["properties"].is_object() || !data["token"].is_string() {
            return Err(Wrong::Closes(4002, "Error while decoding payload."));
        }
        if !self.is_token(&data["token"]) {
            return Err(Wrong::Closes(4004, "Authentication failed."));
        }
        let Some(intents) = data["intents"].as_u64().filter(|intents| intents & !intent::ALL == 0) else {
            return Err(Wrong::Closes(4013, "Invalid intent(s)."));
        };
        if intents & intent::PRIVILEGED & !self.options.privileged != 0 {
            return Err(Wrong::Closes(4014, "Disallowed intent(s)."));
        }
        if let Some(shard) = data.get("shard").filter(|shard| !shard.is_null()) {
            let (index, count) = (shard[0].as_u64(), shard[1].as_u64());
            if !matches!((index, count), (Some(index), Some(count)) if index < count) {
                return Err(Wrong::Closes(4010, "Invalid shard."));
            }
        }
        let now = self.now();
        let sessions = &mut self.sessions;
        let interval = self.options.identify_interval;
        if sessions.last_identify.is_some_and(|last| now < last + interval) {
            return Err(Wrong::TooSoon);
        }
        let Some(left) = sessions.identifies_left.checked_sub(1) else {
            return Err(Wrong::Closes(4004, "Authentication failed."));
        };
        sessions.identifies_left = left;
        sessions.last_identify = Some(now);
        Ok(())
    }

    fn is_token(&self, given: &Value) -> bool {
        let given = given.as_str().unwrap_or_default();
        given.strip_prefix("Bot ").unwrap_or(given) == self.options.token
    }

    fn open_session(&mut self, number: u64, data: &Value) {
        let intents = data["intents"].as_u64().unwrap_or_default();
        let compress = data["compress"] == json!(true);
        let id = self.sessions.open(number, intents, compress);
        let guilds: Vec<Value> =
            self.guilds.keys().map(|guild| json!({"id": guild, "unavailable": true})).collect();
        let mut user = render::user(self, self.bot);
        user["verified"] = json!(true);
        user["mfa_enabled"] = json!(false);
        user["email"] = Value::Null;
        let mut ready = json!({
            "v": 10,
            "user": user,
            "user_settings": {},
            "guilds": guilds,
            "relationships": [],
            "private_channels": [],
            "presences": [],
            "session_id": id,
            "session_type": "normal",
            "resume_gateway_url": format!("{}/resume", self.gateway_url()),
            "application": {"id": self.bot, "flags": self.application_flags()},
            "_trace": [],
        });
        if let Some(shard) = data.get("shard").filter(|shard| !shard.is_null()) {
            ready["shard"] = shard.clone();
        }
        self.sessions.event(&id, "READY", &ready);
        if intents & intent::GUILDS != 0 {
            for guild in self.guilds.keys().copied().collect::<Vec<_>>() {
                let data = render::guild(self, guild);
                self.sessions.event(&id, "GUILD_CREATE", &data);
            }
        }
    }

    fn resume(&mut self, number: u64, data: &Value) {
        if !self.is_token(&data["token"]) {
            return self.sessions.close(number, 4004, "Authentication failed.");
        }
        let (life, now) = (self.options.session_life, self.now());
        self.sessions.expire(life, now);
        let id = data["session_id"].as_str().unwrap_or_default().to_owned();
        let Some(session) = self.sessions.list.get_mut(&id) else {
            return self.sessions.tell(number, &json!({"op": 9, "d": false}));
        };
        let Some(seq) = data["seq"].as_u64().filter(|seq| *seq <= session.seq) else {
            return self.sessions.close(number, 4007, "Invalid seq.");
        };
        let before = session.connection.replace(number);
        session.lost = None;
        let compress = session.compress;
        if let Some(before) = before {
            if let Some(connection) = self.sessions.connections.get_mut(&before) {
                connection.session = None;
            }
            self.sessions.close(before, 4000, "Resumed elsewhere.");
        }
        if let Some(connection) = self.sessions.connections.get_mut(&number) {
            connection.session = Some(id.clone());
            connection.compress = compress;
        }
        if self.sessions.replay(&id, number, seq) {
            self.sessions.event(&id, "RESUMED", &json!({"_trace": []}));
        } else {
            self.sessions.tell(number, &json!({"op": 9, "d": false}));
            self.forget_session(number);
        }
    }

    /// Answers opcode 8: who is in a server.
    fn tell_members(&mut self, number: u64, data: &Value) {
        let guild = data["guild_id"].as_str().and_then(|id| id.parse().ok());
        let guild = guild.and_then(|id| self.guilds.get(&id));
        let session =
            self.sessions.connections.get(&number).and_then(|connection| connection.session.clone());
        let (Some(guild), Some(session)) = (guild, session) else { return };
        let members: Vec<Value> =
            guild.members.iter().map(|member| render::member(self, guild.id, member.user, true)).collect();
        let chunk = json!({
            "guild_id": guild.id, "members": members, "chunk_index": 0, "chunk_count": 1,
            "not_found": [], "presences": [], "nonce": data["nonce"],
        });
        self.sessions.event(&session, "GUILD_MEMBERS_CHUNK", &chunk);
    }

    /// Returns where the gateway listens.
    pub(super) fn gateway_url(&self) -> String {
        self.root.replacen("http", "ws", 1)
    }

    /// Returns the flags of the application: which privileged intents it has.
    pub(super) fn application_flags(&self) -> u64 {
        let flag = |intent: u64, flag: u64| if self.options.privileged & intent == 0 { 0 } else { flag };
        flag(intent::GUILD_PRESENCES, 1 << 13)
            | flag(intent::GUILD_MEMBERS, 1 << 15)
            | flag(intent::MESSAGE_CONTENT, 1 << 19)
    }
}

/// Why an IDENTIFY is refused.
enum Wrong {
    /// The last one was a moment ago.
    TooSoon,
    /// The connection is closed with this code.
    Closes(u16, &'static str),
}
