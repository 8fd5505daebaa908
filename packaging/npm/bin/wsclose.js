#!/usr/bin/env node
// Runs the binary of the platform's package with the same arguments, streams, signals and exit code.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

// wsclose's exit code for what cannot be run.
const CANNOT_RUN = 3;

function fail(sentence) {
  console.error(`wsclose: ${sentence}`);
  process.exit(CANNOT_RUN);
}

function binary() {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@wsclose/${platform}`;
  const file = process.platform === "win32" ? "wsclose.exe" : "wsclose";
  const { optionalDependencies = {} } = require("../package.json");
  if (!(name in optionalDependencies)) {
    fail(`there is no binary for ${platform}; install Rust and run \`cargo install --locked wsclose-cli\``);
  }
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    return fail(`the package ${name} is not installed; run \`npm install\` again without \`--omit=optional\``);
  }
}

const path = binary();
const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => fail(`${path}: ${error.message}; install the package again`));

// Ctrl-C reaches the binary twice, from the terminal and from here. The second has no further effect.
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"].filter((signal) => signal in constants.signals);
for (const signal of signals) process.on(signal, () => child.kill(signal));

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // End by the signal that ended the binary, so that a shell sees the same status.
  for (const handled of signals) process.removeAllListeners(handled);
  process.kill(process.pid, signal);
});
