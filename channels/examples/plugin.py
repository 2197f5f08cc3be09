#!/usr/bin/env python3
"""A channel plugin for Landline: a folder is the chat platform. Python 3, standard library only.

Whoever wants to say something appends a line to FOLDER/in.jsonl:

    {"text": "Hello", "from": "ann", "chat": "ann", "file": "notes.txt"}

(all but "text" may be left out; a file lies in FOLDER/files), and reads the answers in FOLDER/out.jsonl. Scripts, cron
jobs and editors can talk to an agent in this way, and it is a beginning for a plugin of your own.

To practise failures: the word in FOLDER/fault (away, limited, refused, gone, cut-before, cut-after) fails the next
send, FOLDER/stall stops the polling while it exists, FOLDER/die ends this program.

docs/channel-plugins.md describes the messages. stdout belongs to them; whatever is for people goes to stderr.
"""

import json
import os
import queue
import shutil
import sys
import threading
import time

ABILITIES = ["edit", "delete", "react", "typing", "media", "send-once"]
TEXT = {"max": 4000, "unit": "codePoints", "editIntervalMs": 200}
MOST_EVENTS = 100


class Failure(Exception):
    """Why a send did not happen; see SendError in docs/channel-plugins.md."""

    def __init__(self, failure, text, retry="never"):
        super().__init__(text)
        self.data = {"failure": failure, "retry": retry, "text": text}


class Wire:
    """JSON-RPC 2.0 over stdin and stdout, one message a line."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = queue.Queue()
        self.last = 0

    def write(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False)
        with self.lock:
            sys.stdout.buffer.write(line.encode() + b"\n")
            sys.stdout.buffer.flush()

    def tell(self, method, **params):
        self.write({"method": method, "params": params})

    def ask(self, method, **params):
        """Asks the gateway, and waits for the answer. One question at a time."""
        self.last += 1
        self.write({"id": self.last, "method": method, "params": params})
        answer = self.answers.get()
        if "error" in answer:
            raise RuntimeError(answer["error"]["message"])
        return answer.get("result")


class Folder:
    """The platform."""

    def __init__(self, path):
        self.path = path
        os.makedirs(os.path.join(path, "files"), exist_ok=True)
        self.inbox, self.outbox = os.path.join(path, "in.jsonl"), os.path.join(path, "out.jsonl")
        open(self.inbox, "ab").close()
        # What was sent before, by key: the same key is not sent twice, also after a restart.
        self.sent = {}
        if os.path.exists(self.outbox):
            with open(self.outbox, "rb") as lines:
                for line in lines:
                    done = json.loads(line)
                    self.sent[done["key"]] = done["message"]

    def take(self, name):
        """Returns the content of a file that is there for practice, and removes it."""
        try:
            path = os.path.join(self.path, name)
            with open(path, encoding="utf-8") as file:
                word = file.read().strip()
            os.remove(path)
            return word
        except FileNotFoundError:
            return None

    def stalled(self):
        return os.path.exists(os.path.join(self.path, "stall"))

    def read(self, offset):
        """Returns the whole lines from an offset on: pairs of offset and line, and where the next one begins."""
        lines = []
        with open(self.inbox, "rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n") or len(lines) == MOST_EVENTS:
                    break
                lines.append((offset, line))
                offset += len(line)
        return lines, offset

    def append(self, entry):
        with open(self.outbox, "ab") as file:
            file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.sent[entry["key"]] = entry["message"]

    def file(self, name):
        # Only the name counts: nobody reaches out of the folder.
        return os.path.join(self.path, "files", os.path.basename(name))


def event(offset, line):
    """Returns what happened, as the gateway journals it. The id is the same however often the line is read."""
    said = json.loads(line)
    sender = str(said.get("from", "someone"))
    chat = str(said.get("chat", sender))
    message = {"id": str(offset), "text": str(said.get("text", ""))}
    if "file" in said:
        name = str(said["file"])
        message["attachments"] = [{"kind": "document", "name": name, "file": name}]
    return {
        "id": f"in-{offset}",
        "at": int(time.time() * 1000),
        "chat": {"id": chat, "kind": "direct" if chat == sender else "group"},
        "sender": {"id": sender, "name": sender},
        "event": {"type": "message", **message},
    }


def listen(wire, folder, cursor, interval):
    """Polls for ever. The cursor moves only when the gateway has stored what lies before it."""
    offset = int(cursor or 0)
    while True:
        if folder.take("die") is not None:
            os._exit(3)
        if folder.stalled():
            time.sleep(interval)
            continue
        lines, after = folder.read(offset)
        wire.tell("alive")
        if not lines:
            time.sleep(interval)
            continue
        events = []
        for at, line in lines:
            try:
                events.append(event(at, line))
            except (ValueError, AttributeError):
                wire.tell("trouble", text=f"in.jsonl has a line that is no JSON object, at byte {at}")
        wire.ask("inbox.store", events=events, cursor=str(after))
        offset = after


def practise(folder, word):
    """Fails as the file `fault` says."""
    if word == "away":
        raise Failure("away", "the folder is away", "later")
    if word == "limited":
        raise Failure("limited", "too many messages", {"after": 3000})
    if word in ("refused", "gone"):
        raise Failure(word, f"the folder says: {word}")
    if word == "cut-before":
        os._exit(4)


def send(folder, outbound):
    """Does one thing, once; returns the receipt."""
    key, action = outbound["key"], outbound["action"]
    kind = action["type"]
    if kind == "typing":
        return {}
    if kind == "fetch":
        return fetch(folder, action)
    word = folder.take("fault")
    practise(folder, word)
    message = folder.sent.get(key)
    if message is None:
        message = perform(folder, key, outbound["to"], kind, action)
    if word == "cut-after":
        os._exit(5)
    return {"message": message}


def perform(folder, key, to, kind, action):
    message = action.get("message", f"out-{len(folder.sent) + 1}")
    entry = {"key": key, "message": message, "chat": to["chat"], "type": kind}
    if kind in ("edit", "delete") and message not in folder.sent.values():
        raise Failure("gone", "there is no such message")
    if kind in ("text", "edit"):
        entry["text"] = action["text"]
    elif kind == "react":
        entry["emoji"] = action.get("emoji")
    elif kind == "media":
        entry.update(text=action["caption"], files=[copy(folder, key, file) for file in action["files"]])
    elif kind != "delete":
        raise Failure("unsupported", f"a folder cannot do this ({kind})")
    folder.append(entry)
    return message


def copy(folder, key, file):
    """Puts a file of the gateway's machine into the folder."""
    name = f"{key}-{os.path.basename(file['name'])}"
    try:
        shutil.copyfile(file["path"], folder.file(name))
    except OSError as error:
        raise Failure("refused", f"the file cannot be copied: {error.strerror}") from error
    return {"name": file["name"], "file": name}


