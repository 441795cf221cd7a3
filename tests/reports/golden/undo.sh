#!/usr/bin/env bash
# Gives back what cleanup.sh beside it has taken away. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016,SC2034 # single quotes are meant; OWNERS and DOCUMENT are cleanup.sh's
set -uo pipefail

readonly ACTION=undo
readonly ORGANISATION='Harbour '"'"'n'"'"' Shop $(x)'
readonly RUN='20261002T020000Z'
readonly AUDITED='2 Oct 2026 02:00 UTC'
readonly AUDITED_EPOCH='1790906400'
readonly IDENTITY='4e0579462434'
readonly COUNT='2'

# --- the steps, last one first -----------------------------------------------

steps() {
  STEP='2'
  TYPE='login-profile'
  ACCOUNT='111122223333'
  HOLDER_KIND='user'
  HOLDER='piet'
  RIGHT='piet'
  EXPECTED='2024-01-09T08:00:00Z'
  WHAT='Delete the console password of user piet (cannot be undone: a new one must be set) in AWS account 111122223333'
  FINDINGS=(
    '70c3a12930732b6f'
  )
  REASONS=(
    'Piet Old left and can still change checkout'
  )
  TICKETS=(
    'PAY-184'
  )
  OWNERS=(
    'piet'
    'piet@harbour.example'
  )
  step

  STEP='1'
  TYPE='inline-policy'
  ACCOUNT='111122223333'
  HOLDER_KIND='role'
  HOLDER='support'
  RIGHT='it'"'"'s'
  EXPECTED='0000000000000000000000000000000000000000000000000000000000000000'
  WHAT='Remove inline policy it'"'"'s from role support (everybody who can assume it loses it) in AWS account 111122223333'
  FINDINGS=(
    '70c3a12930732b6f'
    '6cd49948017e1853'
  )
  REASONS=(
    'Piet Old left and can still change checkout'
  )
  TICKETS=(
    'PAY-184'
  )
  OWNERS=(
    'piet'
    'piet@harbour.example'
  )
  step

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

# --- the state of a right ----------------------------------------------------

readonly GONE=4

# Sets STATE: `present` as the audit saw it, `gone`, `moved` (there, but changed) or `unknown`; DETAIL says more.
# For a right that is present, DOCUMENT is what undo needs.
look() {
  STATE=unknown
  DETAIL=''
  DOCUMENT=$RIGHT
  case $TYPE in
    access-key) look_at_key ;;
    group-membership)
      call iam list-groups-for-user "--user-name=$HOLDER" --query 'Groups[].GroupName'
      listed $?
      ;;
    attached-policy) look_at_attachment ;;
    inline-policy)
      call iam "get-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT" \
        --query 'to_string(PolicyDocument)'
      compared $? && DOCUMENT=$OUT
      ;;
    login-profile) look_at_password ;;
  esac
}

look_at_key() {
  call iam list-access-keys "--user-name=$HOLDER" --query "AccessKeyMetadata[?Status=='Active'].AccessKeyId"
  listed $?
  [[ $STATE == gone ]] && DETAIL='it is inactive or deleted'
}

look_at_attachment() {
  call iam "list-attached-$HOLDER_KIND-policies" "--$HOLDER_KIND-name=$HOLDER" \
    --query 'AttachedPolicies[].PolicyArn'
  listed $?
  [[ $STATE == present && -n $EXPECTED ]] || return
  call iam get-policy "--policy-arn=$RIGHT" --query 'Policy.DefaultVersionId'
  compared_version $?
}

compared_version() {
  STATE=unknown
  [[ $1 -eq 0 ]] || return
  call iam get-policy-version "--policy-arn=$RIGHT" "--version-id=$OUT" \
    --query 'to_string(PolicyVersion.Document)'
  compared $?
}

look_at_password() {
  call iam get-login-profile "--user-name=$HOLDER" --query 'LoginProfile.CreateDate'
  local status=$?
  settled $status || return
  # Versions of the CLI write the time zone differently; both write UTC.
  if [[ -n $EXPECTED && ${OUT:0:19} != "${EXPECTED:0:19}" ]]; then
    STATE=moved
    DETAIL='the password was set anew after the audit'
  fi
}

# settled STATUS: translates a call's status; returns 0 when the thing is there.
settled() {
  case $1 in
    0) STATE=present ;;
    "$GONE") STATE=gone ;;
    *) STATE=unknown ;;
  esac
  [[ $1 -eq 0 ]]
}

