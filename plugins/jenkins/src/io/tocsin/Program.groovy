package io.tocsin

/**
 * The program on the agent that the call stands on. Its scripts are constant: what they are told, they are told by variables.
 *
 * TOCSIN_STEP        the folder that is made for this call, and removed behind it
 * TOCSIN_STEP_FOLDER the folder to run in
 * TOCSIN_STEP_WORDS  constant words for the command line, which begin with the command
 * TOCSIN_STEP_KEEPS  whether what finds the messages again is kept
 * TOCSIN_STEP_CHANNEL, TOCSIN_STEP_TO   whom a test message is for: one word each, which cannot hold a quote
 */
class Program implements Serializable {

    private static final long serialVersionUID = 1L
    private static final String MISSING = 'tocsin: error: nothing is sent: this agent has neither tocsin nor Python on its PATH, ' +
        'outside of the workspace: install Python 3.10 or later or tocsin, or name a prepared agent by node: LABEL'

    // The first line keeps Jenkins from tracing each command (sh -x), which would show what the variables hold.
    // Of PATH it keeps what the repository cannot fill: no folder that is relative or empty, none in the workspace.
    private static final String UNIX = '''#!/bin/sh
cd "$TOCSIN_STEP_FOLDER" || exit 70
workspace=$(cd -P "${WORKSPACE:-.}" 2>/dev/null && pwd -P) || workspace=
left=${PATH:-}: kept=
while [ -n "$left" ]; do
  folder=${left%%:*} left=${left#*:}
  case "$folder" in /*) ;; *) continue ;; esac
  place=$(cd -P "$folder" 2>/dev/null && pwd -P) || continue
  case "$place/" in "${workspace%/}"/*) if [ -n "${workspace%/}" ]; then continue; fi ;; esac
  kept=${kept:+$kept:}$folder
done
PATH=${kept:-/dev/null}
export PATH
if command -v tocsin >/dev/null 2>&1; then set -- tocsin
elif command -v python3 >/dev/null 2>&1; then set -- python3 -I -X utf8 "$TOCSIN_STEP/launch.py"
elif command -v python >/dev/null 2>&1; then set -- python -I -X utf8 "$TOCSIN_STEP/launch.py"
else echo "''' + MISSING + '''" >&2; exit 70
fi
set -- "$@" $TOCSIN_STEP_WORDS
if [ -n "${TOCSIN_STEP_TO:-}" ]; then set -- "$@" "--to=$TOCSIN_STEP_TO"; fi
if [ -f "$TOCSIN_STEP/facts.json" ]; then set -- "$@" --facts "$TOCSIN_STEP/facts.json"; fi
if [ -f "$TOCSIN_STEP/policy.yml" ]; then set -- "$@" --policy -; exec <"$TOCSIN_STEP/policy.yml"; fi
if [ -n "${TOCSIN_STEP_KEEPS:-}" ]; then set -- "$@" --receipts "$TOCSIN_STEP/receipts.json"; fi
if [ -n "${TOCSIN_STEP_CHANNEL:-}" ]; then set -- "$@" -- "$TOCSIN_STEP_CHANNEL"; fi
exec "$@"
'''

