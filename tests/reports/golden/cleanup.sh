#!/usr/bin/env bash
# Takes away production access that an audit found. Prints what it would do until it is given --apply.
# Every value from outside stands in single quotes: data, never code.
# shellcheck disable=SC2016 # nothing in single quotes is meant to expand
# shellcheck disable=SC2034,SC2329 # a step's values and a provider's functions are used by name, or not at all
set -uo pipefail

readonly ACTION='revoke'
readonly ORGANISATION='Harbour '"'"'n'"'"' Shop $(x)'
readonly RUN='20261002T020000Z'
readonly AUDITED='2 Oct 2026 02:00 UTC'
readonly AUDITED_EPOCH='1790906400'
readonly IDENTITY='be045a3fa88f'
readonly COUNT='5'

# --- the plan: step, what, whose, why, finding; --list prints it -----------------

plan() {
  line '1' 'Remove inline policy it'"'"'s from role support (everybody who can assume it loses it) in AWS account 111122223333' 'Piet Old' 'Piet Old left and can still change checkout' '70c3a12930732b6f' '6cd49948017e1853'
  line '2' 'Remove the key SHA256:mVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzQaQ from /etc/ssh/keys/root (login root) on web-1' 'Piet Old' 'Piet Old left and can still change checkout' '70c3a12930732b6f'
  line '3' 'Remove user:piet@harbour.example from roles/run.admin on project harbour-prod under the condition PAY-184, until '"'"'January'"'"'' 'Piet Old' 'Piet Old left and can still change checkout' '70c3a12930732b6f'
  line '4' 'Remove piet (level 40) from project harbour/shop in GitLab at https://gitlab.harbour.example' 'Piet Old' 'Piet Old left and can still change checkout' '70c3a12930732b6f'
  line '5' 'Delete the console password of user piet (cannot be undone: a new one must be set) in AWS account 111122223333' 'Piet Old' 'Piet Old left and can still change checkout' '70c3a12930732b6f'
}

# --- the steps, in order -----------------------------------------------------

