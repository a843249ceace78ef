# shellcheck shell=bash
# Sourced by the scripts that consist of steps. A step prints its name and then
# how long it took. The first step that fails ends the script.

steps_passed=0
step_name=""
step_began=0

# step NAME: ends the previous step and begins a new one.
step() {
  step_end
  step_name=$1
  step_began=$SECONDS
  printf '== %s\n' "$step_name"
}

step_end() {
  if [[ -n $step_name ]]; then
    steps_passed=$((steps_passed + 1))
    printf '   ok, %d s\n' "$((SECONDS - step_began))"
    step_name=""
  fi
}

# steps_done SCRIPT: prints the last line of a script whose steps all passed.
steps_done() {
  step_end
  printf '%s: all %d steps passed in %d s\n' "$1" "$steps_passed" "$SECONDS"
}

# steps_failed CODE: for the EXIT trap. Prints the step that failed, if CODE is
# not 0.
steps_failed() {
  if [[ $1 -ne 0 && -n $step_name ]]; then
    printf '== FAILED after %d s: %s\n' "$((SECONDS - step_began))" "$step_name" >&2
  fi
}

# fail MESSAGE: prints the message and ends the script.
fail() {
  printf '   %s\n' "$*" >&2
  exit 1
}

# need PROGRAM...: fails if a program is not installed. No check is skipped.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is not installed; CONTRIBUTING.md lists the tools that the scripts need"
  done
}
