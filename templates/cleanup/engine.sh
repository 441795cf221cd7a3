{% for provider in providers %}
{% include provider + ".sh" %}

{% if action == "delete" %}
{% include provider + "_delete.sh" %}

{% endif %}
{% endfor %}
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

{% if action != "delete" %}
# listed STATUS: whether RIGHT is one of the words that the last call printed.
listed() {
  settled "$1" || return
  contains "$RIGHT" || STATE=gone
}

{% endif %}
contains() {
  # Not through a pipe: grep stops reading at the first hit, and that would count as a failure.
  grep -Fxq -e "$1" <<<"${OUT//$'\t'/$'\n'}"
}

{% if action != "delete" %}
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

{% endif %}
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
{% if action != "delete" %}
  SAVED="$STATE_DIR/step-$STEP.saved"
{% endif %}
  printf '\n[%s/%s] %s\n' "$STEP" "$COUNT" "$WHAT"
  printf '      why: %s\n' "${REASONS[@]}"
  printf '      finding %s%s\n' "${FINDINGS[*]}" "${TICKETS[*]+, ticket ${TICKETS[*]}}"
  [[ -z $USED ]] || printf '      last used %s\n' "$USED"
{% if action == "revoke" %}
  printf '      without it: %s\n' "$WITHOUT_IT"
  [[ -z $BREAKS ]] || printf '      asks once more: needs --sure %s, or a yes of its own\n' "$STEP"
{% endif %}
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
{% if action != "undo" %}
  local said=$DETAIL commands
  if [[ $APPLY != yes ]]; then
    DOCUMENT=${DOCUMENT:-$RIGHT}
    commands=$("${PROVIDER}_{% if action == "delete" %}delete{% else %}remove{% endif %}" 2>/dev/null </dev/null)
    printf '%s\n' "${commands:-      its commands are made of what is there}"
  fi
  DETAIL=$said
{% endif %}
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
{% if action != "undo" %}
{% for note in by_hand %}
  note 'By hand' {{ note.what }} \
    {{ note.why }} {{ note.finding }}
{% endfor %}
{% for note in left_out %}
  note 'Left out' {{ note.what }} \
    {{ note.why }} {{ note.finding }}
{% endfor %}
{% if undecided %}
  [[ ${#ONLY[@]} -gt 0 ]] || printf '\nFindings that name a right and on which nothing was decided: %s. Their script: auditor revoke FINDING\n' {{ undecided }}
{% endif %}
{% endif %}
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
{% if action != "undo" %}
  --final STEP         do this step, which cannot be undone; may be given again
{% endif %}
{% if action == "revoke" %}
  --sure STEP          do this step, which would have broken something in the week before the audit; may be given again
{% endif %}
{% for provider in providers | sort %}
{% include provider + "_usage.txt" %}
{% endfor %}
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
      --only | --max-age{% if action != "undo" %} | --final{% endif %}{% if action == "revoke" %} | --sure{% endif %})
        [[ $# -ge 2 ]] || refuse 2 "$1 needs a value."
        case $1 in
          --only) ONLY+=("$2") ;;
          --max-age) MAX_AGE=$2 ;;
{% if action != "undo" %}
          --final) BY_ITSELF+=("$2") ;;
{% endif %}
{% if action == "revoke" %}
          --sure) SURE+=("$2") ;;
{% endif %}
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
  APPLY=no YES=no LIST=no MAX_AGE=7 ONLY=(){% if action != "undo" %} BY_ITSELF=(){% endif %}{% if action == "revoke" %} SURE=(){% endif %}

  DID=0 NOTHING=0 TROUBLE=()
  options "$@"
  umask 077
  local here
  here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P) || refuse 2 'The folder of this script cannot be read.'
{% if action != "delete" %}
  STATE_DIR="$here/applied-$IDENTITY"
{% endif %}
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
{% if action == "revoke" %}
  [[ $APPLY == yes && $DID -gt 0 ]] && printf 'To give back what it took: %q\n' "${LOG%/*}/undo.sh"
{% endif %}
  [[ ${#TROUBLE[@]} -eq 0 ]]
}
