#!/usr/bin/env bash
# Takes away production access that an audit found. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
# shellcheck disable=SC2034,SC2329 # a step's values and a provider's functions are used by name, or not at all
{% if not steps %}
# shellcheck disable=SC2086 # without a step, nothing of what follows is called
{% endif %}
set -uo pipefail

{% include "header.sh" %}

{% include "plan.sh" %}

# --- the steps, in order -----------------------------------------------------

steps() {
{% for step in steps %}
{% include "step.sh" %}
{% else %}
  :
{% endfor %}
}

# --- what a step does --------------------------------------------------------

run_step() {
  case $STATE in
    gone) report already-gone "$DETAIL" ;;
    moved) report stopped "$DETAIL" ;;
    present) take_away ;;
    *) unseen ;;
  esac
}

take_away() {
  # Nobody takes away, with this script, what lets them run it.
  if is_own_right || ! is_asked_for || ! is_sure; then
    report left-out "$DETAIL"
    return
  fi
  # What undo needs is on disk before anything is removed; without it, nothing is.
  if [[ $APPLY == yes ]] && { ! remember || ! record started ''; }; then
    report failed "cannot write to $STATE_DIR: nothing was removed"
    return
  fi
  DETAIL='' BUSY=yes
  "${PROVIDER}_remove"
  tried $? gone
  local status=$?
  # What is still there as it was has not been taken: should somebody else take it away, undo is not to give it back.
  if [[ $APPLY == yes && $status -ne 0 && $status -ne "$GONE" && $STATE == present && $DOCUMENT == "$(cat -- "$SAVED")" ]]; then
    rm -f -- "$SAVED"
  fi
  outcome "$status"
}

# Whether a step that would have broken something in the week before the audit is meant; a dry run only says it asks.
is_sure() {
  local one answer
  [[ -n $BREAKS && $APPLY == yes ]] || return 0
  for one in ${SURE[@]+"${SURE[@]}"}; do
    [[ $one != "$STEP" ]] || return 0
  done
  DETAIL="$BREAKS: ask for it by itself, with --sure $STEP"
  [[ -t 0 ]] || return 1
  read -r -p "      Type $STEP to take it away all the same: " answer
  [[ $answer == "$STEP" ]]
}

remember() {
  mkdir -p -- "$STATE_DIR" && chmod 700 -- "$STATE_DIR" &&
    printf '%s\n' "$DOCUMENT" >"$SAVED.part" && mv -f -- "$SAVED.part" "$SAVED"
}

{% include "own.sh" %}

{% include "engine.sh" %}

main "$@"
exit
