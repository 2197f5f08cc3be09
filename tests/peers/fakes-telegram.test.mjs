// The fake Telegram judged by two client libraries that know the real one: what they accept of it, the channel may rely on.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { FakeTelegram } from "./lib/fake-telegram.mjs";
import { load } from "./lib/modules.mjs";

const { Bot, GrammyError, HttpError, InlineKeyboard, InputFile, InputMediaBuilder } = await commonjs("grammy");
const { Telegraf } = await commonjs("telegraf");
const ADA = 7;
const base64 = (text) => Buffer.from(text).toString("base64");

/** The exports of a package, whichever way it exports them. */
async function commonjs(name) {
  const module = await load(name);
  return module.default === undefined ? module : { ...module.default, ...module };
}

/** A promise that a test resolves from a handler. */
function arrival() {
  let here;
  const arrived = new Promise((resolve) => (here = resolve));
  return { arrived, here };
}

describe("grammY on the fake Telegram", () => {
  let telegram;
  let bot;
  let chat;
  let polling;
  let heard;

  before(async () => {
    telegram = await FakeTelegram.start();
    chat = await telegram.person(ADA, "Ada");
    bot = new Bot(telegram.token, { client: { apiRoot: telegram.root } });
    heard = () => {};
    bot.use((ctx) => heard(ctx));
    const kinds = ["message", "edited_message", "callback_query", "message_reaction", "poll_answer", "channel_post"];
    polling = bot.start({ allowed_updates: kinds });
    polling.catch(() => {});
    await telegram.ask("wait", { method: "getUpdates" });
  });

  after(() => telegram?.stop());

  /** Does something and answers the first update that comes of it, as `pick` sees it. */
  async function hear(pick, act) {
    const { arrived, here } = arrival();
    heard = (ctx) => {
      const seen = pick(ctx);
      if (seen) here(seen);
    };
    await act();
    return arrived;
  }

  test("every kind of content arrives as what it is", async () => {
    const file = { base64: base64("data"), name: "a.bin", duration: 3 };
    for (const type of ["photo", "document", "voice", "audio", "video", "video_note", "sticker", "animation"]) {
      const message = await hear((ctx) => ctx.message, () => telegram.say(chat, ADA, { type, ...file }));
      assert.ok(message[type], type);
    }
    const place = { type: "location", latitude: 1.5, longitude: 2.5 };
    assert.equal((await hear((ctx) => ctx.message?.location, () => telegram.say(chat, ADA, place))).latitude, 1.5);
    const known = { type: "contact", phone_number: "+1", first_name: "Bo" };
    assert.equal((await hear((ctx) => ctx.message?.contact, () => telegram.say(chat, ADA, known))).first_name, "Bo");
  });

  test("commands, replies, quotes, forwards, edits and reactions are what grammY takes them for", async () => {
    let ids;
    const command = (ctx) => ctx.hasCommand("ask") && ctx.message;
    await hear(command, async () => (ids = await telegram.say(chat, ADA, "/ask something")));
    const answer = { text: "and this", reply_to: ids[0], quote: "some" };
    const reply = await hear((ctx) => ctx.message, () => telegram.say(chat, ADA, answer));
    assert.equal(reply.reply_to_message.message_id, ids[0]);
    assert.equal(reply.quote.text, "some");
    const forward = { text: "x", forwarded_from: "Eve" };
    const origin = await hear((ctx) => ctx.message?.forward_origin, () => telegram.say(chat, ADA, forward));
    assert.equal(origin.sender_user_name, "Eve");
    const edit = () => telegram.ask("edit", { chat, message: ids[0], text: "/ask else" });
    assert.equal((await hear((ctx) => ctx.editedMessage, edit)).text, "/ask else");
    const react = () => telegram.ask("react", { chat, user: ADA, message: ids[0], emoji: ["🔥"] });
    assert.deepEqual((await hear((ctx) => ctx.messageReaction && ctx.reactions(), react)).emojiAdded, ["🔥"]);
  });

  test("files go both ways", async () => {
    const album = ["one", "two", "three"].map((text) => ({ type: "photo", base64: base64(text) }));
    const photo = await hear((ctx) => ctx.message?.media_group_id && ctx.message.photo.at(-1), () =>
      telegram.say(chat, ADA, { type: "album", items: album }));
    const { file_path } = await bot.api.getFile(photo.file_id);
    const from = `${telegram.root}/file/bot${telegram.token}`;
    for (const path of [file_path, encodeURIComponent(file_path)]) {
      assert.equal(await (await fetch(`${from}/${path}`)).text(), "one");
    }
    const upload = (text) => new InputFile(Buffer.from(text), `${text}.jpg`);
    const caption = { caption: "*b*", parse_mode: "MarkdownV2" };
    const sent = await bot.api.sendMediaGroup(ADA, ["x", "y"].map((text) => InputMediaBuilder.photo(upload(text), caption)));
    assert.equal(sent.length, 2);
    assert.deepEqual(sent[0].caption_entities, [{ type: "bold", offset: 0, length: 1 }]);
    await telegram.say(chat, ADA, { type: "document", size: 21 * 2 ** 20 });
    const big = (await telegram.ask("messages", { chat })).at(-1).raw.document.file_id;
    await assert.rejects(bot.api.getFile(big), /file is too big/);
  });

  test("buttons are pressed, answered once, and the message edited", async () => {
    const { message_id } = await bot.api.sendMessage(ADA, "May I?", { reply_markup: new InlineKeyboard().text("Yes", "y") });
    const press = () => telegram.ask("press", { chat, user: ADA, message: message_id, data: "y" });
    const query = await hear((ctx) => ctx.callbackQuery, press);
    assert.equal(query.message.message_id, message_id);
    await bot.api.answerCallbackQuery(query.id, { text: "noted" });
    assert.equal((await telegram.ask("answered", { query: query.id })).text, "noted");
    await assert.rejects(bot.api.answerCallbackQuery(query.id), /query is too old/);
    await bot.api.editMessageText(ADA, message_id, "Yes.");
    await assert.rejects(bot.api.editMessageText(ADA, message_id, "Yes."), /message is not modified/);
  });

  test("refusals carry Telegram's codes and words", async () => {
    const refused = [
      [() => bot.api.sendMessage(ADA, "x".repeat(4097)), 400, /message is too long/],
      [() => bot.api.sendMessage(ADA, ""), 400, /message text is empty/],
      [() => bot.api.sendMessage(ADA, "<b>x", { parse_mode: "HTML" }), 400, /can't parse entities: Can't find end tag/],
      [() => bot.api.sendMessage(ADA, "a.b", { parse_mode: "MarkdownV2" }), 400, /Character '.' is reserved/],
      [() => bot.api.sendMessage(8, "x"), 400, /chat not found/],
      [() => bot.api.editMessageText(ADA, 9999, "x"), 400, /message to edit not found/],
      [() => bot.api.deleteMessage(ADA, 9999), 400, /message to delete not found/],
      [() => bot.api.sendMessage(ADA, "x", { reply_markup: new InlineKeyboard().text("a", "d".repeat(65)) }), 400, /BUTTON_DATA/],
      [() => new Bot("1:x", { client: { apiRoot: telegram.root } }).init(), 401, /Unauthorized/],
    ];
    for (const [call, code, words] of refused) {
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof GrammyError, String(error));
        assert.equal(error.error_code, code);
        assert.match(error.description, words);
        return true;
      });
    }
    await bot.api.sendMessage(ADA, `<b>${"x".repeat(4096)}</b>`, { parse_mode: "HTML" });
  });

  test("faults are what grammY takes them for", async () => {
    await telegram.fault("sendMessage", "too-many", { value: 3 });
    await assert.rejects(bot.api.sendMessage(ADA, "too-many"), (error) => error.parameters.retry_after === 3);
    await telegram.fault("sendMessage", "server-error");
    await assert.rejects(bot.api.sendMessage(ADA, "server-error"), (error) => error.error_code === 500);
    for (const fault of ["cut-before", "cut-after", "bad-gateway", "late-gateway"]) {
      await telegram.fault("sendMessage", fault);
      await assert.rejects(bot.api.sendMessage(ADA, fault), HttpError);
    }
    const texts = (await telegram.ask("messages", { chat })).map(({ text }) => text);
    assert.deepEqual(texts.filter((text) => /^cut|gateway$|^too|^server/.test(text)), ["cut-after", "late-gateway"]);
    const { injected } = await telegram.ask("state");
    assert.deepEqual(Object.keys(injected).length, 6, JSON.stringify(injected));
  });

  test("topics", async () => {
    const forum = await telegram.ask("forum", { id: -1001000000001, title: "Forum", people: [ADA] });
    const { message_thread_id } = await bot.api.createForumTopic(forum.id, "Plans");
    const topic = { ...forum, topic: message_thread_id };
    const message = await hear((ctx) => ctx.message, () => telegram.say(topic, ADA, "in the topic"));
    assert.equal(message.message_thread_id, message_thread_id);
    assert.equal(message.reply_to_message.forum_topic_created.name, "Plans");
    await bot.api.sendMessage(forum.id, "to the topic", { message_thread_id });
    assert.equal((await telegram.ask("messages", { chat: topic })).at(-1).text, "to the topic");
    await assert.rejects(bot.api.sendMessage(forum.id, "x", { message_thread_id: 1 }), /message thread not found/);
    const general = await hear((ctx) => ctx.message, () => telegram.say(forum, ADA, "in General"));
    assert.equal(general.message_thread_id, undefined);
  });

  test("the older of two pollers is ended with 409", async () => {
    const second = await (await fetch(`${telegram.root}/bot${telegram.token}/getUpdates?timeout=0`)).json();
    assert.equal(second.ok, true);
    await assert.rejects(polling, (error) => error.error_code === 409 && /terminated by other getUpdates/.test(error.description));
  });
});

