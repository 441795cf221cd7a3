#!/usr/bin/env bash
# Deletes credentials that cleanup.sh deactivated, and that nobody has missed since. Prints what it would do until it is
# given --apply. What is deleted cannot be given back: there is no undo.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
# shellcheck disable=SC2034,SC2329 # a step's values and a provider's functions are used by name, or not at all
set -uo pipefail

readonly ACTION='delete'
readonly ORGANISATION='Harbour '"'"'n'"'"' Shop $(x)'
readonly RUN='20261002T020000Z'
readonly AUDITED='2 Oct 2026 02:00 UTC'
readonly AUDITED_EPOCH='1790906400'
readonly IDENTITY='41f117deeda0'
readonly COUNT='2'

# --- the plan: step, what, whose, why, finding; --list prints it -----------------

plan() {
  line '1' 'Delete access key AKIA1 of user piet $(x) in AWS account 123456789012' 'piet $(x)' 'it was deactivated on 12 Sep 2026 02:00 UTC by tom'"'"'s' '70c3a12930732b6f'
  line '2' 'Delete key ab12 of service account ci@harbour-prod.iam in project harbour-prod' 'ci@harbour-prod.iam' 'it was deactivated on 12 Sep 2026 02:00 UTC by tom'"'"'s' '70c3a12930732b6f'
}

# --- the steps, in order -----------------------------------------------------

steps() {
  STEP='1' PROVIDER='aws' TOOL='aws' TYPE='access-key' ACCOUNT='123456789012'
  HOLDER_KIND='user' HOLDER='piet $(x)'
  RIGHT='AKIA1' EXPECTED=''
  DETAILS=()
  WHAT='Delete access key AKIA1 of user piet $(x) in AWS account 123456789012'
  REASONS=('it was deactivated on 12 Sep 2026 02:00 UTC by tom'"'"'s')
  FINDINGS=('70c3a12930732b6f') TICKETS=()
  OWNERS=() USED='' FINAL='yes'
  step

  STEP='2' PROVIDER='gcp' TOOL='gcloud' TYPE='service-account-key' ACCOUNT='harbour-prod'
  HOLDER_KIND='service_account' HOLDER='ci@harbour-prod.iam'
  RIGHT='ab12' EXPECTED=''
  DETAILS=()
  WHAT='Delete key ab12 of service account ci@harbour-prod.iam in project harbour-prod'
  REASONS=('it was deactivated on 12 Sep 2026 02:00 UTC by tom'"'"'s')
  FINDINGS=('70c3a12930732b6f') TICKETS=()
  OWNERS=() USED='' FINAL='yes'
  step

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

# Whether a step that cannot be undone was asked for by itself; a dry run only says that it has to be.
is_asked_for() {
  local one answer
  [[ $FINAL == yes && $APPLY == yes ]] || return 0
  for one in ${BY_ITSELF[@]+"${BY_ITSELF[@]}"}; do
    [[ $one != "$STEP" ]] || return 0
  done
  DETAIL="it cannot be undone: ask for it by itself, with --final $STEP"
  [[ -t 0 ]] || return 1
  read -r -p "      This cannot be undone. Type $STEP to do it: " answer
  [[ $answer == "$STEP" ]]
}

is_own_right() {
  local name owner NAMES=("$(id -un)")
  "${PROVIDER}_own" && return
  DETAIL='it is your own: somebody else must take it away'
  for name in "${NAMES[@]}"; do
    name=$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]')
    for owner in ${OWNERS[@]+"${OWNERS[@]}"}; do
      [[ $owner != "$name" ]] || return 0
    done
  done
  return 1
}

# --- AWS, by its CLI ------------------------------------------------------------