steps() {
  STEP='1' PROVIDER='aws' TOOL='aws' TYPE='inline-policy' ACCOUNT='111122223333'
  HOLDER_KIND='role' HOLDER='support'
  RIGHT='it'"'"'s' EXPECTED='0000000000000000000000000000000000000000000000000000000000000000'
  DETAILS=()
  WHAT='Remove inline policy it'"'"'s from role support (everybody who can assume it loses it) in AWS account 111122223333'
  REASONS=('Piet Old left and can still change checkout')
  FINDINGS=('70c3a12930732b6f' '6cd49948017e1853') TICKETS=('PAY-184')
  OWNERS=('piet' 'piet@harbour.example') USED='' FINAL='no'
  WITHOUT_IT='not known: it was not asked, and `auditor replay` can be' BREAKS=''
  step

  STEP='2' PROVIDER='ssh' TOOL='ssh' TYPE='authorized-key' ACCOUNT='web-1'
  HOLDER_KIND='user' HOLDER='root'
  RIGHT='SHA256:mVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzQaQ' EXPECTED=''
  DETAILS=('/etc/ssh/keys/root')
  WHAT='Remove the key SHA256:mVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzmVwzQaQ from /etc/ssh/keys/root (login root) on web-1'
  REASONS=('Piet Old left and can still change checkout')
  FINDINGS=('70c3a12930732b6f') TICKETS=('PAY-184')
  OWNERS=('piet' 'piet@harbour.example') USED='' FINAL='no'
  WITHOUT_IT='not known: it was not asked, and `auditor replay` can be' BREAKS=''
  step

  STEP='3' PROVIDER='gcp' TOOL='gcloud' TYPE='project-binding' ACCOUNT='harbour-prod'
  HOLDER_KIND='member' HOLDER='user:piet@harbour.example'
  RIGHT='roles/run.admin' EXPECTED=''
  DETAILS=('^:::^expression=request.time < timestamp("2027-01-01T00:00:00Z"):::title=PAY-184, until '"'"'January'"'"'' 'request.time < timestamp("2027-01-01T00:00:00Z")' 'PAY-184, until '"'"'January'"'"'' '')
  WHAT='Remove user:piet@harbour.example from roles/run.admin on project harbour-prod under the condition PAY-184, until '"'"'January'"'"''
  REASONS=('Piet Old left and can still change checkout')
  FINDINGS=('70c3a12930732b6f') TICKETS=('PAY-184')
  OWNERS=('piet' 'piet@harbour.example') USED='' FINAL='no'
  WITHOUT_IT='not known: it was not asked, and `auditor replay` can be' BREAKS=''
  step

  STEP='4' PROVIDER='gitlab' TOOL='gitlab' TYPE='project-member' ACCOUNT='https://gitlab.harbour.example'
  HOLDER_KIND='user' HOLDER='piet'
  RIGHT='harbour/shop' EXPECTED='40'
  DETAILS=('--project-id=7' '4')
  WHAT='Remove piet (level 40) from project harbour/shop in GitLab at https://gitlab.harbour.example'
  REASONS=('Piet Old left and can still change checkout')
  FINDINGS=('70c3a12930732b6f') TICKETS=('PAY-184')
  OWNERS=('piet' 'piet@harbour.example') USED='' FINAL='no'
  WITHOUT_IT='not known: it was not asked, and `auditor replay` can be' BREAKS=''
  step

  STEP='5' PROVIDER='aws' TOOL='aws' TYPE='login-profile' ACCOUNT='111122223333'
  HOLDER_KIND='user' HOLDER='piet'
  RIGHT='piet' EXPECTED='2024-01-09T08:00:00Z'
  DETAILS=()
  WHAT='Delete the console password of user piet (cannot be undone: a new one must be set) in AWS account 111122223333'
  REASONS=('Piet Old left and can still change checkout')
  FINDINGS=('70c3a12930732b6f') TICKETS=('PAY-184')
  OWNERS=('piet' 'piet@harbour.example') USED='' FINAL='yes'
  WITHOUT_IT='not known: it was not asked, and `auditor replay` can be' BREAKS=''
  step

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

aws_look() {
  DOCUMENT=$RIGHT
  case $TYPE in
    access-key) aws_look_at_key ;;
    group-membership)
      aws_call iam list-groups-for-user "--user-name=$HOLDER" --query 'Groups[].GroupName'
      listed $?
      ;;
    attached-policy) aws_look_at_attachment ;;
    inline-policy)
      aws_call iam "get-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT" \
        --query 'to_string(PolicyDocument)'
      compared $? && DOCUMENT=$OUT
      ;;
    login-profile) aws_look_at_password ;;
  esac
}

aws_look_at_key() {
  aws_call iam list-access-keys "--user-name=$HOLDER" --query "AccessKeyMetadata[?Status=='Active'].AccessKeyId"
  listed $?
  [[ $STATE == gone ]] && DETAIL='it is inactive or deleted'
  [[ $STATE == present && $ACTION == revoke ]] || return 0
  # IAM knows it later than the audit did; who may not read it is told what the audit knew.
  aws_call iam get-access-key-last-used "--access-key-id=$RIGHT" \
    --query 'AccessKeyLastUsed.[LastUsedDate,ServiceName]' && [[ $OUT == 2* ]] &&
    printf '      in use: IAM says that it was last used %s\n' "${OUT/$'\t'/ for }"
  DETAIL=''
}

aws_look_at_attachment() {
  aws_call iam "list-attached-$HOLDER_KIND-policies" "--$HOLDER_KIND-name=$HOLDER" \
    --query 'AttachedPolicies[].PolicyArn'
  listed $?
  [[ $STATE == present && -n $EXPECTED ]] || return
  aws_call iam get-policy "--policy-arn=$RIGHT" --query 'Policy.DefaultVersionId'
  aws_compare_version $?
}

aws_compare_version() {
  STATE=unknown
  [[ $1 -eq 0 ]] || return
  aws_call iam get-policy-version "--policy-arn=$RIGHT" "--version-id=$OUT" \
    --query 'to_string(PolicyVersion.Document)'
  compared $?
}

