# --- Google Cloud, by gcloud ---------------------------------------------------

# gcp_call ARGUMENTS: OUT is what it prints, DETAIL its complaint. Returns 0, GONE where there is no such thing, or 1.
gcp_call() {
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
    gcp_policy "$1" "--member=$HOLDER" "--role=$RIGHT" "--condition=${DETAILS[0]}" --format=none
    status=$?
    [[ $status -eq 1 && $DETAIL == *'subject of a conflict'* ]] || return "$status"
    sleep "$attempt"
  done
  return 1
}

gcp_change_key() {
  gcp_call iam service-accounts keys "$1" "$RIGHT" "--iam-account=$HOLDER" "--project=$ACCOUNT" --format=none
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
  if [[ $TYPE == service-account-key ]]; then
    gcp_call iam service-accounts keys list "--iam-account=$HOLDER" "--project=$ACCOUNT" --managed-by=user \
      --filter='NOT disabled=true' '--format=value(name.basename())'
    listed $?
    [[ $STATE == gone ]] && DETAIL='it is disabled or deleted'
    return
  fi
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

{% if action != "undo" %}
gcp_remove() {
  if [[ $TYPE == service-account-key ]]; then gcp_change_key disable; else gcp_change_policy remove-iam-policy-binding; fi
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
{% else %}
gcp_can_restore() {
  return 0
}

gcp_restore() {
  if [[ $TYPE == service-account-key ]]; then gcp_change_key enable; else gcp_change_policy add-iam-policy-binding; fi
}
{% endif %}
