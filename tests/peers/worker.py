#!/usr/bin/env python3
"""A worker (docs/workers.md): worker.py URL NAME PROGRAM ARG… gives PROGRAM each prompt; token in LANDLINE_WORKER_TOKEN."""
import hashlib, hmac, json, os, secrets, signal, subprocess, sys, threading, time, urllib.error, urllib.request
URL, NAME, PROGRAM = sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3:]
TOKEN, INSTANCE = os.environ.pop("LANDLINE_WORKER_TOKEN"), secrets.token_hex(8)
mac = lambda key, text: hmac.new(key, text, hashlib.sha256)
KEY = mac(mac(b"landline-worker-v1", TOKEN.encode()).digest(), b"request signature\x01").digest()
runs, lock, wake = {}, threading.Lock(), threading.Event()
class Run:  # `base` is the number of steps[0], `sent` of the next step to send
    def __init__(self, task, fence):
        self.key, self.name = {"task": task, "fence": fence}, f"{task}#{fence}"
        self.steps, self.base, self.sent, self.outcome, self.told = [], 0, 0, None, False
        self.process, self.cancelled, self.over = None, False, False

def post(path, body, run="-", seq=0):
    data, stamp, nonce = json.dumps(body).encode(), str(int(time.time() * 1000)), secrets.token_hex(12)
    text = "\n".join(["landline-worker-v1", "POST", path, stamp, nonce, run, str(seq), hashlib.sha256(data).hexdigest()])
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json", "landline-timestamp": stamp,
               "landline-nonce": nonce, "landline-run": run, "landline-seq": str(seq),
               "landline-signature": mac(KEY, text.encode()).hexdigest()}
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=40) as answer:
        return json.load(answer)

def report(kind, run=None, **rest):
    message = {"report": kind, **(run.key if run else {}), **rest}
    post("/v1/worker/report", {"instance": INSTANCE, "messages": [message]}, run.name if run else "-", rest.get("from", 0))

def announce():
    with lock:
        held = [{**run.key, "next": run.base + len(run.steps)} for run in runs.values() if not run.over]
        for run in runs.values():
            run.sent, run.told = run.base, False
    facts = {"name": NAME, "agents": ["main"], "executors": ["command"], "maxConcurrent": 4, "os": sys.platform}
    report("announce", facts=facts, runs=held, life=INSTANCE)

def perform(run, prompt):
    run.process = subprocess.Popen(PROGRAM, stdin=-1, stdout=-1, text=True, start_new_session=True)
    threading.Thread(target=lambda: (run.process.stdin.write(prompt), run.process.stdin.close()), daemon=True).start()
    said = []
    for line in run.process.stdout:
        said.append(line)
        with lock:
            run.steps.append({"step": "text", "delta": line})
        wake.set()
    code, by = run.process.wait(), "cancelled" if run.cancelled else "finished"
    failure = {"class": by if run.cancelled else "agent_crash", "code": f"exit_{code}", "message": "The program failed"}
    result = {"Err": failure} if code else {"Ok": {"text": "".join(said).rstrip("\n"), "stop_reason": "end_turn"}}
    run.outcome = {"result": result, "ended_by": by}
    wake.set()

def tell():  # sends what is not sent, run by run; what did not arrive is sent again
    while True:
        wake.wait(1), wake.clear()
        for run in [run for run in runs.values() if not run.over]:
            with lock:
                first, steps = run.sent, run.steps[run.sent - run.base:][:500]
                run.sent += len(steps)
            try:
                if steps:
                    report("steps", run, **{"from": first, "steps": steps}), wake.set()
                elif run.outcome and not run.told:
                    run.told = True
                    report("ended", run, **{"from": first, "outcome": run.outcome})
            except OSError:
                run.sent, run.told = run.base, False

def obey(order):
    task = order.get("assignment", {})
    key = (task.get("task_id") or order["task"], task.get("fence") or order["fence"])
    if order["order"] == "start" and task.get("isolation") not in (None, "none"):
        failure = {"class": "validation", "code": "isolation", "message": "This worker keeps nothing apart"}
        return report("refused", Run(*key), failure=failure)
    if order["order"] == "start" and key not in runs:
        runs[key] = Run(*key)
        threading.Thread(target=perform, args=(runs[key], task["prompt"]), daemon=True).start()
    run = runs.get(key) or Run(*key)
    with lock:
        if order["order"] == "resend":
            run.sent, run.told = max(order["from"], run.base), False
        elif order["order"] == "stored" and order["next"] > run.base:
            del run.steps[:order["next"] - run.base]
            run.base, run.sent = order["next"], max(run.sent, order["next"])
        elif order["order"] == "forget" or (order["order"] == "cancel" and run.outcome):
            run.steps, run.over = [], True
        elif order["order"] == "cancel" and run.process:
            run.cancelled = True
            os.killpg(run.process.pid, signal.SIGTERM)
    wake.set()
threading.Thread(target=tell, daemon=True).start()
ack = known = 0
while True:
    try:
        if not known:
            announce(), print("announced", flush=True)
            ack, known = 0, True
        answer = post("/v1/worker/poll", {"instance": INSTANCE, "ack": ack})
        _, ack = [obey(order) for order in answer["orders"]], answer["cursor"]
    except urllib.error.HTTPError as error:
        known = print(problem := json.load(error), file=sys.stderr, flush=True)
        if error.code not in (409, 503) or problem["code"] == "WORKER_REPLACED":
            sys.exit(1)
    except OSError:
        known = time.sleep(1)