aws_look_at_password() {
  aws_call iam get-login-profile "--user-name=$HOLDER" --query 'LoginProfile.CreateDate'
  local status=$?
  settled "$status" || return
  # Versions of the CLI write the time zone differently; both write UTC. A password may be changed after it was made,
  # but one made after the change that the audit saw is another one.
  if [[ -n $EXPECTED && ${OUT:0:19} > ${EXPECTED:0:19} ]]; then
    STATE=moved
    DETAIL='the password was set anew after the audit'
  fi
}

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

aws_remove() {
  case $TYPE in
    access-key)
      CHANGES=yes aws_call iam update-access-key "--user-name=$HOLDER" "--access-key-id=$RIGHT" --status Inactive
      ;;
    group-membership)
      CHANGES=yes aws_call iam remove-user-from-group "--user-name=$HOLDER" "--group-name=$RIGHT"
      ;;
    attached-policy)
      CHANGES=yes aws_call iam "detach-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-arn=$RIGHT"
      ;;
    inline-policy)
      CHANGES=yes aws_call iam "delete-$HOLDER_KIND-policy" "--$HOLDER_KIND-name=$HOLDER" "--policy-name=$RIGHT"
      ;;
    login-profile)
      CHANGES=yes aws_call iam delete-login-profile "--user-name=$HOLDER"
      ;;
  esac
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

# --- SSH hosts ---------------------------------------------------------------

# What a host runs is fixed text. Its values come on standard input: what to do, whose keys, which key, the file where it
# is known, lines. It becomes the keys' owner, so that nothing in a home can lead it where the owner may not go.
readonly SSH_BECOME='
IFS= read -r action && IFS= read -r login && IFS= read -r print && IFS= read -r file || exit 1
if [ "$(id -un)" = "$login" ]; then
  exec sh -c "$1" sh "$action" "$print" "$HOME" "$file"
fi
entry=$(getent passwd "$login") && [ "${entry%%:*}" = "$login" ] || {
  echo "the host knows no login of that name" >&2
  exit 1
}
home=$(printf "%s\n" "$entry" | cut -d: -f6)
if [ "$(id -u)" = 0 ] && command -v runuser >/dev/null; then
  exec runuser -u "$login" -- sh -c "$1" sh "$action" "$print" "$home" "$file"
fi
exec sudo -n -u "$login" -- sh -c "$1" sh "$action" "$print" "$home" "$file"
'

readonly SSH_PROGRAM='
LC_ALL=C
export LC_ALL
umask 077
action=$1 print=$2
if [ -n "$4" ]; then set -- "$4"; else set -- "$3/.ssh/authorized_keys" "$3/.ssh/authorized_keys2"; fi
tab=$(printf "\t")

fail() {
  printf "%s\n" "$1" >&2
  exit 1
}