# listed STATUS: whether RIGHT is one of the words that the last call printed.
listed() {
  settled "$1" || return
  contains "$RIGHT" || STATE=gone
}

contains() {
  printf '%s\n' "$OUT" | tr '\t' '\n' | grep -Fxq -e "$1"
}

# compared STATUS: whether the document that the last call printed is the one that the audit saw.
compared() {
  settled "$1" || return
  if [[ -n $EXPECTED && $(printf '%s\n' "$OUT" | fingerprint) != "$EXPECTED" ]]; then
    STATE=moved
    DETAIL='its document was changed after the audit'
    return 1
  fi
}

# SHA-256 of the standard input without its last line feed.
fingerprint() {
  local text
  IFS= read -r text
  if command -v sha256sum >/dev/null 2>&1; then
    printf '%s' "$text" | sha256sum | cut -c 1-64
  else
    printf '%s' "$text" | shasum -a 256 | cut -c 1-64
  fi
}

# --- the AWS CLI -------------------------------------------------------------

# call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
call() {
  local variable="AUDITOR_PROFILE_$ACCOUNT"
  local profile=${!variable:-}
  if OUT=$(aws ${profile:+--profile "$profile"} "$@" --output text 2>"$ERRORS" </dev/null); then
    return 0
  fi
  DETAIL=$(tr -s '\n' ' ' <"$ERRORS")
  [[ $DETAIL == *'(NoSuchEntity)'* ]] && DETAIL='' && return "$GONE"
  return 1
}

# Sets CALLER to who is running this in the step's account; returns 1 when the credentials are for another one.
right_account() {
  local cache="caller_$ACCOUNT" found
  CALLER=${!cache:-}
  [[ -n $CALLER ]] && return 0
  call sts get-caller-identity --query '[Account,Arn]' || return 1
  found=${OUT%%$'\t'*}
  if [[ $found != "$ACCOUNT" ]]; then
    DETAIL="the credentials are for AWS account $found; name a profile in AUDITOR_PROFILE_$ACCOUNT"
    return 1
  fi
  CALLER=${OUT#*$'\t'}
  printf -v "$cache" '%s' "$CALLER"
}

# --- running the steps -------------------------------------------------------

step() {
  selected || return 0
  SAVED="$STATE_DIR/step-$STEP.saved"
  printf '\n[%s/%s] %s\n' "$STEP" "$COUNT" "$WHAT"
  printf '      why: %s\n' "${REASONS[@]}"
  printf '      finding %s%s\n' "${FINDINGS[*]}" "${TICKETS[*]+, ticket ${TICKETS[*]}}"
  [[ $LIST == yes ]] && return
  if right_account; then
    look
    run_step
  else
    report failed "$DETAIL"
  fi
}

selected() {
  [[ ${#ONLY[@]} -eq 0 ]] && return 0
  local wanted finding
  for wanted in "${ONLY[@]}"; do
    [[ $wanted == "$STEP" ]] && return 0
    for finding in "${FINDINGS[@]}"; do
      [[ $wanted == "$finding" ]] && return 0
    done
  done
  return 1
}

# report STATUS DETAIL: one line for people, one for the log.
report() {
  local line
  case $1 in
    'done') line='DONE' ;;
    would-do) line='would be done' ;;
    already-gone) line='already gone' ;;
    already-there) line='already there' ;;
    not-taken) line='nothing to undo' ;;
    left-out) line='LEFT OUT' ;;
    by-hand) line='BY HAND' ;;
    stopped) line='STOPPED' ;;
    *) line='FAILED' ;;
  esac
  case $1 in
    'done' | would-do) DID=$((DID + 1)) ;;
    already-gone | already-there | not-taken) NOTHING=$((NOTHING + 1)) ;;
    *) TROUBLE=$((TROUBLE + 1)) ;;
  esac
  printf '      %s%s\n' "$line" "${2:+: $2}"
  [[ $APPLY != yes ]] || record "$1" "$2" || TROUBLE=$((TROUBLE + 1))
}

# record STATUS DETAIL: appends a JSON line that the next audit reads.
record() {
  {
    printf '{"time":"%s","action":"%s","status":"%s"' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$ACTION" "$1"
    printf ',"run":%s,"cleanup":%s,"step":%s' "$(json "$RUN")" "$(json "$IDENTITY")" "$STEP"
    printf ',"type":%s,"account":%s' "$(json "$TYPE")" "$(json "$ACCOUNT")"
    printf ',"%s":%s,"right":%s' "$HOLDER_KIND" "$(json "$HOLDER")" "$(json "$RIGHT")"
    printf ',"findings":%s,"caller":%s' "$(json_list "${FINDINGS[@]}")" "$(json "${CALLER:-}")"
    printf ',"detail":%s}\n' "$(json "$2")"
  } >>"$LOG"
}

