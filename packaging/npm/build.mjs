// Makes the npm packages: one for each binary, and `wsclose`, which depends on them.
//
//   node packaging/npm/build.mjs OUT TARGET=BINARY...
//
// TARGET is a target of Rust, such as x86_64-unknown-linux-musl. Cargo's manifests have all else that a package states.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const ARCHITECTURES = { x86_64: "x64", aarch64: "arm64" };
const SYSTEMS = { linux: "linux", darwin: "darwin", windows: "win32" };
const usage = "usage: node packaging/npm/build.mjs OUT TARGET=BINARY...";

function fail(sentence) {
  console.error(sentence);
  process.exit(2);
}

// The names that Node has for a target of Rust.
function platform(target) {
  const [architecture, , system] = target.split("-");
  const [cpu, os] = [ARCHITECTURES[architecture], SYSTEMS[system]];
  if (!cpu || !os) fail(`${target}: expected a target such as x86_64-unknown-linux-musl or aarch64-apple-darwin`);
  return { os, cpu };
}

const [out, ...pairs] = process.argv.slice(2);
if (!out || pairs.length === 0 || !pairs.every((pair) => /^[^=]+=./.test(pair))) fail(usage);
const binaries = pairs.map((pair) => {
  const at = pair.indexOf("=");
  return { ...platform(pair.slice(0, at)), binary: pair.slice(at + 1) };
});

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--no-deps", "--format-version", "1"], { cwd: root, maxBuffer: 1 << 28 }),
);
const { version, description, license, repository, keywords } = metadata.packages.find(
  ({ name }) => name === "wsclose-cli",
);
const common = { version, license, repository: { type: "git", url: `git+${repository}.git` }, homepage: repository };

mkdirSync(out, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), "wsclose-npm-"));

// Packs a folder with these files, [source, destination, mode], into OUT.
function pack(manifest, files) {
  const folder = mkdtempSync(join(scratch, "package-"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const licenses = ["LICENSE-APACHE", "LICENSE-MIT"].map((name) => [join(root, name), name, 0o644]);
  for (const [source, name, mode] of [...files, ...licenses]) {
    const to = join(folder, name);
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(source, to);
    chmodSync(to, mode);
  }
  const arguments_ = ["pack", "--silent", "--pack-destination", resolve(out)];
  // npm is a script on Windows, which Node starts through a shell only.
  const file = execFileSync("npm", arguments_, { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
  console.log(join(out, file.trim()));
}

try {
  const optionalDependencies = {};
  for (const { os, cpu, binary } of binaries) {
    const name = `@wsclose/${os}-${cpu}`;
    if (name in optionalDependencies) fail(`${binary}: ${name} has a binary already; pass one for each platform`);
    optionalDependencies[name] = version;
    const file = os === "win32" ? "bin/wsclose.exe" : "bin/wsclose";
    const about = `The binary of wsclose for ${os}-${cpu}. Install the package wsclose.`;
    const manifest = { name, ...common, description: about, os: [os], cpu: [cpu], preferUnplugged: true };
    pack({ ...manifest, publishConfig: { access: "public" }, files: ["bin", "LICENSE-*"] }, [[binary, file, 0o755]]);
  }
  const manifest = { name: "wsclose", ...common, description, keywords, engines: { node: ">=18" } };
  pack({ ...manifest, bin: { wsclose: "bin/wsclose.js" }, files: ["bin", "LICENSE-*"], optionalDependencies }, [
    [join(here, "bin/wsclose.js"), "bin/wsclose.js", 0o755],
    [join(here, "../about.md"), "README.md", 0o644],
  ]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