# The lines of the key in the files: number, file, line.
seek() {
  for file do
    [ -e "$file" ] || [ -L "$file" ] || continue
    [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ] || fail "$file is no plain file that can be read"
    number=0
    while IFS= read -r line || [ -n "$line" ]; do
      number=$((number + 1))
      said=$(printf "%s\n" "$line" | ssh-keygen -lf - 2>/dev/null) || continue
      said=${said#* }
      [ "${said%% *}" != "$print" ] || printf "%s\t%s\t%s\n" "$number" "$file" "$line"
    done <"$file"
  done
}

# A new file beside the old one, with its owner and mode.
begin() {
  new=$(mktemp "$1.XXXXXX") && cp -p "$1" "$new" || fail "no file can be written beside $1"
}

# Lets the new file be the file, whole; $1 is whether it was written.
finish() {
  if [ "$1" -ne 0 ] || ! mv -f "$new" "$file"; then
    rm -f "$new"
    fail "$file cannot be written"
  fi
}

# Takes the lines that were found out of the file.
cut_out() {
  script=$(printf "%s\n" "$found" | while IFS="$tab" read -r number place line; do
    [ "$place" != "$file" ] || printf "%sd;" "$number"
  done)
  [ -n "$script" ] || return 0
  begin "$file"
  sed "$script" "$file" >"$new"
  finish $?
}

# Puts a line back where it was.
put_back() {
  number=${row%%"$tab"*} rest=${row#*"$tab"}
  file=${rest%%"$tab"*} LINE=${rest#*"$tab"}
  export LINE
  begin "$file"
  line="print ENVIRON[\"LINE\"]"
  awk "NR == $number { $line } { print } END { if (NR < $number) $line }" "$file" >"$new"
  finish $?
}

command -v ssh-keygen >/dev/null || fail "the host has no ssh-keygen"
[ -e "$1" ] || [ -e "${2:-$1}" ] || fail "there is no $1"
found=$(seek "$@") || exit 1
case $action in
  look)
    [ -n "$found" ] || exit 4
    printf "%s\n" "$found"
    ;;
  remove)
    [ -n "$found" ] || exit 4
    [ "$found" = "$(cat)" ] || exit 5
    for file do
      cut_out
    done
    ;;
  restore)
    [ -z "$found" ] || exit 0
    while IFS= read -r row; do
      put_back
    done
    ;;
esac
'

# ssh_call ACTION [LINES]: OUT is what the host prints, DETAIL its complaint, CALLER the key that let us in.
ssh_call() {
  local variable="AUDITOR_SSH_$STEP" status
  local place=${!variable:-$ACCOUNT}
  # The lines say more than the program that the host runs: they are what goes, or comes back.
  said ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -- "$place" "$1 in the authorized keys of $HOLDER" && {
    printf '%s\n' "$2" | tr -d '\000-\010\013-\037\177' | sed 's/^/        line /'
    return
  }
  rm -f -- "$WORK/ssh"
  # shellcheck disable=SC2029 # the program is meant to be written out here
  OUT=$(printf '%s\n' "$1" "$HOLDER" "$RIGHT" "${DETAILS[0]}" ${2:+"$2"} |
    ssh ${AUDITOR_SSH_CONFIG:+-F "$AUDITOR_SSH_CONFIG"} -v -E "$WORK/ssh" -T -a -x -o BatchMode=yes \
      -o StrictHostKeyChecking=yes -o ControlPath=none -o ClearAllForwardings=yes -o ConnectTimeout=20 \
      -- "$place" "sh -c '$SSH_BECOME' sh '$SSH_PROGRAM'" 2>"$WORK/errors")
  status=$?
  CALLER=$(sed -n 's/^debug1: Server accepts key: .* \(SHA256:[A-Za-z0-9+/]*\).*$/\1/p' "$WORK/ssh" | tail -n 1)
  [[ $status -ne 255 ]] || grep -v '^debug1: \|^OpenSSH_' "$WORK/ssh" | tail -n 2 >"$WORK/errors"
  DETAIL=$(complaint)
  return "$status"
}

ssh_caller() {
  return 0
}

ssh_look() {
  ssh_call look
  settled $?
  DOCUMENT=$OUT
}

ssh_remove() {
  CHANGES=yes ssh_call remove "$DOCUMENT"
  local status=$?
  [[ $status -ne "$MOVED" ]] || DETAIL='its lines changed while this ran'
  return "$status"
}

# Whether it is the key that this logs in with: without it, nobody could undo anything here.
ssh_own() {
  DETAIL='you are using it to run this'
  [[ $RIGHT == "$CALLER" ]]
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

# gcp_policy VERB OPTIONS: a command on the policy of the step's project, folder or organization.
gcp_policy() {
  local verb=$1
  local -a group=(projects)
  shift
  case $TYPE in
    folder-binding) group=(resource-manager folders) ;;
    organization-binding) group=(organizations) ;;
  esac
  gcp_call "${group[@]}" "$verb" "${ACCOUNT##*/}" "$@"
}

