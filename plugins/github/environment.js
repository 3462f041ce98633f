"use strict";
// What shapes a process, of an environment: which programs, files and hosts it takes. A step may have written any of it.

const { randomBytes, scryptSync } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

// What shapes a process rather than tells of the run: taken as it was at main, so that no later step can bend post.
// Of AWS's variables only keys and tokens may come later: they are no more than values.
const SHAPING = new RegExp(
  "^(PATH|PATHEXT|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|XDG_.*|TMPDIR|TE?MP|LANG|LC_.*|TZ|PYDANTIC_.*|LD_.*|DYLD_.*|GCONV_PATH" +
    "|SYSTEMROOT|WINDIR|COMSPEC|MALLOC_.*|GLIBC_.*|RES_OPTIONS|LOCALDOMAIN|HOSTALIASES|OPENSSL_.*|SSL_.*|SSLKEYLOGFILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE" +
    "|(HTTPS?|ALL|NO|FTP)_PROXY|PIP_.*|PYTHON.*|GIT_.*|NETRC|BOTO_.*|RUNNER_(TEMP|TOOL_CACHE)|AGENT_TOOLSDIRECTORY" +
    "|AWS_(?!(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CONTAINER_AUTHORIZATION_TOKEN)$).*" +
    "|TOCSIN_(POLICY|DEFAULT_POLICY|CA_FILE|ALLOWED_HOSTS|CI|CACHE|VERSION))$",
  "i",
);
// Of these the state, which debug logging shows, gets a digest: they may hold a login or a token.
const SECRET = (name, value) => /^PIP_/i.test(name) || value.includes("@");

/** PATH without what a repository can fill: no folder that is relative or empty, none in the workspace. */
function outside(folders) {
  const names = (place) => [path.resolve(place), real(path.resolve(place))];
  const roots = names(process.env.GITHUB_WORKSPACE || "/").filter((root) => path.dirname(root) !== root);
  const within = (place, root) => !/^\.\.($|[\\/])/.test(path.relative(root, place)) && !path.isAbsolute(path.relative(root, place));
  const kept = (folder) => path.isAbsolute(folder) && !names(folder).some((place) => roots.some((root) => within(place, root)));
  return (folders || "").split(path.delimiter).filter(kept).join(path.delimiter);
}

function real(place) {
  try {
    return fs.realpathSync(place);
  } catch {
    return place;
  }
}

const digest = (value, salt) => scryptSync(value, salt, 32).toString("hex");

/** What shapes a process, of this environment, for the state: as it is, or as a digest where it may be a secret. */
function shaping() {
  const found = Object.entries(process.env).filter(([name]) => SHAPING.test(name));
  const salt = randomBytes(16).toString("hex");
  const [open, secret] = [false, true].map((is) => found.filter(([name, value]) => SECRET(name, value) === is));
  return {
    environment: Object.fromEntries(open),
    salt,
    digests: Object.fromEntries(secret.map(([name, value]) => [name, digest(value, salt)])),
  };
}

/** This environment with all that shapes a process as it was at main; a secret that has changed since is left out. */
function restored({ environment, salt, digests }) {
  const all = Object.entries(process.env);
  const same = ([name, value]) => digests[name] && digest(value, salt) === digests[name];
  const secret = all.filter(same);
  for (const name of Object.keys(digests).filter((name) => !secret.some(([known]) => known === name))) {
    console.log(`${name} is not used: a later step has changed it`);
  }
  return Object.fromEntries([...all.filter(([name]) => !SHAPING.test(name)), ...secret, ...Object.entries(environment)]);
}

module.exports = { outside, shaping, restored };
