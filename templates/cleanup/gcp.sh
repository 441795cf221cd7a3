# --- Google Cloud, by gcloud ---------------------------------------------------

# gcp_call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
gcp_call() {
  said gcloud "$@" && return
  OUT=$(gcloud "$@" --quiet 2>"$WORK/errors" </dev/null) && return
  DETAIL=$(complaint)
  [[ $DETAIL == *' NOT_FOUND: '* || $DETAIL == *', and condition not found!'* ]] && DETAIL='' && return "$GONE"
  return 1
}

{% if action != "delete" %}
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

{% endif %}
gcp_change_key() {
  CHANGES=yes gcp_call iam service-accounts keys "$1" "$RIGHT" "--iam-account=$HOLDER" "--project=$ACCOUNT" --format=none
}

{% if action != "delete" %}
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

{% endif %}
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

{% if action != "delete" %}
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

{% endif %}
{% if action == "revoke" %}
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

{% endif %}
{% if action != "undo" %}
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
{% else %}
gcp_put_into_metadata() {
  gcp_read_keys || return
  gcp_write_keys "$KEPT$(cat -- "$SAVED")"
}

gcp_can_restore() {
  return 0
}

gcp_restore() {
  case $TYPE in
    service-account-key) gcp_change_key enable ;;
    metadata-key) gcp_put_into_metadata ;;
    os-login-key) CHANGES=yes gcp_os_login POST "users/$HOLDER:importSshPublicKey" "$SAVED" ;;
    *) gcp_change_policy add-iam-policy-binding ;;
  esac
}
{% endif %}