# Writes the policy again when somebody else wrote it in between: gcloud itself does not.
gcp_change_policy() {
  local attempt status
  for attempt in 1 2 3 4 5; do
    CHANGES=yes gcp_policy "$1" "--member=$HOLDER" "--role=$RIGHT" "--condition=${DETAILS[0]}" --format=none
    status=$?
    [[ $status -eq 1 && $DETAIL == *'subject of a conflict'* ]] || return "$status"
    sleep "$attempt"
  done
  return 1
}

gcp_change_key() {
  CHANGES=yes gcp_call iam service-accounts keys "$1" "$RIGHT" "--iam-account=$HOLDER" "--project=$ACCOUNT" --format=none
}

# gcp_metadata VERB OPTIONS: a command on the metadata of the step's project or instance.
gcp_metadata() {
  local verb=$1
  shift
  if [[ -n ${DETAILS[1]} ]]; then
    gcp_call compute instances "$verb" "${DETAILS[1]}" "--zone=${DETAILS[0]}" "--project=$ACCOUNT" "$@"
  else
    gcp_call compute project-info "$verb" "--project=$ACCOUNT" "$@"
  fi
}

# Reads the lines of ssh-keys as they are now: DOCUMENT becomes those of the key, KEPT all the others.
gcp_read_keys() {
  local line print where=commonInstanceMetadata
  [[ -z ${DETAILS[1]} ]] || where=metadata
  gcp_metadata describe "--format=value($where.items.extract(ssh-keys))" || return
  DOCUMENT='' KEPT=''
  while IFS= read -r line; do
    [[ -n $line ]] || continue
    print=''
    [[ ${line%%:*} != "$HOLDER" ]] || print=$(ssh-keygen -lf - <<<"${line#*:}" 2>/dev/null)
    print=${print#* }
    if [[ ${print%% *} == "$RIGHT" ]]; then DOCUMENT+=$line$'\n'; else KEPT+=$line$'\n'; fi
  done <<<"$OUT"
}

gcp_look_in_metadata() {
  if ! command -v ssh-keygen >/dev/null 2>&1; then
    DETAIL='the program ssh-keygen is not installed'
    return
  fi
  gcp_read_keys
  settled $? || return
  [[ -n $DOCUMENT ]] || STATE=gone
}

# gcp_write_keys LINES: they become the whole value, as there is no way to change one of them.
gcp_write_keys() {
  if [[ -z ${1//[[:space:]]/} ]]; then
    CHANGES=yes gcp_metadata remove-metadata --keys=ssh-keys --format=none
    return
  fi
  printf '%s' "${1%$'\n'}" >"$WORK/keys"
  CHANGES=yes gcp_metadata add-metadata "--metadata-from-file=ssh-keys=$WORK/keys" --format=none
}

# gcp_os_login METHOD PATH [FILE]: calls the OS Login API, as gcloud does for its own caller's keys only. OUT is the answer.
gcp_os_login() {
  local base=${CLOUDSDK_API_ENDPOINT_OVERRIDES_OSLOGIN:-https://oslogin.googleapis.com/} status
  local -a body=()
  said curl --request "$1" "${base%/}/v1/$2" ${3:+--data-binary "@$3"} && return
  [[ -z ${3:-} ]] || body=(--header 'Content-Type: application/json' --data-binary "@$3")
  if ! command -v curl >/dev/null 2>&1; then
    DETAIL='the program curl is not installed'
    return 1
  fi
  gcp_call auth print-access-token || return 1
  # The token goes in by the standard input: a command line can be seen by everybody on the machine.
  status=$(curl --silent --show-error --max-time 60 --config - --request "$1" ${body[@]+"${body[@]}"} \
    --output "$WORK/answer" --write-out '%{http_code}' "${base%/}/v1/$2" \
    2>"$WORK/errors" <<<"header = \"Authorization: Bearer $OUT\"") || {
    DETAIL=$(complaint)
    return 1
  }
  OUT=$(<"$WORK/answer")
  case $status in
    2??) return 0 ;;
    404) return "$GONE" ;;
  esac
  DETAIL="the OS Login API answered $status"
  return 1
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

gcp_look() {
  DOCUMENT=$RIGHT
  case $TYPE in
    service-account-key)
      gcp_call iam service-accounts keys list "--iam-account=$HOLDER" "--project=$ACCOUNT" --managed-by=user \
        --filter='NOT disabled=true' '--format=value(name.basename())'
      listed $?
      [[ $STATE == gone ]] && DETAIL='it is disabled or deleted'
      ;;
    metadata-key) gcp_look_in_metadata ;;
    os-login-key)
      gcp_os_login GET "users/$HOLDER/sshPublicKeys/${DETAILS[0]}"
      settled $? && DOCUMENT=$OUT
      ;;
    *) gcp_look_in_policy ;;
  esac
}

