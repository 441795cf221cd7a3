#!/usr/bin/env bash
# Takes away production access that an audit found. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
{% if not steps %}
# shellcheck disable=SC2086,SC2329 # without a step, nothing of what follows is called
{% endif %}
set -uo pipefail

readonly ACTION=revoke
{% include "header.sh" %}

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
    *) report failed "$DETAIL" ;;
  esac
}

take_away() {
  is_own_right && return
  if [[ $APPLY != yes ]]; then
    report would-do ''
    return
  fi
  # What undo needs is on disk before anything is removed; without it, nothing is.
  if ! remember || ! record started ''; then
    report failed "cannot write to $STATE_DIR: nothing was removed"
    return
  fi
  remove
  case $? in
    0) report 'done' '' ;;
    "$GONE") report already-gone 'it went while this ran' ;;
    *) report failed "$DETAIL" ;;
  esac
}

remember() {
  mkdir -p -- "$STATE_DIR" && chmod 700 -- "$STATE_DIR" &&
    printf '%s\n' "$DOCUMENT" >"$SAVED.part" && mv -f -- "$SAVED.part" "$SAVED"
}

remove() {
  case $TYPE in
    access-key)
      call iam update-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT" --status Inactive
      ;;
    group-membership)
      call iam remove-user-from-group "--user-name=$HOLDER" "--group-name=$RIGHT"
      ;;
    attached-policy)
      call iam "detach-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-arn=$RIGHT"
      ;;
    inline-policy)
      call iam "delete-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT"
      ;;
    login-profile)
      call iam delete-login-profile "--user-name=$HOLDER"
      ;;
  esac
}

# Nobody takes away, with this script, what lets them run it: reports and returns 0 when the step would.
is_own_right() {
  local name=${CALLER##*/} owner
  case $CALLER in
    *:assumed-role/*)
      local role=${CALLER#*:assumed-role/}
      if [[ $HOLDER_KIND == role && ${role%%/*} == "$HOLDER" ]]; then
        report left-out 'you are using it to run this'
        return 0
      fi
      ;;
    *:user/*)
      if [[ $HOLDER_KIND == user && $name == "$HOLDER" ]]; then
        report left-out 'it is your own: somebody else must take it away'
        return 0
      fi
      if [[ $HOLDER_KIND == group ]]; then
        if ! call iam list-groups-for-user "--user-name=$name" --query 'Groups[].GroupName' || contains "$HOLDER"; then
          report left-out 'it may be your own: you are in that group, or your groups cannot be read'
          return 0
        fi
      fi
      ;;
  esac
  name=$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')
  for owner in ${OWNERS[@]+"${OWNERS[@]}"}; do
    if [[ $owner == "$name" ]]; then
      report left-out 'it is your own: somebody else must take it away'
      return 0
    fi
  done
  return 1
}

{% include "engine.sh" %}

main "$@"
exit
