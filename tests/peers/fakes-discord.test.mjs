// Judges the fake of Discord with discord.js, a client that knows nothing of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { FakeDiscord } from "./lib/fake-discord.mjs";
import { load } from "./lib/modules.mjs";

const discordjs = await load("discord.js");
const { ChannelType, Client, EmbedBuilder, Events, GatewayIntentBits: Bits, MessageFlags, Partials } = discordjs.default ?? discordjs;

const ALL = [
  Bits.Guilds, Bits.GuildMembers, Bits.GuildMessages, Bits.GuildMessageReactions, Bits.GuildMessageTyping,
  Bits.DirectMessages, Bits.DirectMessageReactions, Bits.MessageContent, Bits.GuildMessagePolls, Bits.DirectMessagePolls,
];
const FAST = ["--identify-ms", "0"];

/** A bot of discord.js that is ready. `options` are the client's; what it emits is kept in `heard`. */
async function ready(t, fake, options = {}) {
  const client = new Client({
    intents: ALL,
    partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.User],
    ...options,
    rest: { api: `${fake.root}/api`, ...options.rest },
  });
  t.after(() => client.destroy());
  client.heard = [];
  for (const name of [Events.MessageCreate, Events.MessageUpdate, Events.MessageDelete, Events.MessageReactionAdd,
    Events.InteractionCreate, Events.ShardResume, Events.ShardReconnecting, Events.ShardDisconnect,
    Events.ThreadCreate, Events.GuildCreate, Events.ClientReady, Events.MessagePollVoteAdd, Events.TypingStart]) {
    client.on(name, (...values) => client.heard.push([name, ...values]));
  }
  client.of = (name) => client.heard.filter(([other]) => other === name).map(([, value]) => value);
  client.on(Events.Error, (error) => client.heard.push(["error", error]));
  const isReady = once(client, Events.ClientReady);
  await client.login(fake.token);
  await isReady;
  return client;
}

/** A fake with a person, their direct conversation, a server and a channel. */
async function world(t, args = FAST) {
  const fake = await FakeDiscord.start(t, args);
  const alice = await fake.make("person", { name: "Alice Liddell" });
  const guild = await fake.make("guild", { name: "Home" });
  const general = await fake.make("channel", { guild, name: "general" });
  const dm = await fake.make("dm", { user: alice });
  return { fake, alice, guild, general, dm };
}

/** Waits until the client emitted `count` of these. */
const heard = (fake, client, name, count = 1) =>
  fake.until(`${count} of ${name}`, () => client.of(name).length >= count && client.of(name));

test("a bot comes up, knows its server, and talks with a person", async (t) => {
  const { fake, alice, guild, general, dm } = await world(t);
  const client = await ready(t, fake);
  assert.equal(client.user.id, fake.bot);
  assert.equal(client.application.id, fake.bot);
  const server = await fake.until("the server", () => client.guilds.cache.get(guild));
  assert.equal(server.name, "Home");
  assert.equal(server.channels.cache.get(general).name, "general");

  await fake.call("say", { channel: dm, user: alice, text: "hello" });
  const [message] = await heard(fake, client, Events.MessageCreate);
  assert.equal(message.content, "hello");
  assert.equal(message.author.displayName, "Alice Liddell");
  assert.equal(message.inGuild(), false);
  await message.channel.sendTyping();
  assert.equal(await fake.call("typing", { channel: dm }), true);
  const answer = await message.reply({ content: "hi", nonce: "k1", enforceNonce: true });
  assert.equal(await fake.call("typing", { channel: dm }), false);
  await answer.edit("hi there");
  await answer.react("👍");
  const again = await message.reply({ content: "hi", nonce: "k1", enforceNonce: true });
  assert.equal(again.id, answer.id, "the same nonce is the same message");
  const seen = await fake.messages(dm);
  assert.deepEqual(seen.map((one) => one.text), ["hello", "hi there"]);
  assert.equal(seen[1].replyTo, message.id);
  assert.deepEqual(seen[1].earlier, ["hi"]);
  assert.deepEqual(seen[1].reactions, [["👍", [fake.bot]]]);
});

test("edits, deletions, reactions, replies, mentions, typing arrive", async (t) => {
  const { fake, alice, general } = await world(t);
  const client = await ready(t, fake);
  const first = await fake.make("say", { channel: general, user: alice, text: `<@${fake.bot}> look` });
  const second = await fake.make("say", { channel: general, user: alice, text: "also", reply_to: first });
  await fake.call("edit", { message: second, text: "also this" });
  await fake.call("react", { message: second, user: alice, emoji: "🔥" });
  await fake.call("delete", { message: first });
  const [one, two] = await heard(fake, client, Events.MessageCreate, 2);
  assert.ok(one.mentions.has(client.user));
  assert.equal(two.reference.messageId, first);
  assert.equal(two.member.displayName, "Alice Liddell");
  await heard(fake, client, Events.MessageUpdate);
  assert.equal(two.content, "also this");
  const [reaction] = await heard(fake, client, Events.MessageReactionAdd);
  assert.equal(reaction.emoji.name, "🔥");
  const [gone] = await heard(fake, client, Events.MessageDelete);
  assert.equal(gone.id, first);
});

