#!/usr/bin/env node
// Starts the program that the package of this machine holds, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const { name, version, optionalDependencies } = require("./package.json");

// The exit code for a wrong setup, as the program itself has it.
const USAGE = 2;

function refuse(message, hint) {
  // Written at once: what waits in a stream is lost when the process ends.
  fs.writeSync(2, `error: ${message}\nhint: ${hint}\n`);
  process.exit(USAGE);
}

function program() {
  const machine = `${process.platform}-${process.arch}`;
  const wanted = `${name}-${machine}`;
  if (!(wanted in optionalDependencies)) {
    refuse(
      `there is no Larder for \`${machine}\` on npm`,
      "build it with Rust: `cargo install --locked larder`",
    );
  }
  const file = process.platform === "win32" ? "larder.exe" : "larder";
  let manifest;
  try {
    manifest = require(`${wanted}/package.json`);
  } catch {
    refuse(
      `the package \`${wanted}\`, which holds the program for this machine, is not installed`,
      "install again on this machine and with optional dependencies (without `--omit=optional` or `--no-optional`); " +
        `if it is still missing, the lock file was written without it: \`npm install --no-save ${wanted}@${version}\``,
    );
  }
  if (manifest.version !== version) {
    refuse(
      `\`${name}\` is version ${version}, and \`${wanted}\` is version ${manifest.version}`,
      `install both anew: \`npm install ${name}@${version}\``,
    );
  }
  return require.resolve(`${wanted}/bin/${file}`);
}

const path = program();

// This process ends when the program has ended, not before, so it listens before there is a program. Ctrl-C in a terminal
// reaches both of them, and a second SIGINT makes the program give up what is under way: it is passed on only where no
// terminal sends it.
const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
const listeners = {
  SIGINT: () => atTerminal || child.kill("SIGINT"),
  SIGTERM: () => child.kill("SIGTERM"),
  SIGHUP: () => child.kill("SIGHUP"),
};
for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener);

const child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => refuse(`\`${path}\` does not start: ${error.message}`, "install the package again"));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const name of Object.keys(listeners)) process.removeAllListeners(name);
  process.exitCode = 128 + os.constants.signals[signal];
  process.kill(process.pid, signal);
});
