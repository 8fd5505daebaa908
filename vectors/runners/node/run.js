#!/usr/bin/env node
// Plays the vectors of wsclose to the Receiver of `ws`, which parses frames and does nothing else: the WebSocket around it
// replies, and ends TCP.
//
//     node run.js FILE... [--profile PROFILE] [--expected FILE]
//
// A FILE is close_frames.json or scenarios.json, as `wsclose vectors` writes them. Prints a line for each deviation, and a
// summary. --expected names a file of deviations that are known, one `ID RULE` a line.
//
// Exit codes: 0, no deviations but the expected ones; 1, others; 2, usage; 3, a file cannot be read or is of another schema;
// 4, an expected deviation did not occur.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { Receiver } = require("ws");
const { version } = require("ws/package.json");

const SCHEMAS = { "wsclose-close-frames": 1, "wsclose-scenarios": 1 };
const PROFILES = ["rfc6455", "iana", "beast", "ws-rs"];
// What this runner can do, and what the receiver does itself. It gives the code with which the WebSocket fails the connection.
const ABLE = new Set([
  "opening-octets", "idle-time", "framing", "parses-close-body", "interprets-reason", "sends-close-on-failure",
  "reports-messages", "validates-text",
]);
// Every other feature that this runner has heard of.
const OTHERS = new Set([
  "permessage-deflate", "close-api", "send-api", "reset", "masks-frames", "replies-to-close", "closes-tcp", "has-timeouts",
  "reports-close-status", "reports-clean", "exposes-close-api", "reports-memory", "shows-both-directions",
]);
const LEVELS = { must: "FAIL", interop: "FAIL", robust: "FAIL", should: "warn", lenient: "warn" };

// A file that this runner does not read.
class BadFile extends Error {}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new BadFile(`${file}: cannot be read: ${error.code}`);
  }
}

function load(file) {
  const text = read(file);
  let content, name, number;
  try {
    content = JSON.parse(text);
    [name, number] = content.schema.split("/");
  } catch {
    throw new BadFile(`${file}: is no vector file; write one with \`wsclose vectors --out DIR\``);
  }
  if (!Object.hasOwn(SCHEMAS, name)) {
    throw new BadFile(`${file}: has the schema ${name}; expected ${Object.keys(SCHEMAS).join(" or ")}`);
  }
  if (Number(number) !== SCHEMAS[name]) {
    throw new BadFile(`${file}: has version ${number} of the schema, and this runner reads ${SCHEMAS[name]}; update the runner`);
  }
  for (const feature of content.features) {
    if (!ABLE.has(feature.name) && !OTHERS.has(feature.name)) {
      throw new BadFile(`${file}: needs the feature ${feature.name}, which this runner does not know; update the runner`);
    }
  }
  return { name, content, notes: new Map(content.notes.map((note) => [note.rule, note])) };
}

// The receiver on one connection, and what it does in each step.
class Connection {
  constructor(role) {
    this.steps = [];
    this.done = [];
    this.accepted = null;
    this.receiver = new Receiver({ isServer: role === "server" });
    this.receiver.on("message", (data, isBinary) => {
      this.done.push({ is: "message", kind: isBinary ? "binary" : "text", payload: data.toString("hex") });
    });
    // 1005 stands for a Close without a code.
    this.receiver.on("conclude", (code, reason) => {
      this.accepted = { code: code === 1005 ? null : code, reason: reason.toString() };
      this.ended = true;
    });
    this.receiver.on("error", (error) => {
      const symbol = Object.getOwnPropertySymbols(error).find((it) => it.description === "status-code");
      this.done.push({ is: "close", code: error[symbol] });
      this.ended = true;
    });
  }