test("without MESSAGE_CONTENT only mentions and direct messages say something", async (t) => {
  const { fake, alice, general, dm } = await world(t);
  const client = await ready(t, fake, { intents: [Bits.Guilds, Bits.GuildMessages, Bits.DirectMessages] });
  await fake.call("say", { channel: general, user: alice, text: "secret" });
  await fake.call("say", { channel: general, user: alice, text: `<@${fake.bot}> open` });
  await fake.call("say", { channel: dm, user: alice, text: "direct" });
  const texts = (await heard(fake, client, Events.MessageCreate, 3)).map((message) => message.content);
  assert.deepEqual(texts, ["", `<@${fake.bot}> open`, "direct"]);
});

test("threads, forum posts, pins, polls, history", async (t) => {
  const { fake, alice, guild, general } = await world(t, [...FAST, "--no-limits"]);
  const forum = await fake.make("forum", { guild, name: "help" });
  const client = await ready(t, fake);
  const channel = await client.channels.fetch(general);
  const start = await channel.send("let us talk");
  const thread = await start.startThread({ name: "talk", autoArchiveDuration: 60 });
  assert.equal(thread.id, start.id);
  assert.equal(thread.type, ChannelType.PublicThread);
  await fake.call("say", { channel: thread.id, user: alice, text: "in the thread" });
  const inside = await fake.until("the message", () => client.of(Events.MessageCreate).find((m) => m.content === "in the thread"));
  assert.ok(inside.channel.isThread());
  assert.equal(inside.channel.parentId, general);
  const post = await fake.make("post", { channel: forum, user: alice, name: "How?", text: "I wonder" });
  const asked = await fake.until("the post", () => client.of(Events.MessageCreate).find((m) => m.content === "I wonder"));
  assert.equal(asked.id, post);
  assert.equal(asked.channel.name, "How?");
  await asked.channel.send("like this");
  const own = await (await client.channels.fetch(forum)).threads.create({ name: "News", message: { content: "all new" } });
  assert.equal((await own.fetchStarterMessage()).content, "all new");
  await start.pin();
  const pins = await channel.messages.fetchPins();
  assert.deepEqual(pins.items.map((item) => item.message.id), [start.id]);
  for (let n = 1; n <= 12; n++) await channel.send(`line ${n}`);
  const late = await channel.messages.fetch({ after: start.id, limit: 3 });
  assert.equal(late.size, 3);
  assert.equal((await channel.messages.fetch({ limit: 1 })).first().content, "line 12");
  const poll = await channel.send({
    poll: { question: { text: "Tea?" }, answers: [{ text: "yes" }, { text: "no" }], duration: 1, allowMultiselect: false },
  });
  await fake.call("vote", { message: poll.id, user: alice, answer: 2 });
  const [vote] = await heard(fake, client, Events.MessagePollVoteAdd);
  assert.equal(vote.id, 2);
});

test("files go out and come in", async (t) => {
  const { fake, alice, dm } = await world(t);
  const client = await ready(t, fake);
  const bytes = Buffer.from([0, 1, 2, 13, 10, 45, 45, 255]);
  await fake.call("say", {
    channel: dm, user: alice, text: "", files: [{ name: "a.bin", type: "application/octet-stream", base64: bytes.toString("base64") }],
  });
  const [message] = await heard(fake, client, Events.MessageCreate);
  const file = message.attachments.first();
  assert.equal(file.size, bytes.length);
  assert.deepEqual(Buffer.from(await (await fetch(file.url)).arrayBuffer()), bytes);
  assert.equal((await fetch(file.url.replace(/hm=[0-9a-f]+/, "hm=1"))).status, 404, "a changed address leads nowhere");
  const sent = await message.reply({ content: "back", files: [{ attachment: bytes, name: "b.bin", description: "the same" }] });
  assert.equal(sent.attachments.first().description, "the same");
  assert.deepEqual(Buffer.from(await (await fetch(sent.attachments.first().url)).arrayBuffer()), bytes);
});

