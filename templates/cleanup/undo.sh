#!/usr/bin/env bash
# Gives back what cleanup.sh beside it has taken away. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
# shellcheck disable=SC2034,SC2329 # a step's values and a provider's functions are used by name, or not at all
{% if not steps %}
# shellcheck disable=SC2086 # without a step, nothing of what follows is called
{% endif %}
set -uo pipefail

{% include "header.sh" %}

{% include "plan.sh" %}

# --- the steps, last one first -----------------------------------------------

steps() {
{% for step in reversed_steps %}
{% include "step.sh" %}
{% else %}
  :
{% endfor %}
}

# --- what a step does --------------------------------------------------------

run_step() {
  if [[ ! -f $SAVED ]]; then
    report not-taken 'cleanup.sh has not taken it away'
    return
  fi
  case $STATE in
    gone) give_back ;;
    moved) report stopped "there is another one now: $DETAIL" ;;
    present)
      forget
      report already-there ''
      ;;
    *) unseen ;;
  esac
}

give_back() {
  local status
  DETAIL=''
  "${PROVIDER}_can_restore"
  status=$?
  if [[ $status -ne 0 ]]; then
    outcome "$status"
    return
  fi
  if [[ $APPLY == yes ]] && ! record started ''; then
    report failed "cannot write to $LOG: nothing was given back"
    return
  fi
  BUSY=yes
  "${PROVIDER}_restore"
  tried $? present
  status=$?
  [[ $status -ne 0 ]] || forget
  outcome "$status"
}

# What was given back once is not given back again, should somebody remove it later.
forget() {
  [[ $APPLY == yes ]] && mv -f -- "$SAVED" "$SAVED.restored"
}

{% include "engine.sh" %}

main "$@"
exit