gcp_look_in_policy() {
  local part='bindings.condition' sign=$'\037'
  gcp_policy get-iam-policy '--flatten=bindings[].members' \
    "--format=value[separator='$sign'](bindings.role,bindings.members,$part.expression,$part.title,$part.description)"
  settled $? || return
  local binding="$RIGHT$sign$HOLDER$sign"
  grep -Fxq -e "$binding${DETAILS[1]}$sign${DETAILS[2]}$sign${DETAILS[3]}" <<<"$OUT" && return
  STATE=gone
  if [[ ! -f $SAVED && ! -f $SAVED.restored && $'\n'$OUT == *$'\n'"$binding"* ]]; then
    STATE=moved
    DETAIL='its condition was changed after the audit'
  fi
}

gcp_remove() {
  case $TYPE in
    service-account-key) gcp_change_key disable ;;
    metadata-key) gcp_take_out_of_metadata ;;
    os-login-key) CHANGES=yes gcp_os_login DELETE "users/$HOLDER/sshPublicKeys/${DETAILS[0]}" ;;
    *) gcp_change_policy remove-iam-policy-binding ;;
  esac
}

# From a fresh read: somebody may have written other lines since it was looked at.
gcp_take_out_of_metadata() {
  gcp_read_keys || return
  [[ -n $DOCUMENT ]] || return "$GONE"
  gcp_write_keys "$KEPT"
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

# --- GitLab, by python-gitlab's command line -----------------------------------

# gitlab_call ARGUMENTS: OUT is the answer, JSON, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
gitlab_call() {
  local variable="AUDITOR_GITLAB_$STEP"
  local section=${!variable:-${AUDITOR_GITLAB:-}}
  said gitlab ${section:+--gitlab "$section"} "--server-url=$ACCOUNT" "$@" && return
  OUT=$(gitlab ${section:+--gitlab "$section"} "--server-url=$ACCOUNT" --output json "$@" \
    2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  # A project or group that cannot be seen is no proof of anything.
  [[ $DETAIL == *'(404: '* && $DETAIL != *' Project Not Found)'* && $DETAIL != *' Group Not Found)'* &&
    $DETAIL != *' User Not Found)'* ]] && DETAIL='' && return "$GONE"
  return 1
}

# gitlab_here VERB OPTIONS: a command on what the step is about.
gitlab_here() {
  gitlab_call "$TYPE" "$1" ${DETAILS[0]:+"${DETAILS[0]}"} "--id=${DETAILS[1]}" "${@:2}"
}

# gitlab_value NAME: prints a plain text, number or truth value of the JSON object in OUT. Quotes within texts are
# escaped there, so that nothing in a text can pass for a name.
gitlab_value() {
  local pattern="(^|[{ ])\"$1\": (\"([^\"\\\\]*)\"|([0-9a-z]+))"
  [[ $OUT =~ $pattern ]] && printf '%s' "${BASH_REMATCH[3]}${BASH_REMATCH[4]}"
}

# Sets CALLER to whose token it is.
gitlab_caller() {
  gitlab_call current-user get || return
  CALLER=$(gitlab_value username) && return
  DETAIL='GitLab does not say whose token this is'
  return 1
}

gitlab_look() {
  gitlab_here get
  settled $? || return
  DOCUMENT=$OUT
  case $TYPE in
    *-member)
      if [[ $(gitlab_value access_level) != "$EXPECTED" ]]; then
        STATE=moved
        DETAIL="its level is now $(gitlab_value access_level)"
      fi
      ;;
    *-token)
      [[ $(gitlab_value revoked) != true ]] || STATE=gone
      USED=$(gitlab_value last_used_at)
      [[ $STATE != present || $USED != 2* ]] || printf '      in use: GitLab says that it was last used %s\n' "$USED"
      ;;
  esac
}

