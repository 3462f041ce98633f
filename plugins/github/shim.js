"use strict";
// From the runner's node to the program: find a Python, start it apart from the workspace, pass its end on.
// No dependency, no build: what is read here is what runs. All else is in src/tocsin/action.

const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { outside, shaping, restored } = require("./environment.js");

const OLDEST = [3, 10];
const PROBE = "import sys; print('%d.%d %s' % (sys.version_info[0], sys.version_info[1], sys.executable))";
const PROBE_SECONDS = 20; // a cold disk is slow; what hangs is no Python
const START_SECONDS = 180; // until the program runs: its packages may have to be installed first
const GRACE_SECONDS = 5; // beyond what the program says that it needs; as much from SIGTERM to SIGKILL
const WATCHED = 3; // the file descriptor by which the program says how many seconds it may still take
const DEFECT = 70;
const NO_FILE = 2; // Python does not find start.py; the program gives 2 only under `strict`
const STATUSES = [1, 3]; // the program gives these only under `strict`, its own or the policy's
const WINDOWS = process.platform === "win32";

const strict = () => /^true$/i.test(input("strict"));
const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] || "").trim();

/** A line that the runner shows at the step and on the run's page. */
function annotate(level, text) {
  const data = text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  process.stdout.write(`::${level} title=tocsin::${data}\n`);
}

/** Add to a file all of a text or nothing of it: the runner fails a step whose file ends in the middle of a line. */
function append(file, text) {
  const before = fs.statSync(file, { throwIfNoEntry: false })?.size || 0;
  try {
    fs.appendFileSync(file, text);
  } catch (error) {
    fs.truncateSync(file, before);
    throw error;
  }
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

/** End the program where it takes longer than it says that it may: it may hang where it cannot end itself. Gives what stops the watch. */
function watch(child, tell) {
  let timer, ended;
  const wait = (seconds, then) => {
    clearTimeout(timer);
    timer = setTimeout(then, seconds * 1000);
  };
  const end = () => {
    ended = true;
    tell();
    child.kill("SIGTERM");
    wait(GRACE_SECONDS, () => {
      child.kill("SIGKILL");
      wait(GRACE_SECONDS, () => process.exit()); // what even that does not end is left behind
    });
  };
  wait(START_SECONDS, end);
  child.stdio?.[WATCHED]?.on("error", () => {}).on("data", (said) => {
    const seconds = parseFloat(said.toString().trim().split("\n").pop());
    if (seconds >= 0 && !ended) wait(seconds + GRACE_SECONDS, end);
  });
  return () => clearTimeout(timer);
}

/** Start the program for a part of the step; pass signals on, wait, and take over its end. */
function start(python, part, env) {
  // cwd: the action's own folder. The program knows the workspace by its variable, and post must not need it.
  const options = { cwd: __dirname, env: { ...env, TOCSIN_WATCH: `${WATCHED}` }, stdio: ["ignore", "inherit", "inherit", "pipe"], windowsHide: true };
  const child = spawn(python, ["-I", "-X", "utf8", path.join(__dirname, "start.py"), part], options);
  let late = false;
  const unwatch = watch(child, () => {
    late = true;
    giveUp("tocsin did not end in the time that it may take, and was ended: see the lines above");
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => WINDOWS || child.kill(signal)); // Windows tells the child itself
  child.on("error", (error) => {
    unwatch();
    giveUp(`${python} cannot be started (${error.code}), so nothing is sent: is that Python still there?`);
  });
  child.on("exit", (code, signal) => {
    unwatch();
    child.stdio?.[WATCHED]?.destroy();
    const lost = code === NO_FILE && !strict(); // Python's own word; under strict it may be the program's, which has told why
    if (late) return;
    if (code === DEFECT || lost || signal) giveUp(`tocsin ended early (${signal || `exit code ${code}`}): see the lines above`);
    else process.exitCode = strict() || STATUSES.includes(code) ? code : 0;
  });
}

exports.main = () => {
  process.env.PATH = outside(process.env.PATH);
  const python = findPython();
  try {
    // Written first, whatever comes: what is not in the state could be forged by a later step's variable of that name.
    const saved = JSON.stringify({ python, ...shaping() });
    append(process.env.GITHUB_STATE, `shim=${saved}\ntocsin=nothing\n`);
  } catch {
    // The program tries the same, and says what is lost.
  }
  if (python) start(python, "main", process.env);
  else giveUp("there is no Python 3.10 or later here, so nothing is sent: install one before this step, or name it by the input python");
};

exports.post = () => {
  if ((process.env.STATE_tocsin || "nothing") === "nothing") return;
  const { python, ...kept } = JSON.parse(process.env.STATE_shim || "{}");
  if (!python) return giveUp("what the first part of this step kept is lost, so nothing is sent: had the runner's disk room?");
  start(python, "post", restored(kept));
};