def fetch(folder, action):
    """Gives a file to the gateway: under its path only when it is whole."""
    source, part = folder.file(action["file"]), action["path"] + ".part"
    try:
        if os.path.getsize(source) > action["limit"]:
            raise Failure("refused", "the file is larger than allowed")
        shutil.copyfile(source, part)
        os.replace(part, action["path"])
    except FileNotFoundError as error:
        raise Failure("gone", "there is no such file") from error
    return {}


def initialize(wire, params):
    settings = params["settings"]
    folder = Folder(settings["folder"])
    interval = settings.get("pollMs", 500) / 1000
    wire.listener = threading.Thread(target=run, args=(wire, folder, params["cursor"], interval), daemon=True)
    hello = {
        "protocolVersion": 1,
        "name": "folder",
        "bot": {"id": "folder", "name": "Folder"},
        "traits": {"abilities": ABILITIES, "text": TEXT, "maxDownload": 1 << 26, "maxUpload": 1 << 26},
    }
    return folder, hello


def run(wire, folder, cursor, interval):
    try:
        listen(wire, folder, cursor, interval)
    except Exception as error:  # Whatever ends the polling has to end the program: the gateway starts it again.
        print(f"polling ended: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def main():
    wire, folder = Wire(), None
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "method" not in message:
            wire.answers.put(message)
            continue
        method, params, answer = message["method"], message.get("params"), {"id": message.get("id")}
        try:
            if method == "initialize":
                folder, answer["result"] = initialize(wire, params)
            elif method == "send":
                answer["result"] = send(folder, params)
            elif method == "shutdown":
                answer["result"] = None
            else:
                answer["error"] = {"code": -32601, "message": f"there is no method {method}"}
        except Failure as failure:
            answer["error"] = {"code": -32000, "message": str(failure), "data": failure.data}
        except (KeyError, OSError) as error:
            ended = {"reason": "refused", "text": f"the setting `folder` is missing or cannot be used: {error!r}"}
            data = ended if method == "initialize" else None
            answer["error"] = {"code": -32000, "message": repr(error), "data": data}
        wire.write(answer)
        if method == "initialize" and "result" in answer:
            wire.listener.start()
        if method == "shutdown":
            return


if __name__ == "__main__":
    main()
