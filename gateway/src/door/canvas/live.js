// Makes a page of a canvas live: loads it anew when a file changed, runs scripts for `canvas.eval`.
(() => {
  const address = new URL(document.currentScript.src);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.pathname = address.pathname.replace(/\/live\/([^/]+)\.js$/, "/ws/$1");
  const patience = [500, 1000, 2000, 4000, 8000, 15000, 30000];
  let failures = 0;

  const text = (value) => {
    const json = JSON.stringify(value);
    return json === undefined ? "null" : json;
  };

  async function evaluate(socket, { id, javaScript }) {
    let answer;
    try {
      // Indirect: the script sees the page's globals and nothing of this one.
      const value = await (0, eval)(javaScript);
      answer = `{"type":"result","id":${id},"ok":true,"value":${text(value)}}`;
    } catch (error) {
      answer = text({ type: "result", id, ok: false, error: String(error).slice(0, 2000) });
    }
    if (answer.length > 250000) {
      answer = text({ type: "result", id, ok: false, error: "the result is larger than 250,000 characters" });
    }
    socket.send(answer);
  }

  function connect(again) {
    const socket = new WebSocket(address);
    socket.onopen = () => {
      failures = 0;
      // What changed while the line was down was not told.
      if (again) location.reload();
    };
    socket.onmessage = ({ data }) => {
      if (data === "reload") return location.reload();
      const order = JSON.parse(data);
      if (order.type === "eval") evaluate(socket, order);
    };
    socket.onclose = ({ code }) => {
      // 1008: the address is not good any more.
      if (code === 1008 || failures >= patience.length) return;
      setTimeout(connect, patience[failures++], true);
    };
  }
  connect(false);
})();
