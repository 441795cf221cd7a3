#!/usr/bin/env bash
# Deletes credentials that cleanup.sh deactivated, and that nobody has missed since. Prints what it would do until it is
# given --apply. What is deleted cannot be given back: there is no undo.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
# shellcheck disable=SC2034,SC2329 # a step's values and a provider's functions are used by name, or not at all
set -uo pipefail

{% include "header.sh" %}

{% include "plan.sh" %}

# --- the steps, in order -----------------------------------------------------

steps() {
{% for step in steps %}
{% include "step.sh" %}
{% endfor %}
}

# --- what a step does --------------------------------------------------------

run_step() {
  case $STATE in
    gone) report already-gone "$DETAIL" ;;
    moved) report stopped "$DETAIL" ;;
    present) delete_it ;;
    *) unseen ;;
  esac
}

delete_it() {
  if is_own_right || ! is_asked_for; then
    report left-out "$DETAIL"
    return
  fi
  if [[ $APPLY == yes ]] && ! record started ''; then
    report failed "cannot write to $LOG: nothing was deleted"
    return
  fi
  DETAIL='' BUSY=yes
  "${PROVIDER}_delete"
  tried $? gone
  outcome $?
}

{% include "own.sh" %}

{% include "engine.sh" %}

main "$@"
exit