test("embeds and voice messages have Discord's limits", async (t) => {
  const { fake, dm } = await world(t, [...FAST, "--no-limits"]);
  const client = await ready(t, fake);
  const channel = await client.channels.fetch(dm);
  const x = (count) => "x".repeat(count);
  const full = new EmbedBuilder().setTitle(x(256)).setDescription(x(4096));
  const sent = await channel.send({ embeds: [full, new EmbedBuilder().setDescription(x(6000 - 4352))] });
  assert.deepEqual(sent.embeds.map((embed) => embed.length), [4352, 1648]);
  const again = await sent.edit({ content: "short", embeds: [] });
  assert.equal(again.embeds.length, 0);
  for (const [embeds, wrong] of [
    [[full.toJSON(), { description: x(6001 - 4352) }], /embeds\[MAX_EMBED_SIZE_EXCEEDED\]/],
    [Array(11).fill({ description: "x" }), /embeds\[BASE_TYPE_MAX_LENGTH\]/],
    [[{ title: x(257) }], /embeds\[0\]\.title\[BASE_TYPE_MAX_LENGTH\]/],
    [[{ description: x(4097) }], /embeds\[0\]\.description\[BASE_TYPE_MAX_LENGTH\]/],
    [[{}], /embeds\[0\]\.description\[BASE_TYPE_REQUIRED\]/],
    [[{ fields: Array(26).fill({ name: "n", value: "v" }) }], /embeds\[0\]\.fields/],
    [[{ fields: [{ name: x(257), value: "v" }] }], /fields\[0\]\.name/],
    [[{ fields: [{ name: "n", value: x(1025) }] }], /fields\[0\]\.value/],
  ]) {
    await assert.rejects(
      client.rest.post(`/channels/${dm}/messages`, { body: { embeds } }),
      (error) => error.code === 50035 && wrong.test(error.message),
    );
  }
  const voice = (more = {}, attachment = {}) => client.rest.post(`/channels/${dm}/messages`, {
    body: {
      flags: MessageFlags.IsVoiceMessage,
      attachments: [{ id: "0", filename: "v.ogg", duration_secs: 1.5, waveform: "AP8A", ...attachment }],
      ...more,
    },
    files: [{ name: "v.ogg", data: Buffer.from("OggS"), contentType: "audio/ogg" }],
  });
  const { id } = await voice();
  const heard = await channel.messages.fetch(id);
  assert.ok(heard.flags.has(MessageFlags.IsVoiceMessage));
  assert.deepEqual([heard.attachments.first().duration, heard.attachments.first().waveform], [1.5, "AP8A"]);
  await assert.rejects(heard.edit("words"), { code: 50162 });
  await assert.rejects(voice({ content: "words" }), { code: 50159 });
  await assert.rejects(voice({}, { waveform: undefined }), { code: 50161 });
  await assert.rejects(channel.send({ flags: MessageFlags.IsVoiceMessage, files: [{ attachment: Buffer.from("x"), name: "v.txt" }] }), { code: 50160 });
});

test("commands and buttons", async (t) => {
  const { fake, alice, general } = await world(t);
  const client = await ready(t, fake);
  await client.application.commands.set([
    { name: "ask", description: "Ask", options: [{ type: 3, name: "text", description: "What", required: true }] },
  ]);
  await fake.call("slash", { user: alice, channel: general, name: "ask", options: { text: "why" } });
  const [asked] = await heard(fake, client, Events.InteractionCreate);
  assert.ok(asked.isChatInputCommand());
  assert.equal(asked.options.getString("text"), "why");
  await asked.deferReply();
  assert.equal((await fake.messages(general)).at(-1).thinking, true);
  await assert.rejects(asked.client.rest.post(`/interactions/${asked.id}/${asked.token}/callback`, { auth: false, body: { type: 5 } }), { code: 40060 });
  await asked.editReply({
    content: "because",
    components: [{ type: 1, components: [{ type: 2, style: 1, label: "Yes", custom_id: "yes" }, { type: 2, style: 4, label: "No", custom_id: "no" }] }],
  });
  const more = await asked.followUp({ content: "only you", flags: MessageFlags.Ephemeral });
  const shown = await fake.messages(general);
  assert.deepEqual(shown.map((one) => [one.text, one.thinking, one.onlyFor]), [["because", false, null], ["only you", false, alice]]);
  await fake.call("press", { user: alice, message: shown[0].id, custom_id: "yes" });
  const [, pressed] = await heard(fake, client, Events.InteractionCreate, 2);
  assert.ok(pressed.isButton());
  assert.equal(pressed.message.id, shown[0].id);
  await pressed.update({ content: "done", components: [] });
  assert.equal((await fake.messages(general))[0].text, "done");
  await asked.deleteReply(more);
  await assert.rejects(fake.call("press", { user: alice, message: shown[0].id, custom_id: "yes" }), /no button/);
  await fake.call("slash", { user: alice, channel: general, name: "ask", options: { text: "late" } });
  const [, , late] = await heard(fake, client, Events.InteractionCreate, 3);
  await fake.call("advance", { ms: 3100 });
  await assert.rejects(late.reply("too late"), { code: 10062 });
  const times = await fake.call("interactions");
  assert.deepEqual(times.map((one) => one.callback), [5, 7, null]);
});

