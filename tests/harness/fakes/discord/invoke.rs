//! Commands that people call and buttons that they press, as the bot is told of them.

use serde_json::{Map, Value, json};

use super::model::{Id, Interaction};
use super::options::intent;
use super::people::pressable;
use super::render;
use super::render_message::owners;
use super::session::Event;
use super::world::World;

impl World {
    /// Calls a command.
    pub(super) fn slash(&mut self, person: Id, channel: Id, name: &str, options: &[(&str, Value)]) -> Id {
        let guild = self.channels.get(&channel).expect("the channel exists").guild;
        let places = [guild, None].into_iter();
        let mut offered = places.filter_map(|place| self.commands.get(&place)).flatten();
        let command = offered.find(|command| command["name"] == name).cloned();
        let command = command.unwrap_or_else(|| panic!("the bot offers no /{name}: {:?}", self.commands));
        let known = command["options"].as_array().cloned().unwrap_or_default();
        let given: Vec<Value> = options.iter().map(|(name, value)| option(&known, name, value)).collect();
        for needed in known.iter().filter(|option| option["required"] == true) {
            let there = options.iter().any(|(name, _)| needed["name"] == *name);
            assert!(there, "/{name} needs {}", needed["name"]);
        }
        let mut data = json!({"id": command["id"], "name": name, "type": 1, "options": given});
        if command["guild_id"].is_string() {
            data["guild_id"] = command["guild_id"].clone();
        }
        self.invoke(2, person, channel, None, name, &data)
    }

    /// Presses a button, or chooses from a menu.
    pub(super) fn press(&mut self, person: Id, message: Id, custom_id: &str, values: Option<&[&str]>) -> Id {
        let found = self.anywhere(message).unwrap_or_else(|| panic!("there is no message {message}"));
        let part = pressable(&found.components, custom_id);
        let part = part.unwrap_or_else(|| panic!("no button {custom_id:?} in {:?}", found.components));
        let may = found.only_for.is_none_or(|only| only == person);
        assert!(may, "this message is not shown to them");
        let mut data = json!({"custom_id": custom_id, "component_type": part["type"], "id": part["id"]});
        if let Some(values) = values {
            data["values"] = json!(values);
        }
        let channel = found.channel;
        self.invoke(3, person, channel, Some(message), custom_id, &data)
    }

    fn invoke(
        &mut self,
        kind: u8,
        user: Id,
        channel: Id,
        message: Option<Id>,
        name: &str,
        data: &Value,
    ) -> Id {
        let id = self.id();
        let token = format!("aW50ZXJhY3Rpb246{}", uuid::Uuid::new_v4().simple());
        let interaction = Interaction {
            id,
            token,
            kind,
            name: name.to_owned(),
            user,
            channel,
            message,
            at: self.now(),
            answered: None,
            said: None,
            response: None,
        };
        let data = self.interaction_event(&interaction, data);
        self.interactions.insert(id, interaction);
        self.dispatch(&Event { name: "INTERACTION_CREATE", needs: 0, data, hides: false });
        id
    }

    fn interaction_event(&self, one: &Interaction, data: &Value) -> Value {
        let channel = self.channels.get(&one.channel).expect("the channel exists");
        let mut event = json!({
            "id": one.id,
            "application_id": self.bot,
            "type": one.kind,
            "data": data,
            "token": one.token,
            "version": 1,
            "channel_id": one.channel,
            "channel": render::channel(self, channel),
            "app_permissions": render::ALL_PERMISSIONS,
            "locale": "en-US",
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners(channel.guild),
            "context": u8::from(channel.guild.is_none()),
            "attachment_size_limit": self.options.max_upload,
        });
        if let Some(guild) = channel.guild {
            let mut member = render::member(self, guild, one.user, true);
            member["permissions"] = json!(render::ALL_PERMISSIONS);
            event["member"] = member;
            event["guild_id"] = json!(guild);
            event["guild"] = json!({"id": guild, "locale": "en-US", "features": []});
            event["guild_locale"] = json!("en-US");
        } else {
            event["user"] = render::user(self, one.user);
        }
        if let Some(message) = one.message.and_then(|id| self.messages.get(&(one.channel, id))) {
            event["message"] = render::message(self, message);
        }
        event
    }

    /// Returns whether the session of some client hears of direct messages: it is there.
    pub(super) fn hears_direct(&self) -> bool {
        let hears = |intents: u64| intents & intent::DIRECT_MESSAGES != 0;
        self.sessions.list.values().any(|session| session.connection.is_some() && hears(session.intents))
    }
}

/// Returns an option as the bot is told of it, with the type that the command names.
fn option(known: &[Value], name: &str, value: &Value) -> Value {
    let found = known.iter().find(|option| option["name"] == name);
    let found = found.unwrap_or_else(|| panic!("the command has no option {name:?}: {known:?}"));
    let mut option = Map::new();
    option.insert("name".to_owned(), json!(name));
    option.insert("type".to_owned(), found["type"].clone());
    option.insert("value".to_owned(), value.clone());
    option.into()
}