gitlab_remove() {
  CHANGES=yes gitlab_here delete
}

gitlab_own() {
  NAMES+=("$CALLER")
  DETAIL='it is your own: somebody else must take it away'
  case $TYPE in
    *-member) [[ $HOLDER == "$CALLER" ]] ;;
    user-key) gitlab_call current-user get && [[ $(gitlab_value id) == "$HOLDER" ]] ;;
    *-token)
      DETAIL='you are using it to run this'
      gitlab_call personal-access-token get --id=self && [[ $(gitlab_value id) == "$RIGHT" ]]
      ;;
    *) false ;;
  esac
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

# listed STATUS: whether RIGHT is one of the words that the last call printed.
listed() {
  settled "$1" || return
  contains "$RIGHT" || STATE=gone
}

contains() {
  # Not through a pipe: grep stops reading at the first hit, and that would count as a failure.
  grep -Fxq -e "$1" <<<"${OUT//$'\t'/$'\n'}"
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
  SAVED="$STATE_DIR/step-$STEP.saved"
  printf '\n[%s/%s] %s\n' "$STEP" "$COUNT" "$WHAT"
  printf '      why: %s\n' "${REASONS[@]}"
  printf '      finding %s%s\n' "${FINDINGS[*]}" "${TICKETS[*]+, ticket ${TICKETS[*]}}"
  [[ -z $USED ]] || printf '      last used %s\n' "$USED"
  printf '      without it: %s\n' "$WITHOUT_IT"
  [[ -z $BREAKS ]] || printf '      asks once more: needs --sure %s, or a yes of its own\n' "$STEP"
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
    commands=$("${PROVIDER}_remove" 2>/dev/null </dev/null)
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
  note 'By hand' 'Remove the principal from the trust policy of role support in AWS account 111122223333' \
    'Piet Old left and can still change checkout' '70c3a12930732b6f'
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
  --sure STEP          do this step, which would have broken something in the week before the audit; may be given again
AWS, several accounts: name each one's profile in AUDITOR_PROFILE_<account>.
Google Cloud: gcloud's own account; where it has an access token only, name the account in CLOUDSDK_CORE_ACCOUNT.
GitLab: name the section of python-gitlab's configuration in AUDITOR_GITLAB, or a step's in AUDITOR_GITLAB_<step>; the
token comes from there (private_token = helper: …) or from the environment.
SSH: name a configuration file in AUDITOR_SSH_CONFIG, or a step's host in AUDITOR_SSH_<step>, as in admin@10.0.0.7 or
ssh://admin@10.0.0.7:2222. Log in as the keys' owner, as root, or as somebody who may use sudo.
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
      --only | --max-age | --final | --sure)
        [[ $# -ge 2 ]] || refuse 2 "$1 needs a value."
        case $1 in
          --only) ONLY+=("$2") ;;
          --max-age) MAX_AGE=$2 ;;
          --final) BY_ITSELF+=("$2") ;;
          --sure) SURE+=("$2") ;;
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
  APPLY=no YES=no LIST=no MAX_AGE=7 ONLY=() BY_ITSELF=() SURE=()
  DID=0 NOTHING=0 TROUBLE=()
  options "$@"
  umask 077
  local here
  here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P) || refuse 2 'The folder of this script cannot be read.'
  STATE_DIR="$here/applied-$IDENTITY"
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
  [[ $APPLY == yes && $DID -gt 0 ]] && printf 'To give back what it took: %q\n' "${LOG%/*}/undo.sh"
  [[ ${#TROUBLE[@]} -eq 0 ]]
}

main "$@"
exit