describe("Telegraf on the fake Telegram", () => {
  let telegram;
  let bot;
  let chat;

  before(async () => {
    telegram = await FakeTelegram.start();
    chat = await telegram.person(ADA, "Ada");
    bot = new Telegraf(telegram.token, { telegram: { apiRoot: telegram.root } });
    bot.on("message", (ctx) => ctx.reply(`echo ${ctx.message.text}`));
    // Answers to a chat that has moved meanwhile.
    bot.catch(() => {});
  });

  after(async () => {
    bot?.stop();
    await telegram?.stop();
  });

  test("a webhook gets its updates with the secret, repeated until it takes them", async () => {
    const secrets = [];
    const take = bot.webhookCallback("/hook", { secretToken: "s3cret" });
    const server = createServer((request, response) => {
      secrets.push(request.headers["x-telegram-bot-api-secret-token"]);
      if (secrets.length > 2) return take(request, response);
      response.statusCode = 500;
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${server.address().port}/hook`;
    await bot.telegram.setWebhook(url, { secret_token: "s3cret" });
    await assert.rejects(bot.telegram.getUpdates(0, 1, 0, []), /webhook is active/);
    await telegram.say(chat, ADA, "hooked");
    await telegram.ask("wait", { chat, text: "echo hooked" });
    assert.deepEqual(secrets, ["s3cret", "s3cret", "s3cret"]);
    assert.match((await bot.telegram.getWebhookInfo()).last_error_message, /500/);
    await bot.telegram.deleteWebhook();
    server.close();
  });

  test("updates come again when Telegram repeats them", async () => {
    bot.launch().catch(() => {});
    await telegram.ask("wait", { method: "getUpdates", count: 2 });
    await telegram.fault("getUpdates", "duplicates", { times: 2 });
    await telegram.say(chat, ADA, "once");
    await telegram.ask("wait", { chat, text: "echo once" });
    const done = await telegram.ask("wait", { method: "sendMessage", count: 3 });
    assert.ok(done.length >= 3);
  });

  test("polls, blocked bots, groups that move and groups with a limit", async () => {
    const poll = await bot.telegram.sendPoll(ADA, "Which?", ["a", "b"], { is_anonymous: false });
    await telegram.ask("vote", { user: ADA, poll: poll.poll.id, options: [1] });
    assert.equal((await bot.telegram.stopPoll(ADA, poll.message_id)).options[1].voter_count, 1);
    await telegram.ask("block", { user: ADA });
    await assert.rejects(bot.telegram.sendMessage(ADA, "x"), (error) => error.code === 403 && /blocked/.test(error.description));
    const group = await telegram.ask("group", { id: -55, title: "Group", people: [ADA] });
    const moved = await telegram.ask("migrate", { chat: group, user: ADA });
    await assert.rejects(bot.telegram.sendMessage(-55, "x"), (error) => error.parameters.migrate_to_chat_id === moved.id);
    await telegram.ask("limit", { chat: moved, per_minute: 2 });
    await bot.telegram.sendMessage(moved.id, "1");
    await bot.telegram.sendMessage(moved.id, "2");
    await assert.rejects(bot.telegram.sendMessage(moved.id, "3"), (error) => error.parameters.retry_after > 50);
  });
});