json() {
  printf '"%s"' "$(printf '%s' "$1" | tr '\n\t\r' '   ' | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"
}

json_list() {
  local item separator=''
  printf '['
  for item in "$@"; do
    printf '%s%s' "$separator" "$(json "$item")"
    separator=','
  done
  printf ']'
}

# --- what is left for people -------------------------------------------------

notes() {
  note 'By hand' 'Remove the principal from the trust policy of role support in AWS account 111122223333' \
    'Piet Old left and can still change checkout' '70c3a12930732b6f'
  :
}

note() {
  printf '\n%s: %s\n      why: %s\n      finding %s\n' "$@"
}

# --- the command line --------------------------------------------------------

usage() {
  cat <<'USAGE'
Prints what it would do. Options:
  --apply              do it
  --yes                do not ask before
  --only STEP|FINDING  only this step, or the steps of this finding; may be given again
  --max-age DAYS       refuse --apply when the audit is older (7)
  --list               list the steps without asking AWS
Several AWS accounts: name each one's profile in AUDITOR_PROFILE_<account>.
Exit status: 0 all is as it should be; 1 some step stopped, failed or was left out; 2 wrong usage; 3 audit too old.
USAGE
}

refuse() {
  printf '%s\n' "$2" >&2
  exit "$1"
}

options() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      --apply) APPLY=yes ;;
      --yes) YES=yes ;;
      --list) LIST=yes ;;
      --only | --max-age)
        [[ $# -ge 2 ]] || refuse 2 "$1 needs a value."
        if [[ $1 == --only ]]; then ONLY+=("$2"); else MAX_AGE=$2; fi
        shift
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) refuse 2 "There is no option $1; --help lists them." ;;
    esac
    shift
  done
  [[ $MAX_AGE =~ ^[0-9]{1,6}$ ]] || refuse 2 '--max-age takes a number of days.'
}

check_age() {
  local age=$(($(date +%s) - AUDITED_EPOCH))
  [[ $age -gt $((10#$MAX_AGE * 86400)) ]] || return 0
  if [[ $APPLY == yes && $ACTION == revoke ]]; then
    refuse 3 "The audit is older than $MAX_AGE days. Audit again; nothing was changed."
  fi
  printf 'The audit is older than %s days.\n' "$MAX_AGE"
}

confirm() {
  [[ $APPLY == yes && $YES != yes && $LIST != yes ]] || return 0
  [[ -t 0 ]] || refuse 2 'Nobody is there to confirm: give --yes as well. Nothing was changed.'
  local answer
  read -r -p 'This changes production access. Type yes to go on: ' answer
  [[ $answer == yes ]] || refuse 2 'Nothing was changed.'
}

main() {
  APPLY=no YES=no LIST=no MAX_AGE=7 ONLY=()
  DID=0 NOTHING=0 TROUBLE=0
  options "$@"
  command -v aws >/dev/null 2>&1 || [[ $LIST == yes ]] || refuse 2 'The AWS CLI (aws) is not installed.'
  umask 077
  export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off
  local here
  here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || refuse 2 'The folder of this script cannot be read.'
  STATE_DIR="$here/applied-$IDENTITY"
  LOG="$here/cleanup-log.jsonl"
  ERRORS=$(mktemp) || refuse 2 'No temporary file can be made.'
  trap 'rm -f -- "$ERRORS"' EXIT
  printf '%s: %s of production access, %s steps, from the audit of %s (run %s).\n' \
    "$ORGANISATION" "$ACTION" "$COUNT" "$AUDITED" "$RUN"
  check_age
  confirm
  [[ $APPLY == yes ]] || printf 'Dry run: nothing is changed.\n'
  steps
  notes
  summary
}

summary() {
  local would=''
  [[ $LIST == yes ]] && return 0
  [[ $APPLY == yes ]] || would='would be '
  printf '\n%s %sdone, %s needed nothing, %s need attention.\n' "$DID" "$would" "$NOTHING" "$TROUBLE"
  [[ $APPLY == yes ]] && printf 'Logged in %s\n' "$LOG"
  [[ $TROUBLE -eq 0 ]]
}

main "$@"
exit
