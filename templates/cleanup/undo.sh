#!/usr/bin/env bash
# Gives back what cleanup.sh beside it has taken away. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016,SC2034 # single quotes are meant; OWNERS and DOCUMENT are cleanup.sh's
{% if not steps %}
# shellcheck disable=SC2086,SC2329 # without a step, nothing of what follows is called
{% endif %}
set -uo pipefail

readonly ACTION=undo
{% include "header.sh" %}

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
    *) report failed "$DETAIL" ;;
  esac
}

give_back() {
  if [[ $TYPE == login-profile ]]; then
    report by-hand 'a password cannot be restored: set a new one with `aws iam create-login-profile`'
    return
  fi
  if [[ $TYPE == inline-policy && -n $EXPECTED && $(fingerprint <"$SAVED") != "$EXPECTED" ]]; then
    report stopped "$SAVED is not the document that was removed"
    return
  fi
  if [[ $APPLY != yes ]]; then
    report would-do ''
    return
  fi
  if ! record started ''; then
    report failed "cannot write to $LOG: nothing was given back"
  elif restore; then
    forget
    report 'done' ''
  else
    report failed "$DETAIL"
  fi
}

restore() {
  case $TYPE in
    access-key)
      call iam update-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT" --status Active
      ;;
    group-membership)
      call iam add-user-to-group "--user-name=$HOLDER" "--group-name=$RIGHT"
      ;;
    attached-policy)
      call iam "attach-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-arn=$RIGHT"
      ;;
    inline-policy)
      call iam "put-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT" \
        "--policy-document=$(cat -- "$SAVED")"
      ;;
  esac
}

# What was given back once is not given back again, should somebody remove it later.
forget() {
  [[ $APPLY == yes ]] && mv -f -- "$SAVED" "$SAVED.restored"
}

{% include "engine.sh" %}

main "$@"
exit
