// Starts the panel.
import { render } from "preact";
import { App } from "./app";
import { startCopyButtons } from "./parts/copy-code";
import "./styles/index.css";
import { startConnection } from "./store/gateway";
import { startKeys } from "./store/keys";
import { startRoutes } from "./store/route";
import { startTheme } from "./store/theme";

startTheme();
// Before the route is read: the connection takes the one-time token out of the address.
startConnection();
startRoutes();
startKeys();
startCopyButtons();

const root = document.getElementById("app");
if (root) render(<App />, root);
