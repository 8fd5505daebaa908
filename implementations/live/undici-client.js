// Echo client on the `WebSocket` of undici as released on npm, which replaces the `WebSocket` that is built into
// Node. Everything else is in builtin-client.js.
"use strict";
globalThis.WebSocket = require("./.env/npm/undici/node_modules/undici").WebSocket;
import("./builtin-client.js");