test("refusals carry Discord's codes", async (t) => {
  const { fake, alice, general, dm } = await world(t);
  const client = await ready(t, fake);
  const channel = await client.channels.fetch(general);
  await assert.rejects(channel.send("x".repeat(2001)), (error) => error.code === 50035 && /2000 or fewer/.test(error.message));
  await channel.send("😀".repeat(2000));
  await assert.rejects(client.rest.post(`/channels/${general}/messages`, { body: { content: " " } }), { code: 50006 });
  await assert.rejects(client.channels.fetch("123"), { code: 10003 });
  await assert.rejects(channel.messages.fetch("123"), { code: 10008 });
  await fake.call("close_dm", { user: alice, closed: true });
  await assert.rejects((await client.channels.fetch(dm)).send("hello?"), { code: 50007 });
  const wrong = new Client({ intents: [], rest: { api: `${fake.root}/api` } });
  await assert.rejects(wrong.login("nonsense"), { code: "TokenInvalid" });
});

test("rate limits are kept without a single 429", async (t) => {
  const { fake, general } = await world(t);
  const client = await ready(t, fake);
  const channel = await client.channels.fetch(general);
  const before = Date.now();
  await Promise.all(Array.from({ length: 7 }, (_, n) => channel.send(`m${n}`)));
  assert.ok(Date.now() - before > 4000, "the sixth message waited for the bucket");
  const calls = await fake.calls("/channels/{channel}/messages");
  assert.deepEqual(calls.map((call) => call.status), Array(7).fill(200));
  await fake.call("fault", { method: "POST", route: "/typing", fault: "limited", ms: 400 });
  await channel.sendTyping();
  assert.deepEqual((await fake.calls("/channels/{channel}/typing")).map((call) => call.status), [429, 204]);
});

test("the connection is lost in every way and nothing is missed", async (t) => {
  const { fake, alice, dm } = await world(t, [...FAST, "--heartbeat-ms", "1000"]);
  const client = await ready(t, fake);
  const said = [];
  const say = async () => {
    said.push(`m${said.length}`);
    await fake.call("say", { channel: dm, user: alice, text: said.at(-1) });
  };
  const all = () =>
    fake.until(said.join(), () => {
      const texts = client.of(Events.MessageCreate).map((message) => message.content);
      return texts.length >= said.length && assert.deepEqual(texts, said) === undefined;
    });
  const connected = async () => (await fake.call("state")).connected === 1;
  await say();
  await all();
  for (const [fault, more] of [["cut"], ["reconnect"], ["invalid", { resumable: true }], ["mute"]]) {
    await fake.call("gateway", { fault, ...more });
    await say();
    await all();
    await fake.until("resumed", connected);
  }
  await fake.call("close", { code: 4000 });
  await say();
  await all();
  assert.ok(client.of(Events.ShardResume).length >= 4, "it resumed");
  await fake.call("gateway", { fault: "invalid", resumable: false });
  await fake.until("a new session", async () => client.of(Events.ClientReady).length >= 1 && connected());
  const identified = (await fake.call("received")).filter((one) => one.kind === "frame" && one.op === 2);
  assert.equal(identified.length, 2, "once at first, once after the session was gone");
  await say();
  await all();
});

test("disallowed intents and wrong versions are refused", async (t) => {
  const fake = await FakeDiscord.start(t);
  const client = new Client({ intents: [Bits.GuildPresences], rest: { api: `${fake.root}/api` } });
  t.after(() => client.destroy());
  await assert.rejects(client.login(fake.token), /[Dd]isallowed intents/);
});

test("faults of REST: 5xx, a page of HTML, cut before and after the effect", async (t) => {
  const { fake, general } = await world(t, [...FAST, "--no-limits"]);
  const client = await ready(t, fake, { rest: { retries: 0 } });
  const channel = await client.channels.fetch(general);
  const send = { method: "POST", route: "/channels/{channel}/messages$" };
  for (const fault of [{ fault: "status", status: 500 }, { fault: "bad-gateway" }, { fault: "cut-before" }, { fault: "cut-after" }]) {
    await fake.call("fault", { ...send, ...fault });
    await assert.rejects(channel.send(fault.fault));
  }
  await channel.send("whole");
  assert.deepEqual((await fake.messages(general)).map((one) => one.text), ["cut-after", "whole"]);
  assert.equal(Object.values((await fake.call("state")).injected).reduce((a, b) => a + b), 4);
});