# aws_call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
aws_call() {
  local variable="AUDITOR_PROFILE_$ACCOUNT"
  local profile=${!variable:-}
  said aws ${profile:+--profile "$profile"} "$@" && return
  OUT=$(AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off aws ${profile:+--profile "$profile"} "$@" --output text \
    2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  [[ $DETAIL == *'(NoSuchEntity)'* ]] && DETAIL='' && return "$GONE"
  return 1
}

# Sets CALLER to who is running this in the step's account; returns 1 when the credentials are for another one.
aws_caller() {
  local cache="caller_$ACCOUNT" found
  CALLER=${!cache:-}
  [[ -n $CALLER ]] && return 0
  aws_call sts get-caller-identity --query '[Account,Arn]' || return 1
  found=${OUT%%$'\t'*}
  if [[ $found != "$ACCOUNT" ]]; then
    DETAIL="the credentials are for AWS account $found; name a profile in AUDITOR_PROFILE_$ACCOUNT"
    return 1
  fi
  CALLER=${OUT#*$'\t'}
  printf -v "$cache" '%s' "$CALLER"
}

# Whether the step takes away what lets its caller run it; DETAIL says how.
aws_own() {
  local role=${CALLER#*:assumed-role/} name=${CALLER##*/}
  NAMES+=("$name")
  DETAIL='it is your own: somebody else must take it away'
  case $CALLER in
    *:assumed-role/*)
      DETAIL='you are using it to run this'
      [[ $HOLDER_KIND == role && ${role%%/*} == "$HOLDER" ]]
      ;;
    *:user/*)
      [[ $HOLDER_KIND == user && $name == "$HOLDER" ]] && return
      [[ $HOLDER_KIND == group ]] || return
      DETAIL='it may be your own: you are in that group, or your groups cannot be read'
      ! aws_call iam list-groups-for-user "--user-name=$name" --query 'Groups[].GroupName' || contains "$HOLDER"
      ;;
    *) false ;;
  esac
}

# Only what is still inactive, as cleanup.sh left it, is deleted.
aws_look() {
  local tab=$'\t'
  DOCUMENT=$RIGHT
  aws_call iam list-access-keys "--user-name=$HOLDER" --query 'AccessKeyMetadata[].[AccessKeyId,Status]'
  settled $? || return
  grep -Fxq -e "$RIGHT${tab}Inactive" <<<"$OUT" && return
  STATE=gone
  grep -Fxq -e "$RIGHT${tab}Active" <<<"$OUT" || return
  STATE=moved
  DETAIL='it is active again: somebody missed it'
}

aws_delete() {
  CHANGES=yes aws_call iam delete-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT"
}

# --- Google Cloud, by gcloud ---------------------------------------------------

# gcp_call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
gcp_call() {
  said gcloud "$@" && return
  OUT=$(gcloud "$@" --quiet 2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  [[ $DETAIL == *' NOT_FOUND: '* || $DETAIL == *', and condition not found!'* ]] && DETAIL='' && return "$GONE"
  return 1
}

gcp_change_key() {
  CHANGES=yes gcp_call iam service-accounts keys "$1" "$RIGHT" "--iam-account=$HOLDER" "--project=$ACCOUNT" --format=none
}

# Sets CALLER to who gcloud acts as; returns 1 when it does not know. Behind a robot stands whoever acts through it.
gcp_caller() {
  if [[ -z ${gcp_accounts:-} ]]; then
    gcp_call config list "--format=value[separator=' '](auth.impersonate_service_account,core.account)" || return
    gcp_accounts=$OUT
  fi
  read -r CALLER _ <<<"$gcp_accounts"
  [[ -n $CALLER ]] && return
  DETAIL='gcloud does not say who runs this: log in, or name the account in CLOUDSDK_CORE_ACCOUNT'
  return 1
}

gcp_own() {
  local account accounts
  read -r -a accounts <<<"$gcp_accounts"
  NAMES+=("${accounts[@]}")
  DETAIL='it is your own: somebody else must take it away'
  for account in "${accounts[@]}"; do
    [[ $(tr '[:upper:]' '[:lower:]' <<<"$account") != "$(tr '[:upper:]' '[:lower:]' <<<"${HOLDER##*:}")" ]] || return 0
  done
  return 1
}

# Only what is still disabled, as cleanup.sh left it, is deleted.
gcp_look() {
  local tab=$'\t'
  DOCUMENT=$RIGHT
  gcp_call iam service-accounts keys list "--iam-account=$HOLDER" "--project=$ACCOUNT" --managed-by=user \
    '--format=value(name.basename(),disabled)'
  settled $? || return
  grep -Fxq -e "$RIGHT${tab}True" <<<"$OUT" && return
  STATE=gone
  grep -q -e "^$RIGHT$tab" <<<"$OUT" || return
  STATE=moved
  DETAIL='it is enabled again: somebody missed it'
}

gcp_delete() {
  gcp_change_key delete
}

# --- what every provider shares ----------------------------------------------

# Each provider has functions of its own, by its name: `_caller` (who runs this, in CALLER), `_look`, `_own`, `_remove`,
# `_can_restore` and `_restore`. They return 0, one of these, or 1; DETAIL says more.
readonly GONE=4 MOVED=5 BY_HAND=6
# In `_look`, STATE becomes `present` as the audit saw it, `gone`, `moved` (there, but changed) or `unknown`; for a right
# that is present, DOCUMENT is what undo needs.

# settled STATUS: translates a call's status; returns 0 when the thing is there.
settled() {
  case $1 in
    0) STATE=present ;;
    "$GONE") STATE=gone ;;
    *) STATE=unknown ;;
  esac
  [[ $1 -eq 0 ]]
}

contains() {
  # Not through a pipe: grep stops reading at the first hit, and that would count as a failure.
  grep -Fxq -e "$1" <<<"${OUT//$'\t'/$'\n'}"
}

# said COMMAND: in a dry run, prints a command that would change something, in place of running it.
said() {
  local word line='      $'
  [[ ${CHANGES:-no} == yes && $APPLY != yes ]] || return 1
  for word in "$@"; do
    printf -v word '%q' "$word"
    line+=" $word"
  done
  printf '%s\n' "$line"
}

# complaint: what a program said in $WORK/errors, on one line that a terminal can show.
complaint() {
  tr -s '\n' ' ' <"$WORK/errors" | tr -d '\000-\037\177' | cut -c 1-600
}

# --- running the steps -------------------------------------------------------

# tried STATUS WANTED: the status of a call that changes something, or 0 where it failed and STATE is as WANTED all the
# same: its answer was lost. STATE is what is there after it.
tried() {
  local said=$DETAIL
  [[ $1 -ne 0 && $1 -ne "$GONE" && $APPLY == yes ]] || return "$1"
  "${PROVIDER}_look" >/dev/null
  DETAIL=$said
  [[ $STATE == "$2" ]] || return "$1"
}

# A signal ends it between two steps: of one that has begun to change something, what came of it is told first.
BUSY=no STOP=no
interrupted() {
  STOP=yes
  [[ $BUSY == yes ]] || stop
}

stop() {
  trap '' INT TERM HUP
  printf '\nInterrupted: no further step is begun. Run it again to go on: it looks first at what is there.\n'
  summary
  exit 130
}

step() {
  selected || return 0
  printf '\n[%s/%s] %s\n' "$STEP" "$COUNT" "$WHAT"
  printf '      why: %s\n' "${REASONS[@]}"
  printf '      finding %s%s\n' "${FINDINGS[*]}" "${TICKETS[*]+, ticket ${TICKETS[*]}}"
  [[ -z $USED ]] || printf '      last used %s\n' "$USED"
  [[ $FINAL != yes || $ACTION == undo ]] || printf '      cannot be undone: needs --final %s, or a yes of its own\n' "$STEP"
  STATE=unknown DETAIL='' DOCUMENT='' CALLER=''
  if ! command -v "$TOOL" >/dev/null 2>&1; then
    DETAIL="the program $TOOL is not installed"
    unseen
  elif caller; then
    "${PROVIDER}_look"
    run_step
  else
    unseen
  fi
  BUSY=no
  [[ $STOP != yes ]] || stop
}

# unseen: tells that nobody could look at what is there. A dry run shows all the same what the step would run: whoever
# reviews the script need not have a way in.
unseen() {
  local said=$DETAIL commands
  if [[ $APPLY != yes ]]; then
    DOCUMENT=${DOCUMENT:-$RIGHT}
    commands=$("${PROVIDER}_delete" 2>/dev/null </dev/null)
    printf '%s\n' "${commands:-      its commands are made of what is there}"
  fi
  DETAIL=$said
  report failed "$DETAIL"
}

# caller: sets CALLER to who runs this; steps of one account that follow each other ask once.
ASKED='' SAID=''
caller() {
  if [[ $ASKED != "$PROVIDER $ACCOUNT" ]]; then
    ASKED=''
    "${PROVIDER}_caller" || return
    ASKED="$PROVIDER $ACCOUNT" SAID=$CALLER
  fi
  CALLER=$SAID
}

# line STEP WHAT WHOSE WHY FINDING…: a line of the plan.
line() {
  STEP=$1 FINDINGS=("${@:5}")
  selected || return 0
  local whose="$3: "
  [[ $4 == "$3"* ]] && whose=''
  printf '%3s. %s\n     %s%s (finding %s)\n' "$1" "$2" "$whose" "$4" "${FINDINGS[*]}"
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

# outcome STATUS: reports what a provider's function came to.
outcome() {
  case $1 in
    0) if [[ $APPLY == yes ]]; then report 'done' ''; else report would-do ''; fi ;;
    "$GONE") report already-gone 'it went while this ran' ;;
    "$MOVED") report stopped "$DETAIL" ;;
    "$BY_HAND") report by-hand "$DETAIL" ;;
    *) report failed "$DETAIL" ;;
  esac
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
    *) if [[ $APPLY == yes ]]; then line='FAILED'; else line='NOT CHECKED'; fi ;;
  esac
  case $1 in
    'done' | would-do) DID=$((DID + 1)) ;;
    already-gone | already-there | not-taken) NOTHING=$((NOTHING + 1)) ;;
    *) TROUBLE+=("$STEP") ;;
  esac
  printf '      %s%s\n' "$line" "${2:+: $2}"
  [[ $APPLY != yes ]] || record "$1" "$2" || TROUBLE+=("$STEP")
}

# record STATUS DETAIL: appends a JSON line that the next audit reads.
record() {
  local line finding findings=''
  for finding in "${FINDINGS[@]}"; do
    json "$finding"
    findings+=${findings:+,}$JSON
  done
  line="{\"time\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\""
  member action "$ACTION"
  member status "$1"
  member run "$RUN"
  member cleanup "$IDENTITY"
  line+=",\"step\":$STEP"
  member provider "$PROVIDER"
  member type "$TYPE"
  member account "$ACCOUNT"
  member "$HOLDER_KIND" "$HOLDER"
  member right "$RIGHT"
  line+=",\"findings\":[$findings]"
  member caller "${CALLER:-}"
  member detail "$2"
  printf '%s}\n' "$line" >>"$LOG"
}

# member NAME TEXT: adds them to `line`.
member() {
  json "$2"
  line+=",\"$1\":$JSON"
}

# json TEXT: sets JSON to the text on one line, without control characters. By no other program: to start three for each
# text would take most of a step's time.
json() {
  local LC_ALL=C slash=\\ quote=\"
  JSON=${1//[$'\n\t\r']/ }
  JSON=${JSON//[!$' '-$'\377']/}
  JSON=${JSON//"$slash"/"$slash$slash"}
  JSON=\"${JSON//"$quote"/"$slash$quote"}\"
}

# --- what is left for people -------------------------------------------------

notes() {
  :
}

note() {
  STEP='' FINDINGS=("$4")
  selected || return 0
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
  --list               print the plan without asking anybody
  --final STEP         do this step, which cannot be undone; may be given again
AWS, several accounts: name each one's profile in AUDITOR_PROFILE_<account>.
Google Cloud: gcloud's own account; where it has an access token only, name the account in CLOUDSDK_CORE_ACCOUNT.
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
      --only | --max-age | --final)
        [[ $# -ge 2 ]] || refuse 2 "$1 needs a value."
        case $1 in
          --only) ONLY+=("$2") ;;
          --max-age) MAX_AGE=$2 ;;
          --final) BY_ITSELF+=("$2") ;;
        esac
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
  if [[ $APPLY == yes && $ACTION != undo ]]; then
    refuse 3 "The audit is older than $MAX_AGE days. Audit again; nothing was changed."
  fi
  printf 'The audit is older than %s days.\n' "$MAX_AGE"
}

confirm() {
  [[ $APPLY == yes && $YES != yes ]] || return 0
  [[ -t 0 ]] || refuse 2 'Nobody is there to confirm: give --yes as well. Nothing was changed.'
  local answer
  read -r -p 'This changes production access. Type yes to go on: ' answer
  [[ $answer == yes ]] || refuse 2 'Nothing was changed.'
}

main() {
  APPLY=no YES=no LIST=no MAX_AGE=7 ONLY=() BY_ITSELF=()
  DID=0 NOTHING=0 TROUBLE=()
  options "$@"
  umask 077
  local here
  here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P) || refuse 2 'The folder of this script cannot be read.'
  LOG="$here/cleanup-log.jsonl"
  WORK=$(mktemp -d) || refuse 2 'No temporary folder can be made.'
  trap 'rm -rf -- "$WORK"' EXIT
  trap interrupted INT TERM HUP
  local some=s
  [[ $COUNT -eq 1 ]] && some=''
  printf '%s: %s of production access, %s step%s, from the audit of %s (run %s).\n' \
    "$ORGANISATION" "$ACTION" "$COUNT" "$some" "$AUDITED" "$RUN"
  check_age
  if [[ $LIST == yes ]]; then
    plan
    return
  fi
  confirm
  [[ $APPLY == yes ]] || printf 'Dry run: nothing is changed.\n'
  steps
  notes
  summary
}

summary() {
  local would='' need=need
  [[ $APPLY == yes ]] || would='would be '
  [[ ${#TROUBLE[@]} -eq 1 ]] && need=needs
  printf '\n%s %sdone, %s needed nothing, %s %s attention%s.\n' "$DID" "$would" "$NOTHING" "${#TROUBLE[@]}" \
    "$need" "${TROUBLE[*]+: ${TROUBLE[*]}}"
  [[ $APPLY == yes ]] && printf 'Logged in %s\n' "$LOG"
  [[ ${#TROUBLE[@]} -eq 0 ]]
}

main "$@"
exit