  async perform(step) {
    this.done = [];
    if (step.octets !== undefined && !this.ended) {
      this.receiver.write(Buffer.from(step.octets, "hex"));
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.steps.push(this.done);
  }
}

// Whether an expectation is met. docs/vectors.md has a row for each kind. Those on what a receiver never does hold.
function holds(check, steps) {
  const closes = steps.flatMap((done, at) => done.filter((it) => it.is === "close").map((it) => ({ at, ...it })));
  const permitted = (code) => (check.one_of ? check.one_of.includes(code) : !check.none_of.includes(code));
  switch (check.check) {
    case "no-close":
      return !closes.some((close) => check.at.includes(close.at) && check.none_of.includes(close.code));
    case "rejects":
    case "close":
      return closes.some((close) => close.at <= check.by);
    case "close-code":
      return closes.length === 0 || permitted(closes[0].code);
    case "message":
      return steps.slice(0, check.by + 1).flat().some((it) => it.kind === check.kind && it.payload === check.payload);
    case "no-message":
      return !check.at.some((at) => steps[at].some((it) => it.is === "message"));
    case "no-second-close":
      return !closes.slice(1).some((close) => check.at.includes(close.at));
    case "refused":
    case "close-reason":
    case "no-data":
    case "pong":
    case "no-pong":
    case "no-end":
    case "end":
    case "reported":
    case "report-code":
    case "report-reason":
    case "report-clean":
      return true;
    default:
      throw new BadFile(`the check ${check.check} is unknown; update the runner`);
  }
}

async function playScenario(vector, notes) {
  const connection = new Connection(vector.role);
  for (const step of vector.steps) await connection.perform(step);
  const { steps } = connection;
  const isEarly = steps.slice(0, vector.closes_at).flat().some((it) => it.is === "close");
  const found = [];
  for (const { check, rule, ...details } of vector.checks) {
    // The WebSocket around the receiver replies to a Close that the receiver accepts.
    const isReply = check === "close" && connection.accepted !== null;
    if (isReply || (isEarly && check !== "no-close") || holds({ check, ...details }, steps)) continue;
    const note = notes.get(rule);
    if (ABLE.has(note.feature)) found.push({ rule, what: `expected ${check} ${JSON.stringify(details)}` });
    // Whatever comes behind follows from this, also if the receiver leaves it to the WebSocket.
    if (note.level !== "info") break;
  }
  return found;
}

async function playFrame(vector) {
  const connection = new Connection(vector.role);
  await connection.perform({ octets: vector.octets });
  const { accepted, steps } = connection;
  const [rule] = vector.rules;
  if (vector.expected === "reject") {
    if (accepted !== null) return [{ rule, what: "accepted the Close" }];
    const [close] = steps[0].filter((it) => it.is === "close");
    const fits = close === undefined || vector.fail_codes.includes(close.code);
    return fits ? [] : [{ rule: "fail-code-fits", what: `rejected it with ${close.code}` }];
  }
  if (accepted === null) return [{ rule, what: "rejected the Close" }];
  const found = [];
  if (accepted.code !== vector.code) {
    const about = vector.code === null ? "reports-1005" : "reports-first-code";
    found.push({ rule: about, what: `reported ${accepted.code}` });
  }
  if (accepted.reason !== vector.reason) found.push({ rule: "reports-reason", what: `reported ${accepted.reason}` });
  return found;
}

async function play(file, profile) {
  const { name, content, notes } = load(file);
  const deviations = [];
  let played = 0;
  for (const vector of content.vectors) {
    if (!vector.profiles.includes(profile) || !vector.features.every((feature) => ABLE.has(feature))) continue;
    played += 1;
    let found;
    try {
      found = await (name === "wsclose-close-frames" ? playFrame(vector) : playScenario(vector, notes));
    } catch (error) {
      if (error instanceof BadFile) throw new BadFile(`${file}: ${vector.id}: ${error.message}`);
      found = [{ rule: "no-panic", what: String(error) }];
    }
    const id = `${path.basename(file, ".json")}:${vector.id}`;
    deviations.push(...found.map((it) => ({ id, level: notes.get(it.rule)?.level ?? "must", ...it })));
  }
  console.log(`${file}: ${played} vectors played, ${content.vectors.length - played} skipped`);
  return deviations;
}

async function main() {
  let args;
  try {
    const options = { profile: { type: "string", default: "iana" }, expected: { type: "string" } };
    args = parseArgs({ options, allowPositionals: true });
    if (args.positionals.length === 0) throw new Error("name a vector file");
    if (!PROFILES.includes(args.values.profile)) throw new Error(`expected a profile (${PROFILES.join(", ")})`);
  } catch (error) {
    console.error(`run.js: ${error.message}\nusage: node run.js FILE... [--profile PROFILE] [--expected FILE]`);
    return 2;
  }
  const expected = new Set();
  const deviations = [];
  try {
    const lines = args.values.expected ? read(args.values.expected).split("\n") : [];
    lines.filter((line) => line && !line.startsWith("#")).forEach((line) => expected.add(line.trim()));
    for (const file of args.positionals) deviations.push(...(await play(file, args.values.profile)));
  } catch (error) {
    if (!(error instanceof BadFile)) throw error;
    console.error(`run.js: ${error.message}`);
    return 3;
  }
  const counted = deviations.filter((it) => it.level in LEVELS);
  const keys = new Set(counted.map((it) => `${it.id} ${it.rule}`));
  for (const { id, rule, level, what } of counted) {
    const status = expected.has(`${id} ${rule}`) ? "known" : LEVELS[level];
    console.log(`${status.padEnd(5)} ${id} ${rule} (${level}): ${what}`);
  }
  const gone = [...expected].filter((key) => !keys.has(key));
  gone.forEach((key) => console.log(`gone  ${key}: did not occur; remove it from ${args.values.expected}`));
  const fresh = counted.filter((it) => !expected.has(`${it.id} ${it.rule}`));
  console.log(`ws ${version}: ${counted.length} deviations, ${fresh.length} of them new, ${gone.length} gone`);
  return fresh.length > 0 ? 1 : gone.length > 0 ? 4 : 0;
}

main().then((code) => (process.exitCode = code));