    // $PATH: keeps `where`, and the variable keeps cmd, from looking into the current folder first, which is the repository's.
    // Programs are looked for from the step's own folder, so that no relative entry of PATH leads into the repository.
    private static final String WINDOWS = '''@echo off
setlocal
set NoDefaultCurrentDirectoryInExePath=1
cd /d "%TOCSIN_STEP%" || exit /b 70
set TOCSIN_WHERE=%SystemRoot%\\System32\\where.exe
set "TOCSIN_PYTHON="
set "TOCSIN_PY="
set "TOCSIN_PROGRAM="
for /f "delims=" %%p in ('%TOCSIN_WHERE% "$PATH:python" 2^>nul') do if not defined TOCSIN_PYTHON set "TOCSIN_PYTHON=%%p"
for /f "delims=" %%p in ('%TOCSIN_WHERE% "$PATH:py" 2^>nul') do if not defined TOCSIN_PY set "TOCSIN_PY=%%p"
for /f "delims=" %%p in ('%TOCSIN_WHERE% "$PATH:tocsin" 2^>nul') do if not defined TOCSIN_PROGRAM set "TOCSIN_PROGRAM=%%p"
cd /d "%TOCSIN_STEP_FOLDER%" || exit /b 70
set "TOCSIN_RUN="
if defined TOCSIN_PYTHON set TOCSIN_RUN="%TOCSIN_PYTHON%" -I -X utf8 "%TOCSIN_STEP%\\launch.py"
if defined TOCSIN_PY set TOCSIN_RUN="%TOCSIN_PY%" -3 -I -X utf8 "%TOCSIN_STEP%\\launch.py"
if defined TOCSIN_PROGRAM set TOCSIN_RUN="%TOCSIN_PROGRAM%"
if not defined TOCSIN_RUN (
  echo ''' + MISSING + '''
  exit /b 70
)
set TOCSIN_RUN=%TOCSIN_RUN% %TOCSIN_STEP_WORDS%
if defined TOCSIN_STEP_TO set TOCSIN_RUN=%TOCSIN_RUN% "--to=%TOCSIN_STEP_TO%"
if exist "%TOCSIN_STEP%\\facts.json" set TOCSIN_RUN=%TOCSIN_RUN% --facts "%TOCSIN_STEP%\\facts.json"
set "TOCSIN_INPUT=nul"
if exist "%TOCSIN_STEP%\\policy.yml" set "TOCSIN_INPUT=%TOCSIN_STEP%\\policy.yml"
if exist "%TOCSIN_STEP%\\policy.yml" set TOCSIN_RUN=%TOCSIN_RUN% --policy -
if defined TOCSIN_STEP_KEEPS set TOCSIN_RUN=%TOCSIN_RUN% --receipts "%TOCSIN_STEP%\\receipts.json"
if defined TOCSIN_STEP_CHANNEL set TOCSIN_RUN=%TOCSIN_RUN% -- "%TOCSIN_STEP_CHANNEL%"
%TOCSIN_RUN% < "%TOCSIN_INPUT%"
'''

    final Object steps
    int code = 0 // the program's exit code
    String receipts = null // what finds this build's messages again, as the program keeps it: before the call, and after it

    Program(Object steps) {
        this.steps = steps
    }

    /** Run `tocsin WORDS` with these variables (VARIABLE=VALUE). With a policy, or `away`, nothing of the workspace is the program's. */
    void run(String words, List variables, String facts, String policy, boolean away) {
        boolean unix = steps.isUnix()
        String separator = unix ? '/' : '\\'
        String folder = "${steps.pwd(tmp: true)}${separator}tocsin-${UUID.randomUUID()}"
        String place = away || policy != null ? folder : steps.pwd()
        try {
            if (facts != null) {
                write("${folder}${separator}facts.json", facts)
            }
            write("${folder}${separator}launch.py", resource('launch.py'))
            if (policy != null) {
                write("${folder}${separator}policy.yml", policy)
            }
            String kept = "${folder}${separator}receipts.json"
            if (receipts) {
                write(kept, receipts)
            }
            String version = steps.env.TOCSIN_VERSION ?: resource('version').trim()
            List own = ["TOCSIN_VERSION=${version}", "TOCSIN_STEP=${folder}", "TOCSIN_STEP_FOLDER=${place}", "TOCSIN_STEP_WORDS=${words}",
                "TOCSIN_STEP_KEEPS=${receipts == null ? '' : 'yes'}",
                // empty, whatever a parameter of the build is called
                'TOCSIN_STEP_CHANNEL=', 'TOCSIN_STEP_TO=']
            steps.withEnv(own + variables) {
                Map call = [script: unix ? UNIX : WINDOWS, returnStatus: true, label: 'tocsin']
                code = unix ? steps.sh(call) : steps.bat(call)
            }
            if (receipts != null && steps.fileExists(kept)) {
                receipts = steps.readFile(file: kept, encoding: 'UTF-8')
            }
        } finally {
            remove(folder)
        }
    }

    private void write(String path, String text) {
        steps.writeFile(file: path, text: text, encoding: 'UTF-8')
    }

    private String resource(String name) {
        return steps.libraryResource(resource: "io/tocsin/${name}", encoding: 'UTF-8')
    }

    private void remove(String folder) {
        try {
            steps.dir(folder) { steps.deleteDir() }
        } catch (InterruptedException interrupted) {
            throw interrupted
        } catch (Exception ignored) {
            return // the agent has gone, and with it the folder
        }
    }

}
