"use strict";
// From the runner's node to the program: find a Python, start it apart from the workspace, pass its end on.
// No dependency, no build: what is read here is what runs. All else is in src/tocsin/action.

const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const OLDEST = [3, 10];
const PROBE = "import sys; print('%d.%d %s' % (sys.version_info[0], sys.version_info[1], sys.executable))";
const PROBE_SECONDS = 20; // a cold disk is slow; what hangs is no Python
const DEFECT = 70;
const NO_FILE = 2; // Python does not find start.py; the program gives 2 only under `strict`
const STATUSES = [1, 3]; // the program gives these only under `strict`, its own or the policy's
const WINDOWS = process.platform === "win32";

// What shapes a process rather than tells of the run: taken as it was at main, so that no later step can bend post.
const SHAPING = new RegExp(
  "^(PATH|PATHEXT|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_.*|TMPDIR|TE?MP|LANG|LC_.*|TZ|PYDANTIC_.*|LD_.*|DYLD_.*|GCONV_PATH" +
    "|MALLOC_.*|GLIBC_.*|RES_OPTIONS|LOCALDOMAIN|HOSTALIASES|OPENSSL_.*|SSL_.*|SSLKEYLOGFILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE" +
    "|(HTTPS?|ALL|NO|FTP)_PROXY|TOCSIN_(POLICY|DEFAULT_POLICY|CA_FILE|ALLOWED_HOSTS|CI))$",
  "i",
);

const strict = () => /^true$/i.test(input("strict"));
const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || "").trim();

/** A line that the runner shows at the step and on the run's page. */
function annotate(level, text) {
  const data = text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  process.stdout.write(`::${level} title=tocsin::${data}\n`);
}

/** Where the step cannot do its work: one annotation, and red under `strict` alone. */
function giveUp(text) {
  annotate(strict() ? "error" : "warning", text);
  process.exitCode = strict() ? DEFECT : 0;
}

/** The Pythons of the runner's tool cache, the newest first. */
function cached() {
  const home = path.join(process.env.RUNNER_TOOL_CACHE || process.env.AGENT_TOOLSDIRECTORY || "", "Python");
  const numbers = (version) => version.split(".").map(Number);
  const newer = (a, b) => numbers(b)[1] - numbers(a)[1] || numbers(b)[2] - numbers(a)[2];
  try {
    const versions = fs.readdirSync(home).filter((name) => /^3\.\d+\.\d+$/.test(name)).sort(newer);
    return versions.map((name) => path.join(home, name, process.arch, WINDOWS ? "python.exe" : "bin/python3"));
  } catch {
    return [];
  }
}

/** The absolute path of the first Python that is new enough, or undefined. A Store stub on Windows answers with an error. */
function findPython() {
  for (const name of [input("python"), "python3", "python", ...cached()].filter(Boolean)) {
    const options = { cwd: __dirname, encoding: "utf8", timeout: PROBE_SECONDS * 1000, windowsHide: true };
    const answer = spawnSync(name, ["-I", "-S", "-c", PROBE], options); // cwd: Windows looks there first, so never the workspace
    const found = answer.status === 0 && /^(\d+)\.(\d+) (.+)/.exec(answer.stdout);
    if (found && +found[1] === OLDEST[0] && +found[2] >= OLDEST[1]) return found[3].trim();
    if (name === input("python")) annotate("warning", `the input python, ${name}, is no Python 3.10 or later: another one is looked for`);
  }
  return undefined;
}

/** Only what shapes a process, of an environment. */
const shaping = (env) => Object.fromEntries(Object.entries(env).filter(([name]) => SHAPING.test(name)));

/** Start the program for a part of the step; pass signals on, wait, and take over its end. */
function start(python, part, env) {
  // cwd: the action's own folder. The program knows the workspace by its variable, and post must not need it.
  const options = { cwd: __dirname, env, stdio: ["ignore", "inherit", "inherit"], windowsHide: true };
  const child = spawn(python, ["-I", "-X", "utf8", path.join(__dirname, "start.py"), part], options);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => WINDOWS || child.kill(signal)); // Windows tells the child itself
  child.on("error", (error) => giveUp(`${python} cannot be started (${error.code}), so nothing is sent: is that Python still there?`));
  child.on("exit", (code, signal) => {
    const lost = code === NO_FILE && !strict(); // Python's own word; under strict it may be the program's, which has told why
    if (code === DEFECT || lost || signal) giveUp(`tocsin ended early (${signal || `exit code ${code}`}): see the lines above`);
    else process.exitCode = strict() || STATUSES.includes(code) ? code : 0;
  });
}

exports.main = () => {
  const python = findPython();
  try {
    // Written first, whatever comes: what is not in the state could be forged by a later step's variable of that name.
    const saved = JSON.stringify({ python, environment: shaping(process.env) });
    fs.appendFileSync(process.env.GITHUB_STATE, `shim=${saved}\ntocsin=nothing\n`);
  } catch {
    // The program tries the same, and says what is lost.
  }
  if (python) start(python, "main", process.env);
  else giveUp("there is no Python 3.10 or later here, so nothing is sent: install one before this step, or name it by the input python");
};

exports.post = () => {
  if ((process.env.STATE_tocsin || "nothing") === "nothing") return;
  const { python, environment } = JSON.parse(process.env.STATE_shim || "{}");
  if (!python) return giveUp("what the first part of this step kept is lost, so nothing is sent: had the runner's disk room?");
  const rest = Object.entries(process.env).filter(([name]) => !SHAPING.test(name));
  start(python, "post", { ...Object.fromEntries(rest), ...environment });
};
