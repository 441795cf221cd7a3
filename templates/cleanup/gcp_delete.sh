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
