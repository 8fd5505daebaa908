// Echo client on the `WebSocket` of undici, as released on npm, in place of the one that Node itself has: everything
// else is builtin-client.js.
"use strict";
globalThis.WebSocket = require("./.env/npm/undici/node_modules/undici").WebSocket;
import("./builtin-client.js");
